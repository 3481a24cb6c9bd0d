// The memory cut into its pieces for a save, and how much has changed in each since it was kept.
import type { Memory } from '../model/memory.ts';
import type { Instant } from '../model/units.ts';
import {
  conditionWeight,
  headWeight,
  heavier,
  nodeWeight,
  targetWeight,
  type Ticks,
  type Weight,
} from './memory-changes.ts';
import { headOf, kinds, shardCount, shardOf, type Head, type Shard } from './memory-shards.ts';

/** A piece as it is kept, and what has been noticed since. */
export interface Kept {
  readonly kept: Shard | Head;
  readonly schema: number;
  weight: Weight;
}

const emptyShard: Shard = { lastTick: null, targets: {}, nodes: {}, conditions: {} };

/** A save: in which schema it writes, of which tick it is, and how finely it looks. */
export interface Saving {
  readonly schema: number;
  readonly grain: number;
  readonly lastTick: Instant | null;
}

const entriesAStep = 256;

/** The shards in their order, and the head behind them. */
export function* piecesOf(memory: Memory): Generator<undefined, readonly (Shard | Head)[]> {
  const shards = Array.from({ length: shardCount }, () => ({
    lastTick: memory.lastTick,
    targets: {},
    nodes: {},
    conditions: {},
  }));
  let count = 0;
  for (const kind of kinds)
    for (const [key, entry] of Object.entries(memory[kind])) {
      const shard = shards[shardOf(kind, key)];
      if (shard !== undefined) (shard[kind] as Record<string, unknown>)[key] = entry;
      if (++count % entriesAStep === 0) yield;
    }
  return [...(shards as unknown as Shard[]), headOf(memory)];
}

const weighers = {
  targets: targetWeight,
  nodes: nodeWeight,
  conditions: conditionWeight,
} as const;

/** Notes on each what its piece has that is not kept yet. */
export function* weighing(
  slots: readonly Kept[],
  pieces: readonly (Shard | Head)[],
  { schema, grain, lastTick }: Saving,
): Generator<undefined, void> {
  for (const [number, slot] of slots.entries()) {
    const piece = pieces[number];
    if (piece === undefined) continue;
    const isOtherSchema = slot.schema !== schema;
    let weight = heavier(slot.weight, isOtherSchema ? 'history' : 'none');
    const ticks: Ticks = { kept: slot.kept.lastTick, now: lastTick, grain };
    if (!('targets' in piece)) slot.weight = heavier(weight, headWeight(slot.kept, piece, ticks));
    else {
      const kept = 'targets' in slot.kept ? slot.kept : emptyShard;
      for (const kind of kinds) {
        weight = heavier(weight, entriesWeight(kept[kind], piece[kind], weighers[kind] as Weigher, ticks));
        yield;
      }
      slot.weight = weight;
    }
  }
}

type Weigher = (kept: unknown, now: unknown, ticks: Ticks) => Weight;

function entriesWeight(
  kept: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  weigh: Weigher,
  ticks: Ticks,
): Weight {
  let weight: Weight = 'none';
  for (const [key, entry] of Object.entries(now)) {
    weight = heavier(weight, weigh(kept[key], entry, ticks));
    if (weight === 'vital') return weight;
  }
  for (const key of Object.keys(kept)) if (!(key in now)) weight = heavier(weight, weigh(kept[key], undefined, ticks));
  return weight;
}
