// How many new nodes of one shape pods need: first-fit decreasing, the largest kinds first.
import type { Pod } from '../../../model/kubernetes.ts';
import type { Requests } from '../../pod-facts.ts';
import type { Room } from '../room.ts';
import type { Needs } from './needs.ts';
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

export interface Packing<Kind extends Demanded> {
  /** the new nodes: the simulation holds them until it is rolled back */
  readonly rooms: readonly Room[];
  readonly placed: readonly Kind[];
  readonly left: readonly Kind[];
}

const hostname = 'kubernetes.io/hostname';

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
class Opening {
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
    do this.#number += 1;
    while (this.#simulation.has(`${room.name}-${this.#number}`));
    const name = `${room.name}-${this.#number}`;
    const opened: Room = { ...room, name, labels: { ...room.labels, [hostname]: name } };
    this.#simulation.openRoom(opened, daemons);
    this.rooms.push(opened);
    return opened;
  }

  close(): void {
    this.rooms.pop();
    this.#number -= 1;
  }
}

/**
 * First-fit decreasing into new nodes of one shape, at most `limit` of them; what fits into nodes that were opened before
 * in this simulation goes there. A new node may make places free on others: pods that are spread are then tried everywhere.
 */
export function pack<Kind extends Demanded>(
  simulation: Simulation,
  demands: readonly Kind[],
  shape: NodeShape,
  limit: number,
): Packing<Kind> {
  const opening = new Opening(simulation, shape);
  const placed: Kind[] = [];
  const left: Kind[] = [];
  for (const demand of byDecreasingSize(demands, shape.room.capacity)) {
    const { needs } = demand;
    let pods = demand.pods - simulation.placeInOpened(needs, demand.pods);
    while (pods > 0 && opening.rooms.length < limit) {
      const before = simulation.checkpoint();
      const least = simulation.leastOf(needs);
      const { name } = opening.open();
      const here = simulation.placeIn(needs, name, pods);
      if (here === 0) {
        simulation.rollBack(before);
        opening.close();
        break;
      }
      pods -= here;
      if (pods > 0 && simulation.leastOf(needs).some((now, index) => now > (least[index] ?? 0)))
        pods -= simulation.placeMany(needs, pods);
    }
    if (pods < demand.pods) placed.push({ ...demand, pods: demand.pods - pods });
    if (pods > 0) left.push({ ...demand, pods });
  }
  return { rooms: opening.rooms, placed, left };
}
