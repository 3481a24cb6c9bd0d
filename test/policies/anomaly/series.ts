// Series for the tests of the detector: made of a season and of noise that is the same on every machine.
import type { Instant } from '../../../src/model/units.ts';
import { AnomalyDetector } from '../../../src/policies/anomaly/detector.ts';
import { defaultSensitivity, isUnusual, type Judgement } from '../../../src/policies/anomaly/judgement.ts';

const step = 300_000;
export const aDay = 288;
/** a Monday */
const start = Date.UTC(2026, 0, 5);

export const at = (index: number): Instant => (start + index * step) as Instant;

/** Evenly from -1 to 1, by the number of the observation. */
export function noise(index: number): number {
  const mixed = Math.imul((index + 1) ^ ((index + 1) >>> 15), 0x2c1b3c6d);
  return (Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0) / 2 ** 31 - 1;
}

export const daily = (index: number): number => 100 + 50 * Math.sin((2 * Math.PI * index) / aDay) + 3 * noise(index);

export type SeriesOf = (index: number) => number | null;

/** What the detector says of a whole series. */
export function judged(of: SeriesOf, count: number, detector = new AnomalyDetector(), from = 0): readonly Judgement[] {
  return Array.from({ length: count }, (_, index) => detector.observe(at(from + index), of(from + index)));
}

/** First and last observation of each alert. */
export function alertsOf(of: SeriesOf, count: number, sensitivity = defaultSensitivity): readonly [number, number][] {
  const alerts: [number, number][] = [];
  let isActive = false;
  for (const [index, judgement] of judged(of, count).entries()) {
    const was = isActive;
    isActive = isUnusual(judgement, sensitivity, was);
    const last = alerts.at(-1);
    if (isActive && !was) alerts.push([index, index]);
    else if (isActive && last !== undefined) last[1] = index;
  }
  return alerts;
}
