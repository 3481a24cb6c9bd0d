// The ledger in ConfigMaps: how often it writes, when it refuses, what it throws away, and whom it never writes over.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openLedgerInKubernetes } from '../../../src/alerts/ledger/in-kubernetes.ts';
import type { Ledger } from '../../../src/alerts/ledger/ledger.ts';
import type { Intent, LedgerRecord } from '../../../src/alerts/ledger/records.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { OwnObjects } from '../../../src/clients/kubernetes/own-objects.ts';
import { minutes, seconds, type Instant } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import type { Schemas } from '../../../src/schemas.ts';
import { anOwnWorld, namespace, type OwnWorld } from '../../state/own.ts';
import { anAlert, anIntent, start } from '../builders.ts';

interface Stage extends OwnWorld {
  readonly clock: VirtualClock;
  readonly open: (more?: {
    readonly own?: OwnObjects;
    readonly schemas?: Schemas;
    readonly objectBytes?: number;
  }) => Promise<Ledger>;
  readonly names: () => Promise<readonly string[]>;
}

async function aStage(): Promise<Stage> {
  const clock = new VirtualClock(start);
  const world = await anOwnWorld(clock);
  return {
    ...world,
    clock,
    open: (more = {}) =>
      openLedgerInKubernetes({ own: world.own, namespace, clock, instance: 'springtide-0', ...more }),
    names: async () =>
      (await world.own.list('ConfigMap', { namespace, labelSelector: 'springtide.io/ledger' })).items.map(
        ({ metadata }) => metadata.name,
      ),
  };
}

const intent = (id: string, group: number, at: Instant): Intent =>
  anIntent(id, { groupKey: `{}:{group="${group}"}`, channel: 'email', at });
const told = (id: string, group: number, at: Instant): readonly LedgerRecord[] => [
  { kind: 'intent', intent: intent(id, group, at) },
  { kind: 'attempt', id, to: ['zhang'], at },
  { kind: 'sent', id, to: 'zhang', at, providerId: null },
  { kind: 'settled', id, at, how: 'done' },
];
const begun = (id: string, group: number, at: Instant): LedgerRecord => ({
  kind: 'intent',
  intent: intent(id, group, at),
});

const sending = (id: string, group: number, at: Instant): readonly LedgerRecord[] => told(id, group, at).slice(0, 2);

/** The event loop goes on until nothing of the moment is left to do: real answers come in. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('the ledger in Kubernetes', () => {
  it('writes one object a group, however many records come at once', async () => {
    const { open, clock, writes, names } = await aStage();
    const ledger = await open();
    await Promise.all(told('one', 1, clock.now()).map((record) => ledger.append([record])));
    expect(writes()).toBeLessThanOrEqual(2);
    expect(await names()).toEqual([expect.stringMatching(/^springtide-ledger-g-[0-9a-f]{16}$/)]);
    await ledger.close();
  });

  it('writes five objects a second and not more; what waits goes on its way as time goes on', async () => {
    const { open, clock, writes } = await aStage();
    const ledger = await open();
    let done = 0;
    const all = Array.from({ length: 15 }, (_, group) =>
      ledger.append([begun(`n-${group}`, group, clock.now())]).then(() => (done += 1)),
    );
    await until(() => done === 5);
    expect(writes()).toBe(5);
    for (let second = 2; second <= 3; second += 1) {
      clock.advance(seconds(0.9));
      await until(() => done >= second * 5 - 1);
      expect(writes()).toBeLessThanOrEqual(second * 5);
      clock.advance(seconds(0.1));
      await until(() => done >= second * 5);
    }
    await Promise.all(all);
    expect(writes()).toBe(15);
    await ledger.close();
  });

  it('asks senders to come again when more waits than it can write, and loses nothing of it', async () => {
    const { open, clock } = await aStage();
    const ledger = await open();
    const own = Array.from({ length: 40 }, (_, group) => ledger.append(sending(`n-${group}`, group, clock.now())));
    await expect(ledger.append([{ kind: 'alert', alert: anAlert({}) }])).rejects.toMatchObject({
      code: 'LedgerUnwritable',
      retryable: true,
    });
    await ledger.close();
    // what the pipeline itself writes has waited for its turn
    await Promise.all(own);
    const { state } = await open();
    expect([state.open.size, state.alerts.size]).toEqual([40, 1]);
  });

  it('takes alerts in before what it has only decided, however much of that there is', async () => {
    const { open, clock } = await aStage();
    const ledger = await open();
    let decided = 0;
    const own = Array.from({ length: 40 }, (_, group) =>
      ledger.append([begun(`n-${group}`, group, clock.now())]).then(() => (decided += 1)),
    );
    await until(() => decided === 5);
    clock.advance(seconds(0.3));
    const alert = ledger.append([{ kind: 'alert', alert: anAlert({}) }]);
    clock.advance(seconds(0.3));
    await alert;
    expect(decided).toBeLessThan(10);
    await ledger.close();
    await Promise.all(own);
  });

  it('writes a message down also where alerts come in faster than they are written', async () => {
    const { open, own, clock } = await aStage();
    let turns = 0;
    let isTold = false;
    const pushed = (number: number): LedgerRecord => ({ kind: 'alert', alert: anAlert({}, { number: `${number}` }) });
    const busy: OwnObjects = {
      ...own,
      create: (object) => comesIn(() => own.create(object)),
      replace: (object) => comesIn(() => own.replace(object)),
    };
    const ledger = await open({ own: busy });
    // of each of the homes of alerts something comes while it is written
    const comesIn = async <Value>(write: () => Promise<Value>): Promise<Value> => {
      turns += 1;
      if (!isTold && turns < 100)
        for (let number = 0; number < 32; number += 1) ledger.append([pushed(number)]).catch(() => undefined);
      const answer = await write();
      clock.advance(seconds(0.2));
      return answer;
    };
    for (let number = 0; number < 32; number += 1) ledger.append([pushed(number)]).catch(() => undefined);
    await ledger.append(sending('one', 1, clock.now()));
    isTold = true;
    expect(turns).toBeLessThan(20);
    await ledger.close();
  });

  it('keeps its promise only when the API server has it', async () => {
    const { open, own, clock } = await aStage();
    let answers = false;
    const down = new ClientError({ code: 'Unreachable', source: 'Kubernetes', message: 'nobody there' });
    const shaky: OwnObjects = {
      ...own,
      create: (object, options) => (answers ? own.create(object, options) : Promise.reject(down)),
    };
    const ledger = await open({ own: shaky });
    await expect(ledger.append([begun('one', 1, clock.now())])).rejects.toMatchObject({
      code: 'LedgerUnwritable',
      retryable: true,
    });
    answers = true;
    await ledger.append([{ kind: 'attempt', id: 'one', to: ['zhang'], at: clock.now() }]);
    expect((await open()).state.open.get('one')?.recipients.get('zhang')).toMatchObject({ state: 'attempted' });
    await ledger.close();
  });

  it('goes on for everybody else beside a group that is too large for as many objects as one may have', async () => {
    const { open, clock } = await aStage();
    const ledger = await open({ objectBytes: 2_000 });
    const firing = Array.from({ length: 6_000 }, (_, number) => createHash('sha1').update(`${number}`).digest('hex'));
    const large: LedgerRecord = { kind: 'intent', intent: { ...intent('large', 1, clock.now()), firing } };
    const outcomes = Promise.allSettled([
      ledger.append([large]),
      ...[2, 3, 4].map((group) => ledger.append([begun(`small-${group}`, group, clock.now())])),
    ]);
    clock.advance(seconds(5));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    await ledger.append([{ kind: 'forgotten', fingerprint: 'nobody' }]);
    await ledger.close();
    expect([...(await open()).state.open.keys()].toSorted()).toEqual(['small-2', 'small-3', 'small-4']);
  });

  it('never writes over another process', async () => {
    const { open, clock } = await aStage();
    const deposed = await open();
    await deposed.append([begun('one', 1, clock.now())]);
    const leader = await open();
    await leader.append([{ kind: 'attempt', id: 'one', to: ['zhang'], at: clock.now() }]);
    await expect(deposed.append([{ kind: 'settled', id: 'one', at: clock.now(), how: 'done' }])).rejects.toMatchObject({
      code: 'StateMoved',
    });
    await expect(deposed.append([begun('two', 2, clock.now())])).rejects.toMatchObject({ code: 'StateMoved' });
    expect((await open()).state.open.get('one')?.recipients.get('zhang')?.attempts).toBe(1);
    await leader.close();
  });

  it('throws away the object of a group that is over, hours later', async () => {
    const { open, clock, names } = await aStage();
    const ledger = await open();
    await ledger.append(told('one', 1, clock.now()));
    await ledger.append([begun('two', 2, clock.now())]);
    expect(await names()).toHaveLength(2);
    clock.advance(minutes(250));
    await ledger.append([{ kind: 'attempt', id: 'two', to: ['zhang'], at: clock.now() }]);
    await ledger.close();
    expect(await names()).toHaveLength(1);
    expect((await open()).state.open.has('two')).toBe(true);
  });

  it('goes on beside an object that cannot be read, and tells it as damage', async () => {
    const { open, clock, own } = await aStage();
    const ledger = await open();
    const alert = anAlert({ summary: 'full' });
    await ledger.append([{ kind: 'alert', alert }, begun('one', 1, clock.now())]);
    await ledger.close();
    const { items } = await own.list('ConfigMap', { namespace, labelSelector: 'springtide.io/ledger=group' });
    for (const object of items) await own.replace({ ...object, binaryData: { 'ledger.jsonl.gz': 'AAAA' } });
    const again = await open();
    expect(again.damage.length).toBeGreaterThan(0);
    expect([...again.state.alerts.values()]).toEqual([alert]);
    expect(again.state.open.size).toBe(0);
  });

  it('refuses a newer schema, and writes the one before for an hour after an upgrade', async () => {
    const { open, clock } = await aStage();
    const renamed: Schemas = {
      current: 3,
      before: {
        from: 2,
        upgrade: (record) => JSON.parse(JSON.stringify(record).replaceAll('"duty"', '"night"')) as object,
        downgrade: (record) => JSON.parse(JSON.stringify(record).replaceAll('"night"', '"duty"')) as object,
      },
    };
    const old = await open();
    await old.append([begun('one', 1, clock.now())]);
    await old.close();
    const young = await open({ schemas: renamed });
    expect(young.state.open.get('one')?.intent.receiver).toBe('night');
    await young.append([{ kind: 'attempt', id: 'one', to: ['zhang'], at: clock.now() }]);
    await young.close();
    // the way back
    expect((await open()).state.open.get('one')?.intent.receiver).toBe('duty');
    clock.advance(minutes(61));
    const later = await open({ schemas: renamed });
    await later.append([{ kind: 'attempt', id: 'one', to: ['zhang'], at: clock.now() }]);
    await later.close();
    await expect(open()).rejects.toMatchObject({ code: 'MemoryTooNew' });
    expect((await open({ schemas: renamed })).state.open.get('one')?.intent.receiver).toBe('night');
  });
});
