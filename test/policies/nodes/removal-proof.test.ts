// Whose choice of victims is trusted: Heat's by its habits, others by a proof that holds for one cluster.
import { describe, expect, it } from 'vitest';
import { emptyGroupMemory, type GroupMemory, type RemovalProof } from '../../../src/model/memory.ts';
import type { MagnumCluster } from '../../../src/model/openstack.ts';
import { proofAfter, proofOf, removalStanding, withProof } from '../../../src/policies/nodes/removal-proof.ts';
import { aNode, aNodePolicy, aSnapshot, at, heatCluster, noon } from '../../builders.ts';

type Removal = 'auto' | 'byServerId' | 'never';
function underRule(removal: Removal) {
  const document = aNodePolicy({ shrink: { removal } });
  const [policy] = document.spec.nodeGroups;
  if (policy === undefined) throw new Error('no group');
  return { document, policy };
}
const labelled = [aNode('w-1').build()];
const bare = [aNode('w-1').meta({ labels: {} }).build()];

describe('a removal is proven', () => {
  const helm = { stack_id: 'shop-h3k5s7d9f2ab' };
  it.each<[string, Removal, GroupMemory['removal'], typeof labelled, Partial<MagnumCluster>, string]>([
    ['by Heat’s stack and label', 'auto', 'unproven', labelled, {}, 'driver'],
    ['not by Heat’s stack alone', 'auto', 'unproven', bare, {}, 'unproven'],
    ['not by the label alone', 'auto', 'unproven', labelled, helm, 'unproven'],
    [
      'not by the label alone under its new name',
      'auto',
      'unproven',
      labelled,
      { stack_id: null, cluster_id: helm.stack_id },
      'unproven',
    ],
    ['by a removal that was seen', 'auto', 'proven', bare, helm, 'removal'],
    ['because the policy says so', 'byServerId', 'unproven', bare, helm, 'policy'],
    ['not where another server has left', 'auto', 'refuted', labelled, {}, 'refuted'],
    ['not where another server has left, whatever the policy says', 'byServerId', 'refuted', bare, helm, 'refuted'],
    ['nowhere when the policy forbids it', 'never', 'proven', labelled, {}, 'forbidden'],
  ])('%s', (_, removal, remembered, nodes, cluster, expected) => {
    const group = { nodes, memory: { removal: remembered }, ...underRule(removal) };
    const standing = removalStanding(group, aSnapshot().cluster(cluster).build());
    expect(standing.proven ? standing.by : standing.why).toBe(expected);
  });
});

describe('a group without a node', () => {
  const standingOf = (cluster: Partial<MagnumCluster>, ...nodes: typeof labelled) =>
    removalStanding(
      { nodes: [], memory: { removal: 'unproven' }, ...underRule('auto') },
      aSnapshot()
        .cluster(cluster)
        .nodes(...nodes)
        .build(),
    ).proven;

  it('has the driver of the cluster’s other nodes, where the stack is Heat’s', () => {
    expect(standingOf({}, ...labelled)).toBe(true);
    expect(standingOf({}, ...bare)).toBe(false);
    expect(standingOf({ stack_id: 'shop-h3k5s7d9f2ab' }, ...labelled)).toBe(false);
    expect(standingOf({ stack_id: null }, ...labelled)).toBe(false);
  });
});

const proof = (seconds: number, more: Partial<RemovalProof> = {}): RemovalProof => ({
  cluster: heatCluster.uuid,
  group: 'default-worker',
  at: at(seconds),
  by: 'wei',
  ...more,
});
const told = (...removalProofs: RemovalProof[]) => ({
  ...aSnapshot().build(),
  control: { off: [], until: null, by: '', why: '', releasedAt: null, removalProofs },
});
const group = (memory: Partial<GroupMemory>, name = 'default-worker') => ({
  policy: { name },
  memory: { ...emptyGroupMemory, ...memory },
});

describe('a proof', () => {
  const nothingYet = { groups: {} };

  it('is the newest of this cluster', () => {
    expect(proofOf({}, told())).toBeNull();
    expect(proofOf({ removalProof: proof(-60) }, told(proof(-30)))).toEqual(proof(-30));
    expect(proofOf({ removalProof: proof(-60, { cluster: 'another' }) }, told())).toBeNull();
  });

  it('speaks for every group of its cluster, and against a wrong removal only where it is newer and of that group', () => {
    expect(withProof(group({}).memory, proof(-60), 'gpu').removal).toBe('proven');
    const refuted = group({ removal: 'refuted', refutedAt: at(-100) }).memory;
    expect(withProof(refuted, proof(-60), 'default-worker').removal).toBe('proven');
    expect(withProof(refuted, proof(-60), 'gpu').removal).toBe('refuted');
    expect(withProof(refuted, proof(-160), 'default-worker').removal).toBe('refuted');
  });

  it('is learned from a removal that was seen through', () => {
    const learned = proofAfter(null, nothingYet, [group({ removal: 'proven' }, 'gpu')], heatCluster, noon);
    expect(learned).toEqual({ cluster: heatCluster.uuid, group: 'gpu', at: noon, by: 'springtide' });
    const before = { groups: { gpu: group({ removal: 'proven' }).memory } };
    expect(proofAfter(null, before, [group({ removal: 'proven' }, 'gpu')], heatCluster, noon)).toBeNull();
  });

  it('is taken back by a wrong removal, and given again by a later proof', () => {
    const refuted = [group({ removal: 'refuted', refutedAt: at(-30) }), group({ removal: 'proven' }, 'gpu')];
    expect(proofAfter(proof(-60), nothingYet, refuted, heatCluster, noon)).toBeNull();
    expect(proofAfter(proof(-10), nothingYet, refuted, heatCluster, noon)).toEqual(proof(-10));
  });

  it('is not forgotten because the cluster could not be read, and a wrong removal takes it back all the same', () => {
    const before = { groups: {}, removalProof: proof(-60) };
    expect(proofOf(before, { ...told(), magnum: {} })).toBeNull();
    const steady = [group({ removal: 'proven' }, 'gpu')];
    expect(proofAfter(null, before, steady, undefined, noon)).toEqual(proof(-60));
    const refuted = [group({ removal: 'refuted', refutedAt: at(-30) })];
    expect(proofAfter(null, before, refuted, undefined, noon)).toBeNull();
  });
});
