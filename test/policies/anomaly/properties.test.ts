// What holds for every series that a detector is given.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../src/model/units.ts';
import { AnomalyDetector } from '../../../src/policies/anomaly/detector.ts';
import type { Judgement } from '../../../src/policies/anomaly/judgement.ts';
import { at, daily, judged } from './series.ts';

const someValue = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -100, max: 100 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY, 1e12) },
);
const someSeries = fc.array(someValue, { minLength: 200, maxLength: 500 });
const runs = { numRuns: 12 };

const played = (values: readonly (number | null)[]): readonly Judgement[] => {
  const detector = new AnomalyDetector();
  return values.map((value, index) => detector.observe(at(index), value));
};

describe('whatever the series', () => {
  it('scores are within 0 and 1, an onset is no more than its score, and the usual range is one', () => {
    fc.assert(
      fc.property(someSeries, (values) => {
        const wrong = played(values).filter(
          ({ score, onset, usual }) =>
            !(score >= 0 && score <= 1 && onset >= 0 && onset <= score) ||
            (usual !== null && !(usual.low <= usual.high)),
        );
        expect(wrong).toEqual([]);
      }),
      runs,
    );
  });

  it('a gap changes no score: not its own, not that of what follows', () => {
    fc.assert(
      fc.property(someSeries, (values) => {
        const answers = played(values);
        const known = new AnomalyDetector();
        const expected = values.map((value, index): Partial<Judgement> => {
          if (value !== null && Number.isFinite(value)) return known.observe(at(index), value);
          return { onset: 0, score: answers[index - 1]?.score ?? 0, known: 'gap' };
        });
        expect(answers).toMatchObject(expected);
      }),
      runs,
    );
  });

  it.each([
    [1e-6, 0],
    [1 / 3, -250],
    [1000, 17],
    [197_792.6, 183],
    [1e9, 1000],
  ])('the unit and the zero that it is measured in hardly matter: times %f, from %f', (factor, shift) => {
    const of = (index: number): number => (index % 700 === 650 ? 400 : daily(index));
    const plain = judged(of, 1400);
    const difference = judged((index) => factor * (of(index) + shift), 1400).map(({ score, onset }, index) => {
      const { score: as = -1, onset: begins = -1 } = plain[index] ?? {};
      return Math.max(Math.abs(score - as), Math.abs(onset - begins));
    });
    expect(Math.max(...difference)).toBeLessThan(0.005);
  });

  it('an observation that is not later than the last one is a gap', () => {
    const detector = new AnomalyDetector();
    judged(daily, 400, detector);
    expect(detector.observe(at(399), 1e9)).toMatchObject({ onset: 0, known: 'gap' });
    expect(detector.observe((at(399) - 1) as Instant, 1e9)).toMatchObject({ onset: 0, known: 'gap' });
  });
});
