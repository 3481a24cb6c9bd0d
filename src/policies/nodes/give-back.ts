// The way down: drains under way go on, and what is unneeded begins to leave, all groups judged together.
import { instantOf, later, type Instant } from '../../model/units.ts';
import { continueDrains, type DrainsUnderWay } from './drains.ts';
import type { GroupState } from './group-state.ts';
import { drainOf, isReady } from './membership.ts';
import type { Met } from './meet-demand.ts';
import { controllersOf, type MovableRules } from './movable.ts';
import type { NodeTick } from './node-tick.ts';
import { latestFailure } from './observe.ts';
import { planShrink, shrinkRules, type Shrinking, type ShrinkInput } from './shrink.ts';

export interface GivingBack {
  readonly drains: DrainsUnderWay;
  readonly shrinking: Shrinking;
}

/** "5 of 12"; null while the cluster is sound enough to lose a node on purpose. */
function tooManyUnready({ snapshot }: NodeTick, group: GroupState): string | null {
  const nodes = snapshot.kubernetes.nodes ?? [];
  const unready = nodes.filter((node) => !isReady(node) && drainOf(node) === null).length;
  const { percent, nodes: most } = group.document.spec.shrink.unready.stopAbove;
  return unready > most && (unready * 100) / nodes.length > percent ? `${unready} of ${nodes.length}` : null;
}

/** What forbids every new drain of a group, whatever its nodes look like. */
function shrinkBarrier(group: GroupState, growing: boolean, tick: NodeTick): ShrinkInput['barrier'] {
  const { steadySince, now } = tick;
  const rules = shrinkRules(group);
  const { lastGrowth, removal } = group.memory;
  const lastFailure = latestFailure(group.memory);
  const settled = later(steadySince, rules.unneededFor);
  if (tick.snapshot.kubernetes.poddisruptionbudgets === undefined)
    return { reason: 'BlockedByPDB', by: 'the list of PodDisruptionBudgets could not be read', until: null };
  if (group.modes.shrink === 'off' || group.document.spec.shrink.removal === 'never')
    return { reason: 'PolicyOff', by: group.document.metadata.name, until: null };
  const { shrink: off } = group.switches;
  if (off !== null) return { reason: 'SwitchedOff', by: off.by, until: instantOf(off.until) };
  const unready = tooManyUnready(tick, group);
  if (unready !== null) return { reason: 'TooManyUnready', by: unready, until: null };
  if (removal === 'refuted') return { reason: 'WrongServerLeft', by: group.policy.name, until: null };
  if (growing || group.upcoming > 0) return { reason: 'RecentGrowth', by: null, until: null };
  if (lastGrowth !== null && now < lastGrowth + rules.afterGrowth)
    return { reason: 'RecentGrowth', by: null, until: later(lastGrowth, rules.afterGrowth) };
  if (lastFailure !== null && now < lastFailure.at + rules.afterFailure)
    return { reason: 'RecentFailure', by: lastFailure.message, until: later(lastFailure.at, rules.afterFailure) };
  if (group.updating) return { reason: 'BeingRemoved', by: group.magnum.status ?? null, until: null };
  if (now < settled) return { reason: 'SettlingAfterStart', by: null, until: settled };
  return null;
}

export const nothingGivenBack = (): GivingBack => ({
  drains: { steps: [], remove: [], emptySince: new Map<string, Instant>() },
  shrinking: { begin: [], kept: [], unneededSince: new Map<string, Instant>() },
});

export function* giveBack(
  tick: NodeTick,
  groups: readonly GroupState[],
  { rooms, growth, needed }: Met,
): Generator<undefined, ReadonlyMap<GroupState, GivingBack>> {
  const { snapshot, memory, podsOn, now } = tick;
  const facts = snapshot.kubernetes;
  const answers = new Map<GroupState, GivingBack>();
  const controllers = controllersOf(facts);
  const moved: ShrinkInput['moved'] = new Map();
  // Pods that no group could ever take keep nobody from shrinking.
  const growing = growth.byGroup.size > 0 || (growth.unserved.length > 0 && growth.stopped.size > 0);
  // What is preferred for growth shrinks last.
  for (const group of groups.toSorted((one, other) => other.policy.prefer - one.policy.prefer)) {
    const rules: MovableRules = {
      shrink: shrinkRules(group),
      budgets: facts.poddisruptionbudgets ?? [],
      controllers,
      now,
    };
    const drains = continueDrains({ group, podsOn, rules, servers: snapshot.nova.servers, memory, needed, now });
    const barrier = shrinkBarrier(group, growing, tick);
    answers.set(group, { drains, shrinking: planShrink({ group, podsOn, rooms, rules, memory, barrier, moved, now }) });
    yield;
  }
  return answers;
}
