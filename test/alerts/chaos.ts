// A life full of deaths: alerts are pushed, gateways fail, the process is killed at random points, over and over; what was broken by that is told.
import { setImmediate as turn } from 'node:timers/promises';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import type { Channel, SendResult } from '../../src/alerts/channels/channel.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import type { AlertPipeline } from '../../src/alerts/pipeline-interface.ts';
import { sleep } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { catalogue, start } from './builders.ts';
import { directoryHome, kubernetesHome } from './chaos-homes.ts';
import type { OpenHome } from './chaos-homes.ts';
import { Judge } from './chaos-judge.ts';
import type { Accepted, Word } from './chaos-judge.ts';
import { kindOf } from './chaos-kinds.ts';

export interface ChaosReport {
  readonly accepted: number;
  readonly kills: number;
  /** ends of the ledger that were torn */
  readonly torn: number;
  readonly deliveries: number;
  /** the same message once more: its first answer was not known */
  readonly twice: number;
  readonly problems: readonly string[];
}

const texts = catalogue('en');
const alertCount = 200;
/** Everything has begun and ended, and gateways are well from then on. */
const moodyFor = minutes(10);
const atMost = minutes(65);
const step = seconds(5);
/** In Kubernetes a few objects a second are written, as time goes on. */
const stepInKubernetes = seconds(0.5);
/** A sender that fires, and ends what it has seen taken for a while. */
const leastLife = seconds(40);

interface Sender {
  readonly number: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly firesAt: number;
  readonly endsAt: number;
  firing: Instant | null;
  ended: Instant | null;
}

interface Life {
  readonly home: OpenHome;
  readonly pipeline: AlertPipeline;
  readonly startedAt: Instant;
  isAlive: boolean;
  isSending: boolean;
}

const never = <Value>(): Promise<Value> => new Promise(() => undefined);

export async function chaosRun(seed: number, keptIn: 'directory' | 'kubernetes' = 'directory'): Promise<ChaosReport> {
  const random = seededRandom(seed);
  const clock = new VirtualClock(start);
  const { document, rules } = kindOf(seed);
  const judge = new Judge(rules);
  const place = keptIn === 'directory' ? directoryHome(random) : await kubernetesHome(clock, random);
  let isMoody = true;
  let torn = 0;
  let kills = 0;

  const openLife = async (): Promise<Life> => {
    const now = (): Instant => clock.now();
    const own: Clock = {
      now,
      after: (delay, run) =>
        clock.after(delay, () => {
          if (life.isAlive) run();
        }),
    };
    const home = await place.open(own);
    const { ledger } = home;
    torn += ledger.damage.length;
    for (const { kind, offset } of ledger.damage)
      if (kind !== 'tornLastLine') judge.problems.push(`the ledger was damaged at ${offset}: ${kind}`);
    const append = async (records: readonly LedgerRecord[]): Promise<void> => {
      if (!life.isAlive) return never();
      await ledger.append(records);
      if (!life.isAlive) return never();
      home.durable();
      for (const record of records) if (record.kind === 'sent') judge.answered(record.id, record.to);
    };
    const watched: Ledger = { ...ledger, state: ledger.state, append };
    const answer = async (word: Word): Promise<SendResult> => {
      const { delivery, channel, to } = word;
      const mood = isMoody ? random() : 1;
      const takes = mood >= 0.35 || mood < 0.1;
      const isSlow = random() < 0.5;
      if (takes && !isSlow) judge.arrived(word, ledger.state);
      await sleep(own, (random() * 3000) as Milliseconds);
      if (!life.isAlive) return never();
      if (takes && isSlow) judge.arrived(word, ledger.state);
      if (mood < 0.1) return retry(to, 'Timeout', 'taken, and the answer lost', { uncertain: true });
      if (mood < 0.2) return retry(to, 'Timeout', 'lost on the way', { uncertain: true });
      // a server of mail answers for each of those that a mail is for
      if (channel === 'email' && mood < 0.28) {
        const isHis = mood < 0.24;
        judge.refused(word, isHis);
        return failed(to, isHis ? 'RecipientRefused' : 'ClientError', 'not taken');
      }
      if (mood < 0.35) return retry(to, 'ServerError', 'out of order');
      return { to, status: 'sent', providerId: `${delivery.id} ${to}` };
    };
    const channel = (name: string, style: Channel<unknown>['style']): Channel<unknown> => ({
      style,
      send: (delivery) => Promise.all(delivery.to.map((to) => answer({ delivery, channel: name, to }))),
      close: () => undefined,
    });
    const begin = (): AlertPipeline =>
      createAlertPipeline({
        config: () => document,
        texts: () => texts,
        clock: own,
        ledger: watched,
        channels: {
          email: channel('email', 'together'),
          sms: channel('sms', 'apart'),
          webhook: channel('webhook', 'together'),
        },
        random,
      });
    judge.started(accepted(), ledger.state);
    const life: Life = { home, pipeline: begin(), startedAt: now(), isAlive: true, isSending: false };
    return life;
  };

  const senders: Sender[] = Array.from({ length: alertCount }, (_, number) => {
    const labels = { alertname: 'Chaos', number: String(number), team: `t${number % 20}` };
    const firesAt = random() * minutes(5);
    const endsAt = firesAt + seconds(45) + random() * minutes(3);
    return { number, labels, fingerprint: fingerprintOf(labels), firesAt, endsAt, firing: null, ended: null };
  });
  const accepted = (): readonly Accepted[] =>
    senders.flatMap(({ firing, ended, fingerprint, number }) =>
      firing === null ? [] : [{ fingerprint, number, isOver: ended !== null }],
    );

  async function send(life: Life): Promise<void> {
    const now = clock.now();
    const passed = now - start;
    const seen = (at: Instant): number => now - Math.max(at, life.startedAt);
    const due = senders.filter(({ firesAt, endsAt, firing, ended }) =>
      firing === null ? firesAt <= passed : ended === null && endsAt <= passed && seen(firing) >= leastLife,
    );
    if (due.length === 0 || life.isSending) return;
    life.isSending = true;
    const outcome = await life.pipeline.push(
      due.map(({ labels, firesAt, firing }) => ({
        labels,
        startsAt: rfc3339(later(start, Math.floor(firesAt) as Milliseconds)),
        endsAt: rfc3339(firing === null ? later(now, minutes(6000)) : now),
      })),
    );
    life.isSending = false;
    if (!outcome.durable || !life.isAlive) return;
    for (const sender of due)
      if (sender.firing === null) sender.firing = now;
      else sender.ended = now;
  }

  let current = await openLife();
  const deaths = Array.from({ length: 2 + Math.floor(random() * 4) }, () => random() * minutes(7)).sort(
    (one, other) => other - one,
  );
  const slice = keptIn === 'directory' ? step : stepInKubernetes;
  for (let passed = 0; passed < atMost; passed = clock.now() - start) {
    isMoody = passed < moodyFor;
    clock.advance(slice);
    void send(current);
    if (passed < (deaths.at(-1) ?? Infinity)) await current.home.rested();
    else {
      deaths.pop();
      kills += 1;
      for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await turn();
      current.isAlive = false;
      await current.home.kill();
      clock.advance((random() * 60_000) as Milliseconds);
      current = await openLife();
    }
    const { state } = current.home.ledger;
    const isOver = senders.every(({ ended }) => ended !== null);
    if (passed > moodyFor && isOver && state.alerts.size === 0 && state.open.size === 0) break;
  }

  if (accepted().length < alertCount) judge.problems.push(`only ${accepted().length} alerts were accepted`);
  for (const { number, ended } of senders)
    if (ended === null) judge.problems.push(`the end of alert ${number} was never accepted`);
  judge.ended(accepted(), current.home.ledger.state);
  current.isAlive = false;
  await current.home.kill();
  await place.close();
  const { problems, deliveries, twice } = judge;
  return { accepted: accepted().length, kills, torn, deliveries, twice, problems };
}
