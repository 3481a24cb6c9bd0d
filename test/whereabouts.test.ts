// Where a pod or a node is, by the last look at the world.
import { expect, it } from 'vitest';
import { createWhereabouts } from '../src/whereabouts.ts';
import { aNode, aNodeGroup, aSnapshot } from './builders.ts';

it('a node is in its group, a pod in that of its node, and what nobody has seen is nowhere', () => {
  const nodes = new Map([['shop/web-1', 'node-2']]);
  const whereabouts = createWhereabouts({
    policies: () => [],
    nodeOf: (namespace, pod) => nodes.get(`${namespace}/${pod}`),
  });
  expect(whereabouts.groupOf({ node: 'node-1' })).toBeNull();
  whereabouts.noted(
    aSnapshot()
      .groups(aNodeGroup('default-worker', 1), aNodeGroup('gpu', 1))
      .nodes(aNode('node-1'), aNode('node-2').inGroup('gpu'))
      .build(),
  );
  const places = [{ node: 'node-1' }, { namespace: 'shop', pod: 'web-1' }, { node: 'node-9' }, { pod: 'web-1' }];
  expect(places.map((place) => whereabouts.groupOf(place))).toEqual(['default-worker', 'gpu', null, null]);
  whereabouts.noted(aSnapshot().build());
  expect(whereabouts.groupOf({ node: 'node-1' })).toBeNull();
});
