// Many nodes of a group fall silent at once: no VM for what takes the place of their pods, until they are gone.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aNode, aPod, at, podsOf } from '../../builders.ts';
import { pool, tick, workers } from './worlds.ts';

describe('too many nodes that are not Ready', () => {
  const down = Array.from({ length: 4 }, (_, index) =>
    aNode(`w-${index + 2}`)
      .notReady(at(-400))
      .build(),
  );
  const evicted = podsOf('web', { 'w-2': 3 }, { cpu: '2' }).map((pod) => ({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: rfc3339(at(-60)) },
  }));
  const replacing = (count: number): Pod[] =>
    Array.from({ length: count }, (_, index) =>
      aPod(`new-${index}`).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '4' }).unschedulable().build(),
    );
  const full = podsOf('api', { 'w-1': 1 }, { cpu: '4' });

  it('order no VM for those that take the place of their pods, until the nodes are gone', () => {
    const nodes = [...workers(1), ...down];
    const snapshot = pool(5, nodes).pods(...full, ...evicted, ...replacing(3));
    const { decision } = tick(snapshot.build());
    expect(decision).toMatchObject({ action: 'hold', reason: 'TooManyUnready', resize: null });
    expect(decision.message).toContain('4 of 5');
    const gone = pool(1, workers(1)).pods(...full, ...replacing(3));
    expect(tick(gone.build()).decision).toMatchObject({ action: 'grow', desired: 4 });
  });

  it('order VMs for all others', () => {
    const snapshot = pool(5, [...workers(1), ...down]).pods(...full, ...evicted, ...replacing(5));
    expect(tick(snapshot.build()).decision).toMatchObject({ action: 'grow', desired: 7 });
  });
});
