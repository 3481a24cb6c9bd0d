// The node tier of one tick: place what waits and what was just decided, order what is missing, give back what is unneeded.
import type { Config } from '../../model/config.ts';
import type { GroupMemory, Memory, NodeMemory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
import type { Standing } from '../pods/decide-pods.ts';
import { giveBack, nothingGivenBack } from './give-back.ts';
import { decisionOf, unusableDecision, type UndescribedNodes } from './group-decision.ts';
import { groupStateOf, isUsable, type GroupState, type Unusable } from './group-state.ts';
import type { Pool } from './growth.ts';
import { meetDemand } from './meet-demand.ts';
import { isReady } from './membership.ts';
import type { NodeTick } from './node-tick.ts';
import { observeGroup } from './observe.ts';
import { podsByNode } from './rooms.ts';
import { shapeOf } from './shape.ts';

export interface NodeTier {
  readonly decisions: readonly UndescribedNodes[];
  readonly groups: Readonly<Record<string, GroupMemory>>;
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  /** pods without a place on today's nodes, those that wait for ordered nodes included */
  readonly waiting: number;
  readonly pools: readonly Pool[];
}

const isUnusable = (state: GroupState | Unusable): state is Unusable => !isUsable(state);

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
  const tick: NodeTick = { snapshot, config, memory, standings, steadySince, now, podsOn: podsByNode(facts) };
  const states: (GroupState | Unusable)[] = config.nodePolicies.flatMap((document) =>
    document.spec.nodeGroups.map((policy) => {
      const state = groupStateOf(document, policy, snapshot, memory, config, now);
      return isUsable(state) ? { ...state, memory: observeGroup(state, memory, now) } : state;
    }),
  );
  const groups = states.filter(isUsable);
  yield;
  const pools: Pool[] = groups.map((group) => ({ group, shape: shapeOf(group, facts, snapshot.nova.flavors ?? []) }));
  const met = yield* meetDemand(tick, pools, states.filter(isUnusable));
  yield;
  const givingBack = yield* giveBack(tick, groups, met);

  const decisions: UndescribedNodes[] = [];
  const nodes: Record<string, NodeMemory> = {};
  for (const state of states) {
    if (!isUsable(state)) {
      decisions.push(unusableDecision(state, config));
      continue;
    }
    const { drains, shrinking } = givingBack.get(state) ?? nothingGivenBack();
    decisions.push(decisionOf(state, met.growth, drains, shrinking, snapshot, now));
    for (const node of state.nodes)
      nodes[node.metadata.name] = {
        ready: isReady(node),
        unneededSince: shrinking.unneededSince.get(node.metadata.name) ?? null,
        emptySince: drains.emptySince.get(node.metadata.name) ?? null,
      };
  }
  // What could not be read this time is not forgotten: its timers go on.
  const unread = states.some(isUnusable);
  return {
    decisions,
    groups: { ...memory.groups, ...Object.fromEntries(groups.map((group) => [group.policy.name, group.memory])) },
    nodes: unread ? { ...memory.nodes, ...nodes } : nodes,
    waiting: met.waiting,
    pools,
  };
}
