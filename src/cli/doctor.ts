// springtide doctor: what this installation needs and lacks, a line each; and the proof that Magnum removes whom it is told to.
import { createInterface } from 'node:readline/promises';
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { SpringtideError } from '../model/errors.ts';
import type { Config } from '../model/config.ts';
import { fillText, languages, type Language } from '../model/texts.ts';
import { later, minutes, rfc3339 } from '../model/units.ts';
import { channelChecks } from '../doctor/channels.ts';
import { checkText, sentenceOf } from '../doctor/check-text.ts';
import { connectDoctor, type DoctorWorld } from '../doctor/connect.ts';
import { diagnose, worst } from '../doctor/diagnose.ts';
import { proveRemoval, type ProofVerdict } from '../doctor/prove-removal.ts';
import { liveConfig } from './live-config.ts';
import { openStateHomes } from './state-homes.ts';
import { stoppedBeside } from './stop.ts';
import { userName } from './switch.ts';

interface DoctorOptions {
  readonly config: string;
  readonly proveRemoval?: string;
  readonly yes?: true;
  readonly output: 'text' | 'json';
  readonly lang?: Language;
}

/** As everywhere: 2 bad input, 3 the world is not as it has to be. */
const exits = { fine: 0, lacking: 3 } as const;
/** The daemon keeps its hands off the nodes meanwhile; a proof takes two resizes. */
const longestProof = minutes(60);

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check what an installation needs: connections, rights, clocks, metrics, node groups, mail servers and SMS gateways; changes nothing by itself',
    )
    .option('--prove-removal <group>', 'prove on a fresh empty node that Magnum removes the server it is told to')
    .option('--yes', 'do not ask before the proof')
    .option('-c, --config <directory>', "the daemon's configuration directory", 'config')
    .addOption(
      new Option('-o, --output <format>', 'for people or for programs').choices(['text', 'json']).default('text'),
    )
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing that is needed is missing (warnings at most), 2 bad input, 3 something is missing, or the removal is not proven.',
    )
    .action(doctor);
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function doctor(options: DoctorOptions): Promise<void> {
  const { config } = await liveConfig(options.config, options.lang);
  const world = await connectDoctor(config, systemClock, process.env);
  try {
    if (options.proveRemoval !== undefined) await prove(options.proveRemoval, options, config, world);
    else await examine(options, config, world);
  } finally {
    await world.close();
  }
}

async function examine({ output }: DoctorOptions, config: Config, world: DoctorWorld): Promise<void> {
  const homes = await openStateHomes(config.daemon);
  const { control } = await homes.control.read();
  const { snapshot, answers } = await world.look();
  const seen = control === null ? snapshot : { ...snapshot, control };
  const memory = await homes.memory();
  const checks = [
    ...diagnose(seen, config, memory, answers, systemClock.now()),
    ...(await channelChecks(config.alerts, systemClock)),
  ];
  const { texts } = config;
  const told = checks.map((check) => ({ ...check, message: sentenceOf(texts, check) }));
  print(output === 'json' ? JSON.stringify(told, null, 2) : checks.map((check) => checkText(texts, check)).join('\n'));
  process.exitCode = worst(checks) === 'fail' ? exits.lacking : exits.fine;
}

async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^(?:y|yes|是)$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

async function prove(group: string, options: DoctorOptions, config: Config, world: DoctorWorld): Promise<void> {
  const { texts } = config;
  const say = (code: string, facts: Readonly<Record<string, string | number>> = {}): void =>
    print(fillText(texts, `cli.doctor.prove.${code}`, facts));
  const usage = (what: string, mend: string): SpringtideError =>
    new SpringtideError({ code: 'UsageInvalid', where: 'doctor --prove-removal', what, mend });
  const isOfPolicy = config.nodePolicies.some(({ spec }) => spec.nodeGroups.some(({ name }) => name === group));
  if (!isOfPolicy) throw usage(`no NodePolicy names the group ${group}`, 'name one that springtide is to shrink');
  const ports = await world.proofPorts(group);
  const { nodes } = await ports.look();
  say('what', { group, count: nodes.length + 1, of: nodes.length + 1 });
  if (options.yes !== true && !(await agreed(fillText(texts, 'cli.doctor.prove.ask', { group }))))
    throw usage('it was not agreed to', 'answer y, or give --yes where nobody can answer');

  const { control: home } = await openStateHomes(config.daemon);
  const { control: before } = await home.read();
  const by = userName();
  const until = rfc3339(later(systemClock.now(), longestProof));
  const off = ['nodes.grow', 'nodes.shrink'] as const;
  await home.write(
    stoppedBeside(before, {
      off,
      until,
      by,
      why: `doctor --prove-removal ${group}`,
      releasedAt: before?.releasedAt ?? null,
    }),
  );
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  let verdict: ProofVerdict;
  try {
    verdict = await proveRemoval({ ...ports, signal: stop.signal, say });
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    await home.write(before ?? { off: [], until: null, by, why: '', releasedAt: null });
  }
  switch (verdict.result) {
    case 'proven': {
      const proofs = await home.prove({ cluster: ports.clusterId, group, at: systemClock.now(), by });
      say('proven', { node: verdict.node, what: verdict.serverId, of: verdict.of });
      say('written', { what: proofs.place });
      break;
    }
    case 'refuted':
      say('refuted', { node: verdict.node, what: verdict.left.join(', '), group });
      process.exitCode = exits.lacking;
      break;
    case 'undecided':
      say('undecided', { why: verdict.why, group });
      process.exitCode = exits.lacking;
      break;
  }
}
