// The parts of the forecaster: what is kept of the past, errors and their quantiles, the choice among bounds, and trust.
import { describe, expect, it } from 'vitest';
import { Choice, type Outcome } from '../../../src/policies/forecast/choice.ts';
import { codeOf, loadOf } from '../../../src/policies/forecast/codes.ts';
import { Held } from '../../../src/policies/forecast/held.ts';
import { Recent } from '../../../src/policies/forecast/recent.ts';
import { Residuals, shares } from '../../../src/policies/forecast/residuals.ts';
import { Slots } from '../../../src/policies/forecast/slots.ts';
import { Trust } from '../../../src/policies/forecast/trust.ts';
import { at, minute } from './scenes.ts';

describe('loads as codes', () => {
  it.each([1e-6, 0.5, 1, 79.9, 12_345, 1e12])('keep %d to a tenth of a percent', (load) => {
    expect(Math.abs(loadOf(codeOf(load)) / load - 1)).toBeLessThan(0.001);
  });

  it('keep the order, and nothing is not missing', () => {
    expect(codeOf(0)).toBe(1);
    expect(codeOf(2)).toBeGreaterThan(codeOf(1));
    expect(codeOf(1e300)).toBe(65535);
  });
});

describe('Slots', () => {
  it('keeps the highest of each, forgets what is too old, and knows what it does not know', () => {
    const slots = new Slots(minute, 10);
    expect(slots.highest(0, at(5))).toBeNull();
    for (const [passed, load] of [
      [0, 7],
      [0.5, 3],
      [4, 5],
    ] as const)
      slots.put(at(passed), load);
    expect(slots.highest(at(0), at(0))).toBeCloseTo(7, 1);
    expect(slots.highest(at(1), at(3))).toBeNull();
    expect(slots.mean(at(0), at(9))).toBeCloseTo(6, 1);
    slots.put(at(12), 1);
    expect(slots.highest(at(0), at(3))).toBeNull();
    expect(slots.highest(at(0), at(12))).toBeCloseTo(5, 1);
    slots.put(at(1000), 2);
    expect(slots.highest(at(0), at(1000))).toBeCloseTo(2, 1);
  });

  it('forgets what a clock that was ahead wrote', () => {
    const slots = new Slots(minute, 100);
    slots.put(at(0), 1);
    slots.put(at(50), 9);
    slots.rewind(at(2));
    slots.put(at(2), 2);
    expect(slots.highest(at(0), at(99))).toBeCloseTo(2, 1);
  });
});

describe('Recent', () => {
  it('reads the highest and the mean after one moment, until another', () => {
    const recent = new Recent();
    for (let passed = 0; passed < 200; passed++) recent.add(at(passed), passed);
    expect(recent.highest(at(190), at(195))).toBe(195);
    expect(recent.mean(at(190), at(192))).toBe(191.5);
    expect(recent.highest(at(300), at(400))).toBeNull();
    expect(recent.highest(at(0), at(50))).toBeNull();
  });
});

describe('Held', () => {
  it('holds what was asked for as long as a shrink is delayed, and begins anew where the clock went back', () => {
    const held = new Held();
    expect(held.hold(at(10), 8, 5 * minute)).toBe(8);
    expect(held.hold(at(13), 2, 5 * minute)).toBe(8);
    expect(held.hold(at(30), 2, 5 * minute)).toBe(2);
    expect(held.hold(at(5), 1, 5 * minute)).toBe(2);
    expect(held.hold(at(15), 1, 5 * minute)).toBe(1);
  });
});

describe('Residuals', () => {
  it('make bounds that hold for the shares they claim', () => {
    const residuals = new Residuals(2);
    for (let round = 0; round < 1000; round++) {
      residuals.age(0.9999);
      residuals.add(1, ((round * 377) % 1000) / 1000);
    }
    residuals.settle(1);
    const row = residuals.quantiles.subarray(shares.length);
    for (const [index, share] of shares.entries()) expect(Math.abs((row[index] ?? 0) - share)).toBeLessThan(0.08);
  });
});

describe('Choice', () => {
  const said = new Float64Array([100, 200]);
  const scales = new Float64Array([1, 1]);
  const quantiles = new Float32Array(2 * shares.length);

  function decide(truth: (round: number) => number, price: number): Choice {
    const choice = new Choice(2);
    const outcome: Outcome = { at: 0, truth: 0, floor: 0, unit: 10, hold: minute, price, keep: 0.99, weight: 1 };
    for (let round = 0; round < 500; round++) {
      outcome.at = at(5 * round);
      outcome.truth = truth(round);
      choice.turn(outcome);
      for (const expert of [0, 1]) choice.judge(expert, said[expert] ?? 0, 1, quantiles, outcome);
      choice.choose(outcome.at);
    }
    return choice;
  }

  it.each([
    ['what is enough', 90, 200, 100],
    ['what serves all', 180, 200, 200],
    ['what is cheap where unserved work is', 180, 0.5, 100],
  ])('takes %s', (_, truth, price, expected) => {
    expect(decide(() => truth, price).bound(said, scales, quantiles, 0)).toBeCloseTo(expected, 0);
  });

  it('pays for what is rare as well', () => {
    const rarely = (round: number): number => (round % 40 === 0 ? 180 : 90);
    expect(decide(rarely, 200).bound(said, scales, quantiles, 0)).toBeCloseTo(200, 0);
    expect(decide(rarely, 2).bound(said, scales, quantiles, 0)).toBeCloseTo(100, 0);
  });

  it('never goes below what is asked for anyhow', () => {
    expect(decide(() => 90, 200).bound(said, scales, quantiles, 150)).toBeGreaterThanOrEqual(150);
  });
});

describe('Trust', () => {
  const judged = { bound: 100, load: 90, highest: 95, passed: minute };

  it('says nothing of coverage before an hour was judged', () => {
    const trust = new Trust();
    trust.judge(judged);
    expect(trust.coverage).toBeNull();
    expect(trust.doubt).toBeNull();
  });

  it.each([
    ['coverageTooLow', 400],
    ['patternChanged', 120],
  ] as const)('doubts by %s, and believes again after hours that held', (doubt, highest) => {
    const trust = new Trust();
    for (let passed = 0; passed < 300; passed++) trust.judge(judged);
    expect(trust.doubt).toBeNull();
    for (let passed = 0; passed < 90; passed++) trust.judge({ ...judged, highest });
    expect(trust.doubt).toBe(doubt);
    for (let passed = 0; passed < 1440; passed++) trust.judge(judged);
    expect(trust.doubt).toBeNull();
    expect(trust.coverage).toBeGreaterThan(0.95);
  });
});
