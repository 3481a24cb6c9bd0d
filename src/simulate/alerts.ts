// Alerts in virtual time: the product's own pipeline on a clock that jumps from timer to timer, with channels that only write down.
import { setImmediate as turn } from 'node:timers/promises';
import type { Channel, Delivery, SendResult } from '../alerts/channels/channel.ts';
import { failed, retry } from '../alerts/channels/channel.ts';
import { previewSms, type SmsPreview } from '../alerts/channels/sms/preview.ts';
import { gatewayOf } from '../alerts/channels/sms/sms-channel.ts';
import { weighSms } from '../alerts/channels/sms/segments.ts';
import type { Forwarder } from '../alerts/channels/forward.ts';
import type { Channels } from '../alerts/courier.ts';
import type { SmsIntegrationSettings } from '../alerts/integrations.ts';
import { volatileLedger } from '../alerts/ledger/ledger.ts';
import type { ChannelKind } from '../alerts/ledger/records.ts';
import { createAlertPipeline } from '../alerts/pipeline.ts';
import type { AlertPipeline } from '../alerts/pipeline-interface.ts';
import type { RuleEvaluator } from '../alerts/rules/evaluator.ts';
import { sleep } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { RuleGroup } from '../model/rule.ts';
import type { Texts } from '../model/texts.ts';
import { later, since, type Instant, type Milliseconds } from '../model/units.ts';
import { VirtualClock } from '../sandbox/clock.ts';
import type { AlertEvent, AlertEvents } from './alert-events.ts';
import { playedRules } from './alert-rules.ts';

/** One attempt to tell one recipient. */
export interface Attempt {
  /** when it began */
  readonly at: Instant;
  readonly channel: ChannelKind;
  readonly to: string;
  /** 1 for the first of this notification; a notification that takes the place of an owed one counts on */
  readonly attempt: number;
  readonly outcome: SendResult['status'];
  /** for SMS as it arrives, its sign included */
  readonly text: string;
  /** null where it is no SMS */
  readonly segments: number | null;
  /** of an SMS, where its gateway's `price` says it */
  readonly cost: SmsPreview['cost'];
  readonly delivery: Delivery;
}

type Words = Pick<Attempt, 'text' | 'segments' | 'cost'>;

export interface AlertSimulation {
  /** by (at, receiver, groupKey) */
  readonly attempts: readonly Attempt[];
  /** events that could not be: `line 7: alert 0: at least one label pair required` */
  readonly problems: readonly string[];
}

export interface SimulationOptions {
  /** from the start; what would happen later is left out */
  readonly until: Milliseconds;
  /** the document of another directory, for `reload` */
  readonly documentIn?: (config: string) => AlertsDocument;
  /** of the configuration, and after a `reload` of that other one; they are evaluated where an event is a `rule` */
  readonly rulesIn?: (config: string | null) => readonly RuleGroup[];
  readonly prometheusUrl?: string;
  /** before the play ends: what is known at that moment */
  readonly look?: (pipeline: AlertPipeline) => void;
}

type Failing = Extract<AlertEvent, { op: 'fail' }>;

export async function simulateAlerts(
  document: AlertsDocument,
  texts: Texts,
  { start, startDelay, events }: AlertEvents,
  { until, documentIn, look, rulesIn = () => [], prometheusUrl = '' }: SimulationOptions,
): Promise<AlertSimulation> {
  const clock = new VirtualClock(start);
  const ledger = volatileLedger();
  const attempts: Attempt[] = [];
  const sent: { readonly attempt: Attempt; readonly providerId: string }[] = [];
  const failing: Failing[] = [];
  const met = new Set<Failing>();
  const problems: string[] = [];
  const silences = new Map<string, string>();
  let inForce = document;
  let made = 0;
  let answers = true;

  const answer = async (channel: ChannelKind, to: string, delivery: Delivery): Promise<SendResult> => {
    const now = clock.now();
    const fault = failing.findLast(
      (one) =>
        one.at <= now &&
        now < one.until &&
        (one.receiver ?? delivery.notice.receiver) === delivery.notice.receiver &&
        (one.channel ?? channel) === channel &&
        (one.to ?? to) === to,
    );
    if (fault === undefined) return { to, status: 'sent', providerId: `message-${(made += 1)}` };
    met.add(fault);
    if (fault.takes !== undefined) await sleep(clock, fault.takes, delivery.signal);
    const retryAfter = fault.retryAfter ?? null;
    switch (fault.answer) {
      case 'error':
        return retry(to, 'ServerError', 'as the simulation says', { retryAfter });
      case 'timeout':
        return retry(to, 'Timeout', 'as the simulation says', { uncertain: true, retryAfter });
      case 'refused':
        return failed(to, 'ClientError', 'as the simulation says');
    }
  };

  const recording = <Settings>(
    channel: ChannelKind,
    style: Channel<Settings>['style'],
    wordsOf: (delivery: Delivery, settings: Settings) => Words,
  ): Channel<Settings> => ({
    style,
    send: (delivery, settings) =>
      Promise.all(
        delivery.to.map(async (to) => {
          const at = clock.now();
          const attempt = ledger.state.open.get(delivery.id)?.recipients.get(to)?.attempts ?? 1;
          const result = await answer(channel, to, delivery);
          const words = wordsOf(delivery, settings);
          const written = { at, channel, to, attempt, outcome: result.status, ...words, delivery };
          attempts.push(written);
          if (result.status === 'sent' && result.providerId !== null)
            sent.push({ attempt: written, providerId: result.providerId });
          return result;
        }),
      ),
    close: () => undefined,
  });
  const plain = ({ text }: Delivery): Words => ({ text, segments: null, cost: null });
  const channels: Channels = {
    email: recording('email', 'together', plain),
    sms: recording('sms', 'apart', (delivery, settings) => smsWords(delivery, settings, texts)),
    webhook: recording('webhook', 'together', plain),
  };

  const forwarder: Pick<Forwarder, 'forward'> = {
    forward: (_alerts, { url: to }) =>
      Promise.resolve(
        answers ? { to, status: 'sent', providerId: null } : retry(to, 'Timeout', 'as the simulation says'),
      ),
  };

  const begin = (delay: Milliseconds): AlertPipeline =>
    createAlertPipeline({
      config: () => inForce,
      texts: () => texts,
      clock,
      ledger,
      channels,
      forwarder,
      // the middle of the jitter is none
      random: () => 0.5,
      codeKey: 'simulate',
      newId: () => `silence-${(made += 1)}`,
      startDelay: delay,
    });
  let pipeline = begin(startDelay);

  let groups = rulesIn(null);
  const rules = playedRules({
    clock,
    groups: () => groups,
    document: () => inForce,
    prometheusUrl,
    save: (memories) => ledger.append(memories.map((memory) => ({ kind: 'rule', memory }))),
    tell: (alerts) => pipeline.push(alerts),
    onProblem: (problem) => problems.push(problem),
  });
  const beginRules = (): RuleEvaluator => rules.begin([...ledger.state.rules.values()]);
  let evaluator = events.some(({ op }) => op === 'rule') ? beginRules() : null;

  /** Everything up to the instant, timer by timer: what a timer has begun has its answer before the next one runs. */
  const playTo = async (end: Instant): Promise<void> => {
    for (let next = clock.nextDue(); next !== null && next <= end; next = clock.nextDue()) {
      clock.advance(Math.max(0, next - clock.now()) as Milliseconds);
      await turn();
      await evaluator?.settle();
    }
    clock.advance(since(clock.now(), end));
  };

  const happen = async (event: AlertEvent): Promise<void> => {
    const isWrong = (what: string): number => problems.push(`line ${event.line}: ${what}`);
    switch (event.op) {
      case 'push': {
        const { problems: refused } = await pipeline.push(event.alerts);
        for (const { index, problem } of refused) isWrong(`alert ${index}: ${problem}`);
        return;
      }
      case 'silence': {
        const { id = `line ${event.line}`, matchers, startsAt, endsAt, createdBy, comment } = event;
        const known = silences.get(id);
        const input = { matchers: [matchers], startsAt, endsAt, createdBy, comment };
        const outcome = await pipeline.silencer.set({ ...input, ...(known !== undefined && { id: known }) });
        if (outcome.ok) silences.set(id, outcome.id);
        else isWrong(outcome.message);
        return;
      }
      case 'unsilence': {
        const outcome = await pipeline.silencer.expire(silences.get(event.id) ?? '');
        if (outcome === 'unknown') isWrong(`there is no silence "${event.id}"`);
        return;
      }
      case 'ack': {
        const outcomes = await acknowledged(pipeline, event);
        if (!outcomes.includes('done')) isWrong('nothing that fires is meant');
        return;
      }
      case 'receipt': {
        const { status, code = null, receiver, channel, to } = event;
        const message = sent.findLast(
          ({ attempt }) =>
            (receiver ?? attempt.delivery.notice.receiver) === attempt.delivery.notice.receiver &&
            (channel ?? attempt.channel) === attempt.channel &&
            (to ?? attempt.to) === attempt.to,
        );
        if (message === undefined) isWrong('no such message was sent before');
        else
          await pipeline.receive({
            gateway: '',
            providerId: message.providerId,
            reference: null,
            to: message.attempt.to,
            status,
            code,
            at: null,
          });
        return;
      }
      case 'fail':
        failing.push(event);
        return;
      case 'central':
        ({ answers } = event);
        return;
      case 'rule':
        if (!rules.answer(event)) isWrong(`there is no rule "${event.alert ?? ''}"`);
        return;
      case 'restart': {
        await evaluator?.stop();
        const stopping = pipeline.stop(0 as Milliseconds);
        clock.advance(0 as Milliseconds);
        await stopping;
        // by the same ledger: what was known is known
        pipeline = begin(0 as Milliseconds);
        evaluator = evaluator === null ? null : beginRules();
        return;
      }
      case 'reload':
        inForce = event.config === undefined || documentIn === undefined ? { ...inForce } : documentIn(event.config);
        groups = event.config === undefined ? [...groups] : rulesIn(event.config);
        evaluator?.refresh();
        // a push is when the pipeline looks for another document
        await pipeline.push([]);
        return;
    }
  };

  const end = later(start, until);
  for (const event of events.filter(({ at }) => at <= end)) {
    // those of one instant happen together, after what was due by then
    if (event.at > clock.now()) await playTo(event.at);
    await happen(event);
    await turn();
  }
  await playTo(end);
  look?.(pipeline);
  await evaluator?.stop();
  const stopping = pipeline.stop(0 as Milliseconds);
  const played = attempts.toSorted(byPlace);
  clock.advance(0 as Milliseconds);
  await stopping;
  // a misspelt receiver would pass for one whose messages went out
  for (const one of failing) if (!met.has(one)) problems.push(`line ${one.line}: nothing was sent that it means`);
  const beyond = events.find(({ at }) => at > end);
  if (beyond !== undefined) problems.push(`line ${beyond.line}: it is after the end of the play, as are later events`);
  return { attempts: played, problems };
}

async function acknowledged(
  pipeline: AlertPipeline,
  { labels, fingerprint, groupKey, receiver, by }: Extract<AlertEvent, { op: 'ack' }>,
): Promise<readonly string[]> {
  const wanted = Object.entries(labels ?? {});
  const targets =
    groupKey !== undefined
      ? [{ groupKey, receiver }]
      : fingerprint !== undefined
        ? [{ fingerprint }]
        : pipeline
            .alerts()
            .filter(({ alert }) => wanted.every(([name, value]) => alert.labels[name] === value))
            .map(({ alert }) => ({ fingerprint: alert.fingerprint }));
  const outcomes: string[] = [];
  for (const target of targets) outcomes.push((await pipeline.acknowledge(target, by)).outcome);
  return outcomes;
}

function smsWords({ document, notice, text }: Delivery, settings: SmsIntegrationSettings, texts: Texts): Words {
  const gateway = gatewayOf(document, settings);
  const preview = gateway === undefined ? null : previewSms(gateway, { notice, text, texts });
  return preview === null
    ? { text, segments: weighSms(text).segments, cost: null }
    : { text: preview.text, segments: preview.weight.segments, cost: preview.cost };
}

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const byPlace = (one: Attempt, other: Attempt): number =>
  one.at - other.at ||
  order(one.delivery.notice.receiver, other.delivery.notice.receiver) ||
  order(one.delivery.notice.groupKey, other.delivery.notice.groupKey) ||
  order(one.channel, other.channel) ||
  order(one.to, other.to);
