// springtide alerts ack: somebody is on it; escalations stop, nobody is reminded.
import type { Command } from 'commander';
import { isCode, readCode } from '../../alerts/acknowledge-code.ts';
import type { Acknowledged } from './answers.ts';
import {
  usage,
  withDaemon,
  withDaemonOptions,
  type AlertDaemon,
  type DaemonOptions,
  type Surroundings,
} from './daemon.ts';
import { filtersOf, jsonText, linesText, nameOf, voiceOf, type Voice } from './words.ts';

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
      .argument('[alerts...]', 'the code of a message (k7m2p9qx), a fingerprint, or matchers as of `alerts query`')
      .option('--group <key>', 'a whole group, by its key')
      .option('--receiver <name>', 'with --group: for this receiver only')
      .option('--by <name>', 'who (default: the user at the keyboard)')
      .addHelpText(
        'after',
        '\nExit codes: 0 ok, 1 nothing of it fires or nobody knows the code, 2 bad input, 3 the daemon does not answer.',
      ),
  ).action((words: string[], options: AcknowledgeOptions) =>
    withDaemon(options, (daemon) => acknowledge(daemon, words, options, around)),
  );
}

type Named = { readonly fingerprint: string } | { readonly groupKey: string; readonly receiver?: string };
/** sure: it can be nothing else */
type Target = Named | { readonly code: string; readonly isSure: boolean };

type Answer = (Named | { readonly code: string }) & Acknowledged;

const isHeard = ({ outcome }: Acknowledged): boolean => outcome === 'done' || outcome === 'already';

async function acknowledge(
  daemon: AlertDaemon,
  words: readonly string[],
  options: AcknowledgeOptions,
  { clock, print, exit }: Surroundings,
): Promise<void> {
  const by = nameOf(options.by);
  const tell = async (target: Target): Promise<Answer> => {
    if (!('code' in target)) return { ...target, ...(await daemon.acknowledge({ ...target, by })) };
    const { code, isSure } = target;
    const answer = await daemon.acknowledge({ code, by });
    return { code, ...(answer.outcome === 'unknown' && !isSure ? { outcome: 'nothing' as const } : answer) };
  };
  const answers: Answer[] = [];
  for (const target of await targetsOf(daemon, words, options)) answers.push(await tell(target));
  if (options.output === 'json') print(jsonText(answers));
  else {
    const voice = voiceOf(daemon.texts, options, clock.now());
    const lines = answers.flatMap((answer) => lineOf(answer, by, voice));
    print(linesText(lines.length === 0 ? [voice.say('ack.nothing')] : lines));
  }
  if (!answers.some(isHeard)) exit(1);
}

/** Of what does not fire nothing is said beside what does. */
function lineOf(answer: Answer, by: string, { say, time }: Voice): string[] {
  const what = 'code' in answer ? answer.code : 'groupKey' in answer ? answer.groupKey : answer.fingerprint;
  switch (answer.outcome) {
    case 'done':
      return [
        'code' in answer ? say('ack.code', { by, code: what, count: answer.alerts }) : say('ack.done', { by, what }),
      ];
    case 'already':
      return [say('ack.already', { by: answer.by, since: time(answer.at) })];
    case 'expired':
      return [say('ack.expired', { code: what, since: time(answer.at) })];
    case 'unknown':
      return [say('ack.unknown', { code: what })];
    case 'nothing':
    case 'forged':
      return [];
  }
}

async function targetsOf(
  daemon: AlertDaemon,
  words: readonly string[],
  { group, receiver }: AcknowledgeOptions,
): Promise<readonly Target[]> {
  if (group === undefined && words.length === 0)
    throw usage('it is not said what is meant', 'name a code, a fingerprint, matchers, or --group KEY');
  if (group !== undefined && words.length > 0)
    throw usage('either some alerts are meant or a whole group', 'leave one of them out');
  if (group !== undefined) return [{ groupKey: group, ...(receiver !== undefined && { receiver }) }];
  if (words.every(isFingerprint)) return words.map((fingerprint) => ({ fingerprint }));
  const [word = ''] = words;
  const code = words.length === 1 ? readCode(word) : null;
  if (code === null && word.startsWith('#'))
    throw usage(`${words.join(' ')} is no code`, 'a code has eight letters and digits: k7m2p9qx');
  // an alert may be called like a code
  const named = word.startsWith('#')
    ? []
    : (await daemon.alerts(filtersOf(words))).map(({ fingerprint }) => ({ fingerprint }));
  return named.length > 0 || code === null ? named : [{ code, isSure: isCode(word) || word.startsWith('#') }];
}
