// Each rule by itself: what it says no to, and in which words.
import { describe, expect, it } from 'vitest';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  StorageClass,
} from '../../../../src/model/kubernetes.ts';
import type { KubernetesFacts } from '../../../../src/model/snapshot.ts';
import { Simulation, type Misfit } from '../../../../src/policies/nodes/fit/simulation.ts';
import { aNode, aPod } from '../../../builders.ts';
import { aRoom, hostname, zone, type RoomDraft } from './rooms.ts';

interface Tried {
  readonly facts?: KubernetesFacts;
  readonly room?: RoomDraft;
  /** on the node itself */
  readonly here?: readonly Pod[];
  /** on another node of the same zone */
  readonly there?: readonly Pod[];
}

function misfit(spec: PodSpec, { facts = {}, room = {}, here = [], there = [] }: Tried = {}): Misfit | null {
  const simulation = new Simulation(facts);
  simulation.addRoom(aRoom('n', { zone: 'a', ...room }), here);
  simulation.addRoom(aRoom('other', { zone: 'a' }), there);
  return simulation.misfit(simulation.needsOf(aPod('new').labelled({ app: 'web' }).spec(spec).build()), 'n');
}

const asking = (requests: Record<string, string>): PodSpec => ({
  containers: [{ name: 'c', resources: { requests } }],
});
const web = (name: string): Pod => aPod(name).labelled({ app: 'web' }).build();
const apart = (topologyKey: string, more = {}) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey, labelSelector: { matchLabels: { app: 'web' } }, ...more },
    ],
  },
});
const together = (more = {}) => ({
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: zone, labelSelector: { matchLabels: { app: 'db' } }, ...more },
    ],
  },
});

describe('what a node is', () => {
  it.each<[string, PodSpec, RoomDraft, Misfit | null]>([
    ['has room', asking({ cpu: '4' }), {}, null],
    ['has too little', asking({ cpu: '5' }), {}, { rule: 'resource', detail: 'cpu 5000m of 4000m free' }],
    [
      'has no such device',
      asking({ 'example.com/gpu': '1' }),
      {},
      { rule: 'resource', detail: 'example.com/gpu 1 of 0 free' },
    ],
    ['is full of pods', {}, { capacity: { pods: 0 } }, { rule: 'pods', detail: 'at most 0 pods' }],
    [
      'is tainted',
      {},
      { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] },
      { rule: 'taint', detail: 'k=v:NoSchedule' },
    ],
    ['is only disliked', {}, { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }, null],
    ['is tolerated', { tolerations: [{ operator: 'Exists' }] }, { taints: [{ key: 'k', effect: 'NoExecute' }] }, null],
    ['takes nobody', {}, { closed: 'cordoned' }, { rule: 'taint', detail: 'cordoned' }],
    ['is not selected', { nodeSelector: { disk: 'ssd' } }, {}, { rule: 'nodeSelector', detail: 'disk=ssd' }],
  ])('%s', (_, spec, room, expected) => {
    expect(misfit(spec, { room })).toEqual(expected);
  });

  const required = (term: object): PodSpec => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
  });
  it.each<[string, PodSpec, string | undefined]>([
    ['by a label', required({ matchExpressions: [{ key: zone, operator: 'In', values: ['a'] }] }), undefined],
    [
      'by another label',
      required({ matchExpressions: [{ key: zone, operator: 'NotIn', values: ['a'] }] }),
      'nodeAffinity',
    ],
    ['by its name', required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }), undefined],
    [
      'by another name',
      required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m'] }] }),
      'nodeAffinity',
    ],
    ['by an empty term', required({}), 'nodeAffinity'],
  ])('affinity %s', (_, spec, rule) => {
    expect(misfit(spec)?.rule).toBe(rule);
  });
});

describe('who else is there', () => {
  const port = (hostPort: number, protocol = 'TCP', hostIP?: string): PodSpec => ({
    containers: [{ name: 'c', ports: [{ hostPort, protocol, ...(hostIP === undefined ? {} : { hostIP }) }] }],
  });
  it.each<[string, PodSpec, PodSpec, boolean]>([
    ['the same', port(80), port(80), false],
    ['another protocol', port(80), port(80, 'UDP'), true],
    ['two addresses', port(80, 'TCP', '10.0.0.1'), port(80, 'TCP', '10.0.0.2'), true],
    ['an address and all of them', port(80, 'TCP', '10.0.0.1'), port(80, 'TCP', '0.0.0.0'), false],
  ])('host port: %s', (_, spec, other, fits) => {
    expect(misfit(spec, { here: [aPod('other').spec(other).build()] })).toEqual(
      fits ? null : { rule: 'hostPort', detail: 'TCP 80' },
    );
  });

  it('keeps away from its own kind, on the node or in the zone', () => {
    expect(misfit({ affinity: apart(hostname) }, { here: [web('one')] })?.rule).toBe('podAntiAffinity');
    expect(misfit({ affinity: apart(hostname) }, { there: [web('one')] })).toBeNull();
    expect(misfit({ affinity: apart(zone) }, { there: [web('one')] })).toEqual({
      rule: 'podAntiAffinity',
      detail: `app=web by ${zone}`,
    });
  });

  it('is kept away by those that run already', () => {
    const keeper = aPod('keeper')
      .spec({ affinity: apart(zone) })
      .build();
    expect(misfit({}, { there: [keeper] })?.rule).toBe('podAntiAffinity');
  });

  it('follows whom it belongs to, and as the first of its group goes anywhere', () => {
    const db = aPod('db').labelled({ app: 'db' }).build();
    expect(misfit({ affinity: together() })).toEqual({ rule: 'podAffinity', detail: `app=db by ${zone}` });
    expect(misfit({ affinity: together() }, { there: [db] })).toBeNull();
    expect(misfit({ affinity: together({ labelSelector: { matchLabels: { app: 'web' } } }) })).toBeNull();
    expect(
      misfit({ affinity: together() }, { there: [aPod('db').in('bank').labelled({ app: 'db' }).build()] })?.rule,
    ).toBe('podAffinity');
  });

  it('asks for the labels of namespaces, and says so when they cannot be read', () => {
    const bank = aPod('db').in('bank').labelled({ app: 'db' }).build();
    const affinity = together({ namespaceSelector: { matchLabels: { team: 'b' } } });
    const facts = { namespaces: [{ metadata: { name: 'bank', labels: { team: 'b' } } }] };
    expect(misfit({ affinity }, { facts, there: [bank] })).toBeNull();
    expect(misfit({ affinity }, { there: [bank] })).toEqual({
      rule: 'podAffinity',
      detail: 'the list namespaces could not be read',
    });
  });

  it('is spread, and says how', () => {
    const rule = {
      maxSkew: 1,
      topologyKey: hostname,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
    };
    const spec = { topologySpreadConstraints: [rule] };
    expect(misfit(spec)).toBeNull();
    expect(misfit(spec, { here: [web('one')] })).toEqual({
      rule: 'topologySpread',
      detail: `${hostname}: 1 on n, 0 where there are least, maxSkew 1`,
    });
    expect(
      misfit({ topologySpreadConstraints: [{ ...rule, whenUnsatisfiable: 'ScheduleAnyway' }] }, { here: [web('one')] }),
    ).toBeNull();
    // Those on their way out are not counted.
    expect(
      misfit(spec, { here: [{ ...web('one'), metadata: { ...web('one').metadata, deletionTimestamp: 'now' } }] }),
    ).toBeNull();
    expect(misfit({ topologySpreadConstraints: [{ ...rule, topologyKey: 'rack' }] })?.detail).toBe(
      'the node has no label rack',
    );
  });
});

describe('volumes', () => {
  const spec: PodSpec = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
  const claim = (more: PersistentVolumeClaim['spec']): PersistentVolumeClaim => ({
    metadata: { namespace: 'shop', name: 'data' },
    spec: { storageClassName: 'fast', ...more },
  });
  const volume = (key: string, value: string): PersistentVolume => ({
    metadata: { name: 'pv' },
    spec: {
      csi: { driver: 'cinder' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] },
      },
    },
  });
  const fast = (more: Partial<StorageClass>): StorageClass => ({
    metadata: { name: 'fast' },
    provisioner: 'cinder',
    ...more,
  });
  const late = { volumeBindingMode: 'WaitForFirstConsumer' };
  const inZone = (value: string) => ({
    allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: [value] }] }],
  });
  const facts = (own: PersistentVolumeClaim, classes: StorageClass, volumes: readonly PersistentVolume[] = []) => ({
    persistentvolumeclaims: [own],
    storageclasses: [classes],
    persistentvolumes: volumes,
  });
  const bound = claim({ volumeName: 'pv' });
  it.each<[string, KubernetesFacts, string | null]>([
    ['in reach', facts(bound, fast({}), [volume(zone, 'a')]), null],
    ['out of reach, by any key', facts(bound, fast({}), [volume('rack', '7')]), 'shop/data (rack In (7))'],
    ['made where the pod goes', facts(claim({}), fast(late)), null],
    ['made in this zone', facts(claim({}), fast({ ...late, ...inZone('a') })), null],
    ['made in another zone', facts(claim({}), fast({ ...late, ...inZone('b') })), `shop/data (${zone} In (b))`],
    ['not bound, and nobody waits', facts(claim({}), fast({})), 'the claim shop/data is not bound'],
    ['gone', { ...facts(bound, fast({})), persistentvolumeclaims: [] }, 'the claim shop/data is not there'],
    ['not to be read', {}, 'the list persistentvolumeclaims could not be read'],
  ])('%s', (_, given, detail) => {
    expect(misfit(spec, { facts: given })).toEqual(detail === null ? null : { rule: 'volume', detail });
  });

  it('for one pod alone', () => {
    const given = facts(claim({ volumeName: 'pv', accessModes: ['ReadWriteOncePod'] }), fast({}), [volume(zone, 'a')]);
    expect(misfit(spec, { facts: given, there: [aPod('user').spec(spec).build()] })?.detail).toBe(
      'shop/data is in use (ReadWriteOncePod)',
    );
  });

  describe('where nobody can read how many a node can attach', () => {
    const names = ['data', 'logs', 'more', 'last'];
    const given = {
      persistentvolumeclaims: names.map((name) => ({
        metadata: { namespace: 'shop', name },
        spec: { storageClassName: 'fast', volumeName: 'pv' },
      })),
      storageclasses: [fast({})],
      persistentvolumes: [volume(zone, 'a')],
      nodes: [aNode('n').build(), aNode('m').build()],
    };
    const using = (node: string, ...claims: readonly string[]): Pod =>
      aPod(`${node}-${claims.join('-')}`)
        .spec({ volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) })
        .on(node)
        .build();

    it.each<[string, readonly Pod[], readonly Pod[], string | null]>([
      ['the first one fits', [], [], null],
      [
        'a second one does not',
        [using('n', 'logs')],
        [],
        '2 volumes; the list csinodes could not be read, and no node is seen with more than 1',
      ],
      ['it does where another node bears as many', [using('n', 'logs')], [using('m', 'more', 'last')], null],
      [
        'nor does a third where two are the most',
        [using('n', 'logs'), using('n', 'more')],
        [using('m', 'last')],
        '3 volumes; the list csinodes could not be read, and no node is seen with more than 2',
      ],
      [
        'what has ended bears nothing',
        [using('n', 'logs')],
        [{ ...using('m', 'more', 'last'), status: { phase: 'Failed' } }],
        '2 volumes; the list csinodes could not be read, and no node is seen with more than 1',
      ],
    ])('%s', (_, here, elsewhere, detail) => {
      const found = misfit(spec, { facts: { ...given, pods: [...here, ...elsewhere] }, here });
      expect(found).toEqual(detail === null ? null : { rule: 'volume', detail: `cinder: ${detail}` });
    });

    it('a node that does not exist yet takes them', () => {
      const here = [using('n', 'logs')];
      expect(misfit(spec, { facts: { ...given, nodes: [], pods: here }, here })).toBeNull();
    });
  });

  it('as many as the node can attach', () => {
    const csinodes = [{ metadata: { name: 'n' }, spec: { drivers: [{ name: 'cinder', allocatable: { count: 1 } }] } }];
    const logs = { ...bound, metadata: { namespace: 'shop', name: 'logs' } };
    const given = facts(bound, fast({}), [volume(zone, 'a')]);
    const both = { ...given, persistentvolumeclaims: [bound, logs], csinodes };
    const logger = aPod('logger')
      .spec({ volumes: [{ name: 'l', persistentVolumeClaim: { claimName: 'logs' } }] })
      .build();
    expect(misfit(spec, { facts: both, here: [logger] })?.detail).toBe('cinder: 2 volumes of at most 1');
    expect(misfit(spec, { facts: both, here: [aPod('same').spec(spec).build()] })).toBeNull();
  });
});
