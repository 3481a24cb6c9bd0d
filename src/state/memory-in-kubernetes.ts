// The memory's home in a cluster: ConfigMaps written only where something changed, within a budget, and never over somebody else's.
import { randomBytes } from 'node:crypto';
import { HeldObject } from '../clients/kubernetes/held-object.ts';
import type { OwnObject, OwnObjects } from '../clients/kubernetes/own-objects.ts';
import type { Clock } from '../clock.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { emptyMemory, memorySchema, type Memory } from '../model/memory.ts';
import { minutes, seconds, since, type Instant } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import { readBack, stepBack, writtenForm, type Schemas, type Upgrade } from '../schemas.ts';
import { inSlices } from '../slices.ts';
import { WriteBudget } from '../write-budget.ts';
import { memorySchemas, type MemoryStore } from './directory.ts';
import type { Weight } from './memory-changes.ts';
import { piecesOf, weighing, type Kept } from './memory-pieces.ts';
import { headOf, joined, leanings, packed, shardCount, unpacked } from './memory-shards.ts';
import type { Head, Shard } from './memory-shards.ts';
import { memoryOf } from './memory-text.ts';

export interface MemoryInKubernetesOptions {
  readonly own: OwnObjects;
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Readonly<Record<'warn' | 'error', (facts: object, text: string) => void>>;
  /** how this process is known: the pod's name */
  readonly instance: string;
  readonly schemas?: Schemas;
}

const name = 'springtide-memory';
const label = 'springtide.io/state';
const part = 'memory.json.gz';
/** of all of it, and of one shard: a ConfigMap takes a mebibyte */
const mostBytes = 2 * 1024 * 1024;
const mostOfShard = Math.floor(mostBytes / (shardCount + 1));
const rates = { perSecond: 60 * 1024, atOnce: 256 * 1024 };
/** What the next minutes would teach anew waits for company. */
const historyWaits = seconds(60);
/** What moves with every tick, idle or not, is kept to the minute. */
const usualGrain = seconds(60);
/** However much more important others are: after this it is written. */
const longestWait = minutes(5);
const atOnce = 4;
/** what the API server keeps of an object beside its content */
const overhead = 700;

const unreadable = 'a part of the memory cannot be read: what it kept is learnt anew';

interface Slot extends Kept {
  readonly held: HeldObject;
  /** as it is kept by the API server */
  kept: Shard | Head;
  schema: number;
  weight: Weight;
  waitsSince: Instant | null;
  /** targets of which not everything is kept */
  leftOut: number;
}

const headSlot = shardCount;
/** The object that is there whenever anything is. */
export const memoryHead = `${name}-${headSlot}`;

export function memoryInKubernetes(options: MemoryInKubernetesOptions): MemoryStore {
  const { own, namespace, clock, log, schemas = memorySchemas } = options;
  const place = `ConfigMaps ${namespace}/${name}-0 to ${shardCount}`;
  const writer = `${options.instance}-${randomBytes(6).toString('hex')}`;
  const labels = { [label]: 'memory', 'app.kubernetes.io/managed-by': 'springtide' };
  const budget = new WriteBudget(rates, clock.now());
  let slots: Slot[] | null = null;
  let upgrade: Upgrade | null = null;
  let generation = 0;

  const slotFor = (number: number, object: OwnObject | null, kept: Shard | Head, schema: number): Slot => ({
    held: new HeldObject({ own, namespace, name: `${name}-${number}`, labels, writer }, object),
    kept,
    schema,
    // Whoever takes over writes each part once: what a process without the lease still sends meets a version that has moved.
    weight: object === null ? 'none' : number === headSlot ? 'vital' : 'event',
    waitsSince: null,
    leftOut: 0,
  });

  async function read(object: OwnObject): Promise<object | null> {
    try {
      const value = await unpacked(Buffer.from(object.binaryData?.[part] ?? '', 'base64'));
      if (typeof value === 'object' && value !== null) return value;
      throw new Error('it is no object');
    } catch (thrown) {
      const where = `ConfigMap ${namespace}/${object.metadata.name}`;
      log.error({ where, why: messageOf(thrown) }, unreadable);
      return null;
    }
  }

  function shaped(value: object, where: string): Memory | null {
    try {
      return memoryOf({ ...value, schema: memorySchema }, where);
    } catch (thrown) {
      log.error({ where, why: messageOf(thrown) }, unreadable);
      return null;
    }
  }

  async function load(): Promise<Memory> {
    const { items } = await own.list('ConfigMap', { namespace, labelSelector: `${label}=memory` });
    const byName = new Map(items.map((object) => [object.metadata.name, object]));
    const now = clock.now();
    const fresh: Slot[] = [];
    upgrade = null;
    for (let number = 0; number <= shardCount; number += 1) {
      const object = byName.get(`${name}-${number}`) ?? null;
      const value = object === null ? null : await read(object);
      const where = `ConfigMap ${namespace}/${name}-${number}`;
      const back = value === null ? null : readBack(value, schemas, where, 'memory', now);
      upgrade = earlier(upgrade, back?.upgrade ?? null);
      const memory = (back === null ? null : shaped(back.value, where)) ?? emptyMemory();
      const kept = number === headSlot ? headOf(memory) : shardIn(memory);
      fresh.push(slotFor(number, object, kept, schemaIn(value) ?? schemas.current));
      const written = (value as { generation?: unknown } | null)?.generation;
      if (typeof written === 'number') generation = Math.max(generation, written);
    }
    slots = fresh;
    return joined(
      fresh[headSlot]?.kept as Head,
      fresh.slice(0, headSlot).map(({ kept }) => kept as Shard),
    );
  }

  /** Bytes of what is kept of a slot, made leaner where it is over its share. */
  async function bytesOf(slot: Slot, piece: Shard | Head, now: Instant): Promise<Buffer> {
    const frame = { generation, shards: shardCount };
    for (const [step, lean] of leanings.entries()) {
      const leaner = step > 0 && 'targets' in piece ? { ...piece, targets: leanTargets(piece, lean) } : piece;
      const bytes = await packed({ ...writtenForm(leaner, schemas, upgrade, now), ...frame });
      if (bytes.length > mostOfShard && step < leanings.length - 1) continue;
      const leftOut = step === 0 || !('targets' in piece) ? 0 : Object.keys(piece.targets).length;
      if (leftOut > 0 !== slot.leftOut > 0)
        log.warn(
          { where: `ConfigMap ${namespace}/${slot.held.name}`, targets: leftOut, bytes: bytes.length, step },
          leftOut > 0
            ? 'the memory is over its share: the history of these targets is left out, and after a restart they wait a whole window'
            : 'the memory is within its share again: everything is kept',
        );
      slot.leftOut = leftOut;
      return bytes;
    }
    throw new Error('unreachable: the last step is taken as it is');
  }

  async function write(slot: Slot, piece: Shard | Head, now: Instant): Promise<void> {
    const bytes = await bytesOf(slot, piece, now);
    budget.spend(bytes.length + overhead);
    await slot.held.write({ binaryData: { [part]: bytes.toString('base64') } });
    slot.kept = piece;
    slot.schema = stepBack(schemas, upgrade, now)?.from ?? schemas.current;
    slot.weight = 'none';
    slot.waitsSince = null;
  }

  async function save(memory: Memory, how: 'usual' | 'whole' = 'usual'): Promise<void> {
    if (slots === null) throw notLoaded(place);
    const now = clock.now();
    const pieces = await inSlices(piecesOf(memory));
    const schema = stepBack(schemas, upgrade, now)?.from ?? schemas.current;
    const grain = how === 'whole' ? 0 : usualGrain;
    await inSlices(weighing(slots, pieces, { schema, grain, lastTick: memory.lastTick }));
    for (const slot of slots) if (slot.weight !== 'none') slot.waitsSince ??= now;
    const due = slots
      .map((slot, number) => ({ slot, piece: pieces[number] as Shard | Head }))
      .filter(({ slot }) => (how === 'whole' ? slot.weight !== 'none' : isDue(slot, now)))
      .sort((one, other) => rank(other.slot, now) - rank(one.slot, now));
    generation += 1;
    let failed: unknown = null;
    await eachLimited(due, atOnce, async ({ slot, piece }) => {
      // One that does not answer would not answer the others either: they wait for the next tick.
      if (failed !== null || (how === 'usual' && !budget.isOpen(now, slot.weight === 'vital'))) return;
      await write(slot, piece, now).catch((thrown: unknown) => (failed ??= thrown));
    });
    if (failed !== null) throw failed instanceof Error ? failed : new Error(messageOf(failed));
  }

  return { load, save, leftOut: () => (slots ?? []).reduce((sum, slot) => sum + slot.leftOut, 0) };
}

const schemaIn = (value: object | null): number | null => {
  const { schema } = (value ?? {}) as { readonly schema?: unknown };
  return typeof schema === 'number' ? schema : null;
};

/** The upgrade that began first counts: a restart within its hour does not prolong it. */
const earlier = (one: Upgrade | null, other: Upgrade | null): Upgrade | null =>
  one === null || (other !== null && other.since < one.since) ? other : one;

const shardIn = ({ lastTick, targets, nodes, conditions }: Memory): Shard => ({ lastTick, targets, nodes, conditions });

const leanTargets = ({ targets }: Shard, lean: (typeof leanings)[number]): Shard['targets'] =>
  Object.fromEntries(
    Object.entries(targets).flatMap(([key, target]) => {
      const kept = lean(target);
      return kept === null ? [] : [[key, kept]];
    }),
  );

const order: Readonly<Record<Weight, number>> = { none: 0, history: 1, event: 2, vital: 3 };

/** What matters most goes first; what has waited long goes before everything. */
function rank({ weight, waitsSince }: Slot, now: Instant): number {
  const waited = waitsSince === null ? 0 : Math.max(0, since(waitsSince, now));
  return waited >= longestWait ? 10 + waited : order[weight] + waited / longestWait;
}

function isDue({ weight, waitsSince }: Slot, now: Instant): boolean {
  if (weight === 'none') return false;
  return weight !== 'history' || waitsSince === null || Math.abs(since(waitsSince, now)) >= historyWaits;
}

const notLoaded = (where: string): SpringtideError =>
  new SpringtideError({
    code: 'MemoryUnreadable',
    where,
    what: 'the memory was to be saved before it was loaded',
    mend: 'this is a mistake of springtide itself: please report it',
  });
