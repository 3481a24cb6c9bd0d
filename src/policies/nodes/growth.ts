// Which groups grow, by how many nodes, and for whom; what could not be served keeps the reason why.
import type { Config } from '../../model/config.ts';
import type { NodeReason } from '../../model/reason.ts';
import type { NovaLimits } from '../../model/openstack.ts';
import type { Instant } from '../../model/units.ts';
import type { SourcedDemand } from './demand.ts';
import { isOwnUpdate, type GroupState } from './group-state.ts';
import { allowedNodes, type Allowed, type Budget, type Unseen } from './limits.ts';
import { pack, type Demand, type Packing } from './place.ts';
import { hasRoomFor, mayRunOn, type Room } from './room.ts';
import type { Shape } from './shape.ts';

export interface Pool {
  readonly group: GroupState;
  readonly shape: Shape | null;
}

export interface Growth {
  readonly add: number;
  readonly for: readonly SourcedDemand[];
}

export interface GrowthPlan {
  readonly byGroup: ReadonlyMap<string, Growth>;
  /** the new nodes, so that a shrink simulation does not count on them */
  readonly rooms: readonly Room[];
  readonly unserved: readonly SourcedDemand[];
  /** why a group that could have served more did not */
  readonly stopped: ReadonlyMap<string, Allowed>;
}

const stop = (reason: NodeReason, by: string): Allowed => ({ nodes: 0, reason, by });

/** Why nothing at all may be sent for a group now. */
export function statusBarrier(group: GroupState, clusterStatus: string): Allowed | null {
  const status = group.magnum.status ?? '';
  const busy = [status, clusterStatus].find((one) => /^(?:CREATE|DELETE)_IN_PROGRESS$/.test(one));
  // In these two Magnum answers 202 and drops the request.
  if (busy !== undefined) return stop('UpdateByOthers', busy);
  return group.count === group.magnum.node_count ? null : stop('ResizeUnderWay', `resize to ${group.count}`);
}

/** Why no order may go out for a group now; null where one may. */
function growthBarrier(group: GroupState, clusterStatus: string, now: Instant): Allowed | null {
  if (group.modes.grow === 'off') return stop('PolicyOff', group.document.metadata.name);
  if (group.switches.grow !== null) return stop('SwitchedOff', group.switches.grow.by);
  const { backOff, sent } = group.memory;
  if (backOff !== null && now < backOff.until) return stop('GroupBackedOff', group.memory.lastFailure?.message ?? '');
  const status = group.magnum.status ?? '';
  const busy = statusBarrier(group, clusterStatus);
  if (busy !== null) return busy;
  if (!group.updating) return null;
  if (!isOwnUpdate(group)) return stop('UpdateByOthers', status);
  return sent !== null && sent.remove.length > 0 ? stop('ResizeUnderWay', `removal of ${sent.remove.length}`) : null;
}

interface Option {
  readonly pool: Pool;
  readonly packing: Packing<SourcedDemand>;
  readonly waste: number;
}

const podsOf = (demands: readonly Demand[]): number => demands.reduce((sum, demand) => sum + demand.pods, 0);

/** The share of the new nodes' cpu and memory that nobody would use. */
function wasteOf(rooms: readonly Room[]): number {
  const share = (name: string): number => {
    const capacity = rooms.reduce((sum, room) => sum + (room.capacity[name] ?? 0), 0);
    return capacity === 0 ? 0 : rooms.reduce((sum, room) => sum + (room.free[name] ?? 0), 0) / capacity;
  };
  return share('cpu') + share('memory');
}

/** Preference, then least waste, then most pods, then least nodes; the name last, so that the answer is always the same. */
function better(one: Option, other: Option): Option {
  const differences = [
    one.pool.group.policy.prefer - other.pool.group.policy.prefer,
    one.waste - other.waste,
    podsOf(other.packing.placed) - podsOf(one.packing.placed),
    one.packing.rooms.length - other.packing.rooms.length,
    one.pool.group.policy.name < other.pool.group.policy.name ? -1 : 1,
  ];
  return (differences.find((difference) => difference !== 0) ?? 0) <= 0 ? one : other;
}

export function planGrowth(
  demands: readonly SourcedDemand[],
  pools: readonly Pool[],
  unseen: readonly Unseen[],
  config: Config,
  nova: NovaLimits | undefined,
  clusterStatus: string,
  now: Instant,
): GrowthPlan {
  const sized = pools.map((pool) => ({ group: pool.group, room: pool.shape?.room ?? null }));
  const ordered = new Map<string, number>();
  const budget: Budget = { pools: sized, unseen, ordered, config, nova };
  const byGroup = new Map<string, Growth>();
  const stopped = new Map<string, Allowed>();
  const rooms: Room[] = [];
  let left: readonly SourcedDemand[] = demands;
  const order = (pool: Pool, packing: Packing<SourcedDemand>): void => {
    const { name } = pool.group.policy;
    const before = byGroup.get(name) ?? { add: 0, for: [] };
    byGroup.set(name, { add: before.add + packing.rooms.length, for: [...before.for, ...packing.placed] });
    ordered.set(name, (ordered.get(name) ?? 0) + packing.rooms.length);
    rooms.push(...packing.rooms);
    left = packing.left;
  };
  const serves = (room: Room, some: readonly SourcedDemand[]): boolean =>
    some.some((demand) => mayRunOn(demand.spec, room) && hasRoomFor(demand.requests, room));

  while (left.length > 0) {
    let best: Option | null = null;
    for (const pool of pools) {
      if (pool.shape === null) continue;
      const { room } = pool.shape;
      if (!serves(room, left)) continue;
      const allowed = growthBarrier(pool.group, clusterStatus, now) ?? allowedNodes(pool.group, room, budget);
      const packing = pack(left, room, allowed.nodes);
      if (serves(room, packing.left)) stopped.set(pool.group.policy.name, allowed);
      if (packing.rooms.length === 0) continue;
      const option: Option = { pool, packing, waste: wasteOf(packing.rooms) };
      best = best === null ? option : better(best, option);
    }
    if (best === null) break;
    order(best.pool, best.packing);
  }

  for (const pool of pools) {
    const { group } = pool;
    const short = group.min - group.count - (ordered.get(group.policy.name) ?? 0);
    if (short <= 0) continue;
    const barrier = growthBarrier(group, clusterStatus, now) ?? allowedNodes(group, pool.shape?.room ?? null, budget);
    if (barrier.nodes < short) stopped.set(group.policy.name, barrier);
    const add = Math.min(short, barrier.nodes);
    if (add === 0) continue;
    const before = byGroup.get(group.policy.name) ?? { add: 0, for: [] };
    byGroup.set(group.policy.name, { ...before, add: before.add + add });
    ordered.set(group.policy.name, (ordered.get(group.policy.name) ?? 0) + add);
  }
  // Whether a node of unknown size would take the pods cannot be said: no VM is ordered, and the group says why.
  if (left.length > 0)
    for (const { group, shape } of pools) {
      const { name } = group.policy;
      if (shape !== null || stopped.has(name) || byGroup.has(name)) continue;
      const barrier = growthBarrier(group, clusterStatus, now);
      const flavor = group.magnum.flavor_id ?? 'its flavor';
      stopped.set(
        name,
        barrier ?? stop('ShapeUnknown', `write shape: {cpu, memory} for ${name}, or let springtide read ${flavor}`),
      );
    }
  return { byGroup, rooms, unserved: left, stopped };
}
