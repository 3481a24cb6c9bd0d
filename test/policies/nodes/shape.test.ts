// The shape of a node of a group that has none: the flavor, less what the VM keeps, in the zone that Magnum makes it in.
import { describe, expect, it } from 'vitest';
import type { MagnumCluster, MagnumNodeGroup, NovaFlavor } from '../../../src/model/openstack.ts';
import type { GroupState } from '../../../src/policies/nodes/group-state.ts';
import { shapeOf } from '../../../src/policies/nodes/shape.ts';
import type { Node } from '../../../src/model/kubernetes.ts';
import { aNode, aNodeGroup, aNodePolicy, heatCluster } from '../../builders.ts';

const mebi = 2 ** 20 * 1000;
const flavor: NovaFlavor = { id: 'f-1', name: 'm1.large', vcpus: 4, ram: 8192, disk: 40 };

function stateOf(magnum: MagnumNodeGroup, ready: readonly Node[] = [], policy: object = {}): GroupState {
  const document = aNodePolicy({ nodeGroups: [{ name: magnum.name, min: 0, max: 9, ...policy }] });
  const [own] = document.spec.nodeGroups;
  return { magnum, policy: own, document, ready, draining: [] } as unknown as GroupState;
}

interface Case {
  readonly magnum?: Partial<MagnumNodeGroup>;
  readonly cluster?: Partial<MagnumCluster>;
  readonly policy?: object;
  readonly others?: readonly GroupState[];
  readonly nodes?: readonly Node[];
}

function shaped({ magnum, cluster, policy, others = [], nodes = [] }: Case) {
  const group = stateOf(aNodeGroup('gpu', 0, { flavor_id: 'f-1', ...magnum }), [], policy);
  return shapeOf(group, {
    facts: { nodes, daemonsets: [] },
    flavors: [flavor],
    cluster: { ...heatCluster, ...cluster },
    groups: [group, ...others],
  });
}

const live = aNode('w-1').withRoom({ cpu: '3800m', memory: '7000Mi', 'ephemeral-storage': '30Gi', pods: '110' });

describe('what a VM keeps for itself', () => {
  it.each<[string, Case, { cpu: number; memory: number; disk: number }]>([
    ['nothing is known: the kubelet’s own bounds', {}, { cpu: 4000, memory: 8092, disk: 36 }],
    [
      'the policy states it',
      { policy: { shape: { reserved: { cpu: '200m', memory: '1Gi', ephemeralStorage: '5Gi' } } } },
      { cpu: 3800, memory: 7168, disk: 35 },
    ],
    [
      'the policy states what pods get',
      { policy: { shape: { cpu: 3, memory: '6Gi', reserved: { memory: '1Gi' } } } },
      { cpu: 3000, memory: 6144, disk: 40 },
    ],
    [
      'a live node of the same flavor shows it',
      { others: [stateOf(aNodeGroup('other', 1, { flavor_id: 'f-1' }), [live.build()])] },
      { cpu: 3800, memory: 7000, disk: 30 },
    ],
    [
      'one of another flavor does not',
      { others: [stateOf(aNodeGroup('other', 1, { flavor_id: 'f-2' }), [live.build()])] },
      { cpu: 4000, memory: 8092, disk: 36 },
    ],
    [
      'Magnum’s label says it',
      {
        magnum: {
          labels: {
            kubelet_options:
              '--kube-reserved=cpu=100m,memory=512Mi --system-reserved cpu=100m --eviction-hard=memory.available<5%,nodefs.available<4Gi',
          },
        },
      },
      { cpu: 3800, memory: 8192 - 512 - 409.6, disk: 36 },
    ],
    [
      'the cluster’s label says it',
      { cluster: { labels: { kubelet_options: '--kube-reserved=memory=1092Mi' } } },
      { cpu: 4000, memory: 7000, disk: 36 },
    ],
  ])('%s', (_, given, expected) => {
    const capacity = shaped(given)?.room.capacity ?? {};
    expect({
      cpu: capacity['cpu'],
      memory: (capacity['memory'] ?? 0) / mebi,
      disk: (capacity['ephemeral-storage'] ?? 0) / mebi / 1024,
    }).toEqual(expected);
  });
});

describe('the zone of a node that is not there yet', () => {
  const zone = 'topology.kubernetes.io/zone';
  const cinder = 'topology.cinder.csi.openstack.org/zone';
  const inZone = { magnum: { labels: { availability_zone: 'az-2' } } };
  it.each<[string, Case, Record<string, string | undefined>]>([
    ['is Magnum’s', inZone, { [zone]: 'az-2' }],
    ['is the cluster’s', { cluster: { labels: { availability_zone: 'az-1' } } }, { [zone]: 'az-1' }],
    ['is what the policy says', { ...inZone, policy: { shape: { labels: { [zone]: 'b' } } } }, { [zone]: 'b' }],
    [
      'stands under the keys that live nodes have',
      {
        ...inZone,
        nodes: [
          aNode('w-1')
            .labelled({ [zone]: 'az-1', [cinder]: 'az-1' })
            .build(),
        ],
      },
      { [zone]: 'az-2', [cinder]: 'az-2' },
    ],
    ['is not told where no node has such a label', { ...inZone, nodes: [aNode('w-1').build()] }, { [zone]: undefined }],
  ])('%s', (_, given, expected) => {
    const labels = shaped(given)?.room.labels ?? {};
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, labels[key]]))).toEqual(expected);
  });
});
