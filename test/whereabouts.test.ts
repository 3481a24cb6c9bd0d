// Where a pod or a node is, by the last look at the world.
import { expect, it } from 'vitest';
import { createWhereabouts } from '../src/whereabouts.ts';
import { aNode, aNodeGroup, aPod, aSnapshot } from './builders.ts';

it('a node is in its group, a pod in that of its node, and what nobody has seen is nowhere', () => {
  const whereabouts = createWhereabouts(() => []);
  const pod = aPod('web-1').on('node-2').build();
  expect(whereabouts.groupOf({ node: 'node-1' })).toBeNull();
  whereabouts.noted(
    aSnapshot()
      .groups(aNodeGroup('default-worker', 1), aNodeGroup('gpu', 1))
      .nodes(aNode('node-1'), aNode('node-2').inGroup('gpu'))
      .pods(pod)
      .build(),
  );
  const { namespace, name } = pod.metadata;
  const places = [{ node: 'node-1' }, { namespace, pod: name }, { node: 'node-9' }, { pod: name }];
  expect(places.map((place) => whereabouts.groupOf(place))).toEqual(['default-worker', 'gpu', null, null]);
  whereabouts.noted(aSnapshot().build());
  expect(whereabouts.groupOf({ node: 'node-1' })).toBeNull();
});
