// springtide explain: why a target has the replicas that it has, why not others, until when; now, or at a time in the past.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import { languages, type Language } from '../model/texts.ts';
import { instantIn, voiceOf } from './explain/voice.ts';
import { nodeText } from './explain/node-text.ts';
import { paintFor } from './explain/page.ts';
import { podText } from './explain/pod-text.ts';
import { explainPast, explainSeen, seeWorld } from './explain/sources.ts';
import { Times, timeAsked, zoneNamed } from './explain/times.ts';
import type { Explanation } from './explain/explanation.ts';

interface ExplainOptions {
  readonly config: string;
  readonly namespace?: string;
  readonly at?: string;
  readonly state?: string;
  readonly memory?: string;
  readonly output: 'json' | 'text';
  readonly lang?: Language;
  readonly tz: string;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description('say why a target has the replicas that it has, why not others, and until when; changes nothing')
    .argument('<target>', 'NAMESPACE/NAME, KIND/NAME, NAMESPACE/KIND/NAME, or nodegroup/NAME')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .option('-n, --namespace <namespace>', 'of the target, where it is written KIND/NAME')
    .option(
      '--at <time>',
      'what was decided then, from the journal of the daemon: 2026-11-21T03:00:00+08:00, or 15m ago',
    )
    .option('--state <file>', 'from a recording ("-": standard input) in place of the live cluster; no network at all')
    .option('--memory <file>', "with this memory in place of the daemon's own")
    .option('--tz <zone>', 'the time zone of all times', 'UTC')
    .addOption(new Option('-o, --output <format>', 'json or text').choices(['json', 'text']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', '\nExit codes: 0 ok, 2 bad input (with what to mend), 3 the world could not be read.')
    .action(explain);
}

/** At night a mistake in another document must not keep this one from being explained: it is told, and that is all. */
async function usableConfig(directory: string, language: Language | undefined): Promise<Config> {
  const { config, problems } = await loadConfig(directory, language === undefined ? {} : { language });
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of errors) process.stderr.write(`${formatProblem(problem)}\n`);
  if (config !== null) return config;
  throw new SpringtideError({
    code: 'ConfigInvalid',
    where: directory,
    what: 'there is no Daemon document that can be used',
    mend: 'name another directory with --config DIR, or mend what is listed above',
  });
}

function refuseContradictions({ at, state, memory }: ExplainOptions): void {
  if (at === undefined || (state === undefined && memory === undefined)) return;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: '--at',
    what: 'the past is in the journal, not in a recording or a memory',
    mend: 'leave out --at, or --state and --memory',
  });
}

async function explain(target: string, options: ExplainOptions): Promise<void> {
  refuseContradictions(options);
  zoneNamed(options.tz);
  const now = systemClock.now();
  const at = options.at === undefined ? null : timeAsked(options.at, now);
  const config = await usableConfig(options.config, options.lang);
  const asked = { target, namespace: options.namespace };
  const explanation =
    at === null ? explainSeen(await seeWorld(config, options), config, asked) : await explainPast(config, asked, at);
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : explanationText(explanation, config, options.tz, paintFor(process.stdout.isTTY, process.env)),
  );
}

/** "in 3m20s" counts from the decision, or from the time that was asked for. */
export function explanationText(
  explanation: Explanation,
  { texts }: Config,
  zone: string,
  paint: ReturnType<typeof paintFor>,
): string {
  const { origin, time } = explanation;
  const from = instantIn(origin.kind === 'journal' ? origin.asked : time);
  const voice = voiceOf(texts, new Times(zone, from, texts));
  return explanation.tier === 'pods' ? podText(explanation, voice, paint) : nodeText(explanation, voice, paint);
}
