// How much a change of the memory matters: what an idle cluster changes with every tick is no change at all.
import { isDeepStrictEqual } from 'node:util';
import type { ConditionMemory, NodeMemory, ScaleHistory, TargetMemory } from '../model/memory.ts';
import type { Instant } from '../model/units.ts';

/** vital: drains, resizes, sleeps; event: what happened and timers; history: what the next minutes teach anew. */
export type Weight = 'none' | 'history' | 'event' | 'vital';

const weights: readonly Weight[] = ['none', 'history', 'event', 'vital'];
export const heavier = (one: Weight, other: Weight): Weight =>
  weights.indexOf(one) >= weights.indexOf(other) ? one : other;

const isSame = (one: unknown, other: unknown): boolean => one === other || isDeepStrictEqual(one, other);
const hasMoved = (one: Instant | undefined, other: Instant | undefined, grain: number): boolean =>
  one === undefined || other === undefined ? one !== other : Math.abs(one - other) >= Math.max(1, grain);

/** What merely grew old and was left out at the front is no change: it would be left out after reading too. */
function isEndOf(now: readonly unknown[], kept: readonly unknown[]): boolean {
  const from = kept.length - now.length;
  return from >= 0 && now.every((one, index) => isSame(one, kept[from + index]));
}

function historyWeight(kept: ScaleHistory, now: ScaleHistory): Weight {
  if (kept === now) return 'none';
  const { ups, downs, turns = [], ...rest } = now;
  const { ups: keptUps, downs: keptDowns, turns: keptTurns = [], ...keptRest } = kept;
  const isQuiet = isEndOf(ups, keptUps) && isEndOf(downs, keptDowns) && isEndOf(turns, keptTurns);
  return isQuiet && isSame(rest, keptRest) ? 'none' : 'event';
}

type Recommendations = TargetMemory['recommendations'];

/** It was looked at in the tick that the memory is of: only then is its newest recommendation still true. */
const isWatched = (recommendations: Recommendations, tick: Instant | null): boolean =>
  tick !== null && (recommendations.at(-1)?.at ?? -Infinity) >= tick;

const highest = (recommendations: Recommendations): number =>
  recommendations.reduce((most, { replicas }) => Math.max(most, replicas), -Infinity);

function recommendationsWeight(kept: Recommendations, now: Recommendations, of: Ticks): Weight {
  if (isWatched(kept, of.kept) !== isWatched(now, of.now)) return 'event';
  // The newest is said anew with every tick; the others stand.
  const last = now.at(-1)?.replicas === kept.at(-1)?.replicas;
  if (last && isEndOf(now.slice(0, -1), kept.slice(0, -1))) return 'none';
  return highest(now) > highest(kept) ? 'event' : 'history';
}

/** The last tick of the memory that is kept, and of the one that is now. */
export interface Ticks {
  readonly kept: Instant | null;
  readonly now: Instant | null;
  /** in milliseconds: an instant that moves with every tick says nothing new within it */
  readonly grain: number;
}

const fieldWeights: {
  readonly [Field in keyof Required<TargetMemory>]: (
    kept: TargetMemory[Field] | undefined,
    now: TargetMemory[Field] | undefined,
    ticks: Ticks,
  ) => Weight;
} = {
  firstSeen: (kept, now) => (kept === now ? 'none' : 'event'),
  recommendations: (kept = [], now = [], ticks) => recommendationsWeight(kept, now, ticks),
  acted: (kept, now) => (kept && now ? historyWeight(kept, now) : 'event'),
  rehearsed: (kept, now) => (kept && now ? historyWeight(kept, now) : 'event'),
  // That it has been seen is found out again by the first look.
  written: (kept, now) => (isSame(kept, now) ? 'none' : now === null ? 'history' : 'event'),
  unknownSince: (kept, now) => (isSame(kept, now) ? 'none' : 'event'),
  recovered: (kept, now) => (kept === now ? 'none' : 'event'),
  seen: (kept, now) => (kept === now ? 'none' : 'history'),
  foreign: (kept = [], now = []) => (isEndOf(now, kept) ? 'none' : 'event'),
  lastActive: (kept, now, { grain }) => (hasMoved(kept, now, grain) ? 'history' : 'none'),
  asleep: (kept, now) => (isSame(kept, now) ? 'none' : 'vital'),
  stoppedByHand: (kept, now) => (kept === now ? 'none' : 'vital'),
  lastValues: (kept, now) => (isSame(kept, now) ? 'none' : 'history'),
  startTime: (kept, now) => (kept === now ? 'none' : 'history'),
  lowered: (kept, now) => (kept === now ? 'none' : 'event'),
  failure: (kept, now) => (isSame(kept, now) ? 'none' : 'event'),
};
const fields = Object.keys(fieldWeights) as (keyof TargetMemory)[];

export function targetWeight(kept: TargetMemory | undefined, now: TargetMemory | undefined, ticks: Ticks): Weight {
  if (kept === undefined || now === undefined) return (now ?? kept)?.asleep === undefined ? 'event' : 'vital';
  let weight: Weight = 'none';
  for (const field of fields) {
    const weigh = fieldWeights[field] as (kept: unknown, now: unknown, ticks: Ticks) => Weight;
    weight = heavier(weight, weigh(kept[field], now[field], ticks));
    if (weight === 'vital') break;
  }
  return weight;
}

export function nodeWeight(kept: NodeMemory | undefined, now: NodeMemory | undefined): Weight {
  if (isSame(kept, now)) return 'none';
  return kept?.emptySince === now?.emptySince ? 'event' : 'vital';
}

export function conditionWeight(
  kept: ConditionMemory | undefined,
  now: ConditionMemory | undefined,
  { grain }: Ticks,
): Weight {
  if (kept === now) return 'none';
  if (kept === undefined || now === undefined) return 'event';
  const { lastSeen, annotations, ...rest } = now;
  const { lastSeen: keptSeen, annotations: keptAnnotations, ...keptRest } = kept;
  if (!isSame(rest, keptRest)) return 'event';
  return hasMoved(keptSeen, lastSeen, grain) || !isSame(annotations, keptAnnotations) ? 'history' : 'none';
}

/** All that belongs to no single target, node or condition. */
export function headWeight(kept: object, now: object, { grain }: Ticks): Weight {
  const { lastTick: keptTick, ...keptRest } = kept as { readonly lastTick?: Instant | null };
  const { lastTick, ...rest } = now as { readonly lastTick?: Instant | null };
  if (!isSame(rest, keptRest)) return 'vital';
  return hasMoved(keptTick ?? undefined, lastTick ?? undefined, grain) ? 'event' : 'none';
}
