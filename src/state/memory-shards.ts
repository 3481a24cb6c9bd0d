// The memory in pieces: which piece an entry belongs to, a piece as bytes and back, and all pieces together as one memory again.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { ConditionMemory, Memory, NodeMemory, TargetMemory } from '../model/memory.ts';
import type { Instant } from '../model/units.ts';

/** Part of the schema: whoever reads looks for an entry in no other. The head is beside them. */
export const shardCount = 16;

export interface Entries {
  readonly targets: Readonly<Record<string, TargetMemory>>;
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  readonly conditions: Readonly<Record<string, ConditionMemory>>;
}

export type Head = Omit<Memory, keyof Entries>;

/** One shard stands by itself: read between two writes, each is true as of its own tick. */
export interface Shard extends Entries {
  /** the last tick of the memory that it was written from */
  readonly lastTick: Instant | null;
}

export const kinds = ['targets', 'nodes', 'conditions'] as const satisfies readonly (keyof Entries)[];

const known = new Map<string, number>();
const mostKnown = 100_000;

/** The same in every process and version. */
export function shardOf(kind: keyof Entries, key: string): number {
  const name = `${kind}/${key}`;
  let shard = known.get(name);
  if (shard === undefined) {
    shard = createHash('sha256').update(name).digest().readUInt32BE(0) % shardCount;
    if (known.size >= mostKnown) known.clear();
    known.set(name, shard);
  }
  return shard;
}

export function headOf(memory: Memory): Head {
  const head: Partial<Memory> = { ...memory };
  for (const kind of kinds) Reflect.deleteProperty(head, kind);
  return head as Head;
}

/** A recommendation that was the newest in the shard's tick has been said again with every tick since: only changes are written. */
function upTo(target: TargetMemory, of: Instant | null, lastTick: Instant | null): TargetMemory {
  const newest = target.recommendations.at(-1);
  if (newest === undefined || of === null || lastTick === null || newest.at < of || newest.at >= lastTick)
    return target;
  return { ...target, recommendations: [...target.recommendations.slice(0, -1), { ...newest, at: lastTick }] };
}

const newestTick = (ticks: readonly (Instant | null)[]): Instant | null =>
  ticks.reduce((newest, tick) => (tick !== null && (newest === null || tick > newest) ? tick : newest), null);

export function joined(head: Head, shards: readonly Shard[]): Memory {
  const lastTick = newestTick([head.lastTick, ...shards.map((shard) => shard.lastTick)]);
  const targets: Record<string, TargetMemory> = {};
  for (const shard of shards)
    for (const [key, target] of Object.entries(shard.targets)) targets[key] = upTo(target, shard.lastTick, lastTick);
  return {
    ...head,
    lastTick,
    targets,
    nodes: Object.assign({}, ...shards.map(({ nodes }) => nodes)) as Memory['nodes'],
    conditions: Object.assign({}, ...shards.map(({ conditions }) => conditions)) as Memory['conditions'],
  };
}

const zip = promisify(gzip);
const unzip = promisify(gunzip);
const mostUnpacked = 64 * 1024 * 1024;

export const packed = (value: object): Promise<Buffer> => zip(JSON.stringify(value));

export async function unpacked(bytes: Buffer): Promise<unknown> {
  return JSON.parse((await unzip(bytes, { maxOutputLength: mostUnpacked })).toString('utf8'));
}

/** What is left out where a shard is over its share, step by step: the last one keeps what cannot be learnt again. */
export const leanings: readonly ((target: TargetMemory) => TargetMemory | null)[] = [
  (target) => target,
  ({ recommendations, foreign: _foreign, lastValues: _lastValues, startTime: _startTime, ...target }) => ({
    ...target,
    recommendations: recommendations.slice(-1),
  }),
  ({ firstSeen, asleep, stoppedByHand, lastActive, acted, failure }) => ({
    recommendations: [],
    acted,
    rehearsed: { ups: [], downs: [] },
    written: null,
    unknownSince: {},
    failure,
    ...(firstSeen !== undefined && { firstSeen }),
    ...(asleep !== undefined && { asleep }),
    ...(stoppedByHand !== undefined && { stoppedByHand }),
    ...(lastActive !== undefined && { lastActive }),
  }),
  (target) => (target.asleep === undefined && target.stoppedByHand === undefined ? null : target),
];
