// The scheduler where pods push out others: one turn after the other, by any choice that it may make.
import type { Pod } from '../../../../src/model/kubernetes.ts';
import { naivelyFits, type NaiveNode } from '../fit/naive.ts';
import type { Plainly, Seat } from './scheduler.ts';

export interface Turn {
  readonly pod: Pod;
  readonly node: string;
  /** whom it pushes out there */
  readonly gone: readonly Pod[];
}

const priorityOf = ({ spec }: Pod): number => spec?.priority ?? 0;
const mayPush = ({ spec }: Pod): boolean => spec?.preemptionPolicy !== 'Never';
const of = <One>(list: readonly One[], pick: number): One | undefined => list[pick % list.length];

export class Contention {
  readonly #seats: readonly Seat[];
  readonly #plainly: Plainly;
  readonly #nodes: readonly NaiveNode[];

  constructor(seats: readonly Seat[], plainly: Plainly) {
    this.#seats = seats;
    this.#plainly = plainly;
    this.#nodes = seats.map(({ room, pods }) => ({ room, pods: pods.map(plainly) }));
  }

  /** Whether some node takes it as it is. */
  hasRoom(pod: Pod): boolean {
    return this.#rooms(pod).length > 0;
  }

  /** Whether some node takes it, if need be once others have left. */
  hasPlace(pod: Pod): boolean {
    return this.hasRoom(pod) || this.#options(pod).length > 0;
  }

  /** The most important first; which of its equals, and which node, is what chance picks. Null: nobody who waits has a place. */
  next(waiting: readonly Pod[], pick: number): Turn | null {
    const ranks = [...new Set(waiting.map(priorityOf))].sort((one, other) => other - one);
    for (const rank of ranks) {
      const some = waiting.filter((pod) => priorityOf(pod) === rank && this.hasPlace(pod));
      const pod = of(some, pick);
      if (pod === undefined) continue;
      const room = of(this.#rooms(pod), Math.floor(pick / some.length));
      if (room !== undefined) return { pod, node: room.room.name, gone: [] };
      const [best] = this.#options(pod);
      if (best !== undefined) return { pod, ...best };
    }
    return null;
  }

  #rooms(pod: Pod): readonly NaiveNode[] {
    const resident = this.#plainly(pod);
    return this.#nodes.filter(
      (node, index) => this.#seats[index]?.closed !== true && naivelyFits(resident, node, this.#nodes, {}),
    );
  }

  /** Those with the least important victims first, then with the fewest. */
  #options(pod: Pod): readonly Omit<Turn, 'pod'>[] {
    if (!mayPush(pod)) return [];
    const highest = ({ gone }: Omit<Turn, 'pod'>): number => Math.max(...gone.map(priorityOf));
    return this.#seats
      .flatMap((seat, index) => this.#option(pod, seat, index))
      .sort((one, other) => highest(one) - highest(other) || one.gone.length - other.gone.length);
  }

  #option(pod: Pod, seat: Seat, index: number): readonly Omit<Turn, 'pod'>[] {
    if (seat.closed === true) return [];
    const resident = this.#plainly(pod);
    const fitsWith = (pods: readonly Pod[]): boolean => {
      const node = { room: seat.room, pods: pods.map(this.#plainly) };
      return naivelyFits(resident, node, this.#nodes.with(index, node), {});
    };
    let stay = seat.pods.filter((one) => priorityOf(one) >= priorityOf(pod));
    const lower = seat.pods.filter((one) => priorityOf(one) < priorityOf(pod));
    if (lower.length === 0 || !fitsWith(stay)) return [];
    const gone: Pod[] = [];
    for (const one of lower.toSorted((a, b) => priorityOf(b) - priorityOf(a)))
      if (fitsWith([...stay, one])) stay = [...stay, one];
      else gone.push(one);
    return [{ node: seat.room.name, gone }];
  }
}
