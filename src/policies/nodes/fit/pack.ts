// How many new nodes of one shape pods need: first-fit decreasing, the largest kinds first.
import type { Pod } from '../../../model/kubernetes.ts';
import type { Requests } from '../../pod-facts.ts';
import { roomNamed, type Room } from '../room.ts';
import type { Needs } from './needs.ts';
import { requiredNodes } from './node-rules.ts';
import type { Simulation } from './simulation.ts';

/** What a new node would be, with the DaemonSet pods that come with it. */
export interface NodeShape {
  readonly room: Room;
  readonly daemons: readonly Pod[];
}

export interface Demanded {
  readonly needs: Needs;
  readonly pods: number;
}

export const podsOf = (demands: readonly Demanded[]): number => demands.reduce((sum, { pods }) => sum + pods, 0);

export interface Packing<Kind extends Demanded> {
  /** the new nodes: the simulation holds them until it is rolled back */
  readonly rooms: readonly Room[];
  readonly placed: readonly Kind[];
  readonly left: readonly Kind[];
}

/** Large ones first: cpu/allocatable + memory/allocatable of the node that is asked for; of equals the more important. */
export function byDecreasingSize<Kind extends Demanded>(demands: readonly Kind[], capacity: Requests): readonly Kind[] {
  const share = ({ requests }: Needs, name: string): number => (requests[name] ?? 0) / (capacity[name] ?? 1);
  const score = ({ needs }: Kind): number => share(needs, 'cpu') + share(needs, 'memory');
  return demands
    .map((demand) => ({ demand, score: score(demand) }))
    .sort((one, other) => other.score - one.score)
    .map(({ demand }) => demand);
}

/** New nodes of a shape in a simulation, named one after the other. */
export class Opening {
  readonly rooms: Room[] = [];
  readonly #simulation: Simulation;
  readonly #shape: NodeShape;
  #number = 0;

  constructor(simulation: Simulation, shape: NodeShape) {
    this.#simulation = simulation;
    this.#shape = shape;
  }

  open(): Room {
    const { room, daemons } = this.#shape;
    let name: string;
    do {
      this.#number += 1;
      name = `${room.name}-${this.#number}`;
    } while (this.#simulation.has(name));
    const opened = roomNamed(room, name);
    this.#simulation.openRoom(opened, daemons);
    this.rooms.push(opened);
    return opened;
  }

  close(): void {
    this.rooms.pop();
    this.#number -= 1;
  }
}

/** Pods that are alike are placed together, whoever they belong to. */
interface Alike<Kind extends Demanded> {
  readonly needs: Needs;
  readonly demands: Kind[];
  pods: number;
}

/** The same demands are tried with one shape after the other. */
const remembered = new WeakMap<readonly Demanded[], readonly Alike<Demanded>[]>();

export function alikeOf<Kind extends Demanded>(demands: readonly Kind[]): readonly Alike<Kind>[] {
  const before = remembered.get(demands);
  if (before !== undefined) return before as readonly Alike<Kind>[];
  const alike = new Map<Needs, Alike<Kind>>();
  for (const demand of demands) {
    const { needs, pods } = demand;
    const known = alike.get(needs);
    if (known === undefined) alike.set(needs, { needs, demands: [demand], pods });
    else {
      known.demands.push(demand);
      known.pods += pods;
    }
  }
  const all = [...alike.values()];
  remembered.set(demands, all);
  return all;
}

/** Whose rules must be asked, whoever they belong to and however many they are. */
export const kindsOf = (demands: readonly Demanded[]): readonly Needs[] => alikeOf(demands).map(({ needs }) => needs);

/** The places that were found, given to those who asked first. */
export function shared<Kind extends Demanded>(
  all: readonly Alike<Kind>[],
  placedOf: ReadonlyMap<Needs, number>,
): Pick<Packing<Kind>, 'placed' | 'left'> {
  const placed: Kind[] = [];
  const left: Kind[] = [];
  for (const { needs, demands } of all) {
    let places = placedOf.get(needs) ?? 0;
    for (const demand of demands) {
      const pods = Math.min(places, demand.pods);
      places -= pods;
      if (pods > 0) placed.push(pods === demand.pods ? demand : { ...demand, pods });
      if (pods < demand.pods) left.push(pods === 0 ? demand : { ...demand, pods: demand.pods - pods });
    }
  }
  return { placed, left };
}

const roomsAStep = 256;
const kindsAStep = 8;

/** Lists in which those that are alike stand together. */
const inOrder = new WeakSet<readonly Demanded[]>();

const isChoosy = ({ spec }: Needs): boolean => spec?.nodeSelector !== undefined || requiredNodes(spec) !== undefined;

/** Takes places on the nodes that are there for as many as fit, the large ones first, and answers the others. */
export function* placing<Kind extends Demanded>(
  simulation: Simulation,
  demands: readonly Kind[],
  largest: Requests,
): Generator<undefined, readonly Kind[]> {
  const placed = new Map<Needs, number>();
  const kinds = alikeOf(demands);
  yield;
  const bySize = byDecreasingSize(kinds, largest);
  // Those that may run on some nodes only come first: the others find room elsewhere, as they did when nodes were ordered for them.
  const all = [...bySize.filter(({ needs }) => isChoosy(needs)), ...bySize.filter(({ needs }) => !isChoosy(needs))];
  yield;
  let total = 0;
  for (const [index, { needs, pods }] of all.entries()) {
    const here = simulation.placeMany(needs, pods);
    placed.set(needs, here);
    total += here;
    if (index % kindsAStep === kindsAStep - 1) yield;
  }
  // The same list again, where it would be made in the same order: what is known of who in it are alike stays known.
  if (total === 0 && inOrder.has(demands) && kinds.every((kind, index) => kind === all[index])) return demands;
  const { left } = shared(all, placed);
  inOrder.add(left);
  return left;
}

/** As many as new nodes take; a new node may make places free on others: pods that are spread are then tried everywhere. */
function* placeOnNew(
  simulation: Simulation,
  needs: Needs,
  pods: number,
  opening: Opening,
  limit: number,
): Generator<undefined, number> {
  let left = pods;
  while (left > 0 && opening.rooms.length < limit) {
    const before = simulation.checkpoint();
    const { name } = opening.open();
    const here = simulation.placeIn(needs, name, left);
    if (here === 0) {
      simulation.rollBack(before);
      opening.close();
      break;
    }
    left -= here;
    if (left > 0 && simulation.isSpread(needs)) left -= simulation.placeMany(needs, left);
    if (opening.rooms.length % roomsAStep === 0) yield;
  }
  return pods - left;
}

/**
 * First-fit decreasing into new nodes of one shape, at most `limit` of them; what fits into nodes that were opened before
 * in this simulation goes there. It pauses now and then, for others to have their turn.
 */
export function* packing<Kind extends Demanded>(
  simulation: Simulation,
  demands: readonly Kind[],
  shape: NodeShape,
  limit: number,
): Generator<undefined, Packing<Kind>> {
  const opening = new Opening(simulation, shape);
  const placed = new Map<Needs, number>();
  const all = byDecreasingSize(alikeOf(demands), shape.room.capacity);
  for (const [index, { needs, pods }] of all.entries()) {
    const opened = simulation.placeInOpened(needs, pods);
    const fresh = opened === pods ? 0 : yield* placeOnNew(simulation, needs, pods - opened, opening, limit);
    placed.set(needs, opened + fresh);
    if (index % kindsAStep === kindsAStep - 1) yield;
  }
  // Those that came later may be whom they waited for, or the ones they are counted against.
  for (const [index, { needs, pods }] of all.entries()) {
    const before = placed.get(needs) ?? 0;
    if (before < pods && simulation.dependsOnOthers(needs))
      placed.set(needs, before + simulation.placeMany(needs, pods - before));
    if (index % kindsAStep === kindsAStep - 1) yield;
  }
  return { rooms: opening.rooms, ...shared(all, placed) };
}

/** The same without a pause. */
export function pack<Kind extends Demanded>(
  simulation: Simulation,
  demands: readonly Kind[],
  shape: NodeShape,
  limit: number,
): Packing<Kind> {
  const steps = packing(simulation, demands, shape, limit);
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

/** Of so many pods about `most`, of each kind its share: what they need tells what all of them would. */
export function sampleOf(demands: readonly Demanded[], most: number): readonly Demanded[] {
  const all = alikeOf(demands);
  const share = Math.min(1, most / podsOf(demands));
  if (share === 1) return demands;
  let due = 0;
  return all.flatMap(({ needs, pods }) => {
    due += pods * share;
    const drawn = Math.floor(due);
    due -= drawn;
    return drawn === 0 ? [] : [{ needs, pods: drawn }];
  });
}
