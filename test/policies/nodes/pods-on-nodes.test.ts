// Who runs where, found from what has changed: the same as if it were looked at anew.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { podsOnNodes, type PodsOnNodes } from '../../../src/policies/nodes/pods-on-nodes.ts';
import { aPod } from '../../builders.ts';

function gathered(pods: readonly Pod[], key: object): PodsOnNodes {
  const course = podsOnNodes(pods, key);
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}

const pod = (name: number, node: number): Pod => {
  const built = aPod(`p-${name}`);
  return (node === 0 ? built : built.on(`n-${node}`)).build();
};
const byName = (found: PodsOnNodes) =>
  [...found].map(([node, pods]) => [node, [...pods]] as const).sort(([one], [other]) => (one < other ? -1 : 1));

type Change = { readonly at: number; readonly node: number; readonly kind: 'remove' | 'replace' | 'append' | 'insert' };

function applied(pods: readonly Pod[], { at, node, kind }: Change, name: number): readonly Pod[] {
  const index = pods.length === 0 ? 0 : at % pods.length;
  const old = pods[index];
  switch (kind) {
    case 'append':
      return [...pods, pod(name, node)];
    case 'insert':
      return pods.toSpliced(index, 0, pod(name, node));
    case 'remove':
      return pods.toSpliced(index, 1);
    case 'replace':
      return old === undefined ? pods : pods.with(index, pod(Number(old.metadata.name.slice(2)), node));
  }
}

const node = fc.integer({ min: 0, max: 3 });
const change = fc.record({
  at: fc.nat(99),
  node,
  kind: fc.constantFrom('remove' as const, 'replace' as const, 'append' as const, 'insert' as const),
});

describe('pods by node', () => {
  it('are what they would be if they were looked at anew', () => {
    fc.assert(
      fc.property(
        fc.array(node, { maxLength: 12 }),
        fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 6 }),
        (start, ticks) => {
          const key = {};
          let pods: readonly Pod[] = start.map((where, index) => pod(index, where));
          let named = 1000;
          expect(byName(gathered(pods, key))).toEqual(byName(gathered(pods, {})));
          for (const changes of ticks) {
            for (const one of changes) pods = applied(pods, one, (named += 1));
            expect(byName(gathered(pods, key))).toEqual(byName(gathered(pods, {})));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of nodes where nothing has changed are the same list', () => {
    const key = {};
    const pods = [pod(1, 1), pod(2, 2)];
    const first = gathered(pods, key);
    const second = gathered([...pods, pod(3, 2)], key);
    expect(second.get('n-1')).toBe(first.get('n-1'));
    expect(second.get('n-2')).toHaveLength(2);
  });
});
