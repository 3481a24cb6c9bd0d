// springtide alerts explain: who was told of an alert, when and by which channel; who was not, and why.
import type { Command } from 'commander';
import type {
  AlertExplanation,
  EscalationExplanation,
  GroupExplanation,
  RecipientExplanation,
} from '../../alerts/explain.ts';
import type { AlertMessage } from '../../alerts/explain-messages.ts';
import { isFingerprint } from './acknowledge.ts';
import { withDaemon, withDaemonOptions, type AlertDaemon, type DaemonOptions, type Surroundings } from './daemon.ts';
import { backLines } from './query.ts';
import { alertText, filtersOf, jsonText, linesText, recipientText, voiceOf, type Voice } from './words.ts';

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
  { clock, print, warn, exit }: Surroundings,
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
  const voice = voiceOf(daemon.texts, options, clock.now());
  const more = fingerprints.length - mostAlerts;
  // beside what a program reads, too: it would take these for all
  if (more > 0) warn(linesText([voice.say('explain.more', { count: mostAlerts, more })]));
  if (options.output === 'json') {
    print(jsonText(found));
    return;
  }
  const isBack = found.some(({ muted }) => [...muted.inhibitedBy, ...muted.silencedBy].length > 0);
  const [all, silences] = isBack ? await Promise.all([daemon.alerts([]), daemon.silences([])]) : [[], []];
  const lines = found.flatMap((one) => [
    ...headLines(one, voice),
    ...backLines(one.muted, { all, silences }, voice).map((line) => `  ${line}`),
    ...one.groups.flatMap((group) => groupLines(group, one.notifications, voice)),
    ...messageLines(one, voice),
  ]);
  print(linesText(lines.length === 0 ? [voice.say('query.none')] : lines));
}

function headLines({ alert }: AlertExplanation, { say, time }: Voice): string[] {
  const { fingerprint, labels, since, ended } = alert;
  const facts = { since: time(since), ended: ended === null ? '' : time(ended) };
  return [`${fingerprint}  ${alertText(labels)}`, `  ${say(`explain.${ended === null ? 'fires' : 'ended'}`, facts)}`];
}

function groupLines(group: GroupExplanation, messages: readonly AlertMessage[], voice: Voice): string[] {
  const { say, time } = voice;
  const { key, receiver, nextFlush, escalations, acknowledged, recipients } = group;
  return [
    `  ${say('explain.group', { receiver, key, next: time(nextFlush) })}`,
    ...escalations.map((one) => `    ${escalationLine(one, voice)}`),
    ...(acknowledged === null
      ? []
      : [`    ${say('explain.acknowledged', { by: acknowledged.by, since: time(acknowledged.at) })}`]),
    ...recipients.map((one) => `    ${recipientLine(one, receiver, messages, voice)}`),
  ];
}

function escalationLine({ receiver, steps, step, next, none }: EscalationExplanation, { say, time }: Voice): string {
  if (step === null) return say('explain.notBegun', { receiver, steps });
  const then = next === null ? say(`explain.then.${none ?? 'quiet'}`) : say('explain.then.next', { at: time(next) });
  return say('explain.step', { receiver, step: step + 1, steps, then });
}

function recipientLine(
  { receiver, channel, to, step, toldAt, toldBy, why, detail, next }: RecipientExplanation,
  ofGroup: string,
  messages: readonly AlertMessage[],
  voice: Voice,
): string {
  const { say, time } = voice;
  const named = `${recipientText(channel, to)}${step === null ? '' : say('explain.inStep', { step: step + 1 })}`;
  const who = receiver === ofGroup ? named : say('explain.standingIn', { who: named, receiver });
  if (why === null) {
    const message = messages.find((one) => one.id === toldBy && one.to === to);
    const facts = message === undefined ? [] : messageFacts(message, voice);
    return [say('explain.told', { who, at: toldAt === null ? '?' : time(toldAt) }), ...facts].join(say('explain.and'));
  }
  const facts = {
    detail: why === 'held' ? say(`held.${detail ?? ''}`) : why === 'step' ? Number(detail) + 1 : (detail ?? '?'),
    next: next === null ? say('explain.noNext') : time(next),
  };
  return say('explain.notTold', { who, why: say(`why.${why}`, facts) });
}

/** What the provider calls it, what it said afterwards, and how somebody says that he is on it. */
function messageFacts(
  { outcome, providerId, gateway, receipt, maybeTwice, acknowledge }: AlertMessage,
  { say, time, isPast }: Voice,
): string[] {
  const facts: string[] = [];
  if (providerId !== null)
    facts.push(gateway === null ? say('fact.id', { id: providerId }) : say('fact.idOf', { id: providerId, gateway }));
  if (maybeTwice) facts.push(say('fact.twice'));
  if (receipt !== null)
    facts.push(say(`fact.receipt.${receipt.status}`, { at: time(receipt.at), code: receipt.code ?? '-' }));
  // what was refused nobody can type
  if (acknowledge !== null && (outcome === 'sent' || outcome === 'sending' || maybeTwice)) {
    const { code, until } = acknowledge;
    facts.push(isPast(until) ? say('fact.expired', { code }) : say('fact.code', { code, until: time(until) }));
  }
  return facts;
}

function messageLines({ notifications }: AlertExplanation, voice: Voice): string[] {
  const { say, time } = voice;
  if (notifications.length === 0) return [];
  return [
    `  ${say('explain.messages')}`,
    ...notifications.map((one) => {
      const { at, channel, to, why, outcome, message, nextAttempt } = one;
      const next = nextAttempt === null ? '-' : time(nextAttempt);
      const became = say(`outcome.${outcome}`, { reason: message ?? '-', next });
      const what = `${time(at)}  ${recipientText(channel, to)}  ${say(`reason.${why}`)}`;
      return `    ${[what, became, ...messageFacts(one, voice)].join(say('explain.and'))}`;
    }),
  ];
}
