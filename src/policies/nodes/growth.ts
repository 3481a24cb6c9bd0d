// Which groups grow, by how many nodes, and for whom; what could not be served keeps the reason why.
import type { Config } from '../../model/config.ts';
import type { MagnumCluster } from '../../model/openstack.ts';
import type { Instant } from '../../model/units.ts';
import type { Requests } from '../pod-facts.ts';
import { lookAlike, shareOut } from './balance.ts';
import type { SourcedDemand } from './demand.ts';
import { kindsOf, packing, podsOf } from './fit/pack.ts';
import { packingZones, type Lane } from './fit/pack-zones.ts';
import type { Checkpoint, Needs, Simulation } from './fit/simulation.ts';
import { growthBarrier, stop } from './growth-barrier.ts';
import { nameOf, rankServing, type Pool, type Serving } from './growth-options.ts';
import { allowedNodes, type Allowed, type Budget, type Ordered, type Unseen } from './limits.ts';
import type { Size } from './node-size.ts';
import { roomNamed, type Room } from './room.ts';
import type { Saturated } from './saturation.ts';
import type { Shape } from './shape.ts';

/** For pods, or because a rule of the policy asks for nodes whatever the pods do. */
export type Trigger =
  { readonly kind: 'pods' } | { readonly kind: 'saturated'; readonly by: Saturated } | { readonly kind: 'minimum' };

export interface Growth {
  readonly add: number;
  readonly for: readonly SourcedDemand[];
  /** the first that asked for it */
  readonly trigger: Trigger;
}

export interface GrowthPlan {
  readonly byGroup: ReadonlyMap<string, Growth>;
  readonly unserved: readonly SourcedDemand[];
  /** headroom that no group may make */
  readonly unservedHeadroom: readonly SourcedDemand[];
  /** why a group that could have served more did not */
  readonly stopped: ReadonlyMap<string, Allowed>;
  readonly headroomStopped: ReadonlyMap<string, Allowed>;
}

export interface GrowthInput {
  /** today's nodes and the upcoming ones, with everybody who has a place there */
  readonly simulation: Simulation;
  readonly firm: readonly SourcedDemand[];
  readonly headroom: readonly SourcedDemand[];
  readonly saturated: readonly Saturated[];
  readonly pools: readonly Pool[];
  readonly unseen: readonly Unseen[];
  readonly elsewhere: Size;
  readonly config: Config;
  readonly nova: Budget['nova'];
  readonly cluster: MagnumCluster | undefined;
  readonly now: Instant;
  /** by group: what this tick has ordered already; below zero, so many of the nodes on their way are planned with anew */
  readonly ordered: Ordered;
}

/** The most that one of those asks for whom an empty node of the group would hold, resource by resource. */
function mostOf(kinds: readonly Needs[], { shape }: Serving): Requests {
  const { free } = shape.room;
  const most: Record<string, number> = {};
  for (const { requests } of kinds) {
    const fits = Object.entries(requests).every(([name, milli]) => milli <= (free[name] ?? 0));
    for (const [name, milli] of fits ? Object.entries(requests) : []) most[name] = Math.max(most[name] ?? 0, milli);
  }
  return most;
}

const holds = ({ shape }: Serving, most: Requests): boolean =>
  Object.entries(most).every(([name, milli]) => milli <= (shape.room.free[name] ?? 0));

/** Nodes that a group may still have: with fewer than this, the limits are asked before each of them. */
const farFromLimits = 2_000;
const asksEvery = 32;

class GrowthPlanner {
  readonly #input: GrowthInput;
  readonly #budget: Budget;
  /** below zero: so many of the nodes on their way are not opened yet */
  readonly #ordered: Map<string, number>;
  readonly #byGroup = new Map<string, Growth>();
  readonly #opened = new Map<string, Room[]>();
  readonly #start: Checkpoint;
  #orderedTotal = 0;

  constructor(input: GrowthInput) {
    this.#input = input;
    this.#start = input.simulation.checkpoint();
    this.#ordered = new Map(input.ordered);
    const { unseen, elsewhere, config, nova } = input;
    this.#budget = { groups: input.pools, unseen, elsewhere, ordered: this.#ordered, config, nova };
  }

  *plan(): Generator<undefined, GrowthPlan> {
    const { firm, headroom, saturated, pools } = this.#input;
    const unserved = yield* this.#serve(firm);
    const stopped = this.#whyNot(unserved);
    const unservedHeadroom = yield* this.#serve(headroom);
    const headroomStopped = this.#whyNot(unservedHeadroom);
    for (const one of saturated) this.#relieve(one);
    for (const pool of pools) this.#toMinimum(pool, stopped);
    return { byGroup: this.#beyondUpcoming(), unserved, unservedHeadroom, stopped, headroomStopped };
  }

  #allowed(pool: Pool): Allowed {
    const { cluster, now } = this.#input;
    const barrier = growthBarrier(pool.group, cluster, now);
    if (barrier === null) return allowedNodes(pool, this.#budget);
    return { ...barrier, nodes: Math.max(0, -(this.#ordered.get(nameOf(pool)) ?? 0)) };
  }

  /** Nodes on their way need no order; those who come to the nodes after them are whom the order is for. */
  #beyondUpcoming(): ReadonlyMap<string, Growth> {
    const beyond = new Map<string, Growth>();
    for (const [name, growth] of this.#byGroup) {
      const coming = Math.max(0, -(this.#input.ordered.get(name) ?? 0));
      if (coming === 0) beyond.set(name, growth);
      else if (growth.add > coming) beyond.set(name, this.#without(growth, name, coming));
    }
    return beyond;
  }

  #without(growth: Growth, name: string, coming: number): Growth {
    const rooms = new Set((this.#opened.get(name) ?? []).slice(coming).map((room) => room.name));
    const taken = new Map<Needs, number>();
    for (const { needs, room, pods } of this.#input.simulation.arrivals(this.#start))
      if (rooms.has(room)) taken.set(needs, (taken.get(needs) ?? 0) + pods);
    const served = growth.for.flatMap((demand) => {
      const left = taken.get(demand.needs) ?? 0;
      const pods = Math.min(demand.pods, left);
      taken.set(demand.needs, left - pods);
      return pods === 0 ? [] : [{ ...demand, pods }];
    });
    const asked = growth.trigger.kind !== 'pods' || served.length > 0;
    return { add: growth.add - coming, for: served, trigger: asked ? growth.trigger : { kind: 'minimum' } };
  }

  /** Whom an empty new node of this shape would take, one kind of pod after the other. */
  #tried<Answer>(shape: Shape, judge: (takes: (needs: Needs) => boolean) => Answer): Answer {
    const { simulation } = this.#input;
    const before = simulation.checkpoint();
    const name = `${shape.room.name}-tried`;
    simulation.addRoom(roomNamed(shape.room, name), shape.daemons);
    const answer = judge((needs) => simulation.misfit(needs, name) === null);
    simulation.rollBack(before);
    return answer;
  }

  #wouldTakeSome(shape: Shape, kinds: readonly Needs[]): boolean {
    return this.#tried(shape, (takes) => kinds.some(takes));
  }

  /** The groups of the best preference of which new nodes would take some of them. */
  *#serving(demands: readonly SourcedDemand[]): Generator<undefined, readonly Serving[]> {
    const kinds = kindsOf(demands);
    const all: Serving[] = [];
    for (const pool of this.#input.pools) {
      yield;
      const { shape } = pool;
      if (shape === null) continue;
      const { nodes } = this.#allowed(pool);
      if (nodes > 0 && this.#wouldTakeSome(shape, kinds)) all.push({ pool, shape, nodes });
    }
    const best = Math.min(...all.map(({ pool }) => pool.group.policy.prefer));
    return all.filter(({ pool }) => pool.group.policy.prefer === best);
  }

  /** Answers what found no place. */
  *#serve(demands: readonly SourcedDemand[]): Generator<undefined, readonly SourcedDemand[]> {
    let left = demands;
    while (left.length > 0) {
      const serving = yield* this.#serving(left);
      yield;
      const ranked = serving.length === 1 ? serving : yield* rankServing(this.#input.simulation, serving, left);
      const [chosen] = ranked;
      if (chosen === undefined) break;
      const before = podsOf(left);
      const zoneByZone = yield* this.#orderZones(ranked, left);
      left = zoneByZone ?? (yield* this.#order(chosen, serving, left));
      if (podsOf(left) === before) break;
      yield;
    }
    return left;
  }

  /**
   * Where pods must be spread over zones, and groups of more than one could serve them: the best group of each zone grows,
   * also in zones where no node is yet. Null: there is no such case, or nobody would find a place that way.
   */
  *#orderZones(
    ranked: readonly Serving[],
    demands: readonly SourcedDemand[],
  ): Generator<undefined, readonly SourcedDemand[] | null> {
    const [chosen] = ranked;
    if (chosen === undefined || ranked.length < 2) return null;
    const { simulation } = this.#input;
    const keys = new Set(kindsOf(demands).flatMap((needs) => simulation.zonedBy(needs) ?? []));
    if (keys.size === 0) return null;
    const zoneOf = ({ shape }: Serving): string =>
      JSON.stringify([...keys].map((key) => shape.room.labels[key] ?? null));
    const alike = ranked.filter((one) => one === chosen || this.#mayStandIn(one, chosen, demands));
    const zones = new Set(alike.map(zoneOf));
    const others = new Map<string, Serving>();
    const most = mostOf(kindsOf(demands), chosen);
    // The best of each zone that holds whatever the chosen one holds; where none does, the best.
    for (const one of [...ranked.filter((other) => holds(other, most)), ...ranked])
      if (!zones.has(zoneOf(one)) && !others.has(zoneOf(one))) others.set(zoneOf(one), one);
    if (zones.size + others.size < 2) return null;
    const serving = [...alike, ...others.values()];
    const before = simulation.checkpoint();
    const orderedBefore = new Map(this.#ordered);
    simulation.foresee(serving.map(({ shape }) => shape.room));
    const { lanes, left, progress } = yield* packingZones(
      simulation,
      demands,
      serving.map((one, index) => this.#laneOf(one, index < alike.length)),
    );
    simulation.foresee([]);
    this.#ordered.clear();
    for (const [name, nodes] of orderedBefore) this.#ordered.set(name, nodes);
    if (!progress) {
      simulation.rollBack(before);
      return null;
    }
    for (const [index, { rooms, placed }] of lanes.entries()) {
      const pool = serving[index]?.pool;
      if (pool !== undefined && rooms.length > 0) this.#open(pool, rooms, placed);
    }
    return left;
  }

  #laneOf({ pool, shape }: Serving, forAll: boolean): Lane {
    const name = nameOf(pool);
    const ordered = (): number => this.#ordered.get(name) ?? 0;
    let known = { nodes: 0, at: -Infinity };
    // Totals and quota are common: what another group takes meanwhile is gone. Far from every limit it is enough to ask now and then.
    const mayOpen = (): boolean => {
      const total = this.#orderedTotal;
      if (known.nodes < farFromLimits || total - known.at >= asksEvery)
        known = { nodes: this.#allowed(pool).nodes, at: total };
      return known.nodes > 0;
    };
    return {
      shape,
      forAll,
      size: () => pool.group.count + ordered(),
      mayOpen,
      opened: () => {
        this.#ordered.set(name, ordered() + 1);
        this.#orderedTotal += 1;
      },
    };
  }

  /** The chosen group and those that look like it grow together. */
  *#order(
    chosen: Serving,
    serving: readonly Serving[],
    demands: readonly SourcedDemand[],
  ): Generator<undefined, readonly SourcedDemand[]> {
    const alike = serving.filter((one) => one !== chosen && this.#mayStandIn(one, chosen, demands));
    if (alike.length === 0) return yield* this.#commit(chosen, chosen.nodes, demands);
    const { simulation } = this.#input;
    const before = simulation.checkpoint();
    const { rooms } = yield* packing(simulation, demands, chosen.shape, Infinity);
    simulation.rollBack(before);
    const together = [chosen, ...alike];
    const sizes = together.map(({ pool, nodes }) => {
      const size = pool.group.count + (this.#ordered.get(nameOf(pool)) ?? 0);
      return { size, max: size + nodes };
    });
    let left = demands;
    for (const [index, share] of shareOut(sizes, rooms.length).entries()) {
      const one = together[index];
      if (one === undefined || share === 0 || left.length === 0) continue;
      // Totals and quota are common: what the one before has taken is gone.
      left = yield* this.#commit(one, Math.min(share, this.#allowed(one.pool).nodes), left);
    }
    return left === demands ? yield* this.#commit(chosen, chosen.nodes, demands) : left;
  }

  #mayStandIn(one: Serving, chosen: Serving, demands: readonly SourcedDemand[]): boolean {
    if (!lookAlike(one.shape.room, chosen.shape.room)) return false;
    const kinds = kindsOf(demands);
    const taken = this.#tried(chosen.shape, (takes) => kinds.filter(takes));
    return this.#tried(one.shape, (takes) => taken.every(takes));
  }

  *#commit(
    { pool, shape }: Serving,
    nodes: number,
    demands: readonly SourcedDemand[],
  ): Generator<undefined, readonly SourcedDemand[]> {
    const { rooms, placed, left } = yield* packing(this.#input.simulation, demands, shape, nodes);
    if (placed.length === 0) return demands;
    this.#open(pool, rooms, placed);
    return left;
  }

  #open(pool: Pool, rooms: readonly Room[], placed: readonly SourcedDemand[]): void {
    const name = nameOf(pool);
    this.#add(pool, rooms.length, placed, { kind: 'pods' });
    this.#opened.set(name, [...(this.#opened.get(name) ?? []), ...rooms]);
  }

  #add(pool: Pool, nodes: number, served: readonly SourcedDemand[], trigger: Trigger): void {
    const name = nameOf(pool);
    const before = this.#byGroup.get(name) ?? { add: 0, for: [], trigger };
    this.#byGroup.set(name, { ...before, add: before.add + nodes, for: [...before.for, ...served] });
    this.#ordered.set(name, (this.#ordered.get(name) ?? 0) + nodes);
  }

  #grows(pool: Pool): boolean {
    const name = nameOf(pool);
    return this.#byGroup.has(name) || (this.#input.ordered.get(name) ?? 0) > 0;
  }

  /** Each group that would take some of those that are left says why it does not. */
  #whyNot(left: readonly SourcedDemand[]): Map<string, Allowed> {
    const stopped = new Map<string, Allowed>();
    if (left.length === 0) return stopped;
    const { pools, cluster, now } = this.#input;
    const kinds = kindsOf(left);
    for (const pool of pools) {
      const { shape, group } = pool;
      const name = nameOf(pool);
      if (shape !== null) {
        if (this.#wouldTakeSome(shape, kinds)) stopped.set(name, this.#allowed(pool));
      } else if (!this.#grows(pool)) {
        // Whether a node of unknown size would take the pods cannot be said: no VM is ordered, and the group says why.
        const flavor = group.magnum.flavor_id ?? 'its flavor';
        const mend = `write shape: {cpu, memory} for ${name}, or let springtide read ${flavor}`;
        stopped.set(name, growthBarrier(group, cluster, now) ?? stop('ShapeUnknown', mend));
      }
    }
    return stopped;
  }

  /** One node more, in the policy's first group that may grow; one that already grows is that node. */
  #relieve(by: Saturated): void {
    const pools = this.#input.pools
      .filter(({ group }) => group.document === by.document)
      .toSorted((one, other) => one.group.policy.prefer - other.group.policy.prefer);
    if (pools.some((pool) => this.#grows(pool))) return;
    for (const pool of pools) {
      const allowed = this.#allowed(pool);
      if (allowed.nodes === 0) continue;
      this.#add(pool, 1, [], { kind: 'saturated', by });
      return;
    }
  }

  #toMinimum(pool: Pool, stopped: Map<string, Allowed>): void {
    const { group } = pool;
    const name = nameOf(pool);
    const standing = group.count - group.lost - group.replaceable.length;
    const short = group.min - standing - (this.#ordered.get(name) ?? 0);
    if (short <= 0) return;
    const allowed = this.#allowed(pool);
    if (allowed.nodes < short && !stopped.has(name)) stopped.set(name, allowed);
    const add = Math.min(short, allowed.nodes);
    if (add > 0) this.#add(pool, add, [], { kind: 'minimum' });
  }
}

export const planGrowth = (input: GrowthInput): Generator<undefined, GrowthPlan> => new GrowthPlanner(input).plan();
