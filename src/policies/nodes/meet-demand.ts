// The way up: who has no place today, who returns or is on the way already, and what must be ordered for the rest.
import type { Node } from '../../model/kubernetes.ts';
import { emptyGroupMemory } from '../../model/memory.ts';
import { demandsOf, type SourcedDemand } from './demand.ts';
import type { GroupState, Unusable } from './group-state.ts';
import { planGrowth, type GrowthPlan, type Pool } from './growth.ts';
import { drainOf, nodeGroupLabel } from './membership.ts';
import type { NodeTick } from './node-tick.ts';
import { place } from './place.ts';
import type { Room } from './room.ts';
import { roomOf, takesPods, upcomingRooms } from './rooms.ts';

export interface Met {
  /** free room of the nodes that stay, with what waits placed on it */
  readonly rooms: Map<string, Room>;
  readonly growth: GrowthPlan;
  /** pods wait for room that drains under way would give back */
  readonly needed: boolean;
  /** pods without a place on today's nodes, those that wait for ordered nodes included */
  readonly waiting: number;
}

const podsIn = (demands: readonly SourcedDemand[]): number => demands.reduce((sum, demand) => sum + demand.pods, 0);

/** Of a group that cannot be read: its nodes by their label, and what was ordered and has not arrived. */
function lastKnown(state: Unusable, { snapshot, memory }: NodeTick): number {
  const { name } = state.policy;
  const labelled = (snapshot.kubernetes.nodes ?? []).filter((node) => node.metadata.labels?.[nodeGroupLabel] === name);
  const { ordered, sent } = memory.groups[name] ?? emptyGroupMemory;
  const coming = ordered.reduce((sum, order) => sum + order.count, 0);
  return Math.max(labelled.length + coming, sent?.to ?? 0);
}

export function* meetDemand(
  tick: NodeTick,
  pools: readonly Pool[],
  unusable: readonly Unusable[],
): Generator<undefined, Met> {
  const { snapshot, config, podsOn, standings, now } = tick;
  const facts = snapshot.kubernetes;
  const groups: readonly GroupState[] = pools.map(({ group }) => group);
  const onTheWayOut = new Set(groups.flatMap((group) => group.draining));
  const roomFor = (node: Node): Room => roomOf(node, podsOn.get(node.metadata.name) ?? []);
  const rooms = new Map(
    (facts.nodes ?? [])
      .filter((node) => takesPods(node) && !onTheWayOut.has(node))
      .map((node) => [node.metadata.name, roomFor(node)]),
  );
  yield;

  const demands = demandsOf(facts, standings);
  const homeless = place(demands, [...rooms.values()]);
  // A node that is being drained goes back to work before a new one is ordered.
  const draining = groups.flatMap((group) => group.draining.filter((node) => drainOf(node)?.step === 'draining'));
  const returning = draining.map((node) => ({ ...roomFor(node), taints: [] }));
  const stillHomeless = place(homeless, returning);
  const needed = podsIn(stillHomeless) < podsIn(homeless);
  const upcoming = pools.flatMap((pool) => upcomingRooms(pool.shape, pool.group.upcoming));
  const unplaced = place(stillHomeless, upcoming);
  yield;

  const unseen = unusable.map((state) => ({ document: state.document, count: lastKnown(state, tick) }));
  const clusterStatus = snapshot.magnum.cluster?.status ?? '';
  const growth = planGrowth(unplaced, pools, unseen, config, snapshot.nova.limits, clusterStatus, now);
  return { rooms, growth, needed, waiting: podsIn(homeless) };
}
