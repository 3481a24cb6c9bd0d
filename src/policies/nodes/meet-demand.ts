// The way up: who has no place today, who returns or is on the way already, and what must be ordered for the rest.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node } from '../../model/kubernetes.ts';
import { drainTaint } from '../../model/drain-record.ts';
import { demandsOf, type Demands } from './demand.ts';
import { placing } from './fit/pack.ts';
import { Simulation, type Checkpoint } from './fit/simulation.ts';
import type { Unusable } from './group-state.ts';
import type { GrowthPlan } from './growth.ts';
import { quotaIn, type Ordered } from './limits.ts';
import { justCome, settledWith } from './just-come.ts';
import { settledGrowth, type SettledInput } from './settled-growth.ts';
import type { Pool } from './growth-options.ts';
import type { NodeTick } from './node-tick.ts';
import { whoEnters, type Entering, type Preempting } from './preempting.ts';
import { broughtBack, stuckDrains, type ReturningInput } from './returning.ts';
import { roomNamed, type Room } from './room.ts';
import { closedRoomOf, roomOf, takesPods } from './rooms.ts';
import type { SaturationLook, Unasked } from './saturation.ts';
import { unreadBeside } from './unread-groups.ts';

export interface Met {
  /** the nodes that stay, and of those on their way out the ones that were tried last: whoever goes on begins at `bare` */
  readonly simulation: Simulation;
  /** the nodes that stay before anything that waits was placed, but those that push others out */
  readonly bare: Checkpoint;
  readonly growth: GrowthPlan;
  /** nodes on their way out whose room is needed by pods that wait */
  readonly needed: ReadonlySet<string>;
  /** nodes on their way out whose own pods have no other place any more, with one of these pods */
  readonly stuck: ReadonlyMap<string, string>;
  readonly demands: Demands;
  /** saturation queries that nobody can judge by */
  readonly unasked: readonly Unasked[];
  /** who pushes out others on today's nodes: in the simulation they have come already */
  readonly preempting: readonly Preempting[];
}

const nodesAStep = 128;
/** What a node that is taken back from a drain will not have any more. */
const ofTheDrain: ReadonlySet<string> = new Set([drainTaint, 'node.kubernetes.io/unschedulable']);

/** Nodes on their way count as room before they take pods: what waits for them orders nothing more. */
function addUpcoming(simulation: Simulation, pools: readonly Pool[], { podsOn }: NodeTick, more: Ordered): void {
  for (const { group, shape } of pools) {
    if (shape === null) continue;
    const { room, daemons } = shape;
    const arriving = group.arriving.slice(0, group.upcoming);
    for (const { metadata } of arriving) {
      const labels = { ...room.labels, ...metadata.labels };
      simulation.addRoom({ ...room, name: metadata.name, labels }, podsOn.get(metadata.name) ?? []);
    }
    const upcoming = group.upcoming + (more.get(group.policy.name) ?? 0);
    for (let index = arriving.length; index < upcoming; index += 1) {
      const name = `${room.name}-upcoming-${index}`;
      simulation.addRoom(roomNamed(room, name), daemons);
    }
  }
}

export function* meetDemand(
  tick: NodeTick,
  pools: readonly Pool[],
  unusable: readonly Unusable[],
  saturation: SaturationLook,
): Generator<undefined, Met> {
  const { snapshot, config, podsOn, now } = tick;
  const nodes = snapshot.kubernetes.nodes ?? [];
  // Who goes back to work needs no word from Magnum: those of groups that cannot be read may as well.
  const draining = new Set([...pools.map(({ group }) => group), ...unusable].flatMap((group) => group.draining));
  const notHere = new Set([...draining, ...pools.flatMap(({ group }) => group.arriving)]);
  const simulation = new Simulation(snapshot.kubernetes);
  const largest: Record<string, number> = {};
  let latest: Room['capacity'] | null = null;
  const add = (node: Node, taints?: Room['taints']): void => {
    const pods = podsOn.get(node.metadata.name) ?? [];
    // The simulation reckons by itself what they leave.
    const room = roomOf(node);
    const { capacity } = room;
    // Nodes of one size share what they can hold.
    if (capacity !== latest)
      for (const name in capacity) largest[name] = Math.max(largest[name] ?? 0, capacity[name] ?? 0);
    latest = capacity;
    simulation.addRoom(taints === undefined ? room : { ...room, taints }, pods);
  };
  for (const [index, node] of nodes.entries()) {
    const isHere = notHere.size === 0 || !notHere.has(node);
    const stays = isHere && drainOf(node) === null;
    if (isHere && takesPods(node)) add(node);
    // Nobody new comes there; those that run there still count for the rules of others.
    else if (stays) simulation.addRoom(closedRoomOf(node), podsOn.get(node.metadata.name) ?? []);
    if (index % nodesAStep === 0) yield;
  }
  yield;

  const asked = yield* demandsOf(tick, simulation);
  yield;
  const budgets = snapshot.kubernetes.poddisruptionbudgets ?? [];
  const entering: Entering = { simulation, podsOn, budgets, owners: asked.owners, largest };
  const untouched = simulation.checkpoint();
  const entered = yield* whoEnters(entering, asked.firm);
  const { bare, homeless } = entered;
  const demands: Demands = { ...asked, firm: entered.firm };
  const noHeadroom = yield* placing(simulation, demands.headroom, largest);
  const today = simulation.checkpoint();
  yield;

  // A node that is being drained goes back to work before a new one is ordered.
  const returning: ReturningInput = {
    tick,
    simulation,
    draining: [...draining],
    add: (node) => {
      add(
        node,
        (node.spec?.taints ?? []).filter(({ key }) => !ofTheDrain.has(key)),
      );
    },
    largest,
    bare,
    today,
    all: demands,
    homeless: { firm: homeless, headroom: noHeadroom },
  };
  const back = yield* broughtBack(returning);
  const { firm, headroom } = back;
  const ours = new Set(pools.flatMap(({ group }) => group.nodes));
  const input: SettledInput = {
    simulation,
    firm,
    headroom,
    largest,
    addUpcoming: (more) => addUpcoming(simulation, pools, tick, more),
    saturated: saturation.due,
    pools,
    ...unreadBeside(unusable, (node) => ours.has(node), tick),
    config,
    nova: quotaIn(snapshot),
    cluster: snapshot.magnum.cluster,
    now,
  };
  const settled = yield* settledGrowth(input);
  yield;
  simulation.rollBack(today);
  const addReturning = (): void => {
    back.nodes.forEach(returning.add);
  };
  const growth = yield* settledWith(justCome(pools, tick), settled, {
    ...input,
    tick,
    entering,
    entered,
    untouched,
    wanted: demands,
    addReturning,
  });
  yield;
  const stuck = yield* stuckDrains(returning, back);
  const needed = new Set(back.nodes.map(({ metadata }) => metadata.name));
  return {
    simulation,
    bare,
    growth,
    needed,
    stuck,
    demands,
    preempting: entered.preempting,
    unasked: saturation.unknown,
  };
}
