// The node tier of one tick: place what waits and what was just decided, order what is missing, give back what is unneeded.
import type { Config } from '../../model/config.ts';
import type { GroupMemory, Memory, NodeGuardMemory, NodeMemory, RemovalProof, Why } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { rfc3339, type Instant } from '../../model/units.ts';
import type { Standing } from '../pods/decide-pods.ts';
import type { Proposals } from '../proposals.ts';
import { confirmedNodes } from './confirm.ts';
import { giveBack, nothingGivenBack } from './give-back.ts';
import { decisionOf, unusableDecision, type UndescribedNodes } from './group-decision.ts';
import { groupStateOf, isUsable, type GroupState, type Unusable } from './group-state.ts';
import type { Pool } from './growth-options.ts';
import { hasFallen } from './has-fallen.ts';
import { meetDemand } from './meet-demand.ts';
import { isReady, membershipsIn } from './membership.ts';
import { nodelessIn, nodelessOf } from './never-registered.ts';
import type { NodeTick } from './node-tick.ts';
import { observeGroup } from './observe.ts';
import type { Preempting } from './preempting.ts';
import { proofAfter, proofOf, withProof } from './removal-proof.ts';
import { sizeOfGroup } from './node-size.ts';
import { podsOnNodes } from './pods-on-nodes.ts';
import { lookAtSaturation } from './saturation.ts';
import { replaceableOf } from './replaceable.ts';
import { shapeOf } from './shape.ts';
import { unreadyIn } from './shrink-barrier.ts';
import { keptSince, whyAfter } from './since-when.ts';
import { strayDrains } from './stray-drains.ts';
import { unreadDrains } from './unread-drains.ts';

export interface NodeTier {
  readonly decisions: readonly UndescribedNodes[];
  readonly groups: Readonly<Record<string, GroupMemory>>;
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  /** since when queries have been above what their policy allows */
  readonly saturatedSince: Readonly<Record<string, Instant>>;
  readonly pools: readonly Pool[];
  /** who pushes out others on today's nodes */
  readonly preempting: readonly Preempting[];
  /** that Magnum removes the servers it is told to; null: nobody has seen it yet */
  readonly removalProof: RemovalProof | null;
  readonly nodeGuard: NodeGuardMemory | undefined;
}

const isUnusable = (state: GroupState | Unusable): state is Unusable => !isUsable(state);

function poolOf(group: GroupState, groups: readonly GroupState[], { kubernetes, nova, magnum }: Snapshot): Pool {
  const flavors = nova.flavors ?? [];
  const shape = shapeOf(group, { facts: kubernetes, flavors, cluster: magnum.cluster, groups });
  return { group, shape, size: sizeOfGroup(group, shape, flavors) };
}

const watched = (state: GroupState, snapshot: Snapshot): GroupState => ({
  ...state,
  nodeless: nodelessOf(state, snapshot),
});

/** Whom all groups together are without says whether the network is to blame. */
function withReplaceable(states: (GroupState | Unusable)[], tick: NodeTick): void {
  const unready = unreadyIn(tick, nodelessIn(states.filter(isUsable), tick.now));
  for (const [index, state] of states.entries())
    if (isUsable(state)) states[index] = { ...state, replaceable: replaceableOf(state, unready, tick) };
}

export function* decideNodes(
  snapshot: Snapshot,
  config: Config,
  memory: Memory,
  standings: readonly Standing[],
  steadySince: Instant,
  now: Instant,
  proposals: Proposals,
): Generator<undefined, NodeTier> {
  // Nobody asks about nodes: every pod and node would be looked at for nothing.
  if (config.nodePolicies.length === 0)
    return {
      decisions: strayDrains(snapshot, config, now),
      groups: memory.groups,
      nodes: {},
      saturatedSince: {},
      pools: [],
      preempting: [],
      removalProof: memory.removalProof ?? null,
      nodeGuard: undefined,
    };
  const podsOn = yield* podsOnNodes(snapshot.kubernetes.pods ?? [], config.nodePolicies);
  const tick: NodeTick = { snapshot, config, memory, standings, steadySince, now, podsOn };
  const memberships = membershipsIn(snapshot, config.nodePolicies);
  const proof = proofOf(memory, snapshot);
  const states: (GroupState | Unusable)[] = [];
  for (const document of config.nodePolicies)
    for (const policy of document.spec.nodeGroups) {
      const state = groupStateOf(document, policy, { snapshot, memory, config, memberships, now });
      const known = isUsable(state) ? withProof(observeGroup(state, memory, snapshot, now), proof, policy.name) : null;
      states.push(isUsable(state) && known !== null ? watched({ ...state, memory: known }, snapshot) : state);
      yield;
    }
  withReplaceable(states, tick);
  const groups = states.filter(isUsable);
  yield;
  const pools = groups.map((group) => poolOf(group, groups, snapshot));
  const saturation = lookAtSaturation(config, snapshot, memory, groups, now);
  const met = yield* meetDemand(tick, pools, states.filter(isUnusable), saturation);
  yield;
  const { groups: givingBack, growth, nodeGuard } = yield* giveBack(tick, groups, met);

  const decisions: UndescribedNodes[] = [...strayDrains(snapshot, config, now)];
  const nodes: Record<string, NodeMemory> = {};
  const reasons = new Map<GroupState, Why>();
  for (const state of states) {
    if (!isUsable(state)) {
      decisions.push(unusableDecision(state, unreadDrains(state, tick, met.needed)));
      continue;
    }
    const leaving = givingBack.get(state) ?? nothingGivenBack();
    const { drains, shrinking } = leaving;
    const decision = decisionOf(state, { ...met, growth }, leaving, snapshot, now);
    const confirmed = confirmedNodes(decision, proposals);
    const ready = new Set(state.ready);
    for (const node of state.nodes)
      nodes[node.metadata.name] = {
        ready: ready.has(node),
        unneededSince: shrinking.unneededSince.get(node.metadata.name) ?? null,
        emptySince: drains.emptySince.get(node.metadata.name) ?? null,
        ...(isReady(node) ? {} : { wasReady: hasFallen(node, memory) }),
      };
    const why = whyAfter(memory.groups[state.policy.name]?.why, confirmed.reason, now);
    reasons.set(state, why);
    const kept = keptSince(confirmed.kept, nodes, memory.nodes, now);
    decisions.push({ ...confirmed, kept, since: rfc3339(why.at) });
    yield;
  }
  // What could not be read this time is not forgotten: its timers go on.
  const unread = states.some(isUnusable);
  return {
    decisions,
    groups: {
      ...memory.groups,
      ...Object.fromEntries(
        groups.map((group) => {
          const why = reasons.get(group);
          return [group.policy.name, why === undefined ? group.memory : { ...group.memory, why }];
        }),
      ),
    },
    nodes: unread ? { ...memory.nodes, ...nodes } : nodes,
    saturatedSince: saturation.since,
    pools,
    preempting: met.preempting,
    nodeGuard,
    removalProof: proofAfter(proof, memory, groups, snapshot.magnum.cluster, now),
  };
}
