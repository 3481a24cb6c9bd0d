// Simple ways to say how high a series will be at its highest within a span from now; which of them is believed, its past decides.
import type { Bins } from './bins.ts';

export interface Scene {
  readonly at: number;
  /** the newest value */
  readonly level: number;
  readonly bins: Bins;
}

type Expert = (scene: Scene, ahead: number) => number;

const day = 86_400_000;
const week = 7 * day;

const stays: Expert = ({ level }) => level;
const asOfLate: Expert = ({ at, bins }, ahead) => bins.highest(at - ahead, at);

/** It goes on to rise as over so long; what falls is highest now. */
const rises =
  (over: (ahead: number) => number): Expert =>
  ({ at, level, bins }, ahead) =>
    level + Math.max(0, bins.slope(at - over(ahead), at)) * ahead;

/** As so long before: the same hours of the day, or of the week. */
const asBefore =
  (period: number): Expert =>
  ({ at, bins }, ahead) => {
    const then = at - Math.ceil(ahead / period) * period;
    return bins.highest(then, then + ahead);
  };

/** The same, from the level of today. */
const movesAsBefore =
  (period: number): Expert =>
  (scene, ahead) => {
    const { at, level, bins } = scene;
    const then = at - Math.ceil(ahead / period) * period;
    return asBefore(period)(scene, ahead) + level - bins.highest(then, then);
  };

/** In the order in which they are preferred where their past does not tell them apart. */
const experts: readonly Expert[] = [
  rises((ahead) => ahead),
  rises((ahead) => 3 * ahead),
  rises((ahead) => Math.max(day, ahead / 2)),
  stays,
  asOfLate,
  asBefore(day),
  movesAsBefore(day),
  asBefore(week),
  movesAsBefore(week),
];

export const expertCount = experts.length;

/** Who knows too little says that it stays. */
export function sayOf(expert: number, scene: Scene, ahead: number): number {
  const said = experts[expert]?.(scene, ahead) ?? scene.level;
  return Number.isFinite(said) ? said : scene.level;
}
