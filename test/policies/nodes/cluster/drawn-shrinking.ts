// What shrinking clusters are drawn from: pods that may move and that may not, budgets that overlap, and what happens by other hands.
import fc from 'fast-check';
import type { Budget } from './budgets.ts';

/** What a pod is, and so whether springtide may move it. */
const kinds = ['plain', 'stateful', 'safe', 'bare', 'unsafe', 'local', 'orphan'] as const;
type Kind = (typeof kinds)[number];
export const movable: ReadonlySet<Kind> = new Set<Kind>(['plain', 'stateful', 'safe']);

export interface App {
  readonly replicas: number;
  /** in tenths of a core */
  readonly cpu: number;
  readonly kind: Kind;
  /** no two of them on one node */
  readonly apart: boolean;
  readonly from: number;
}

/** What happens by other hands. */
export const happenings = ['unready', 'deleted', 'tighter', 'looser', 'forbidden', 'load', 'byHand'] as const;
export interface Event {
  readonly tick: number;
  readonly what: (typeof happenings)[number];
  readonly which: number;
}

export interface DrawnShrinking {
  readonly groups: readonly { readonly nodes: number; readonly min: number }[];
  readonly apps: readonly App[];
  readonly budgets: readonly Budget[];
  readonly empty: number;
  readonly drained: number;
  readonly events: readonly Event[];
}

const some = (apps: number): fc.Arbitrary<Budget> =>
  fc
    .record({
      apps: fc.uniqueArray(fc.nat(apps - 1), { minLength: 1, maxLength: 2 }),
      bound: fc.constantFrom('minAvailable' as const, 'maxUnavailable' as const),
      amount: fc.nat(3),
      percent: fc.boolean(),
      alwaysUnready: fc.boolean(),
    })
    .map(({ apps: covered, amount, percent, ...rest }) => ({
      ...rest,
      percent,
      apps: covered.map((app) => `app-${app}`),
      amount: percent ? amount * 33 : amount,
    }));

export const someShrinking = (events: number): fc.Arbitrary<DrawnShrinking> =>
  fc.record({
    groups: fc.array(fc.record({ nodes: fc.integer({ min: 2, max: 5 }), min: fc.nat(2) }), {
      minLength: 1,
      maxLength: 2,
    }),
    apps: fc.array(
      fc.record({
        replicas: fc.integer({ min: 1, max: 4 }),
        cpu: fc.integer({ min: 1, max: 18 }),
        kind: fc.oneof(
          { weight: 7, arbitrary: fc.constantFrom('plain' as const, 'stateful' as const) },
          { weight: 3, arbitrary: fc.constantFrom(...kinds) },
        ),
        apart: fc.boolean(),
        from: fc.nat(6),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    budgets: fc.array(some(4), { maxLength: 3 }),
    empty: fc.integer({ min: 1, max: 3 }),
    drained: fc.integer({ min: 1, max: 3 }),
    events: fc.array(fc.record({ tick: fc.nat(10), what: fc.constantFrom(...happenings), which: fc.nat(9) }), {
      maxLength: events,
    }),
  });

/** Three may go: one is empty, two bear pods under a budget; the first two stay for those that may not move. */
export const fiveNodes: DrawnShrinking = {
  groups: [{ nodes: 5, min: 2 }],
  apps: [
    { replicas: 2, cpu: 18, kind: 'bare', apart: true, from: 0 },
    { replicas: 3, cpu: 2, kind: 'plain', apart: false, from: 1 },
    { replicas: 2, cpu: 3, kind: 'stateful', apart: false, from: 2 },
  ],
  budgets: [
    { apps: ['app-1'], bound: 'maxUnavailable', amount: 2, percent: false, alwaysUnready: false },
    { apps: ['app-2'], bound: 'minAvailable', amount: 1, percent: false, alwaysUnready: false },
  ],
  empty: 3,
  drained: 3,
  events: [],
};
