// Along two lists: whatever has changed, what is said to have stayed has stayed, in its order, and all else has come or gone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { PodIndex } from '../../../src/policies/pods/pod-index.ts';
import { Walk } from '../../../src/policies/pods/walk.ts';
import { atOnce } from '../../../src/slices.ts';

function walked(before: readonly object[], now: readonly object[]) {
  const walk = new Walk(before, now);
  const places = now.map(() => walk.next());
  return { places, gone: walk.gone() };
}

const things = Array.from({ length: 12 }, (_, name) => ({ name }));
const list = fc.uniqueArray(fc.constantFrom(...things), { maxLength: 12 });

describe('a walk along two lists', () => {
  it('finds what has stayed where little has changed', () => {
    const [a, b, c, d, e] = things as [object, object, object, object, object];
    expect(walked([a, b, c, d], [a, c, d, e])).toEqual({ places: [0, 2, 3, null], gone: [1] });
    expect(walked([a, b, c], [a, d, e, b, c])).toEqual({ places: [0, null, null, 1, 2], gone: [] });
    expect(walked([a, b, c], [a, e, c])).toEqual({ places: [0, null, 2], gone: [1] });
  });

  it('says of each place of the first list once that it has stayed or gone, in order', () => {
    fc.assert(
      fc.property(list, list, (before, now) => {
        const { places, gone } = walked(before, now);
        const stayed = places.filter((place) => place !== null);
        expect(stayed).toEqual(stayed.toSorted((one, other) => one - other));
        expect([...stayed, ...gone].toSorted((one, other) => one - other)).toEqual(before.map((_, place) => place));
        for (const [index, place] of places.entries()) if (place !== null) expect(before[place]).toBe(now[index]);
      }),
    );
  });
});

describe('pods by namespace, walked from one list to the next', () => {
  it('are those that a look through all of them finds', () => {
    const pods: readonly Pod[] = Array.from({ length: 12 }, (_, number) => ({
      metadata: { namespace: `n${number % 3}`, name: `pod-${number}`, labels: { app: `a${number % 2}` } },
    }));
    const lists = fc.array(fc.uniqueArray(fc.constantFrom(...pods), { maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(lists, (ticks) => {
        let index = atOnce(PodIndex.reading([]));
        for (const tick of ticks) {
          index = atOnce(PodIndex.reading(tick, index));
          for (const namespace of ['n0', 'n1', 'n2'])
            for (const app of ['a0', 'a1']) {
              const found = tick.filter(
                ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['app'] === app,
              );
              expect(index.podsOf(namespace, { matchLabels: { app } })).toEqual(found);
            }
        }
      }),
    );
  });
});
