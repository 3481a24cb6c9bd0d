// The benchmark's score in our words: figures of the reference scorer for the same small corpus.
import { describe, expect, it } from 'vitest';
import { bestThreshold, creditsOf, outcomeOf, profiles, type Scored } from '../../../bench/anomalies/scorer.ts';

const records = 40;

function scored(spans: readonly (readonly [number, number])[], detections: Readonly<Record<number, number>>): Scored {
  const scores = Array.from({ length: records }, (_, index) => detections[index] ?? 0);
  return { scores, windows: spans.length, ...creditsOf(records, spans) };
}

const corpus = [
  scored(
    [
      [14, 20],
      [30, 35],
    ],
    { 3: 0.9, 8: 0.4, 12: 0.7, 15: 0.3, 17: 0.6, 25: 0.5, 36: 0.8 },
  ),
  scored([], { 10: 0.2, 20: 0.55 }),
];

describe('the score of the benchmark', () => {
  it.each([
    ['standard', 0.3, 37.46427395008123],
    ['reward_low_FP_rate', 0.3, 25.27742111395826],
    ['reward_low_FN_rate', 0.3, 41.64284930005415],
    ['standard', 0.6, 43.56585301079034],
    ['reward_low_FP_rate', 0.6, 39.54503082832531],
    ['reward_low_FN_rate', 0.6, 45.71056867386023],
  ])('%s at %f', (name, threshold, expected) => {
    const profile = profiles.find((one) => one.name === name);
    expect(profile && outcomeOf(corpus, threshold, profile).score).toBeCloseTo(expected, 9);
  });

  it.each(profiles)('finds the best threshold for $name', (profile) => {
    expect(bestThreshold(corpus, profile)).toBe(0.6);
  });
});
