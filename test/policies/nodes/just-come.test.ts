// Nodes that have come a moment ago: the scheduler has not done with them, and whoever is left out by it gets a node at once.
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../../src/model/kubernetes.ts';
import { aNode, aNodeGroup, aPod, aSnapshot, at } from '../../builders.ts';
import { group, pool, tick, wanting } from './worlds.ts';

interface Kind {
  readonly app: string;
  readonly cpu: number;
  readonly memory?: string;
  readonly priority?: number;
  readonly more?: PodSpec;
}

const some = (count: number, { app, cpu, memory = '1Gi', priority = 0, more = {} }: Kind, node?: string): Pod[] =>
  Array.from({ length: count }, (_, index) => {
    const pod = aPod(`${app}-${node ?? 'waits'}-${index}`)
      .labelled({ app })
      .ownedBy('ReplicaSet', app)
      .requesting({ cpu: String(cpu), memory })
      .spec({ priority, ...more });
    return (node === undefined ? pod.unschedulable() : pod.on(node).ready()).build();
  });

const old: Kind = { app: 'old', cpu: 4 };
const small: Kind = { app: 'small', cpu: 1 };
const half: Kind = { app: 'half', cpu: 2 };
const whole: Kind = { app: 'whole', cpu: 4 };
const spread: PodSpec = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'whole' } },
    },
  ],
};

/** Of 4 cores each: w-1 is old and full, w-2 and w-3 have come so many seconds ago. What is ordered, and for whom. */
function ordered(pods: readonly Pod[], { since = 20, more = 2 } = {}) {
  const come = Array.from({ length: more }, (_, index) =>
    aNode(`w-${index + 2}`)
      .ready(at(-since))
      .build(),
  );
  const { decision } = tick(
    pool(1 + more, [aNode('w-1').build(), ...come])
      .pods(...pods)
      .build(),
  );
  const { current, desired, for: whom } = decision;
  return { nodes: (desired ?? 0) - (current ?? 0), for: whom.map(({ target, pods: count }) => [target.name, count]) };
}

const nothing = { nodes: 0, for: [] };

describe('nodes that have just come', () => {
  it.each<[string, readonly Pod[], ReturnType<typeof ordered>]>([
    ['that are empty are for those who waited', [...some(3, half), ...some(2, small)], nothing],
    [
      'and are filled in part have room for those who wait, as far as one can tell',
      [...some(3, half), ...some(1, small, 'w-2'), ...some(1, small, 'w-3')],
      nothing,
    ],
    [
      'have none for whom the scheduler has left out',
      [...some(1, half), ...['w-2', 'w-3'].flatMap((node) => [...some(1, small, node), ...some(1, half, node)])],
      { nodes: 1, for: [['half', 1]] },
    ],
    [
      'have none for one that fits on none of them, whoever else still has a place to go to',
      [...some(1, whole), ...some(1, small), ...some(2, small, 'w-2'), ...some(1, small, 'w-3')],
      { nodes: 1, for: [['whole', 1]] },
    ],
    [
      'may have a place for one of many rules while others still come',
      [...some(1, { ...whole, more: spread }), ...some(1, small), ...some(2, small, 'w-2'), ...some(1, small, 'w-3')],
      nothing,
    ],
    [
      'have none for it once nobody comes any more',
      [...some(1, { ...whole, more: spread }), ...some(2, small, 'w-2'), ...some(2, small, 'w-3')],
      { nodes: 1, for: [['whole', 1]] },
    ],
    [
      'have none for more pods than they were ordered for',
      [...some(4, half), ...some(2, small), ...some(1, whole)],
      {
        nodes: 2,
        for: [
          ['half', 2],
          ['small', 2],
        ],
      },
    ],
  ])('%s', (_, pods, expected) => {
    expect(ordered([...some(1, old, 'w-1'), ...pods])).toEqual(expected);
  });

  it.each<[string, readonly Pod[], ReturnType<typeof ordered>]>([
    [
      'though all of another kind have theirs',
      [...some(5, half), ...some(1, small, 'w-2'), ...some(1, small, 'w-3')],
      { nodes: 1, for: [['half', 3]] },
    ],
    [
      'though one of them has his',
      [...some(4, half), ...some(1, half, 'w-2'), ...some(1, small, 'w-2'), ...some(1, small, 'w-3')],
      { nodes: 1, for: [['half', 3]] },
    ],
  ])('are too few where more wait than before, and one more is for those without a place, %s', (_, pods, expected) => {
    expect(ordered([...some(1, old, 'w-1'), ...pods])).toEqual(expected);
  });

  it('say nothing of a maximum to those who have their places, though all at once they would not have had', () => {
    const here: Kind = { ...small, app: 'here', more: { nodeSelector: { disk: 'ssd' } } };
    const nodes = [aNode('w-1'), aNode('w-2').ready(at(-20))].map((node) => node.labelled({ disk: 'ssd' }).build());
    const { plan, decision } = tick(
      aSnapshot()
        .groups(aNodeGroup(group, 2), aNodeGroup('other', 0))
        .nodes(...nodes)
        .pods(...some(1, old, 'w-1'), ...some(2, here, 'w-2'), ...some(2, half))
        .build(),
      {
        policy: wanting({}, [
          { name: group, min: 1, max: 2, prefer: 1 },
          { name: 'other', min: 0, max: 5, prefer: 2, shape: { cpu: 4, memory: '16Gi' } },
        ]),
      },
    );
    expect([decision.reason, decision.for]).toEqual(['PoolFits', []]);
    expect(plan.nodes.map(({ action }) => action)).toEqual(['none', 'none']);
  });

  it('are nodes like any other when the scheduler has had its minute', () => {
    const waiting = [...some(3, half), ...some(1, small, 'w-2'), ...some(1, small, 'w-3')];
    expect(ordered([...some(1, old, 'w-1'), ...waiting], { since: 90 })).toEqual({ nodes: 1, for: [['half', 1]] });
  });

  it('are for those whom others pushed out when there was no room, though the others have not yet', () => {
    const urgent: Kind = { ...whole, app: 'urgent', priority: 1000 };
    const others = [
      ...some(3, small, 'w-1'),
      ...some(1, { app: 'cache', cpu: 0, memory: '12Gi', priority: 2000 }, 'w-1'),
      ...some(1, { app: 'api', cpu: 1, memory: '4Gi' }),
    ];
    expect(ordered([...others, ...some(1, urgent)], { more: 0 }).nodes).toBe(1);
    expect(ordered([...others, ...some(1, urgent)], { more: 1 })).toEqual(nothing);
    // It need push out nobody any more: whoever was to have the rest of the new node is left out.
    const afterwards = ordered([...others, ...some(1, urgent, 'w-2')], { more: 1 });
    expect(afterwards).toEqual({ nodes: 1, for: [['api', 1]] });
  });
});
