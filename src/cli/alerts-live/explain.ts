// springtide alerts explain: who was told of an alert, when and by which channel; who was not, and why.
import type { Command } from 'commander';
import type { AlertExplanation, GroupExplanation, RecipientExplanation } from '../../alerts/explain.ts';
import { isFingerprint } from './acknowledge.ts';
import { withDaemon, withDaemonOptions, type AlertDaemon, type DaemonOptions, type Surroundings } from './daemon.ts';
import { backLines } from './query.ts';
import { alertText, filtersOf, jsonText, linesText, voiceOf, type Voice } from './words.ts';

/** More would be read by nobody. */
const mostAlerts = 20;

export function addExplain(alerts: Command, around: Surroundings): void {
  withDaemonOptions(
    alerts
      .command('explain')
      .description('who was told of an alert, when and by which channel; who was not, and why')
      .argument('<alerts...>', 'a fingerprint, or matchers as of `alerts query`')
      .addHelpText('after', `\nAt most ${mostAlerts} alerts. Exit codes: 0 ok, 1 there is no such alert.`),
  ).action((words: string[], options: DaemonOptions) =>
    withDaemon(options, (daemon) => explain(daemon, words, options, around)),
  );
}

async function explain(
  daemon: AlertDaemon,
  words: readonly string[],
  options: DaemonOptions,
  { clock, print, exit }: Surroundings,
): Promise<void> {
  const fingerprints = words.every(isFingerprint)
    ? words
    : (await daemon.alerts(filtersOf(words))).map(({ fingerprint }) => fingerprint);
  const found: AlertExplanation[] = [];
  for (const fingerprint of fingerprints.slice(0, mostAlerts)) {
    const explanation = await daemon.explain(fingerprint);
    if (explanation !== null) found.push(explanation);
  }
  if (found.length === 0) exit(1);
  if (options.output === 'json') {
    print(jsonText(found));
    return;
  }
  const voice = voiceOf(daemon.texts, options, clock.now());
  const isBack = found.some(({ muted }) => [...muted.inhibitedBy, ...muted.silencedBy].length > 0);
  const [all, silences] = isBack ? await Promise.all([daemon.alerts([]), daemon.silences([])]) : [[], []];
  const lines = found.flatMap((one) => [
    ...headLines(one, voice),
    ...backLines(one.muted, { all, silences }, voice).map((line) => `  ${line}`),
    ...one.groups.flatMap((group) => groupLines(group, voice)),
    ...messageLines(one, voice),
  ]);
  print(linesText(lines.length === 0 ? [voice.say('query.none')] : lines));
}

function headLines({ alert }: AlertExplanation, { say, time }: Voice): string[] {
  const { fingerprint, labels, since, ended } = alert;
  const facts = { since: time(since), ended: ended === null ? '' : time(ended) };
  return [`${fingerprint}  ${alertText(labels)}`, `  ${say(`explain.${ended === null ? 'fires' : 'ended'}`, facts)}`];
}

function groupLines(group: GroupExplanation, voice: Voice): string[] {
  const { say, time } = voice;
  const { key, receiver, nextFlush, step, steps, acknowledged, recipients } = group;
  return [
    `  ${say('explain.group', { receiver, key, next: time(nextFlush) })}`,
    ...(steps > 0 && step !== null ? [`    ${say('explain.step', { step: step + 1, steps })}`] : []),
    ...(acknowledged === null
      ? []
      : [`    ${say('explain.acknowledged', { by: acknowledged.by, since: time(acknowledged.at) })}`]),
    ...recipients.map((one) => `    ${recipientLine(one, voice)}`),
  ];
}

function recipientLine({ channel, to, toldAt, why, detail, next }: RecipientExplanation, voice: Voice): string {
  const { say, time } = voice;
  const who = `${channel} ${to}`;
  if (why === null) return say('explain.told', { who, at: toldAt === null ? '?' : time(toldAt) });
  const facts = {
    detail: why === 'held' ? say(`held.${detail ?? ''}`) : why === 'step' ? Number(detail) + 1 : (detail ?? '?'),
    next: next === null ? say('explain.noNext') : time(next),
  };
  return say('explain.notTold', { who, why: say(`why.${why}`, facts) });
}

function messageLines({ notifications }: AlertExplanation, { say, time }: Voice): string[] {
  if (notifications.length === 0) return [];
  return [
    `  ${say('explain.messages')}`,
    ...notifications.map(({ at, channel, to, why, outcome, message }) => {
      const reason = message === null || outcome === 'sent' ? '' : `: ${message}`;
      return `    ${time(at)}  ${channel} ${to}  ${why}  ${outcome}${reason}`;
    }),
  ];
}
