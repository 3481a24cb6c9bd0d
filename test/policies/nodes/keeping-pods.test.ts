// Which pods keep the node that they are on, and which let it go.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aBudget, aPod, at, podsOf } from '../../builders.ts';
import { begins, keptReasons, pool, tick, unneeded } from './worlds.ts';

describe('a pod that must stay keeps its node', () => {
  const owned = (name = 'p') => aPod(name).ownedBy('ReplicaSet', 'web-abc').labelled({ app: 'web' });
  const system = (name = 'p') => aPod(name).in('kube-system').ownedBy('DaemonSet', 'x');
  it.each([
    ['without a controller', aPod('p'), 'NotReplicated'],
    ['with a controller of a kind of others', aPod('p').ownedBy('Rollout', 'x'), 'NotReplicated'],
    ['whose controller is gone', aPod('p').ownedBy('ReplicaSet', 'gone'), 'ControllerGone'],
    [
      'annotated as not safe',
      owned().annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' }),
      'NotSafeToEvict',
    ],
    ['annotated for Karpenter', owned().annotated({ 'karpenter.sh/do-not-disrupt': 'true' }), 'NotSafeToEvict'],
    [
      'that shall complete first',
      owned().annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'on-completion' }),
      'WaitsForCompletion',
    ],
    ['with a hostPath', owned().spec({ volumes: [{ name: 'v', hostPath: {} }] }), 'LocalStorage'],
    ['with an emptyDir on disk', owned().spec({ volumes: [{ name: 'v', emptyDir: {} }] }), 'LocalStorage'],
    ['that a budget protects', owned().labelled({ tier: 'db' }), 'BlockedByPDB'],
    ['in memory', owned().spec({ volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] }), null],
    [
      'whose local volume is listed',
      owned()
        .spec({ volumes: [{ name: 'v', emptyDir: {} }] })
        .annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes': 'v' }),
      null,
    ],
    ['of a static manifest', system().annotated({ 'kubernetes.io/config.mirror': 'x' }), null],
    ['that has ended', owned().status({ phase: 'Failed' }), null],
  ])('%s', (_, pod, reason) => {
    const snapshot = pool(2)
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), pod.on('w-2').build())
      .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'db', { tier: 'db' }, 0)] })
      .build();
    const { decision } = tick(snapshot, { memory: unneeded(2) });
    expect(keptReasons(decision)['w-2'] ?? null).toBe(reason);
  });

  it('lets a node go whose pods can leave one after the other only', () => {
    const snapshot = pool(2)
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), ...podsOf('api', { 'w-2': 5 }, { cpu: '100m' }))
      .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'api', { app: 'api' }, 1)] })
      .build();
    expect(tick(snapshot, { memory: unneeded(2) }).decision.drains).toMatchObject([{ step: 'begin', node: 'w-2' }]);
  });

  it('a pod of kube-system without a budget until it is an hour old', () => {
    const at1 = (age: number) => ({
      ...aPod('dns')
        .in('kube-system')
        .ownedBy('ReplicaSet', 'dns-abc')
        .on('w-2')
        .meta({ creationTimestamp: rfc3339(at(-age)) })
        .build(),
    });
    const replicasets = [{ metadata: { namespace: 'kube-system', name: 'dns-abc' } }];
    const world = (pod: Pod) =>
      pool(2)
        .pods(pod, ...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
        .kubernetes({ replicasets: [...replicasets, { metadata: { namespace: 'shop', name: 'web-abc' } }] })
        .build();
    expect(keptReasons(tick(world(at1(3599)), { memory: unneeded(2) }).decision)['w-2']).toBe('SystemPodWithoutPDB');
    expect(begins(tick(world(at1(3601)), { memory: unneeded(2) }).decision)).toEqual(['w-2']);
  });

  it('all whose controllers cannot be read', () => {
    const snapshot = pool(2)
      .pods(owned().on('w-2').build(), ...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
      .without('replicasets');
    expect(keptReasons(tick(snapshot.build(), { memory: unneeded(2) }).decision)['w-2']).toBe('ControllerGone');
  });
});
