// The elector on a virtual clock and a store of leases in memory: it takes, renews, loses, and gives back.
import { expect, it } from 'vitest';
import { ClientError } from '../../src/clients/http/error.ts';
import type { OwnObject } from '../../src/clients/kubernetes/own-objects.ts';
import { leaseFor } from '../../src/leader/election.ts';
import { Elector, type ElectorOptions, type Mandate } from '../../src/leader/elector.ts';
import { createFence } from '../../src/leader/fence.ts';
import { leaseOf } from '../../src/leader/lease.ts';
import { seconds, type Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';

const name = { namespace: 'springtide', name: 'springtide' };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** As the API server keeps them: a write needs the version that stands there. */
class Leases {
  object: OwnObject | null = null;
  isDown = false;
  /** hears how long each call is waited for */
  onCall: (deadline: number) => void = () => undefined;
  #version = 0;
  readonly #listeners = new Set<() => void>();

  get holder(): string | null {
    return this.object === null ? null : leaseOf(this.object).holder;
  }

  readonly port: ElectorOptions['objects'] = {
    get: (_kind, _namespace, _name, options) => this.#answer(() => this.object, options),
    create: (object, options) => this.#answer(() => this.#put(object, this.object === null), options),
    replace: (object, options) =>
      this.#answer(
        () => this.#put(object, this.object?.metadata.resourceVersion === object.metadata.resourceVersion),
        options,
      ),
    watch: (_kind, _selection, listener) => {
      const read = () => ({ items: this.object === null ? [] : [this.object], synced: true, failure: null });
      const tell = (): void => listener(read());
      this.#listeners.add(tell);
      return { read, ready: () => Promise.resolve(), stop: () => Promise.resolve(void this.#listeners.delete(tell)) };
    },
  };

  #answer<T>(run: () => T, options: { readonly deadline?: number } = {}): Promise<T> {
    this.onCall(options.deadline ?? Infinity);
    return this.isDown ? Promise.reject(refusal('Timeout')) : Promise.resolve().then(run);
  }

  #put(object: OwnObject, isAllowed: boolean): OwnObject {
    if (!isAllowed) throw refusal('Conflict');
    this.#version += 1;
    this.object = { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: String(this.#version) } };
    this.#listeners.forEach((tell) => tell());
    return this.object;
  }
}

const refusal = (code: 'Timeout' | 'Conflict'): ClientError =>
  new ClientError({ code, source: 'Kubernetes', message: code });

function stage(leases: Leases, identity: string, clock: VirtualClock) {
  const fence = createFence(() => clock.now());
  const stopping = new AbortController();
  const mandates: Mandate[] = [];
  const course = { ticks: true, end: 'inOrder' as 'inOrder' | 'never' | 'atOnceBroken' };
  const elector = new Elector({
    objects: leases.port,
    name,
    me: { identity, address: `http://${identity}` },
    clock,
    monotonic: () => clock.now(),
    fence,
    log: silent,
    ticks: () => course.ticks,
    lead: (mandate) => {
      mandates.push(mandate);
      if (course.end === 'atOnceBroken') return Promise.reject(new Error('the memory is of a newer version'));
      if (course.end === 'never') return new Promise(() => undefined);
      return new Promise((resolve) => mandate.signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  });
  return { fence, mandates, course, elector, stop: () => stopping.abort(), running: elector.run(stopping.signal) };
}

/** Whatever was answered has been taken in. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(clock: VirtualClock, milliseconds: number): Promise<void> {
  const step = seconds(1) / 2;
  for (let passed = 0; passed < milliseconds; passed += step) {
    await settled();
    clock.advance(seconds(0.5));
  }
  await settled();
}

const begin = (): { readonly clock: VirtualClock; readonly leases: Leases } => ({
  clock: new VirtualClock(1_000_000 as Instant),
  leases: new Leases(),
});

it('leads where nobody does, keeps the lease, and gives it back at the end, after its term', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  await pass(clock, 60_000);
  expect([leases.holder, one.mandates.length, one.fence.refusal()]).toEqual(['one', 1, null]);
  one.stop();
  await one.running;
  expect([leases.holder, one.mandates[0]?.signal.reason]).toEqual(['', 'Stopping']);
  expect(one.fence.refusal()).not.toBeNull();
});

it('hands over: the other one leads at once after an orderly end, and knows that nobody was lost', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  await pass(clock, 1_000);
  const two = stage(leases, 'two', clock);
  await pass(clock, 60_000);
  expect(two.mandates).toEqual([]);
  one.stop();
  await pass(clock, 2_000);
  expect([leases.holder, two.mandates[0]?.tookFrom]).toEqual(['two', null]);
  two.stop();
  await two.running;
});

it('that cannot renew closes its fence, ends its term, and follows the one who took over', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  await pass(clock, 4_000);
  leases.isDown = true;
  await pass(clock, 11_000);
  expect([one.fence.refusal() === null, one.mandates[0]?.signal.reason]).toEqual([false, 'NotRenewed']);
  leases.isDown = false;
  const two = stage(leases, 'two', clock);
  await pass(clock, leaseFor + 4_000);
  // its own lease was still free: whoever comes first leads, and only one of them
  expect([one.fence.refusal(), two.fence.refusal()].filter((refused) => refused === null)).toHaveLength(1);
  for (const each of [one, two]) each.stop();
  await pass(clock, 2_000);
  await Promise.all([one.running, two.running]);
});

it('waits for no answer beyond the moment in which its fence has to be closed, and tells then', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  await pass(clock, 4_000);
  leases.isDown = true;
  const last = one.fence.closesAt() ?? Number.NaN;
  const calls: { readonly at: number; readonly until: number }[] = [];
  leases.onCall = (deadline) => calls.push({ at: clock.now(), until: clock.now() + deadline });
  const closed: number[] = [];
  one.fence.onClose(() => closed.push(clock.now()));
  const forgotten = one.fence.onClose(() => closed.push(Number.NaN));
  forgotten();
  await pass(clock, 12_000);
  // The term is over then: what is asked later is asked by one who follows.
  const asLeader = calls.filter(({ at }) => at < last);
  expect(asLeader.length).toBeGreaterThan(2);
  expect(Math.max(...asLeader.map(({ until }) => until))).toBeLessThanOrEqual(last);
  expect(closed).toEqual([last]);
  one.stop();
  await pass(clock, 5_000);
  await one.running;
});

it('leaves the lease to another one where no tick ends', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  await pass(clock, 1_000);
  const two = stage(leases, 'two', clock);
  await pass(clock, 1_000);
  one.course.ticks = false;
  await pass(clock, leaseFor + 4_000);
  expect([leases.holder, one.mandates[0]?.signal.reason, two.mandates[0]?.tookFrom]).toEqual([
    'two',
    'TicksStopped',
    'one',
  ]);
  for (const each of [one, two]) each.stop();
  await pass(clock, 2_000);
  await Promise.all([one.running, two.running]);
});

it('gives the lease back where its term cannot begin, and tries again after the others had their turn', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  one.course.end = 'atOnceBroken';
  await pass(clock, 3_000);
  expect([leases.holder, one.mandates.length]).toEqual(['', 1]);
  await pass(clock, leaseFor);
  expect(one.mandates.length).toBe(2);
  one.stop();
  await pass(clock, 1_000);
  await one.running;
});

it('ends the process where what it did as the leader does not end', async () => {
  const { clock, leases } = begin();
  const one = stage(leases, 'one', clock);
  one.course.end = 'never';
  const ended = expect(one.running).rejects.toMatchObject({ code: 'TermStuck' });
  await pass(clock, 2_000);
  leases.isDown = true;
  await pass(clock, 45_000);
  await ended;
});
