// springtide explain: why a target has the replicas that it has, why not others, until when; now, or at a time in the past.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { loadConfig, type LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { lookAtConfig } from '../configuration/look.ts';
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import { targetName } from '../model/target.ts';
import { languages, type Language } from '../model/texts.ts';
import { instantIn, voiceOf } from './explain/voice.ts';
import { meantBy, type Meant } from './explain/meant.ts';
import { nodeText } from './explain/node-text.ts';
import { oneNodeText } from './explain/one-node-text.ts';
import { onePodText } from './explain/one-pod-text.ts';
import { paintFor } from './explain/page.ts';
import { podText } from './explain/pod-text.ts';
import { effectivePolicy } from './explain/effective-policy.ts';
import { policyText, policyValues } from './explain/policy-text.ts';
import { boundTo, explainMeant, explainPast, seeWorld, type Asked } from './explain/sources.ts';
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
  readonly policy?: true;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description(
      'say why a target, a group of VMs, a node or a pod is as it is, why not otherwise, and until when; changes nothing',
    )
    .argument(
      '<what>',
      'NAMESPACE/NAME, KIND/NAME, NAMESPACE/KIND/NAME, nodegroup/NAME; or "node" or "pod" before a name',
    )
    .argument('[name]', 'of the node, or NAMESPACE/NAME of the pod')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .option('-n, --namespace <namespace>', 'of the target or the pod, where it is written without')
    .option(
      '--at <time>',
      'what was decided then, from the journal of the daemon: 2026-11-21T03:00:00+08:00, or 15m ago',
    )
    .option('--state <file>', 'from a recording ("-": standard input) in place of the live cluster; no network at all')
    .option('--memory <file>', "with this memory in place of the daemon's own")
    .option('--policy', 'the policy that is in force for the target, with the origin of each value')
    .option('--tz <zone>', 'the time zone of all times', 'UTC')
    .addOption(new Option('-o, --output <format>', 'json or text').choices(['json', 'text']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', '\nExit codes: 0 ok, 2 bad input (with what to mend), 3 the world could not be read.')
    .action(explain);
}

interface Loaded {
  readonly config: Config;
  readonly inForce: LoadResult['inForce'];
}

/** At night a mistake in another document must not keep this one from being explained: it is told, and that is all. */
async function usableConfig({ config: directory, lang, state }: ExplainOptions): Promise<Loaded> {
  const language = lang === undefined ? {} : { language: lang };
  const { config, problems, inForce } =
    state === undefined ? await asInForce(directory, language) : await loadConfig(directory, language);
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of errors) process.stderr.write(`${formatProblem(problem)}\n`);
  if (config !== null) return { config, inForce };
  throw new SpringtideError({
    code: 'ConfigInvalid',
    where: directory,
    what: 'there is no Daemon document that can be used',
    mend: 'name another directory with --config DIR, or mend what is listed above',
  });
}

/** With the ConfigMaps that the daemon watches, and with what it has kept of documents that are refused now. */
const asInForce = (directory: string, language: { readonly language?: Language }): Promise<LoadResult> =>
  lookAtConfig({
    directory,
    clock: systemClock,
    env: process.env,
    warn: (what) => process.stderr.write(`springtide: ${what}\n`),
    configMaps: 'asDaemon',
    refused: 'asKept',
    ...language,
  });

function refuseContradictions({ at, state, memory, policy }: ExplainOptions): void {
  if (at !== undefined && policy === true)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: '--policy',
      what: 'the journal keeps decisions, not policies: there is only the one of now',
      mend: 'leave out --at or --policy',
    });
  if (at === undefined || (state === undefined && memory === undefined)) return;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: '--at',
    what: 'the past is in the journal, not in a recording or a memory',
    mend: 'leave out --at, or --state and --memory',
  });
}

async function explain(what: string, name: string | undefined, options: ExplainOptions): Promise<void> {
  refuseContradictions(options);
  zoneNamed(options.tz);
  const now = systemClock.now();
  const at = options.at === undefined ? null : timeAsked(options.at, now);
  const loaded = await usableConfig(options);
  const meant = meantBy(what, name, options.namespace);
  if (options.policy === true) {
    process.stdout.write(await effectiveText(loaded, targetMeant(meant), options));
    return;
  }
  const { config } = loaded;
  const explanation =
    at === null ? explainMeant(await seeWorld(config, options), config, meant) : await explainPast(config, meant, at);
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : explanationText(explanation, config, options.tz, paintFor(process.stdout.isTTY, process.env)),
  );
}

function targetMeant(meant: Meant): Asked {
  if (meant.kind === 'target') return meant;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: '--policy',
    what: `a ${meant.kind} has no policy of its own`,
    mend: 'ask for the target, or for the node group: its policy is in policies/',
  });
}

async function effectiveText({ config, inForce }: Loaded, asked: Asked, options: ExplainOptions): Promise<string> {
  const { policy, target } = await boundTo(config, asked, () => seeWorld(config, options));
  const effective = effectivePolicy(inForce, policy.metadata, target);
  if (effective === null) throw new Error(`the policy ${policy.metadata.name} is in force and nowhere written`);
  const { namespace, name } = policy.metadata;
  if (options.output === 'json')
    return `${JSON.stringify({ schema: 1, policy: { namespace, name }, target, configHash: config.hash, daemonMode: config.daemon.mode, values: policyValues(effective) }, null, 2)}\n`;
  const head = [
    `PodPolicy ${namespace}/${name} as it is in force for ${target.kind} ${targetName(target)}, configuration ${config.hash}`,
    `mode of the daemon: ${config.daemon.mode}; the more cautious of the two wins`,
  ];
  return policyText(head, effective);
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
  switch (explanation.tier) {
    case 'pods':
      return podText(explanation, voice, paint);
    case 'nodes':
      return nodeText(explanation, voice, paint);
    case 'node':
      return oneNodeText(explanation, voice, paint);
    case 'pod':
      return onePodText(explanation, voice, paint);
  }
}
