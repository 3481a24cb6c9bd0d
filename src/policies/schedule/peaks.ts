// Peaks that schedules announce for the next days, held against what policies, node groups and quota allow.
import type { ScheduleWindow } from '../../model/schedule.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { boundsAt, type Bounds } from './bounds.ts';
import {
  allowedNodes,
  podsWithoutPlace,
  type Allowed,
  type Capacity,
  type Demand,
  type QuotaResource,
  type Room,
} from './capacity.ts';
import { spanAt } from './open.ts';
import { comingTransitions, type Transition } from './transitions.ts';
import { dayLength } from './zone.ts';

export interface ScheduledPolicy {
  readonly policy: { readonly namespace: string; readonly name: string };
  readonly windows: readonly ScheduleWindow[];
  readonly base: Bounds;
  readonly startTime: Milliseconds;
  /** replicas that it has now, or has as a rule: what it takes while no window asks for more */
  readonly typical: number;
  /** of one pod */
  readonly requests: Room;
}

export type Lacking =
  | { readonly kind: 'policyMax'; readonly max: number; readonly replicas: number }
  /** all node groups at their largest: so many nodes, and so many pods without a place */
  | { readonly kind: 'nodes'; readonly nodes: number; readonly pods: number }
  /** the groups might grow, the quota ends at so many nodes */
  | { readonly kind: 'quota'; readonly resource: QuotaResource; readonly nodes: number; readonly pods: number };

export interface ScheduleShortfall {
  readonly policy: ScheduledPolicy['policy'];
  readonly window: string;
  /** when the window begins */
  readonly start: Instant;
  /** when its pods begin to be started; earlier where they are to be Ready at the start */
  readonly neededFrom: Instant;
  readonly floor: number;
  /** replicas of all policies at that time */
  readonly total: number;
  readonly lacking: Lacking;
}

const lookedAhead = 7 * dayLength;

interface Rise {
  readonly of: ScheduledPolicy;
  readonly transition: Transition;
}

/** The first shortfall of each window in the next seven days, earliest first; with breaths: thousands of schedules take seconds. */
export function* seekingShortfalls(
  policies: readonly ScheduledPolicy[],
  capacity: Capacity,
  at: Instant,
): Generator<undefined, ScheduleShortfall[]> {
  const found = new Map<string, ScheduleShortfall>();
  const keep = (shortfalls: readonly ScheduleShortfall[]): void => {
    for (const shortfall of shortfalls) {
      const key = JSON.stringify([shortfall.policy.namespace, shortfall.policy.name, shortfall.window]);
      if (!found.has(key)) found.set(key, shortfall);
    }
  };
  keep(aboveMaximum(policies, at));
  yield;
  for (const shortfalls of withoutPlace(policies, capacity, at)) {
    if (shortfalls !== null) keep(shortfalls);
    yield;
  }
  return [...found.values()].toSorted((one, other) => one.neededFrom - other.neededFrom);
}

function aboveMaximum(policies: readonly ScheduledPolicy[], at: Instant): ScheduleShortfall[] {
  return policies.flatMap(({ policy, windows, base }) =>
    windows.flatMap((window): ScheduleShortfall[] => {
      const floor = window.replicas ?? window.min;
      if (floor === null || floor <= base.max) return [];
      const { open, until } = spanAt(window.rule, at);
      const start = open ? at : until;
      if (start === null || start > at + lookedAhead) return [];
      const lacking = { kind: 'policyMax', max: base.max, replicas: floor - base.max } as const;
      return [{ policy, window: window.name, start, neededFrom: start, floor, total: floor, lacking }];
    }),
  );
}

/** null: nothing yet, a breath may be taken. */
function* withoutPlace(
  policies: readonly ScheduledPolicy[],
  capacity: Capacity,
  at: Instant,
): Generator<readonly ScheduleShortfall[] | null, void> {
  const limits = allowedNodes(capacity, 'limits');
  const quota = allowedNodes(capacity, 'quota');
  const needs = new Needs();
  const byTime = new Map<Instant, Rise[]>();
  for (const one of policies) {
    needs.change(one.requests, wanted(one, boundsAt(one.base, one.windows, at, one.startTime)));
    addRises(byTime, one, at);
    yield null;
  }
  // Changes that fall on one instant are looked at together.
  for (const [, together] of [...byTime].toSorted(([one], [other]) => one - other)) {
    for (const { of, transition } of together)
      needs.change(of.requests, wanted(of, transition.after) - wanted(of, transition.before));
    const risen = together.filter(({ transition: { before, after } }) => after.min > before.min);
    if (risen.length === 0) continue;
    const lacking = whatLacks(needs.demands(), capacity, limits, quota);
    yield lacking === null ? null : risen.map((rise) => shortfallOf(rise, needs.total(), lacking));
  }
}

const wanted = ({ typical }: ScheduledPolicy, { min, max }: Bounds): number => Math.min(Math.max(typical, min), max);

function addRises(byTime: Map<Instant, Rise[]>, of: ScheduledPolicy, at: Instant): void {
  for (const transition of comingTransitions(of.windows, of.base, at, of.startTime, (at + lookedAhead) as Instant)) {
    const others = byTime.get(transition.at);
    if (others === undefined) byTime.set(transition.at, [{ of, transition }]);
    else others.push({ of, transition });
  }
}

/** Replicas by the size of their pods: thousands of policies are a few sizes. */
class Needs {
  readonly #bySize = new Map<string, { requests: Room; replicas: number }>();

  change(requests: Room, by: number): void {
    const size = `${requests.cpu}/${requests.memory}`;
    const need = this.#bySize.get(size);
    if (need === undefined) this.#bySize.set(size, { requests, replicas: by });
    else need.replicas += by;
  }

  demands(): readonly Demand[] {
    return [...this.#bySize.values()];
  }

  total(): number {
    return this.demands().reduce((sum, { replicas }) => sum + replicas, 0);
  }
}

function whatLacks(demands: readonly Demand[], { groups }: Capacity, limits: Allowed, quota: Allowed): Lacking | null {
  const pods = podsWithoutPlace(demands, groups, limits);
  if (pods > 0) return { kind: 'nodes', nodes: limits.nodes, pods };
  if (quota.shortOf === null) return null;
  const beyondQuota = podsWithoutPlace(demands, groups, quota);
  return beyondQuota === 0 ? null : { kind: 'quota', resource: quota.shortOf, nodes: quota.nodes, pods: beyondQuota };
}

function shortfallOf({ of, transition }: Rise, total: number, lacking: Lacking): ScheduleShortfall {
  const { at, after, windows } = transition;
  const raising = after.changes.findLast(({ from, to }) => to.min > from.min)?.window;
  // a floor also rises where a window ends that held fewer
  const name = raising ?? windows[0]?.window ?? '';
  const window = of.windows.find((one) => one.name === name);
  const span = window === undefined ? null : spanAt(window.rule, at);
  const start = span === null || span.open || raising === undefined ? at : (span.until ?? at);
  return { policy: of.policy, window: name, start, neededFrom: at, floor: after.min, total, lacking };
}
