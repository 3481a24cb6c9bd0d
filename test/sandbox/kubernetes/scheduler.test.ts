// Where pods go, and the scheduler's words when they go nowhere.
import { describe, expect, it } from 'vitest';
import { asking, pod, scheduledMessage, testWorld } from './world.ts';

describe('the scheduler says why not', () => {
  const preemption = (text: string): string => ` preemption: 0/2 nodes are available: ${text}.`;
  it.each([
    ['too big', { containers: [asking('9')] }, '2 Insufficient cpu.', '2 Preemption is not helpful for scheduling'],
    [
      'unknown resource',
      { containers: [asking('1', { 'nvidia.com/gpu': '1' })] },
      '2 Insufficient nvidia.com/gpu.',
      '2 Preemption is not helpful for scheduling',
    ],
    [
      'labels',
      { nodeSelector: { disk: 'ssd' }, containers: [asking('1')] },
      "2 node(s) didn't match Pod's node affinity/selector.",
      '2 Preemption is not helpful for scheduling',
    ],
    [
      'init container',
      { initContainers: [asking('5')], containers: [asking('1')] },
      '2 Insufficient cpu.',
      '2 Preemption is not helpful for scheduling',
    ],
    [
      'sidecar',
      { initContainers: [{ ...asking('2'), restartPolicy: 'Always' }], containers: [asking('3')] },
      '2 Insufficient cpu.',
      '2 Preemption is not helpful for scheduling',
    ],
    [
      'overhead',
      { overhead: { cpu: '2' }, containers: [asking('3')] },
      '2 Insufficient cpu.',
      '2 Preemption is not helpful for scheduling',
    ],
  ])('%s', async (_case, spec, message, helps) => {
    const world = await testWorld();
    world.addNode({ name: 'a', cpu: 4 });
    world.addNode({ name: 'b', cpu: 4 });
    world.advance(1);
    world.objects.apply(pod('p', spec));
    world.advance(2);
    const stored = world.objects.get('pods', 'p');
    expect(stored?.spec.nodeName).toBeUndefined();
    expect(stored && scheduledMessage(stored)).toBe(`0/2 nodes are available: ${message}${preemption(helps)}`);
  });

  it('for taints and cordons, in the words of each version', async () => {
    const told: (string | undefined)[] = [];
    for (const version of ['1.20', '1.31'] as const) {
      const world = await testWorld({ version });
      world.addNode({ name: 'a', taints: [{ key: 'team', value: 'x', effect: 'NoSchedule' }] });
      world.addNode({ name: 'b' });
      world.objects.update('nodes', 'b', undefined, (node) => {
        node.spec.unschedulable = true;
      });
      world.advance(1);
      world.objects.apply(pod('p', { containers: [asking('1')] }));
      world.advance(2);
      const stored = world.objects.get('pods', 'p');
      told.push(stored && scheduledMessage(stored));
    }
    expect(told).toEqual([
      "0/2 nodes are available: 1 node(s) had taint {team: x}, that the pod didn't tolerate, 1 node(s) were unschedulable.",
      '0/2 nodes are available: 1 node(s) had untolerated taint {team: x}, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    ]);
  });

  it('keeps repelling pods apart and spreads over zones', async () => {
    const world = await testWorld();
    for (const [name, zone] of [
      ['a', 'z1'],
      ['b', 'z2'],
    ] as const)
      world.addNode({ name, labels: { 'topology.kubernetes.io/zone': zone } });
    const labelSelector = { matchLabels: { app: 'web' } };
    const anti = {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: 'kubernetes.io/hostname' }],
    };
    const alone = { affinity: { podAntiAffinity: anti }, containers: [asking('1')] };
    for (const name of ['p1', 'p2', 'p3']) world.objects.apply(pod(name, alone, { app: 'web' }));
    world.advance(5);
    const places = world.objects.list('pods').map((one) => one.spec.nodeName);
    expect(places.map((node) => node ?? 'none').sort()).toEqual(['a', 'b', 'none']);
    const third = world.objects.list('pods').find((one) => one.spec.nodeName === undefined);
    expect(third && scheduledMessage(third)).toContain("2 node(s) didn't match pod anti-affinity rules");
    const selector = { matchLabels: { app: 'db' } };
    const spread = {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: selector,
    };
    for (const name of ['q1', 'q2', 'q3', 'q4'])
      world.objects.apply(
        pod(name, { topologySpreadConstraints: [spread], containers: [asking('100m')] }, { app: 'db' }),
      );
    world.advance(5);
    const zones = world.objects.list('pods').filter((one) => one.metadata.labels?.['app'] === 'db');
    expect(zones.map((one) => one.spec.nodeName).sort()).toEqual(['a', 'a', 'b', 'b']);
  });
});
