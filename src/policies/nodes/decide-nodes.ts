// The node tier of one tick: place what waits and what was just decided, order what is missing, give back what is unneeded.
import type { Config } from '../../model/config.ts';
import { emptyGroupMemory, type GroupMemory, type Memory, type NodeMemory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { instantOf, later, type Instant } from '../../model/units.ts';
import type { Standing } from '../pods/decide-pods.ts';
import { demandsOf, type SourcedDemand } from './demand.ts';
import { continueDrains, type DrainsUnderWay } from './drains.ts';
import { decisionOf, unusableDecision, type UndescribedNodes } from './group-decision.ts';
import { groupStateOf, isUsable, type GroupState, type Unusable } from './group-state.ts';
import { planGrowth, type GrowthPlan, type Pool } from './growth.ts';
import { drainOf, isReady, nodeGroupLabel } from './membership.ts';
import { controllersOf, type MovableRules } from './movable.ts';
import { latestFailure, observeGroup } from './observe.ts';
import { place } from './place.ts';
import { podsByNode, roomOf, takesPods, upcomingRooms } from './rooms.ts';
import { shapeOf } from './shape.ts';
import { planShrink, shrinkRules, type Shrinking, type ShrinkInput } from './shrink.ts';

export interface NodeTier {
  readonly decisions: readonly UndescribedNodes[];
  readonly groups: Readonly<Record<string, GroupMemory>>;
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  /** pods without a place on today's nodes, those that wait for ordered nodes included */
  readonly waiting: number;
  readonly pools: readonly Pool[];
}

const podsIn = (demands: readonly SourcedDemand[]): number => demands.reduce((sum, demand) => sum + demand.pods, 0);

/** "5 of 12"; null while the cluster is sound enough to lose a node on purpose. */
function tooManyUnready(snapshot: Snapshot, group: GroupState): string | null {
  const nodes = snapshot.kubernetes.nodes ?? [];
  const unready = nodes.filter((node) => !isReady(node) && drainOf(node) === null).length;
  const { percent, nodes: most } = group.document.spec.shrink.unready.stopAbove;
  return unready > most && (unready * 100) / nodes.length > percent ? `${unready} of ${nodes.length}` : null;
}

/** Of a group that cannot be read: its nodes by their label, and what was ordered and has not arrived. */
function lastKnown(state: Unusable, snapshot: Snapshot, memory: Memory): number {
  const { name } = state.policy;
  const labelled = (snapshot.kubernetes.nodes ?? []).filter((node) => node.metadata.labels?.[nodeGroupLabel] === name);
  const { ordered, sent } = memory.groups[name] ?? emptyGroupMemory;
  const coming = ordered.reduce((sum, order) => sum + order.count, 0);
  return Math.max(labelled.length + coming, sent?.to ?? 0);
}

/** What forbids every new drain of a group, whatever its nodes look like. */
function shrinkBarrier(
  group: GroupState,
  snapshot: Snapshot,
  growing: boolean,
  steadySince: Instant,
  now: Instant,
): ShrinkInput['barrier'] {
  const rules = shrinkRules(group);
  const { lastGrowth, removal } = group.memory;
  const lastFailure = latestFailure(group.memory);
  const until = (at: Instant): Instant => at;
  const settled = later(steadySince, rules.unneededFor);
  if (group.modes.shrink === 'off' || group.document.spec.shrink.removal === 'never')
    return { reason: 'PolicyOff', by: group.document.metadata.name, until: null };
  const { shrink: off } = group.switches;
  if (off !== null) return { reason: 'SwitchedOff', by: off.by, until: instantOf(off.until) };
  const unready = tooManyUnready(snapshot, group);
  if (unready !== null) return { reason: 'TooManyUnready', by: unready, until: null };
  if (removal === 'refuted') return { reason: 'WrongServerLeft', by: group.policy.name, until: null };
  if (growing || group.upcoming > 0) return { reason: 'RecentGrowth', by: null, until: null };
  if (lastGrowth !== null && now < lastGrowth + rules.afterGrowth)
    return { reason: 'RecentGrowth', by: null, until: until(later(lastGrowth, rules.afterGrowth)) };
  if (lastFailure !== null && now < lastFailure.at + rules.afterFailure)
    return {
      reason: 'RecentFailure',
      by: lastFailure.message,
      until: until(later(lastFailure.at, rules.afterFailure)),
    };
  if (group.updating) return { reason: 'BeingRemoved', by: group.magnum.status ?? null, until: null };
  if (now < settled) return { reason: 'SettlingAfterStart', by: null, until: settled };
  return null;
}

export function* decideNodes(
  snapshot: Snapshot,
  config: Config,
  memory: Memory,
  standings: readonly Standing[],
  steadySince: Instant,
  now: Instant,
): Generator<undefined, NodeTier> {
  // Nobody asks about nodes: every pod and node would be looked at for nothing.
  if (config.nodePolicies.length === 0)
    return { decisions: [], groups: memory.groups, nodes: {}, waiting: 0, pools: [] };
  const facts = snapshot.kubernetes;
  const states: (GroupState | Unusable)[] = config.nodePolicies.flatMap((document) =>
    document.spec.nodeGroups.map((policy) => {
      const state = groupStateOf(document, policy, snapshot, memory, config, now);
      return isUsable(state) ? { ...state, memory: observeGroup(state, memory, now) } : state;
    }),
  );
  const groups = states.filter(isUsable);
  yield;

  const podsOn = podsByNode(facts);
  const pools: Pool[] = groups.map((group) => ({ group, shape: shapeOf(group, facts, snapshot.nova.flavors ?? []) }));
  const draining = groups.flatMap((group) => group.draining.filter((node) => drainOf(node)?.step === 'draining'));
  const onTheWayOut = new Set(groups.flatMap((group) => group.draining));
  const rooms = new Map(
    (facts.nodes ?? [])
      .filter((node) => takesPods(node) && !onTheWayOut.has(node))
      .map((node) => [node.metadata.name, roomOf(node, podsOn.get(node.metadata.name) ?? [])]),
  );
  yield;

  const demands = demandsOf(facts, standings);
  const homeless = place(demands, [...rooms.values()]);
  // A node that is being drained goes back to work before a new one is ordered.
  const returning = draining.map((node) => ({ ...roomOf(node, podsOn.get(node.metadata.name) ?? []), taints: [] }));
  const stillHomeless = place(homeless, returning);
  const needed = podsIn(stillHomeless) < podsIn(homeless);
  const upcoming = pools.flatMap((pool) => upcomingRooms(pool.shape, pool.group.upcoming));
  const unplaced = place(stillHomeless, upcoming);
  yield;

  const unseen = states.flatMap((state) =>
    isUsable(state) ? [] : [{ document: state.document, count: lastKnown(state, snapshot, memory) }],
  );
  const clusterStatus = snapshot.magnum.cluster?.status ?? '';
  const growth: GrowthPlan = planGrowth(unplaced, pools, unseen, config, snapshot.nova.limits, clusterStatus, now);
  yield;

  const decisions: UndescribedNodes[] = [];
  const nodes: Record<string, NodeMemory> = {};
  const byPolicy = (one: GroupState, other: GroupState): number => other.policy.prefer - one.policy.prefer;
  const drains = new Map<GroupState, DrainsUnderWay>();
  const shrinking = new Map<GroupState, Shrinking>();
  const controllers = controllersOf(facts);
  const moved: ShrinkInput['moved'] = new Map();
  // Pods that no group could ever take keep nobody from shrinking.
  const growing = growth.byGroup.size > 0 || (growth.unserved.length > 0 && growth.stopped.size > 0);
  // What is preferred for growth shrinks last.
  for (const group of groups.toSorted(byPolicy)) {
    const shrink = shrinkRules(group);
    const rules: MovableRules = { shrink, budgets: facts.poddisruptionbudgets ?? [], controllers, now };
    drains.set(group, continueDrains({ group, podsOn, rules, servers: snapshot.nova.servers, memory, needed, now }));
    const unread = facts.poddisruptionbudgets === undefined;
    const barrier = unread
      ? { reason: 'BlockedByPDB' as const, by: 'the list of PodDisruptionBudgets could not be read', until: null }
      : shrinkBarrier(group, snapshot, growing, steadySince, now);
    shrinking.set(group, planShrink({ group, podsOn, rooms, rules, memory, barrier, moved, now }));
    yield;
  }

  for (const state of states) {
    if (!isUsable(state)) {
      decisions.push(unusableDecision(state, config));
      continue;
    }
    const underWay = drains.get(state) ?? { steps: [], remove: [], emptySince: new Map<string, Instant>() };
    const shrink = shrinking.get(state) ?? { begin: [], kept: [], unneededSince: new Map<string, Instant>() };
    decisions.push(decisionOf(state, growth, underWay, shrink, snapshot, now));
    for (const node of state.nodes)
      nodes[node.metadata.name] = {
        ready: isReady(node),
        unneededSince: shrink.unneededSince.get(node.metadata.name) ?? null,
        emptySince: underWay.emptySince.get(node.metadata.name) ?? null,
      };
  }
  // What could not be read this time is not forgotten: its timers go on.
  const unread = states.some((state) => !isUsable(state));
  return {
    decisions,
    groups: { ...memory.groups, ...Object.fromEntries(groups.map((group) => [group.policy.name, group.memory])) },
    nodes: unread ? { ...memory.nodes, ...nodes } : nodes,
    waiting: podsIn(homeless),
    pools,
  };
}
