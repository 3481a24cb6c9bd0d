// springtide alerts ack: somebody is on it; escalations stop, nobody is reminded.
import type { Command } from 'commander';
import { userName } from '../switch.ts';
import {
  usage,
  withDaemon,
  withDaemonOptions,
  type AlertDaemon,
  type DaemonOptions,
  type Surroundings,
} from './daemon.ts';
import { filtersOf, jsonText, linesText, voiceOf } from './words.ts';

interface AcknowledgeOptions extends DaemonOptions {
  readonly group?: string;
  readonly receiver?: string;
  readonly by?: string;
}

export const isFingerprint = (word: string): boolean => /^[0-9a-f]{16}$/.test(word);

export function addAcknowledge(alerts: Command, around: Surroundings): void {
  withDaemonOptions(
    alerts
      .command('ack')
      .description('you are on it: the escalations of its groups stop, and nobody is reminded')
      .argument('[alerts...]', 'a fingerprint, or matchers as of `alerts query`')
      .option('--group <key>', 'a whole group, by its key')
      .option('--receiver <name>', 'with --group: for this receiver only')
      .option('--by <name>', 'who (default: the user at the keyboard)')
      .addHelpText('after', '\nExit codes: 0 ok, 1 nothing of it fires, 2 bad input, 3 the daemon does not answer.'),
  ).action((words: string[], options: AcknowledgeOptions) =>
    withDaemon(options, (daemon) => acknowledge(daemon, words, options, around)),
  );
}

async function acknowledge(
  daemon: AlertDaemon,
  words: readonly string[],
  options: AcknowledgeOptions,
  { clock, print, exit }: Surroundings,
): Promise<void> {
  const by = options.by?.trim() ?? userName();
  const outcomes = [];
  for (const target of await targetsOf(daemon, words, options))
    outcomes.push({ ...target, ...(await daemon.acknowledge({ ...target, by })) });
  const done = outcomes.filter(({ outcome }) => outcome !== 'nothing');
  if (options.output === 'json') print(jsonText(outcomes));
  else {
    const { say } = voiceOf(daemon.texts, options, clock.now());
    const lines = done.map((one) => say('ack.done', { what: 'groupKey' in one ? one.groupKey : one.fingerprint, by }));
    print(linesText(lines.length === 0 ? [say('ack.nothing')] : lines));
  }
  if (done.length === 0) exit(1);
}

type Target = { readonly fingerprint: string } | { readonly groupKey: string; readonly receiver?: string };

async function targetsOf(
  daemon: AlertDaemon,
  words: readonly string[],
  { group, receiver }: AcknowledgeOptions,
): Promise<readonly Target[]> {
  if ((group === undefined) === (words.length === 0))
    throw usage('it is not said what is meant', 'name a fingerprint, matchers, or --group KEY');
  if (group !== undefined) return [{ groupKey: group, ...(receiver !== undefined && { receiver }) }];
  if (words.every(isFingerprint)) return words.map((fingerprint) => ({ fingerprint }));
  return (await daemon.alerts(filtersOf(words))).map(({ fingerprint }) => ({ fingerprint }));
}
