// The history that windows are decided from; what the windows and rates decide is in test/vectors.
import { expect, it } from 'vitest';
import type { Recommendation } from '../../../src/model/memory.ts';
import { seconds } from '../../../src/model/units.ts';
import { remember, stabilize } from '../../../src/policies/pods/behavior.ts';
import { at } from '../../builders.ts';

it('keeps of the history only what can still govern, and decides the same from it', () => {
  const windows = { up: seconds(60), down: seconds(300) };
  const samples = [4, 9, 9, 3, 7, 2, 8, 5].map((replicas, index) => ({ at: at(index * 40), replicas }));
  const kept = samples.reduce<readonly Recommendation[]>((history, one) => remember(history, one, windows), []);
  expect(kept.length).toBeLessThan(samples.length);
  for (let later = 280; later < 700; later += 20)
    for (const proposed of [1, 5, 12])
      expect(stabilize(6, proposed, kept, windows, at(later)).replicas).toBe(
        stabilize(6, proposed, samples, windows, at(later)).replicas,
      );
});
