// What is kept from tick to tick is kept for speed alone: a tick that follows others decides what the first one of a new process would.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import type { Memory } from '../../../src/model/memory.ts';
import type { Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import {
  aBudget,
  aConfig,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aReplicaSet,
  aSnapshot,
  noon,
} from '../../builders.ts';
import { group, steady } from './worlds.ts';

const nodes = 6;

interface Seat {
  readonly node: number;
  readonly milli: number;
  readonly app: 'web' | 'api';
  readonly kind: 'plain' | 'bare' | 'unsafe' | 'local' | 'daemon' | 'system' | 'ended' | 'spread' | 'springtide';
}

const seat = fc.record<Seat>({
  node: fc.nat(nodes - 1),
  milli: fc.constantFrom(100, 300, 700),
  app: fc.constantFrom('web', 'api'),
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('plain' as const) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('daemon' as const, 'system' as const, 'ended' as const, 'spread' as const),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('bare' as const, 'unsafe' as const, 'local' as const, 'springtide' as const),
    },
  ),
});

function podOf({ node, milli, app, kind }: Seat, index: number): Pod {
  const pod = aPod(`${app}-${index}`)
    .labelled({ app, ...(kind === 'springtide' && { 'app.kubernetes.io/name': 'springtide' }) })
    .requesting({ cpu: `${milli}m` })
    .on(`w-${node + 1}`)
    .ready();
  if (kind !== 'bare') pod.ownedBy(kind === 'daemon' ? 'DaemonSet' : 'ReplicaSet', `${app}-abc`);
  if (kind === 'unsafe') pod.annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' });
  if (kind === 'local') pod.spec({ volumes: [{ name: 'v', hostPath: {} }] });
  if (kind === 'spread')
    pod.spec({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app } },
        },
      ],
    });
  const made = pod.build();
  if (kind === 'ended') return { ...made, status: { ...made.status, phase: 'Succeeded' } };
  return kind === 'system' ? { ...made, metadata: { ...made.metadata, namespace: 'kube-system' } } : made;
}

type Change =
  | { readonly does: 'come'; readonly seat: Seat }
  | { readonly does: 'become'; readonly which: number; readonly seat: Seat }
  | { readonly does: 'go'; readonly which: number };

const which = fc.nat(20);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ does: fc.constant('come' as const), seat }),
  fc.record({ does: fc.constant('become' as const), which, seat }),
  fc.record({ does: fc.constant('go' as const), which }),
);

function changed(pods: readonly Pod[], one: Change, serial: number): readonly Pod[] {
  if (one.does === 'come') return [...pods, podOf(one.seat, serial)];
  const at = one.which % Math.max(1, pods.length);
  if (one.does === 'go') return pods.filter((_, index) => index !== at);
  return pods.map((pod, index) => (index === at ? podOf(one.seat, serial) : pod));
}

describe('a tick that follows others', () => {
  it('decides what it would without anything kept from them', () => {
    fc.assert(
      fc.property(
        fc.array(seat, { maxLength: 24 }),
        fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 1, 3),
        (seats, ticks, allowed) => {
          const config = aConfig([], [aNodePolicy()], {});
          const workers = Array.from({ length: nodes }, (_, index) => aNode(`w-${index + 1}`).build());
          const sets = [aReplicaSet('shop', 'web'), aReplicaSet('shop', 'api')];
          const budgets = [aBudget('shop', 'web', { app: 'web' }, allowed)];
          let pods: readonly Pod[] = seats.map(podOf);
          let memory: Memory = steady();
          for (const [tick, changes] of [[], ...ticks].entries()) {
            changes.forEach((one, index) => (pods = changed(pods, one, 100 * tick + index)));
            const now = (noon + tick * 300_000) as Instant;
            const built = aSnapshot()
              .groups(aNodeGroup(group, nodes, { flavor_id: 'm1.large' }))
              .nodes(...workers)
              .replicaSets(...sets)
              .pods(...pods)
              .build();
            const kubernetes = { ...built.kubernetes, poddisruptionbudgets: budgets };
            const snapshot = { ...built, kubernetes };
            const warm = decide(snapshot, config, memory, now);
            const cold = decide(structuredClone(snapshot), structuredClone(config), structuredClone(memory), now);
            expect(warm.plan.nodes).toEqual(cold.plan.nodes);
            expect(warm.memory.nodes).toEqual(cold.memory.nodes);
            ({ memory } = warm);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
