// Nodes to servers and to groups, in every form that the drivers leave them in; what is not sure belongs to nobody.
import { describe, expect, it } from 'vitest';
import type { NodeGroupPolicy } from '../../../src/model/config.ts';
import type { Node } from '../../../src/model/kubernetes.ts';
import type { MagnumCluster } from '../../../src/model/openstack.ts';
import { driverOf, futureNodeOf, groupsInName } from '../../../src/policies/nodes/driver-habits.ts';
import { membershipsOf, serverIdOf, type Membership } from '../../../src/policies/nodes/membership.ts';
import { aNodeGroup, heatCluster } from '../../builders.ts';

const server = '8c1f9b1e-52c4-4a62-9a0e-0f6f5f6f7a11';

interface Shape {
  readonly name?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly addresses?: readonly string[];
  readonly providerID?: string;
  readonly systemUUID?: string;
}
const node = ({
  name = 'n-1',
  labels = {},
  annotations = {},
  addresses = [],
  providerID,
  systemUUID,
}: Shape): Node => ({
  metadata: { name, labels, annotations },
  spec: { ...(providerID === undefined ? {} : { providerID }) },
  status: {
    addresses: addresses.map((address) => ({ type: 'InternalIP', address })),
    ...(systemUUID === undefined ? {} : { nodeInfo: { systemUUID } }),
  },
});

describe('the server of a node', () => {
  it.each<[string, Shape, string | null]>([
    ['provider id without a region', { providerID: `openstack:///${server}` }, server],
    ['provider id with a region', { providerID: `openstack://RegionOne/${server}` }, server],
    ['upper case', { providerID: `openstack:///${server.toUpperCase()}` }, server],
    ['no provider id: the system uuid', { systemUUID: server.toUpperCase() }, server],
    ['an empty provider id: the system uuid', { providerID: '', systemUUID: server }, server],
    [
      'provider id and system uuid differ: the provider id',
      { providerID: `openstack:///${server}`, systemUUID: server.replace('8', '9') },
      server,
    ],
    ['a provider id that names no uuid', { providerID: 'openstack:///3', systemUUID: server }, null],
    ['a provider id of another cloud', { providerID: 'kind://docker/x/y', systemUUID: server }, null],
    ['nothing', {}, null],
    ['a system uuid that is none', { systemUUID: 'Not Settable' }, null],
  ])('%s', (_, shape, expected) => {
    expect(serverIdOf(node(shape))).toBe(expected);
  });
});

const helm: MagnumCluster = { ...heatCluster, stack_id: 'shop-h3k5s7d9f2ab' };
const vexx: MagnumCluster = { ...heatCluster, stack_id: 'kube-7kjbp' };
const hidden: MagnumCluster = { ...heatCluster, stack_id: null };
const worker = aNodeGroup('default-worker', 3, { node_addresses: ['10.0.0.5'] });
const gpu = aNodeGroup('gpu', 1, { node_addresses: ['10.0.0.9', '10.0.0.7'] });
const bigGpu = aNodeGroup('gpu-big', 1, { node_addresses: ['10.0.0.7'] });
const groups = [aNodeGroup('default-master', 1, { role: 'master' }), worker, gpu, bigGpu];
const policies: readonly NodeGroupPolicy[] = [
  { name: 'default-worker', nodeSelector: { pool: 'web' } },
  { name: 'gpu', nodeSelector: { accelerator: 'a100' } },
  { name: 'gpu-big', nodeSelector: { accelerator: 'a100', size: 'big' } },
].map(({ name, nodeSelector }): NodeGroupPolicy => ({
  name,
  min: 0,
  max: 9,
  prefer: 1,
  nodeSelector: Object.fromEntries(Object.entries(nodeSelector)),
}));

function whose(shape: Shape, cluster: MagnumCluster | undefined = heatCluster): Membership {
  const one = node(shape);
  const membership = membershipsOf({ nodes: [one], groups, policies, cluster }).of.get(one);
  if (membership === undefined) throw new Error('it is not judged');
  return membership;
}
const told = ({ group, by, ambiguous }: Membership): string =>
  `${group?.name ?? 'none'} by ${by}${ambiguous.length === 0 ? '' : ` (${ambiguous.join(', ')})`}`;

describe('the group of a node', () => {
  const helmNode = (name: string): Shape => ({
    name,
    annotations: { 'cluster.x-k8s.io/cluster-name': 'shop-h3k5s7d9f2ab', 'cluster.x-k8s.io/machine': name },
  });
  it.each<[string, Shape, MagnumCluster | undefined, string]>([
    ['Heat’s label', { labels: { 'magnum.openstack.org/nodegroup': 'gpu' } }, heatCluster, 'gpu by label'],
    ['the chart’s label', { labels: { 'capi.stackhpc.com/node-group': 'gpu-big' } }, helm, 'gpu-big by label'],
    [
      'the chart’s label under a prefix of its own',
      { labels: { 'capi.azimuth-cloud.com/node-group': 'gpu' } },
      helm,
      'gpu by label',
    ],
    ['magnum-cluster-api’s label', { labels: { 'node.cluster.x-k8s.io/nodegroup': 'gpu' } }, vexx, 'gpu by label'],
    [
      'a label of a group that Magnum does not show',
      { labels: { 'magnum.openstack.org/nodegroup': 'old' }, addresses: ['10.0.0.5'] },
      heatCluster,
      'none by label',
    ],
    [
      'two labels that differ',
      { labels: { 'magnum.openstack.org/nodegroup': 'gpu', 'node.cluster.x-k8s.io/nodegroup': 'default-worker' } },
      vexx,
      'none by label (gpu, default-worker)',
    ],
    ['an address that Magnum knows', { addresses: ['10.0.0.5'] }, undefined, 'default-worker by address'],
    ['an address that two groups have', { addresses: ['10.0.0.7'] }, undefined, 'none by address (gpu, gpu-big)'],
    [
      'a Machine of magnum-capi-helm',
      helmNode('shop-h3k5s7d9f2ab-default-worker-6bc5x-v6cp9'),
      helm,
      'default-worker by machineName',
    ],
    ['a group whose name begins another’s', helmNode('shop-h3k5s7d9f2ab-gpu-6bc5x-v6cp9'), helm, 'gpu by machineName'],
    ['a group whose name goes on', helmNode('shop-h3k5s7d9f2ab-gpu-big-6bc5x-v6cp9'), helm, 'gpu-big by machineName'],
    [
      'the owner’s name, where the Machine’s tells nothing',
      { name: 'host-1', annotations: { 'cluster.x-k8s.io/owner-name': 'kube-7kjbp-gpu-hnk8x-v6cp9' } },
      vexx,
      'gpu by machineName',
    ],
    [
      'the node’s own name',
      { name: 'kube-7kjbp-default-worker-hnk8x-v6cp9-2l4xq' },
      vexx,
      'default-worker by machineName',
    ],
    [
      'an older form with infra in it',
      { name: 'kube-7kjbp-default-worker-infra-hnk8x-v6cp9' },
      vexx,
      'default-worker by machineName',
    ],
    [
      'a Machine of another cluster',
      { ...helmNode('kube-zzzzz-gpu-hnk8x-v6cp9'), annotations: { 'cluster.x-k8s.io/cluster-name': 'kube-zzzzz' } },
      vexx,
      'none by nothing',
    ],
    ['a word that follows the group’s name', { name: 'kube-7kjbp-gpu-spot' }, vexx, 'none by nothing'],
    ['a hash that is a number', { name: 'kube-7kjbp-gpu-1034781130-3v6fd' }, vexx, 'gpu by machineName'],
    [
      'the stack’s name is hidden',
      { name: 'kube-7kjbp-default-worker-hnk8x-v6cp9' },
      hidden,
      'default-worker by machineName',
    ],
    ['names say nothing on Heat', { name: 'shop-gpu-hnk8x-v6cp9' }, heatCluster, 'none by nothing'],
    ['the policy’s selector', { labels: { pool: 'web' } }, heatCluster, 'default-worker by nodeSelector'],
    [
      'two policies’ selectors',
      { labels: { accelerator: 'a100', size: 'big' } },
      heatCluster,
      'none by nodeSelector (gpu, gpu-big)',
    ],
    [
      'the label wins over the address',
      { labels: { 'magnum.openstack.org/nodegroup': 'gpu' }, addresses: ['10.0.0.5'] },
      heatCluster,
      'gpu by label',
    ],
    [
      'the address wins over the selector',
      { labels: { pool: 'web' }, addresses: ['10.0.0.9'] },
      heatCluster,
      'gpu by address',
    ],
    [
      'Magnum’s role',
      { labels: { 'magnum.openstack.org/role': 'master' }, addresses: ['10.0.0.5'] },
      heatCluster,
      'none by controlPlane',
    ],
    [
      'a control plane',
      { labels: { 'node-role.kubernetes.io/control-plane': '' }, name: 'kube-7kjbp-gpu-hnk8x-v6cp9' },
      vexx,
      'none by controlPlane',
    ],
  ])('%s', (_, shape, cluster, expected) => {
    expect(told(whose(shape, cluster))).toBe(expected);
  });

  it('is left open by a name that two groups could have', () => {
    expect(groupsInName('c-web-shop-hnk8x', 'c', ['web', 'web-shop'])).toEqual(['web-shop']);
    expect(groupsInName('c-web-bcdfg-hnk8x', 'c', ['web', 'web-bcdfg'])).toEqual(['web', 'web-bcdfg']);
  });

  it('is not taken for another group’s while its own cannot be read', () => {
    const one = node({ name: 'kube-7kjbp-gpu-b4cd-hnk8x' });
    const without = membershipsOf({ nodes: [one], groups: [gpu], policies: [], cluster: vexx, unread: ['gpu-b4cd'] });
    expect(without.of.get(one)).toMatchObject({ group: null, ambiguous: ['gpu', 'gpu-b4cd'] });
    expect(without.members.size).toBe(0);
  });
});

describe('a node that is not there yet', () => {
  it.each([
    [heatCluster, 'heat', { 'magnum.openstack.org/nodegroup': 'gpu', team: 'ml' }],
    [helm, 'magnum-capi-helm', { 'capi.stackhpc.com/node-group': 'gpu', team: 'ml' }],
    [
      vexx,
      'magnum-cluster-api',
      { 'node.cluster.x-k8s.io/nodegroup': 'gpu', 'node-role.kubernetes.io/worker': '', team: 'ml' },
    ],
    [
      { ...vexx, stack_id: null, cluster_id: 'kube-7kjbp' },
      'magnum-cluster-api',
      { 'node.cluster.x-k8s.io/nodegroup': 'gpu', 'node-role.kubernetes.io/worker': '', team: 'ml' },
    ],
  ] as const)('has the labels of its driver and of Magnum', (cluster, driver, labels) => {
    expect(driverOf(cluster)).toBe(driver);
    const group = {
      ...gpu,
      node_labels: { team: 'ml' },
      node_taints: ['gpu=yes:NoSchedule', 'odd', { key: 'k', effect: 'NoExecute' }],
    };
    expect(futureNodeOf(group, cluster)).toEqual({
      labels,
      taints: [
        { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
        { key: 'k', effect: 'NoExecute' },
      ],
    });
  });
});
