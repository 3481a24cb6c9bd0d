// Pods that are being deleted on nodes on their way out: which of them will need another place, by who would start them again.
import { describe, expect, it } from 'vitest';
import type { KubernetesFacts } from '../../../src/model/snapshot.ts';
import { leavingPods } from '../../../src/policies/nodes/leaving-pods.ts';
import { aNode, aPod, aSnapshot, noon } from '../../builders.ts';

const pod = (kind: string) => aPod('p').ownedBy(kind, 'x').on('w-1');
const named = { metadata: { name: 'x', namespace: 'shop' } };
const replicas = (wanted: number, started: number) => [
  { ...named, spec: { replicas: wanted }, status: { replicas: started } },
];
const job = (spec: object, status: object = {}) => ({ jobs: [{ ...named, ...{ spec, status } }] });

const comes = (given: ReturnType<typeof aPod>, facts: Partial<KubernetesFacts> = {}): boolean => {
  const snapshot = aSnapshot().kubernetes(facts).build();
  const on = leavingPods({ snapshot, podsOn: new Map([['w-1', [given.build()]]]) });
  return on(aNode('w-1').build()).length === 1;
};

describe('a pod that is being deleted comes again', () => {
  it.each<[string, string, Partial<KubernetesFacts>, boolean]>([
    ['where its ReplicaSet has not started another yet', 'ReplicaSet', { replicasets: replicas(3, 2) }, true],
    ['not where another has been started', 'ReplicaSet', { replicasets: replicas(3, 3) }, false],
    ['not where it is one too many', 'ReplicaSet', { replicasets: replicas(2, 3) }, false],
    ['not where nobody is there any more to start it', 'ReplicaSet', { replicasets: [] }, false],
    [
      'where its ReplicationController has not started another yet',
      'ReplicationController',
      { replicationcontrollers: replicas(1, 0) },
      true,
    ],
    [
      'not where its ReplicationController has',
      'ReplicationController',
      { replicationcontrollers: replicas(1, 1) },
      false,
    ],
    ['where its Job has not begun another yet', 'Job', job({ parallelism: 2, completions: 5 }, { active: 1 }), true],
    ['not where its Job has', 'Job', job({ parallelism: 2, completions: 5 }, { active: 2 }), false],
    [
      'not where its Job needs no more of them',
      'Job',
      job({ parallelism: 2, completions: 5 }, { active: 1, succeeded: 4 }),
      false,
    ],
    ['not where its Job is over', 'Job', job({}, { completionTime: '2026-11-20T12:00:00Z' }), false],
    ['not where its Job is suspended', 'Job', job({ suspend: true }), false],
    ['where its Job works off a queue', 'Job', job({ parallelism: 3 }, { active: 2 }), true],
    ['not where the queue of its Job is empty', 'Job', job({ parallelism: 3 }, { active: 2, succeeded: 1 }), false],
    ['where it is the next of its name', 'StatefulSet', {}, true],
    ['where its controller is of a kind that nobody knows', 'Rollout', {}, true],
  ])('%s', (_, kind, facts, expected) => {
    const lists = { replicasets: [], replicationcontrollers: [], jobs: [], ...facts };
    expect(comes(pod(kind).deleting(noon), lists)).toBe(expected);
    expect(comes(pod(kind), lists)).toBe(true);
  });

  it.each([
    ['ReplicaSet', 'replicasets'],
    ['ReplicationController', 'replicationcontrollers'],
    ['Job', 'jobs'],
  ] as const)('where the list of its %s could not be read', (kind, list) => {
    expect(comes(pod(kind).deleting(noon), { [list]: undefined })).toBe(true);
  });

  it('where somebody has made it by hand, and may do so again', () => {
    expect(comes(aPod('p').on('w-1').deleting(noon))).toBe(true);
  });

  it('not where it belongs to a DaemonSet, nor where it has ended', () => {
    expect(comes(pod('DaemonSet').deleting(noon))).toBe(false);
    expect(comes(pod('Job').status({ phase: 'Succeeded' }))).toBe(false);
  });
});
