// The detector of what is unusual: what must hold for every series.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../src/model/units.ts';
import { AnomalyDetector } from '../../../src/policies/anomaly/detector.ts';
import { defaultSensitivity, isUnusual } from '../../../src/policies/anomaly/judgement.ts';

const step = 300_000;
const at = (index: number): Instant => (index * step) as Instant;

describe('a detector', () => {
  it('tells a spike from the noise before it', () => {
    const detector = new AnomalyDetector();
    let isActive = false;
    for (let index = 0; index < 1000; index++) {
      isActive = isUnusual(detector.observe(at(index), 100 + (index % 7)), defaultSensitivity, isActive);
      expect(isActive).toBe(false);
    }
    expect(isUnusual(detector.observe(at(1000), 200), defaultSensitivity, isActive)).toBe(true);
  });
});
