// The memory in ConfigMaps: it comes back, an idle cluster writes nothing, the rest waits its turn, and nobody is written over.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OwnObject, OwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import { ClientError } from '../../src/clients/http/error.ts';
import { emptyGroupMemory, emptyMemory, emptyTargetMemory } from '../../src/model/memory.ts';
import type { Memory, TargetMemory } from '../../src/model/memory.ts';
import { later, minutes, seconds, type Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import type { Schemas } from '../../src/schemas.ts';
import type { MemoryStore } from '../../src/state/directory.ts';
import { memoryInKubernetes } from '../../src/state/memory-in-kubernetes.ts';
import { shardOf } from '../../src/state/memory-shards.ts';
import { anOwnWorld, namespace, type OwnWorld } from './own.ts';

const noon = Date.parse('2026-03-02T12:00:00Z') as Instant;

interface Stage extends OwnWorld {
  readonly clock: VirtualClock;
  readonly warned: string[];
  readonly store: (more?: { readonly own?: OwnObjects; readonly schemas?: Schemas }) => MemoryStore;
}

async function aStage(): Promise<Stage> {
  const clock = new VirtualClock(noon);
  const warned: string[] = [];
  const note = (_facts: object, text: string): void => void warned.push(text);
  const world = await anOwnWorld(clock);
  return {
    ...world,
    clock,
    warned,
    store: (more = {}) =>
      memoryInKubernetes({
        own: world.own,
        namespace,
        clock,
        instance: 'springtide-0',
        log: { warn: note, error: note },
        ...more,
      }),
  };
}

const target = (at: Instant, replicas: number, more: Partial<TargetMemory> = {}): TargetMemory => ({
  ...emptyTargetMemory,
  firstSeen: noon,
  recommendations: [{ at, replicas }],
  seen: replicas,
  ...more,
});

const web = (number: number): string => `shop/Deployment/web-${number}`;

/** As a tick leaves it: every target was looked at. */
const memoryAt = (at: Instant, targets: Memory['targets'], more: Partial<Memory> = {}): Memory => ({
  ...emptyMemory(),
  lastTick: at,
  steadySince: noon,
  targets,
  ...more,
});

const idle = (at: Instant, count = 40): Memory =>
  memoryAt(at, Object.fromEntries(Array.from({ length: count }, (_, number) => [web(number), target(at, 3)])));

const memories = (items: readonly OwnObject[]): OwnObject[] =>
  items.filter(({ metadata }) => metadata.name.startsWith('springtide-memory-'));

describe('the memory in Kubernetes', () => {
  it('is empty where there is none, and comes back as it was saved', async () => {
    const { store } = await aStage();
    const first = store();
    expect(await first.load()).toEqual(emptyMemory());
    const memory = memoryAt(
      noon,
      { [web(1)]: target(noon, 3), [web(2)]: target(noon, 0, { asleep: { at: noon, previous: 4 } }) },
      {
        nodes: { 'node-1': { unneededSince: noon, emptySince: null, ready: true } },
        groups: { workers: { ...emptyGroupMemory, seenCount: 3, seenFailure: 'no quota' } },
        saturatedSince: { 'workers/cpu': noon },
      },
    );
    await first.save(memory);
    expect(await store().load()).toEqual(memory);
  });

  it('writes nothing while nothing happens, and knows afterwards that it went on', async () => {
    const { store, clock, writes } = await aStage();
    const leader = store();
    await leader.load();
    await leader.save(idle(noon));
    const before = writes();
    for (let tick = 1; tick <= 40; tick += 1) {
      clock.advance(seconds(15));
      await leader.save(idle(clock.now()));
    }
    // ten minutes: the head says each minute that ticks go on, and nothing else is written
    expect(writes() - before).toBe(10);
    expect(await store().load()).toEqual(idle(clock.now()));
  });

  it('writes what happened at once, into its own shard alone', async () => {
    const { store, clock, own } = await aStage();
    const leader = store();
    await leader.load();
    await leader.save(idle(noon));
    const before = memories((await own.list('ConfigMap', { namespace })).items);
    clock.advance(seconds(15));
    const asleep = target(clock.now(), 0, { asleep: { at: clock.now(), previous: 3 } });
    const memory = { ...idle(clock.now()), targets: { ...idle(clock.now()).targets, [web(7)]: asleep } };
    await leader.save(memory);
    const after = memories((await own.list('ConfigMap', { namespace })).items);
    const changed = after.filter(
      ({ metadata }) =>
        before.find((one) => one.metadata.name === metadata.name)?.metadata.resourceVersion !==
        metadata.resourceVersion,
    );
    expect(changed.map(({ metadata }) => metadata.name)).toEqual([`springtide-memory-${shardOf('targets', web(7))}`]);
    expect((await store().load()).targets[web(7)]).toEqual(asleep);
  });

  it('lets history wait for a minute, not longer', async () => {
    const { store, clock, writes } = await aStage();
    const leader = store();
    await leader.load();
    await leader.save(memoryAt(noon, { [web(1)]: target(noon, 9) }));
    const before = writes();
    for (const second of [15, 30, 45]) {
      clock.advance(seconds(15));
      await leader.save(memoryAt(clock.now(), { [web(1)]: target(clock.now(), 9 - second / 15, { seen: 9 }) }));
    }
    expect(writes() - before).toBe(0);
    clock.advance(seconds(45));
    await leader.save(memoryAt(clock.now(), { [web(1)]: target(clock.now(), 5, { seen: 9 }) }));
    expect(writes() - before).toBe(2);
    expect((await store().load()).targets[web(1)]?.recommendations).toEqual([{ at: clock.now(), replicas: 5 }]);
  });

  it('is whole after the last save', async () => {
    const { store, clock } = await aStage();
    const leader = store();
    await leader.load();
    await leader.save(memoryAt(noon, { [web(1)]: target(noon, 9, { lastActive: noon }) }));
    clock.advance(seconds(15));
    const last = memoryAt(clock.now(), { [web(1)]: target(clock.now(), 4, { lastActive: clock.now() }) });
    await leader.save(last, 'whole');
    expect(await store().load()).toEqual(last);
  });

  /** Text that gzip makes no shorter than three quarters. */
  const noise = (seed: string, length: number): string => {
    let text = '';
    for (let part = 0; text.length < length; part += 1)
      text += createHash('sha512').update(`${seed}/${part}`).digest('base64');
    return text.slice(0, length);
  };

  it('keeps within its budget: what must not be lost goes first, and the rest follows', async () => {
    const { store, clock, writes } = await aStage();
    const leader = store();
    await leader.load();
    const failing = (at: Instant): Memory =>
      memoryAt(
        at,
        Object.fromEntries(
          Array.from({ length: 160 }, (_, number) => [
            web(number),
            target(at, 3, { failure: { at, code: 'Timeout', message: noise(`${number} ${at}`, 4_000) } }),
          ]),
        ),
        { groups: { workers: { ...emptyGroupMemory, seenCount: at } } },
      );
    await leader.save(failing(clock.now()));
    const before = writes();
    for (let tick = 0; tick < 5; tick += 1) {
      clock.advance(seconds(1));
      await leader.save(failing(clock.now()));
      expect((await store().load()).groups['workers']?.seenCount).toBe(clock.now());
    }
    // Half a megabyte a second is wanted, 17 objects a tick; 60 KiB a second are let through, a shard or two beside the head.
    expect(writes() - before).toBeLessThan(35);
    const last = failing(clock.now());
    for (let tick = 0; tick < 12; tick += 1) {
      clock.advance(seconds(1));
      await leader.save({ ...last, lastTick: clock.now() });
    }
    expect(Object.values((await store().load()).targets).map(({ failure }) => failure)).toEqual(
      expect.arrayContaining(Object.values(last.targets).map(({ failure }) => failure)),
    );
  });

  it('leaves history out where it is over two mebibytes, says so, and never what cannot be learnt again', async () => {
    const { store, clock, own, warned } = await aStage();
    const leader = store();
    await leader.load();
    const targets = Object.fromEntries(
      Array.from({ length: 600 }, (_, number) => [
        web(number),
        target(clock.now(), 3, {
          foreign: [{ at: noon, from: 1, to: 2, by: noise(String(number), 8_000) }],
          ...(number % 10 === 0 && { asleep: { at: noon, previous: number } }),
        }),
      ]),
    );
    await leader.save(memoryAt(clock.now(), targets), 'whole');
    const { items } = await own.list('ConfigMap', { namespace });
    const bytes = items.reduce((sum, { binaryData }) => sum + (binaryData?.['memory.json.gz']?.length ?? 0) * 0.75, 0);
    expect(bytes).toBeLessThan(2 * 1024 * 1024);
    expect(warned.length).toBeGreaterThan(0);
    const back = await store().load();
    expect(Object.keys(back.targets)).toHaveLength(600);
    expect(Object.values(back.targets).filter(({ asleep }) => asleep !== undefined)).toHaveLength(60);
  });

  it('never writes over somebody else, and says that the lease was lost', async () => {
    const { store, clock } = await aStage();
    const deposed = store();
    const leader = store();
    await deposed.load();
    await deposed.save(idle(noon));
    await leader.load();
    clock.advance(seconds(15));
    const asleep = memoryAt(clock.now(), { [web(7)]: target(clock.now(), 0, { asleep: { at: noon, previous: 3 } }) });
    await leader.save(asleep);
    await expect(deposed.save({ ...idle(clock.now()), steadySince: clock.now() })).rejects.toMatchObject({
      code: 'StateMoved',
    });
    expect((await store().load()).targets[web(7)]?.asleep).toEqual({ at: noon, previous: 3 });
  });

  it('finds out whether a write without an answer arrived, and goes on over a label that somebody has set', async () => {
    const { store, own, clock } = await aStage();
    let lost: 'before' | 'after' | null = null;
    const shaky: OwnObjects = {
      ...own,
      replace: async (object, options) => {
        const timeout = new ClientError({ code: 'Timeout', source: 'Kubernetes', message: 'no answer' });
        if (lost === 'before') throw timeout;
        const answer = await own.replace(object, options);
        if (lost === 'after') throw timeout;
        return answer;
      },
    };
    const leader = store({ own: shaky });
    await leader.load();
    const save = (previous: number): Promise<void> =>
      leader.save(memoryAt(clock.now(), { [web(7)]: target(clock.now(), 0, { asleep: { at: noon, previous } }) }));
    await save(1);
    for (const [when, previous] of [
      ['before', 2],
      ['after', 3],
    ] as const) {
      lost = when;
      await expect(save(previous)).rejects.toMatchObject({ code: 'Timeout' });
      lost = null;
      await save(previous);
      expect((await store().load()).targets[web(7)]?.asleep?.previous).toBe(previous);
    }
    const name = `springtide-memory-${shardOf('targets', web(7))}`;
    const there = (await own.get('ConfigMap', namespace, name)) as OwnObject;
    await own.replace({ ...there, metadata: { ...there.metadata, labels: { ...there.metadata.labels, team: 'a' } } });
    await save(4);
    expect((await own.get('ConfigMap', namespace, name))?.metadata.labels).toMatchObject({ team: 'a' });
    expect((await store().load()).targets[web(7)]?.asleep?.previous).toBe(4);
    await own.remove('ConfigMap', namespace, name, { uid: there.metadata.uid ?? '' });
    await save(5);
    expect((await store().load()).targets[web(7)]?.asleep?.previous).toBe(5);
  });

  it('goes on without a shard that cannot be read', async () => {
    const { store, own, warned } = await aStage();
    const leader = store();
    await leader.load();
    await leader.save(idle(noon));
    const name = `springtide-memory-${shardOf('targets', web(7))}`;
    const there = (await own.get('ConfigMap', namespace, name)) as OwnObject;
    await own.replace({ ...there, binaryData: { 'memory.json.gz': 'AAAA' } });
    const back = await store().load();
    expect(back.targets[web(7)]).toBeUndefined();
    expect(Object.keys(back.targets).length).toBeGreaterThan(20);
    expect(warned).toHaveLength(1);
  });

  it('gives a valid memory to whoever reads between two writes of one save, whatever is in it', async () => {
    const { store, own, clock } = await aStage();
    const between: Memory[] = [];
    const watched: OwnObjects = {
      ...own,
      create: async (object, options) => {
        const made = await own.create(object, options);
        between.push(await store().load());
        return made;
      },
    };
    const leader = store({ own: watched });
    await leader.load();
    await leader.save(idle(clock.now(), 25));
    expect(between.length).toBeGreaterThan(5);
    const whole = idle(clock.now(), 25);
    for (const memory of between)
      for (const [key, one] of Object.entries(memory.targets)) expect(one).toEqual(whole.targets[key]);
  });

  it('comes back the same after any course of ticks that ends with a whole save', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(
            fc.record({
              number: fc.integer({ min: 0, max: 12 }),
              replicas: fc.integer({ min: 0, max: 3 }),
              asleep: fc.boolean(),
              failed: fc.boolean(),
            }),
            { maxLength: 6 },
          ),
          { minLength: 1, maxLength: 6 },
        ),
        async (ticks) => {
          const { store, clock } = await aStage();
          const leader = store();
          let memory = await leader.load();
          for (const [index, tick] of ticks.entries()) {
            clock.advance(seconds(15));
            const targets = Object.fromEntries(
              tick.map(({ number, replicas, asleep, failed }) => [
                web(number),
                target(clock.now(), replicas, {
                  ...(asleep && { asleep: { at: noon, previous: 2 } }),
                  ...(failed && { failure: { at: noon, code: 'Timeout', message: 'no answer' } }),
                }),
              ]),
            );
            memory = memoryAt(clock.now(), targets);
            await leader.save(memory, index === ticks.length - 1 ? 'whole' : 'usual');
          }
          expect(await store().load()).toEqual(memory);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('schemas of the memory in Kubernetes', () => {
  // The second schema calls the sleeping ones "resting".
  const rename = (value: object, from: string, to: string): object =>
    JSON.parse(JSON.stringify(value).replaceAll(`"${from}":`, `"${to}":`)) as object;
  const second: Schemas = {
    current: 2,
    before: {
      from: 1,
      upgrade: (value) => rename(value, 'resting', 'asleep'),
      downgrade: (value) => rename(value, 'asleep', 'resting'),
    },
  };
  const first: Schemas = { current: 1, before: null };
  const asleep = (at: Instant): Memory =>
    memoryAt(at, { [web(1)]: target(at, 0, { asleep: { at: noon, previous: 4 } }) });

  it('reads the one before, writes it for an hour, then its own; what is newer is refused', async () => {
    const { store, clock, own } = await aStage();
    const schemasThere = async (): Promise<unknown[]> => {
      return (await own.list('ConfigMap', { namespace })).items.flatMap(({ binaryData }) => {
        const bytes = binaryData?.['memory.json.gz'];
        if (bytes === undefined) return [];
        return [(JSON.parse(gunzipSync(Buffer.from(bytes, 'base64')).toString()) as { schema: number }).schema];
      });
    };
    const old = store({ schemas: first });
    await old.load();
    await old.save(asleep(noon));

    const young = store({ schemas: second });
    await young.load();
    clock.advance(seconds(15));
    await young.save({ ...asleep(clock.now()), steadySince: clock.now() }, 'whole');
    expect(new Set(await schemasThere())).toEqual(new Set([1]));
    // the way back
    expect(await store({ schemas: first }).load()).toMatchObject({ lastTick: clock.now() });

    // a restart within the hour does not prolong it
    clock.advance(minutes(50));
    const restarted = store({ schemas: second });
    await restarted.load();
    clock.advance(minutes(11));
    for (let tick = 0; tick < 6; tick += 1) {
      clock.advance(seconds(15));
      await restarted.save(asleep(clock.now()));
    }
    expect(new Set(await schemasThere())).toEqual(new Set([2]));
    await expect(store({ schemas: first }).load()).rejects.toMatchObject({ code: 'MemoryTooNew' });
    expect((await store({ schemas: second }).load()).targets[web(1)]?.asleep).toEqual({ at: noon, previous: 4 });
    expect(later(noon, minutes(62))).toBeLessThan(clock.now());
  });
});
