// A life full of deaths: alerts are pushed, gateways fail, the process is cut off at any byte of its ledger, over and over; what was broken by that is told.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { Channel, Delivery, SendResult } from '../../src/alerts/channels/channel.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import type { AlertPipeline } from '../../src/alerts/pipeline.ts';
import { sleep } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import type { AlertsDocument } from '../../src/model/config.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { anAlertsDocument, catalogue, start } from './builders.ts';

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
const documentOf = (groupBy: string, most: number): AlertsDocument =>
  anAlertsDocument(`
people: { zhang: { sms: '+8613800000001' }, li: { sms: '+8613800000002' } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
route: { receiver: duty, group_by: ['${groupBy}'], group_wait: 0s, group_interval: 10s, repeat_interval: 90d }
receivers:
  - name: duty
    sms_configs: [{ to: [zhang, li], gateway: main }]
    webhook_configs: [{ url: 'http://127.0.0.1:1/' }]
limits: { messagesInMinute: ${most}, namedInMessage: 1000 }
flapping: { changes: 1000 }
`);
/** Each alert a group of its own; groups of ten; and groups of ten of which many come together in one message. */
const kinds = [documentOf('...', 100_000), documentOf('team', 100_000), documentOf('team', 3)] as const;

const alertCount = 200;
const step = seconds(5);
/** A sender that fires, and ends what it has seen taken for a while. */
const leastLife = seconds(40);

interface Sender {
  readonly labels: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly firesAt: number;
  readonly endsAt: number;
  firing: Instant | null;
  ended: Instant | null;
}

interface Told {
  readonly firing: Map<string, number>;
  readonly ended: Map<string, number>;
}

export async function chaosRun(seed: number): Promise<ChaosReport> {
  const random = seededRandom(seed);
  const clock = new VirtualClock(start);
  const document = kinds[seed % kinds.length] ?? kinds[0];
  const problems: string[] = [];
  const told = new Map<string, Told>();
  const taken = new Map<string, number>();
  /** messages that may have been taken without our knowing */
  const unknown = new Set<string>();
  let isMoody = true;
  let deliveries = 0;
  let order = 0;
  let torn = 0;
  let kills = 0;
  let directory = mkdtempSync(path.join(tmpdir(), 'springtide-chaos-'));

  function arrived({ id, notice }: Delivery, to: string, ledger: Ledger): void {
    const key = `${id} ${to}`;
    const times = (taken.get(key) ?? 0) + 1;
    taken.set(key, times);
    deliveries += 1;
    if (times > 1) {
      if (!unknown.has(key)) problems.push(`${key} came twice though its first answer was known`);
      if (ledger.state.open.get(id)?.recipients.get(to)?.maybeTwice !== true)
        problems.push(`${key} came twice and the ledger does not say so`);
    }
    const known = told.get(to) ?? { firing: new Map(), ended: new Map() };
    told.set(to, known);
    order += 1;
    for (const { fingerprint, ended } of notice.alerts)
      (ended === null ? known.firing : known.ended).set(fingerprint, order);
  }

  const openLife = async () => {
    const life = { isAlive: true, startedAt: clock.now(), pending: 0, synced: { file: '', size: 0 } };
    const own: Clock = {
      now: () => clock.now(),
      after: (delay, run) =>
        clock.after(delay, () => {
          if (life.isAlive) run();
        }),
    };
    const place = directory;
    const ledger = await openLedger(place, { clock: own, fsync: false, maxSegmentBytes: 48 * 1024 });
    torn += ledger.damage.length;
    for (const { kind, offset } of ledger.damage)
      if (kind !== 'tornLastLine') problems.push(`the ledger was damaged at ${offset}: ${kind}`);
    const note = (): void => {
      const file = newestOf(place);
      life.synced = { file, size: statSync(path.join(place, file)).size };
    };
    note();
    const watched: Ledger = {
      ...ledger,
      state: ledger.state,
      append: async (records) => {
        if (!life.isAlive) return new Promise(() => undefined);
        life.pending += 1;
        await ledger.append(records);
        life.pending -= 1;
        if (life.isAlive) note();
        return life.isAlive ? undefined : new Promise(() => undefined);
      },
    };
    const answer = async (delivery: Delivery, to: string): Promise<SendResult> => {
      const key = `${delivery.id} ${to}`;
      const mood = isMoody ? random() : 1;
      const takes = mood >= 0.35 || mood < 0.1;
      const isSlow = random() < 0.5;
      // until the answer is in the ledger nobody knows
      if (takes && !isSlow) arrived(delivery, to, ledger);
      if (takes) unknown.add(key);
      await sleep(own, (random() * 3000) as Milliseconds);
      if (!life.isAlive) return new Promise(() => undefined);
      if (takes && isSlow) arrived(delivery, to, ledger);
      if (mood < 0.1) return retry(to, 'Timeout', 'taken, and the answer lost', { uncertain: true });
      if (mood < 0.2) return retry(to, 'Timeout', 'lost on the way', { uncertain: true });
      if (mood < 0.35) return retry(to, 'ServerError', 'out of order');
      return { to, status: 'sent', providerId: key };
    };
    const channel = (style: Channel<unknown>['style']): Channel<unknown> => ({
      style,
      send: (delivery) => Promise.all(delivery.to.map((to) => answer(delivery, to))),
      close: () => undefined,
    });
    const pipeline = createAlertPipeline({
      config: () => document,
      texts: () => texts,
      clock: own,
      ledger: watched,
      channels: { email: channel('together'), sms: channel('apart'), webhook: channel('together') },
      random,
    });
    return { life, pipeline, ledger };
  };

  let current = await openLife();

  /** The disk has what it has said to have, and of what was on its way any number of bytes. */
  async function die(): Promise<void> {
    for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await turn();
    const { life } = current;
    life.isAlive = false;
    kills += 1;
    const next = mkdtempSync(path.join(tmpdir(), 'springtide-chaos-'));
    for (const file of readdirSync(directory)) {
      try {
        copyFileSync(path.join(directory, file), path.join(next, file));
      } catch {
        // it was replaced at this moment
      }
    }
    const file = newestOf(next);
    const { size } = statSync(path.join(next, file));
    if (file === life.synced.file && size > life.synced.size)
      truncateSync(path.join(next, file), life.synced.size + Math.floor(random() * (size - life.synced.size + 1)));
    const old = directory;
    directory = next;
    clock.advance((random() * 60_000) as Milliseconds);
    await rested(() => life.pending);
    await current.ledger.close();
    rmSync(old, { recursive: true, force: true });
    current = await openLife();
  }

  const senders: Sender[] = Array.from({ length: alertCount }, (_, index) => {
    const labels = { alertname: 'Chaos', number: String(index), team: `t${index % 20}` };
    const firesAt = random() * minutes(8);
    const lasts = seconds(60) + random() * minutes(5);
    return { labels, fingerprint: fingerprintOf(labels), firesAt, endsAt: firesAt + lasts, firing: null, ended: null };
  });

  async function send(pipeline: AlertPipeline): Promise<void> {
    const { life } = current;
    const now = clock.now();
    const passed = now - start;
    const seen = (at: Instant): number => now - Math.max(at, life.startedAt);
    const due = senders.filter(({ firesAt, endsAt, firing, ended }) =>
      firing === null ? firesAt <= passed : ended === null && endsAt <= passed && seen(firing) >= leastLife,
    );
    if (due.length === 0) return;
    const outcome = await pipeline.push(
      due.map(({ labels, firesAt, firing }) => ({
        labels,
        startsAt: rfc3339(later(start, Math.floor(firesAt) as Milliseconds)),
        endsAt: rfc3339(firing === null ? later(now, minutes(6000)) : now),
      })),
    );
    if (!outcome.durable || !life.isAlive) return;
    for (const sender of due)
      if (sender.firing === null) sender.firing = now;
      else sender.ended = now;
  }

  const deaths = new Set(Array.from({ length: 2 + Math.floor(random() * 4) }, () => Math.floor(random() * 130)));
  for (let round = 0; round < 400; round += 1) {
    if (round === 200) isMoody = false;
    clock.advance(round < 200 ? step : seconds(15));
    const sending = send(current.pipeline);
    if (deaths.has(round)) await die();
    else {
      await sending;
      const { life } = current;
      await rested(() => life.pending);
      const { state } = current.ledger;
      if (round > 250 && state.alerts.size === 0 && state.open.size === 0) break;
    }
  }

  const accepted = senders.filter(({ firing }) => firing !== null);
  if (accepted.length < alertCount) problems.push(`only ${accepted.length} alerts were accepted`);
  for (const to of ['zhang', 'li', 'webhook 1'])
    for (const { fingerprint, labels, ended } of accepted) {
      const { firing, ended: ends } = told.get(to) ?? {
        firing: new Map<string, number>(),
        ended: new Map<string, number>(),
      };
      const [began, over] = [firing.get(fingerprint), ends.get(fingerprint)];
      const who = `${to} of alert ${labels['number'] ?? ''}`;
      if (began === undefined && over === undefined) problems.push(`nobody told ${who}`);
      if (ended === null) problems.push(`the end was never accepted: ${who}`);
      else if (began !== undefined && (over ?? 0) < began) problems.push(`nobody told ${who} that it is over`);
    }
  const { state } = current.ledger;
  if (state.open.size > 0) problems.push(`${state.open.size} notifications are still owed`);
  if (state.alerts.size > 0) problems.push(`${state.alerts.size} alerts are still remembered`);
  current.life.isAlive = false;
  await current.ledger.close();
  rmSync(directory, { recursive: true, force: true });
  const twice = [...taken.values()].filter((times) => times > 1).length;
  return { accepted: accepted.length, kills, torn, deliveries, twice, problems };
}

const newestOf = (directory: string): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1) ?? '';

/** Everything that was being written is written, and what came of it too. */
async function rested(pending: () => number): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet = pending() === 0 ? quiet + 1 : 0) await turn();
}
