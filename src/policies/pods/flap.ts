// The flap budget: so many changes of direction a period, then no way down before the oldest has left. A way up is never held.
import { mostTurns, type ScaleHistory } from '../../model/memory.ts';
import { later, type Instant, type Milliseconds } from '../../model/units.ts';

export interface FlapBudget {
  readonly changes: number;
  readonly per: Milliseconds;
}

export function withTurn(history: ScaleHistory, way: 'up' | 'down', at: Instant): ScaleHistory {
  const { lastWay, turns = [] } = history;
  if (lastWay === way) return history;
  return lastWay === undefined
    ? { ...history, lastWay: way }
    : { ...history, lastWay: way, turns: [...turns, at].slice(-mostTurns) };
}

export const turnsWithin = (history: ScaleHistory, per: Milliseconds, now: Instant): readonly Instant[] =>
  (history.turns ?? []).filter((turn) => turn > now - per);

/** Until when a way down would be one change too many; null: it may go. */
export function flapHoldUntil(history: ScaleHistory, budget: FlapBudget | undefined, now: Instant): Instant | null {
  if (budget === undefined || history.lastWay !== 'up') return null;
  const turns = turnsWithin(history, budget.per, now);
  const oldest = turns.at(-budget.changes);
  return oldest === undefined ? null : later(oldest, budget.per);
}

/** Without a budget nobody counts; with one what has left its period is forgotten. */
export function forgetOldTurns(history: ScaleHistory, budget: FlapBudget | undefined, now: Instant): ScaleHistory {
  if (history.turns === undefined) return history;
  if (budget === undefined) {
    const { ups, downs, lastWay, standing } = history;
    return {
      ups,
      downs,
      ...(lastWay === undefined ? {} : { lastWay }),
      ...(standing === undefined ? {} : { standing }),
    };
  }
  const kept = turnsWithin(history, budget.per, now);
  return kept.length === history.turns.length ? history : { ...history, turns: kept };
}
