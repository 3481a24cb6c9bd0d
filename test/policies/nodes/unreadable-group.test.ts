// One node group that Magnum lists but does not show: it stays as it is, and its neighbours go on.
import { describe, expect, it } from 'vitest';
import type { SourceError } from '../../../src/model/snapshot.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, aPod, noon } from '../../builders.ts';
import { group, pool, steady } from './worlds.ts';

const other = 'spare-worker';
const nodeGroups = [
  { name: group, min: 1, max: 20 },
  { name: other, min: 0, max: 20 },
];
const policy = aNodePolicy({ nodeGroups });
const config = aConfig([], [policy]);
const failed = (what: string, source: SourceError['source'] = 'magnum'): SourceError => ({
  source,
  what,
  code: 'ServerFault',
  message: 'Magnum answered 500',
});
const waitingPods = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    aPod(`web-${index}`).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '3' }).unschedulable().build(),
  );
const waiting = waitingPods(4);

describe('a group that is missing in the snapshot', () => {
  it.each([
    ['was not readable', [failed(`nodegroup ${other}`)], 'MagnumUnreadable', 'hold', 'Magnum answered 500'],
    ['is not there', [], 'GroupNotFound', 'refused', `Magnum has ${group}`],
    ['is not there, and another was not readable', [failed('nodegroup x')], 'GroupNotFound', 'refused', group],
    [
      'is named by an error of another source',
      [failed(`nodegroup ${other}`, 'nova')],
      'GroupNotFound',
      'refused',
      group,
    ],
  ] as const)('because it %s', (_, errors, reason, action, what) => {
    const snapshot = pool(1)
      .failing(...errors)
      .build();
    const { plan } = decide(snapshot, config, steady(), noon);
    const decision = plan.nodes.find((one) => one.nodeGroup === other);
    expect(decision).toMatchObject({ reason, action, current: null, desired: null, resize: null });
    expect(decision?.facts['what']).toContain(what);
  });

  it('stops none of its neighbours', () => {
    const snapshot = pool(1)
      .pods(...waiting)
      .failing(failed(`nodegroup ${other}`))
      .build();
    const { plan } = decide(snapshot, config, steady(), noon);
    expect(plan.nodes.find((one) => one.nodeGroup === group)).toMatchObject({ action: 'grow' });
  });

  it('still counts towards a total that both share', () => {
    const limited = aNodePolicy({ nodeGroups, limits: { nodes: 4 } });
    const theirs = ['s-1', 's-2', 's-3'].map((name) => aNode(name).inGroup(other));
    const snapshot = pool(1, [aNode('w-1').build(), ...theirs.map((node) => node.build())])
      .pods(...waitingPods(8))
      .failing(failed(`nodegroup ${other}`))
      .build();
    const { plan } = decide(snapshot, aConfig([], [limited]), steady(), noon);
    expect(plan.nodes.find((one) => one.nodeGroup === group)).toMatchObject({ action: 'hold', reason: 'LimitReached' });
  });

  it('is judged by what the snapshot has of it, whatever an error says', () => {
    const snapshot = pool(1)
      .groups(aNodeGroup(group, 1, { flavor_id: 'm1.large' }), aNodeGroup(other, 0))
      .failing(failed(`nodegroup ${other}`))
      .build();
    const { plan } = decide(snapshot, config, steady(), noon);
    expect(plan.nodes.map((one) => one.reason)).toEqual(['PoolFits', 'PoolFits']);
  });

  it('is told as a source that cannot be read, by its name', () => {
    const snapshot = pool(1)
      .failing(failed(`nodegroup ${other}`))
      .build();
    const first = decide(snapshot, config, steady(), noon);
    const { plan } = decide(snapshot, config, first.memory, (noon + 60_000) as typeof noon);
    const alert = plan.alerts.find((one) => one.labels['alertname'] === 'SpringtideCollectorFailed');
    expect(alert?.labels).toMatchObject({ source: 'magnum' });
    expect(alert?.annotations['description']).toContain(`nodegroup ${other}: ServerFault Magnum answered 500`);
  });
});
