// A life full of deaths: alerts are pushed, gateways fail, the process is killed at random points, over and over; what was broken by that is told.
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import type { AlertPipeline } from '../../src/alerts/pipeline-interface.ts';
import type { Clock } from '../../src/clock.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { catalogue, start } from './builders.ts';
import { directoryHome, kubernetesHome } from './chaos-homes.ts';
import type { OpenHome } from './chaos-homes.ts';
import { Judge } from './chaos-judge.ts';
import type { Accepted } from './chaos-judge.ts';
import { moodyCentral, silencesOf } from './chaos-forwarding.ts';
import { kindOf } from './chaos-kinds.ts';
import type { KeptIn } from './chaos-reloads.ts';
import { moodyChannels, never } from './chaos-providers.ts';

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
const step = seconds(5);
/** In Kubernetes a few objects a second are written, as time goes on. */
const stepInKubernetes = seconds(0.5);
/** A sender that fires, and ends what it has seen taken for a while. */
const leastLife = seconds(40);

interface Sender {
  readonly number: number;
  readonly labels: Readonly<Record<'alertname' | 'number' | 'team', string>>;
  readonly fingerprint: string;
  readonly firesAt: number;
  readonly endsAt: number;
  readonly group: string;
  /** it was sent, whatever became of that */
  sent: Instant | null;
  firing: Instant | null;
  /** its end was sent, whatever became of that */
  ending: Instant | null;
  ended: Instant | null;
}

/** What a process writes while it starts counts, too: this is there before its pipeline is. */
interface Mortal {
  isAlive: boolean;
  isSending: boolean;
}

interface Life extends Mortal {
  readonly home: OpenHome;
  readonly pipeline: AlertPipeline;
  readonly startedAt: Instant;
}

export async function chaosRun(seed: number, keptIn: KeptIn = 'directory'): Promise<ChaosReport> {
  const random = seededRandom(seed);
  const clock = new VirtualClock(start);
  const { documents, rules, groupedBy, acknowledged, lasts } = kindOf(seed);
  let [document] = documents;
  // what people do is chance of its own: lives without them are what they were
  const people = seededRandom(seed + 1_000_000);
  const judge = new Judge(rules, keptIn, alertCount);
  const place = keptIn === 'directory' ? directoryHome(random) : await kubernetesHome(clock, random);
  const central = seededRandom(seed + 2_000_000);
  const isSilent = silencesOf(central);
  let isMoody = true;
  let torn = 0;
  let kills = 0;

  const openLife = async (): Promise<Life> => {
    const mortal: Mortal = { isAlive: true, isSending: false };
    const now = (): Instant => clock.now();
    const own: Clock = {
      now,
      after: (delay, run) =>
        clock.after(delay, () => {
          if (mortal.isAlive) run();
        }),
    };
    const home = await place.open(own);
    const { ledger } = home;
    torn += ledger.damage.length;
    for (const { kind, offset } of ledger.damage)
      if (kind !== 'tornLastLine') judge.problem(`the ledger was damaged at ${offset}: ${kind}`);
    const append = async (records: readonly LedgerRecord[]): Promise<void> => {
      if (!mortal.isAlive) return never();
      await ledger.append(records);
      if (!mortal.isAlive) return never();
      for (const record of records) if (record.kind === 'sent') judge.answered(record.id, record.to, now());
    };
    const watched: Ledger = { ...ledger, state: ledger.state, append };
    const channels = moodyChannels({
      clock: own,
      random,
      judge,
      state: ledger.state,
      isMoody: () => isMoody,
      isAlive: () => mortal.isAlive,
    });
    const { forwarding } = judge;
    const theirs = { clock: own, random: central, isMoody: () => isMoody, isAlive: () => mortal.isAlive };
    const begin = (): AlertPipeline =>
      createAlertPipeline({
        ...(forwarding !== null && { forwarder: moodyCentral({ ...theirs, judge: forwarding }, isSilent) }),
        config: () => document,
        texts: () => texts,
        clock: own,
        ledger: watched,
        channels,
        random,
        codeKey: 'chaos',
      });
    judge.started(accepted(), ledger.state);
    return Object.assign(mortal, { home, pipeline: begin(), startedAt: now() });
  };

  const senders: Sender[] = Array.from({ length: alertCount }, (_, number) => {
    const labels = { alertname: 'Chaos', number: String(number), team: `t${number % 20}` };
    const firesAt = random() * minutes(5);
    const endsAt = firesAt + seconds(45) + random() * minutes(3);
    const fingerprint = fingerprintOf(labels);
    const group = groupedBy === null ? fingerprint : labels[groupedBy];
    return { number, labels, fingerprint, group, firesAt, endsAt, sent: null, firing: null, ending: null, ended: null };
  });
  const accepted = (): readonly Accepted[] =>
    senders.flatMap(({ sent, firing, ending, ended, fingerprint, number, labels }) =>
      sent === null || firing === null
        ? []
        : [{ fingerprint, number, team: labels.team, begun: sent, ending, over: ended }],
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
    for (const sender of due) {
      sender.sent ??= now;
      judge.calls?.sent(sender.fingerprint, sender.group, now);
      judge.forwarding?.sent(sender.fingerprint, now);
      if (sender.firing === null) continue;
      sender.ending ??= now;
      judge.calls?.ending(sender.fingerprint, now);
    }
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

  async function acknowledge({ pipeline, home }: Life): Promise<void> {
    if (acknowledged === 0 || people() >= acknowledged) return;
    const open = senders.filter(({ firing, ended }) => firing !== null && ended === null);
    const meant = open[Math.floor(people() * open.length)];
    if (meant === undefined) return;
    const { fingerprint, group } = meant;
    const others = senders.filter(
      ({ group: other, sent, ended }) => other === group && sent !== null && ended === null,
    );
    const fingerprints = (all: readonly Sender[]): readonly string[] => all.map((one) => one.fingerprint);
    const sure = fingerprints(others.filter(({ firing }) => firing !== null));
    judge.calls?.acknowledging(fingerprints(others), home.ledger.state, clock.now());
    const { outcome } = await pipeline.acknowledge({ fingerprint }, 'zhang');
    if (outcome === 'done') judge.calls?.acknowledged(sure, clock.now());
  }

  const end = (life: Life): void => {
    life.isAlive = false;
    judge.lifetimes.add(life.startedAt, clock.now());
  };

  // drawn for each life, as deaths are: whatever was in force when a process ended, another may be when the next begins
  const changes =
    documents.length === 1
      ? []
      : Array.from({ length: 8 }, () => people() * minutes(8)).sort((one, other) => other - one);
  const reload = (): void => {
    while (clock.now() - start >= (changes.at(-1) ?? Infinity)) {
      changes.pop();
      const index = Math.floor(people() * documents.length);
      document = documents[index] ?? document;
      judge.reloads?.reloaded(index, clock.now());
    }
  };

  let current = await openLife();
  const deaths = Array.from({ length: 2 + Math.floor(random() * 4) }, () => random() * minutes(7)).sort(
    (one, other) => other - one,
  );
  const slice = keptIn === 'directory' ? step : stepInKubernetes;
  for (let passed = 0; passed < lasts; passed = clock.now() - start) {
    isMoody = passed < moodyFor;
    clock.advance(slice);
    reload();
    void send(current);
    void acknowledge(current);
    if (passed < (deaths.at(-1) ?? Infinity)) await current.home.rest();
    else {
      deaths.pop();
      kills += 1;
      await current.home.rest(Math.floor(random() * 4));
      end(current);
      await current.home.kill();
      clock.advance((random() * 60_000) as Milliseconds);
      current = await openLife();
    }
    const { state } = current.home.ledger;
    const isOver = senders.every(({ ended }) => ended !== null);
    if (passed > moodyFor && isOver && state.alerts.size === 0 && state.open.size === 0) break;
  }

  if (accepted().length < alertCount) judge.problem(`only ${accepted().length} alerts were accepted`);
  for (const { number, ended } of senders)
    if (ended === null) judge.problem(`the end of alert ${number} was never accepted`);
  end(current);
  judge.ended(accepted(), current.home.ledger.state);
  await current.home.kill();
  await place.close();
  const { problems, deliveries, twice } = judge;
  return { accepted: accepted().length, kills, torn, deliveries, twice, problems };
}
