// The way down: drains under way go on, and what is unneeded begins to leave, all groups judged together.
import { drainOf } from '../../model/drain-record-on.ts';
import type { NodeGuardMemory } from '../../model/memory.ts';
import type { NodeRemoval } from '../../model/plan.ts';
import type { Instant } from '../../model/units.ts';
import { isDeleting } from '../pod-facts.ts';
import { candidateRules } from './candidate-rules.ts';
import type { CandidateRules } from './candidates.ts';
import type { SourcedDemand } from './demand.ts';
import { Disruptions } from './disruptions.ts';
import { continueDrains, type DrainsUnderWay } from './drains.ts';
import type { GroupState } from './group-state.ts';
import type { GrowthPlan } from './growth.ts';
import type { Met } from './meet-demand.ts';
import { movabilityOf } from './movable.ts';
import { MovedUse, unsettledUse } from './moved-use.ts';
import { nodelessIn, planServers } from './never-registered.ts';
import { guardNodes } from './node-guard.ts';
import type { NodeTick } from './node-tick.ts';
import { shrinkBarrier, unreadyIn } from './shrink-barrier.ts';
import { placesOf } from './shrink-places.ts';
import { shrinkRules } from './shrink-rules.ts';
import { keptNode, planShrink, type Shrinking, type ShrinkPass } from './shrink.ts';
import type { NodeUsage } from './usage.ts';

export interface GivingBack {
  readonly drains: DrainsUnderWay;
  readonly shrinking: Shrinking;
  /** given back in this tick, and never were nodes */
  readonly servers: readonly NodeRemoval[];
}

export interface GivenBack {
  readonly groups: ReadonlyMap<GroupState, GivingBack>;
  /** as it was planned, or nothing of it where the guard over nodes holds it */
  readonly growth: GrowthPlan;
  readonly nodeGuard: NodeGuardMemory | undefined;
}

export const nothingGivenBack = (): GivingBack => ({
  drains: { steps: [], remove: [], emptySince: new Map<string, Instant>() },
  shrinking: { begin: [], kept: [], unneededSince: new Map<string, Instant>() },
  servers: [],
});

/** Pods that will still be evicted from nodes under way have their disruptions already. */
function takeForDrains(
  disruptions: Disruptions,
  groups: readonly GroupState[],
  rulesOf: (group: GroupState) => CandidateRules,
  tick: NodeTick,
): void {
  for (const group of groups) {
    if (group.draining.length === 0) continue;
    const { movable } = rulesOf(group);
    for (const node of group.draining)
      for (const pod of tick.podsOn.get(node.metadata.name) ?? [])
        if (!isDeleting(pod) && movabilityOf(pod, movable).move === 'evict') disruptions.take([pod]);
  }
}

/** null: no group lets nodes go for their low use. */
function movedUse(
  { snapshot }: NodeTick,
  groups: readonly GroupState[],
  rulesOf: (group: GroupState) => CandidateRules,
): MovedUse | null {
  if (!groups.some((group) => shrinkRules(group).usage?.letGo !== undefined)) return null;
  const usages = new Map<string, NodeUsage | null>();
  for (const group of groups) {
    const { usage } = rulesOf(group);
    for (const { metadata } of group.nodes) usages.set(metadata.name, usage);
  }
  return new MovedUse(snapshot.kubernetes.nodes ?? [], (node) => usages.get(node) ?? null);
}

export function* giveBack(tick: NodeTick, groups: readonly GroupState[], met: Met): Generator<undefined, GivenBack> {
  const { snapshot, config, memory, podsOn, now } = tick;
  const { growth, needed, stuck } = met;
  const answers = new Map<GroupState, GivingBack>();
  const rulesOf = candidateRules(tick);
  const disruptions = new Disruptions(snapshot.kubernetes.poddisruptionbudgets ?? []);
  takeForDrains(disruptions, groups, rulesOf, tick);
  yield;
  const pass: ShrinkPass = {
    places: yield* placesOf(tick, groups, met),
    disruptions,
    hints: new Map(),
    groups: groups.length,
    moved: movedUse(tick, groups, rulesOf),
  };
  yield* met.simulation.prepare();
  const unready = unreadyIn(tick);
  const unreadyWithServers = unreadyIn(tick, nodelessIn(groups, now));
  // What is preferred for growth shrinks last.
  for (const group of groups.toSorted((one, other) => other.policy.prefer - one.policy.prefer)) {
    const rules = rulesOf(group);
    const drains = continueDrains({
      group,
      podsOn,
      rules: rules.movable,
      needOf: rules.needs.of,
      servers: snapshot.nova.servers,
      memory,
      needed,
      stuck,
      unready,
      now,
    });
    yield;
    // Pods that this group could not take keep it from nothing: one group that is full or broken stops no other.
    const wouldServe = growth.unserved.length > 0 && growth.stopped.has(group.policy.name);
    const growing = growth.byGroup.size > 0;
    const stopped = growth.stopped.get(group.policy.name)?.by ?? null;
    const barrier = shrinkBarrier(group, { unready: unreadyWithServers, growing }, tick);
    const servers = planServers({ group, barrier, stopped, now });
    const shrinking = yield* planShrink({
      group,
      podsOn,
      pass,
      rules,
      memory,
      barrier: shrinkBarrier(group, { unready, growing: growing || wouldServe }, tick),
      // A group that is full of nodes that do not answer could never serve them otherwise.
      barrierOfUnready: shrinkBarrier(group, { unready, growing }, tick),
      unsettled: rules.shrink.usage === undefined ? null : unsettledUse(rules.shrink.usage, groups, tick.now),
      servers: servers.remove.length,
      stopped,
      interval: config.daemon.interval,
      now,
    });
    const kept = [...shrinking.kept, ...servers.kept];
    answers.set(group, { drains, shrinking: { ...shrinking, kept }, servers: servers.remove });
    yield;
  }
  return guarded(tick, answers, growth);
}

/** Who would begin to leave in this tick. */
const beginsOf = (answer: GivingBack | undefined): readonly string[] =>
  [...(answer?.shrinking.begin ?? []), ...(answer?.servers ?? [])].map(({ node }) => node);

/** Too much at once, whatever the reasons: nothing of it begins before a person has said that it is right. */
function guarded(
  { snapshot, config, memory, now }: NodeTick,
  answers: Map<GroupState, GivingBack>,
  growth: GrowthPlan,
): GivenBack {
  const acting = (way: 'grow' | 'shrink'): readonly GroupState[] =>
    [...answers.keys()].filter(({ modes }) => modes[way] === 'act');
  const sum = (groups: readonly GroupState[], count: (group: GroupState) => number): number =>
    groups.reduce((total, group) => total + count(group), 0);
  const {
    memory: nodeGuard,
    holdsShrink,
    holdsGrowth,
  } = guardNodes({
    guards: config.daemon.guards,
    memory: memory.nodeGuard,
    control: snapshot.control,
    nodes: sum(acting('shrink'), ({ count }) => count),
    leaving: sum(
      acting('shrink'),
      ({ draining }) => draining.filter((node) => drainOf(node)?.step === 'draining').length,
    ),
    begins: sum(acting('shrink'), (group) => beginsOf(answers.get(group)).length),
    orders: sum(acting('grow'), ({ policy }) => growth.byGroup.get(policy.name)?.add ?? 0),
    now,
  });
  if (holdsShrink !== null)
    for (const group of acting('shrink')) {
      const answer = answers.get(group);
      const begins = beginsOf(answer);
      if (answer === undefined || begins.length === 0) continue;
      const { kept, unneededSince } = answer.shrinking;
      const held = begins.map((node) =>
        keptNode(node, { reason: 'NodeGuardTripped', by: holdsShrink, since: unneededSince.get(node) ?? null }),
      );
      const shrinking = { begin: [], kept: [...kept, ...held], unneededSince };
      answers.set(group, { drains: answer.drains, shrinking, servers: [] });
    }
  return {
    groups: answers,
    growth: holdsGrowth === null ? growth : heldGrowth(growth, acting('grow'), holdsGrowth),
    nodeGuard,
  };
}

/** Nobody waits for these. */
const aheadOfAll: ReadonlySet<SourcedDemand['from']> = new Set(['scheduled', 'forecast', 'headroom']);

function heldGrowth(growth: GrowthPlan, groups: readonly GroupState[], by: string): GrowthPlan {
  const byGroup = new Map(growth.byGroup);
  const stopped = new Map(growth.stopped);
  const unserved = [...growth.unserved];
  for (const { policy } of groups) {
    const order = byGroup.get(policy.name);
    if (order === undefined) continue;
    byGroup.delete(policy.name);
    stopped.set(policy.name, { nodes: 0, reason: 'NodeGuardTripped', by });
    unserved.push(...order.for.filter(({ from }) => !aheadOfAll.has(from)));
  }
  return { ...growth, byGroup, stopped, unserved };
}
