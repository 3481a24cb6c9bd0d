// How many new nodes of several shapes pods need that must be spread over zones: zone by zone, in one packing.
import type { Requests } from '../../pod-facts.ts';
import type { Room } from '../room.ts';
import { alikeOf, byDecreasingSize, Opening, shared, type Demanded, type NodeShape } from './pack.ts';
import type { Needs } from './needs.ts';
import type { Simulation } from './simulation.ts';

/** A group that may get nodes in this packing. */
export interface Lane {
  readonly shape: NodeShape;
  /** pods that need no zone come here as well */
  readonly forAll: boolean;
  /** how large it is now: the smaller one grows first */
  size(): number;
  mayOpen(): boolean;
  /** it has one more now */
  opened(): void;
}

export interface ZonedPacking<Kind extends Demanded> {
  /** by lane: the new nodes, and whom they take */
  readonly lanes: readonly { readonly rooms: readonly Room[]; readonly placed: readonly Kind[] }[];
  readonly left: readonly Kind[];
  readonly progress: boolean;
}

const kindsAStep = 8;
const roomsAStep = 16;

class ZonePacker {
  readonly #simulation: Simulation;
  readonly #lanes: readonly Lane[];
  readonly #openings: readonly Opening[];
  readonly laneOf = new Map<string, number>();
  #opened = 0;

  constructor(simulation: Simulation, lanes: readonly Lane[]) {
    this.#simulation = simulation;
    this.#lanes = lanes;
    this.#openings = lanes.map(({ shape }) => new Opening(simulation, shape));
  }

  roomsOf(lane: number): readonly Room[] {
    return this.#openings[lane]?.rooms ?? [];
  }

  *place(needs: Needs, pods: number): Generator<undefined, number> {
    const simulation = this.#simulation;
    const zoned = simulation.zonedBy(needs) !== null;
    let left = pods - simulation.placeInOpened(needs, pods);
    while (left > 0) {
      const here = this.#openFor(needs, left, zoned);
      if (here === 0) break;
      left -= here;
      // What came to one zone makes places free in the others, on nodes that were there before as well.
      if (left > 0 && simulation.isSpread(needs)) left -= simulation.placeMany(needs, left);
      if (++this.#opened % roomsAStep === 0) yield;
    }
    return pods - left;
  }

  /** One more node in the smallest lane that takes some of them; how many. */
  #openFor(needs: Needs, pods: number, zoned: boolean): number {
    const simulation = this.#simulation;
    const order = this.#lanes
      .map((lane, index) => ({ lane, index, size: lane.size() }))
      .filter(({ lane }) => (zoned ? !simulation.zoneIsFull(needs, lane.shape.room) : lane.forAll))
      .sort((one, other) => one.size - other.size || one.index - other.index);
    for (const { lane, index } of order) {
      const opening = this.#openings[index];
      if (opening === undefined || !lane.mayOpen()) continue;
      const before = simulation.checkpoint();
      const { name } = opening.open();
      const here = simulation.placeIn(needs, name, pods);
      if (here > 0) {
        this.laneOf.set(name, index);
        lane.opened();
        return here;
      }
      simulation.rollBack(before);
      opening.close();
    }
    return 0;
  }
}

/** First-fit decreasing over all lanes together; the simulation holds the new nodes. */
export function* packingZones<Kind extends Demanded>(
  simulation: Simulation,
  demands: readonly Kind[],
  lanes: readonly Lane[],
): Generator<undefined, ZonedPacking<Kind>> {
  const start = simulation.checkpoint();
  const packer = new ZonePacker(simulation, lanes);
  const placed = new Map<Needs, number>();
  const all = byDecreasingSize(alikeOf(demands), largestOf(lanes));
  for (const [index, { needs, pods }] of all.entries()) {
    placed.set(needs, yield* packer.place(needs, pods));
    if (index % kindsAStep === kindsAStep - 1) yield;
  }
  for (const [index, { needs, pods }] of all.entries()) {
    const before = placed.get(needs) ?? 0;
    if (before < pods && simulation.dependsOnOthers(needs))
      placed.set(needs, before + simulation.placeMany(needs, pods - before));
    if (index % kindsAStep === kindsAStep - 1) yield;
  }
  yield;
  const byLane = lanes.map(() => new Map<Needs, number>());
  for (const { needs, room, pods } of simulation.arrivals(start)) {
    const lane = byLane[packer.laneOf.get(room) ?? -1];
    if (lane !== undefined) lane.set(needs, (lane.get(needs) ?? 0) + pods);
  }
  yield;
  const short = all.some(({ needs, pods }) => (placed.get(needs) ?? 0) < pods);
  const left = short ? shared(alikeOf(demands), placed).left : [];
  const served = sharedByLane(demands, byLane).map((whom, index) => ({ rooms: packer.roomsOf(index), placed: whom }));
  yield;
  return { lanes: served, left, progress: [...placed.values()].some((pods) => pods > 0) };
}

/** Those who asked first are the first lane's. */
function sharedByLane<Kind extends Demanded>(
  demands: readonly Kind[],
  byLane: readonly ReadonlyMap<Needs, number>[],
): readonly (readonly Kind[])[] {
  const served = byLane.map((): Kind[] => []);
  for (const kind of alikeOf(demands)) {
    const places = byLane.map((counts) => counts.get(kind.needs) ?? 0);
    let lane = 0;
    for (const demand of kind.demands)
      for (let waiting = demand.pods; waiting > 0 && lane < places.length;) {
        const pods = Math.min(places[lane] ?? 0, waiting);
        places[lane] = (places[lane] ?? 0) - pods;
        waiting -= pods;
        if (pods > 0) served[lane]?.push(pods === demand.pods ? demand : { ...demand, pods });
        if (places[lane] === 0) lane += 1;
      }
  }
  return served;
}

function largestOf(lanes: readonly Lane[]): Requests {
  const largest: Record<string, number> = {};
  for (const { shape } of lanes)
    for (const [name, amount] of Object.entries(shape.room.capacity))
      largest[name] = Math.max(largest[name] ?? 0, amount);
  return largest;
}
