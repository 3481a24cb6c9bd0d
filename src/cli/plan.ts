// springtide plan: what would be done now, against the live cluster or from a recording; it changes nothing.
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { parseRecording, writeRecording, type ReadRecording } from '../collectors/recording.ts';
import { configOrThrow, loadConfig } from '../config/load.ts';
import type { Config } from '../model/config.ts';
import type { Scale } from '../model/kubernetes.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { emptyMemory, type Memory } from '../model/memory.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { languages, type Language } from '../model/texts.ts';
import { instantOf, type Instant } from '../model/units.ts';
import { decide } from '../policies/decide.ts';
import { record } from '../policies/record.ts';
import { memoryOf, memoryText, parseMemory } from '../state/memory-text.ts';
import { assumedOutcomes } from './assumed-outcomes.ts';
import { fileText } from './file-text.ts';
import { foreseeOnce } from './foresee-once.ts';
import { comparePlans, comparisonText } from './plan-against.ts';
import { planText } from './plan-text.ts';
import { standing } from './switch.ts';
import { readLists } from './first-lists.ts';
import { liveConfig, type LiveLoad } from './live-config.ts';
import { openStateHomes } from './state-homes.ts';

interface PlanOptions {
  readonly config: string;
  readonly state?: string;
  readonly stream?: true;
  readonly save?: string;
  readonly memory?: string;
  readonly saveMemory?: string;
  readonly output: 'json' | 'text';
  readonly lang?: Language;
  readonly against?: string;
  readonly exitCode?: true;
}

export function registerPlan(program: Command): void {
  program
    .command('plan')
    .description('show what would be done now and why; changes nothing')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .option('--state <file>', 'from a recording ("-": standard input) in place of the live cluster; no network at all')
    .option('--stream', 'recordings as JSON Lines on standard input, one plan a line out; memory carries over')
    .option('--save <file>', 'also write the recording that was used')
    .option('--memory <file>', 'begin with this memory')
    .option('--save-memory <file>', 'write the memory afterwards')
    .option('--against <directory>', 'compare with the plan of this older configuration, in the same world')
    .option('--exit-code', 'with --against: exit with 1 where anything differs')
    .addOption(new Option('-o, --output <format>', 'json or text').choices(['json', 'text']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 2 bad input (with what to mend), 3 the world could not be read. With --against and --exit-code: 1 something differs.',
    )
    .action(plan);
}

export const readMemory = async (file: string): Promise<Memory> => {
  try {
    return parseMemory(await fileText(file), file);
  } catch (thrown) {
    if (thrown instanceof SpringtideError) throw thrown;
    throw new SpringtideError({ code: 'MemoryUnreadable', where: file, what: messageOf(thrown), cause: thrown });
  }
};

export const memoryIn = (recording: ReadRecording | null, where: string): Memory =>
  recording?.recording.memory === undefined ? emptyMemory() : memoryOf(recording.recording.memory, where);

export const timeOf = (recording: ReadRecording, where: string): Instant => {
  const at = instantOf(recording.recording.snapshot.time);
  if (at !== null) return at;
  throw new SpringtideError({
    code: 'RecordingInvalid',
    where,
    what: `snapshot.time "${recording.recording.snapshot.time}" is no instant`,
    mend: 'write it as 2026-11-20T08:00:00Z',
  });
};

export async function recordingText(file: string): Promise<string> {
  try {
    return await fileText(file);
  } catch (thrown) {
    throw new SpringtideError({ code: 'RecordingInvalid', where: file, what: messageOf(thrown), cause: thrown });
  }
}

/** From a recording nothing else than the directory is read: no network at all. */
async function loadedFor({ state, stream, lang }: PlanOptions, directory: string): Promise<LiveLoad> {
  if (state === undefined && stream !== true) return liveConfig(directory, lang);
  const language = lang === undefined ? {} : { language: lang };
  const result = await loadConfig(directory, language);
  return { config: configOrThrow(result, directory), inForce: result.inForce };
}

async function plan(options: PlanOptions): Promise<void> {
  if (options.against !== undefined) return planAgainst(options, options.against);
  const { config } = await loadedFor(options, options.config);
  if (options.stream === true) return planStream(options, config);
  const recording =
    options.state === undefined ? null : parseRecording(await recordingText(options.state), options.state);
  const memory =
    options.memory === undefined ? memoryIn(recording, options.state ?? '') : await readMemory(options.memory);
  const snapshot = recording?.recording.snapshot ?? (await collectOnce(config, memory));
  const now = recording === null ? systemClock.now() : timeOf(recording, options.state ?? '');
  const decided = decide(snapshot, config, memory, now);
  if (recording?.form === 'bareSnapshot')
    process.stderr.write('springtide: a bare snapshot: the memory is empty, so nothing may shrink yet\n');
  if (options.save !== undefined)
    await writeRecording(options.save, { snapshot, memory, configHash: config.hash, outcomes: [] });
  if (options.saveMemory !== undefined) await writeFile(options.saveMemory, memoryText(decided.memory));
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(decided.plan, null, 2)}\n`
      : planText(decided.plan, config.texts, standing(snapshot.control, now)),
  );
}

/** Both decide on the same facts and the same memory. */
async function planAgainst(options: PlanOptions, against: string): Promise<void> {
  const [loaded, oldLoaded] = [await loadedFor(options, options.config), await loadedFor(options, against)];
  const [{ config }, { config: oldConfig }] = [loaded, oldLoaded];
  const recording =
    options.state === undefined ? null : parseRecording(await recordingText(options.state), options.state);
  const memory =
    options.memory === undefined ? memoryIn(recording, options.state ?? '') : await readMemory(options.memory);
  const now = recording === null ? systemClock.now() : timeOf(recording, options.state ?? '');
  const snapshot = recording?.recording.snapshot ?? (await collectFor([oldConfig, config], memory, now));
  const comparison = comparePlans(
    { loaded: oldLoaded, plan: decide(snapshot, oldConfig, memory, now).plan },
    { loaded, plan: decide(snapshot, config, memory, now).plan },
  );
  process.stdout.write(
    options.output === 'json' ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonText(comparison, config.texts),
  );
  if (options.exitCode === true && !comparison.same) process.exitCode = 1;
}

/** Without outcomes in the next line what was planned is taken to have succeeded. */
async function planStream(options: PlanOptions, config: Config): Promise<void> {
  let memory = options.memory === undefined ? emptyMemory() : await readMemory(options.memory);
  let line = 0;
  const input = options.state === undefined || options.state === '-' ? process.stdin : createReadStream(options.state);
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    const where = `line ${line}`;
    const read = parseRecording(text, where);
    const now = timeOf(read, where);
    const decided = decide(
      read.recording.snapshot,
      config,
      read.recording.memory === undefined ? memory : memoryIn(read, where),
      now,
    );
    const outcomes = read.recording.outcomes ?? assumedOutcomes(decided.plan, now);
    memory = record(decided.memory, outcomes, now);
    process.stdout.write(
      options.output === 'json'
        ? `${JSON.stringify(decided.plan)}\n`
        : planText(decided.plan, config.texts, standing(read.recording.snapshot.control, now)),
    );
  }
  if (options.saveMemory !== undefined) await writeFile(options.saveMemory, memoryText(memory));
}

/** What people have switched off counts for a plan as it does for the daemon. */
export async function switchOf(config: Config): Promise<Pick<Snapshot, 'control'>> {
  const { control, damage } = await (await openStateHomes(config.daemon)).control.read();
  if (damage !== null) process.stderr.write(`springtide: the switch cannot be read: ${damage}\n`);
  return control === null ? {} : { control };
}

export async function collectOnce(config: Config, memory: Memory): Promise<Snapshot> {
  const { connectWorld } = await import('../assemble.ts');
  const world = await connectWorld({ config: () => config, clock: systemClock, env: process.env });
  try {
    await readLists(world.kubernetes);
    const now = systemClock.now();
    const seen = await foreseeOnce(world, await world.collect(now), config, memory, now);
    return { ...seen, ...(await switchOf(config)) };
  } finally {
    await world.close();
  }
}

/** What several configurations ask about one world, at one instant: by the connections of the last. */
async function collectFor(configs: readonly [Config, Config], memory: Memory, now: Instant): Promise<Snapshot> {
  const { connectWorld } = await import('../assemble.ts');
  const [older, newer] = configs;
  let asking = { ...older, daemon: newer.daemon };
  const world = await connectWorld({ config: () => asking, clock: systemClock, env: process.env });
  try {
    await readLists(world.kubernetes);
    const one = await foreseeOnce(world, await world.collect(now), older, memory, now);
    asking = newer;
    const other = await foreseeOnce(world, await world.collect(now), newer, memory, now);
    const queries = { ...one.prometheus.queries, ...other.prometheus.queries };
    const scales = [...(one.kubernetes.scales ?? []), ...(other.kubernetes.scales ?? [])];
    return {
      ...one,
      ...other,
      // the cloud is read where there are NodePolicies
      ...(newer.nodePolicies.length === 0 && { magnum: one.magnum, nova: one.nova }),
      kubernetes: { ...one.kubernetes, ...other.kubernetes, ...(scales.length > 0 && { scales: onceEach(scales) }) },
      prometheus: { ...one.prometheus, ...other.prometheus, queries },
      ...forecastsOf(one, other),
      errors: [...one.errors, ...other.errors],
      ...(await switchOf(newer)),
    };
  } finally {
    await world.close();
  }
}

const forecastsOf = (...seen: readonly Snapshot[]): Pick<Snapshot, 'forecasts'> =>
  seen.some(({ forecasts }) => forecasts !== undefined)
    ? { forecasts: Object.assign({}, ...seen.map(({ forecasts }) => forecasts)) as Snapshot['forecasts'] }
    : {};

const onceEach = (scales: readonly Scale[]): readonly Scale[] => [
  ...new Map(scales.map((one) => [`${one.kind} ${one.metadata.namespace ?? ''}/${one.metadata.name}`, one])).values(),
];
