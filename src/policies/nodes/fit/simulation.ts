// Nodes and the pods on them, as the scheduler would see them: who fits where, tried out and undone.
import type { ObjectMeta, Pod, PodSpec } from '../../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../../model/snapshot.ts';
import { isTerminal, requestsOf, type Requests } from '../../pod-facts.ts';
import { giveBack, mayRunOn, take, toleratesAll, type Room } from '../room.ts';

export type Labels = Readonly<Record<string, string>>;

/** What the scheduler asks of a pod: one object for pods that are alike to it. */
export interface Needs {
  readonly namespace: string;
  readonly labels: Labels;
  readonly spec: PodSpec | undefined;
  readonly requests: Requests;
  readonly priority: number;
}

export type FitRule =
  | 'resource'
  | 'pods'
  | 'taint'
  | 'nodeSelector'
  | 'nodeAffinity'
  | 'podAffinity'
  | 'podAntiAffinity'
  | 'topologySpread'
  | 'hostPort'
  | 'volume';

/** Why a pod does not fit on a node: `cpu 500m of 120m free`, `dedicated=db:NoSchedule`, the name of the claim. */
export interface Misfit {
  readonly rule: FitRule;
  readonly detail: string;
}

export interface Likeness {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: PodSpec;
}

/** How much had been done: valid until something older is rolled back. */
export interface Checkpoint {
  readonly done: number;
}

const onePlace = 1000;

export class Simulation {
  readonly facts: KubernetesFacts;
  readonly #rooms = new Map<string, Room>();
  readonly #alike = new Map<string, Needs>();
  readonly #undo: (() => void)[] = [];

  constructor(facts: KubernetesFacts) {
    this.facts = facts;
  }

  needsOf({ metadata, spec }: Likeness): Needs {
    const { namespace = '', labels = {} } = metadata ?? {};
    const key = JSON.stringify([namespace, labels, { ...spec, nodeName: '' }]);
    const known = this.#alike.get(key);
    if (known !== undefined) return known;
    const needs: Needs = { namespace, labels, spec, requests: requestsOf(spec), priority: spec?.priority ?? 0 };
    this.#alike.set(key, needs);
    return needs;
  }

  /** A node, real or ordered, with those that run on it; its free room is what they leave of its capacity. */
  addRoom(room: Room, pods: readonly Pod[]): void {
    const own: Room = { ...room, free: { ...room.capacity } };
    for (const pod of pods) if (!isTerminal(pod)) take(requestsOf(pod.spec), own);
    this.#rooms.set(room.name, own);
    this.#undo.push(() => this.#rooms.delete(room.name));
  }

  /** It leaves, with everybody on it. */
  removeRoom(name: string): void {
    const before = [...this.#rooms];
    if (!this.#rooms.delete(name)) return;
    // The order of rooms is the order of first fit: it comes back as it was.
    this.#undo.push(() => {
      this.#rooms.clear();
      for (const [known, room] of before) this.#rooms.set(known, room);
    });
  }

  has(name: string): boolean {
    return this.#rooms.has(name);
  }

  roomNames(): Iterable<string> {
    return this.#rooms.keys();
  }

  roomOf(name: string): Room {
    const room = this.#rooms.get(name);
    if (room === undefined) throw new Error(`The simulation has no node ${name}.`);
    return room;
  }

  freeOf(name: string, resource: string): number {
    return this.roomOf(name).free[resource] ?? 0;
  }

  /** Null: it fits now. */
  misfit(needs: Needs, roomName: string): Misfit | null {
    const room = this.roomOf(roomName);
    if (!toleratesAll(needs.spec?.tolerations ?? [], room.taints)) {
      const [taint] = room.taints.filter((one) => !toleratesAll(needs.spec?.tolerations ?? [], [one]));
      return { rule: 'taint', detail: `${taint?.key ?? ''}=${taint?.value ?? ''}:${taint?.effect ?? ''}` };
    }
    if (!mayRunOn(needs.spec, room)) return { rule: 'nodeAffinity', detail: roomName };
    if ((room.free['pods'] ?? 0) < onePlace) return { rule: 'pods', detail: `${(room.capacity['pods'] ?? 0) / 1000}` };
    for (const [name, milli] of Object.entries(needs.requests))
      if (milli > 0 && (room.free[name] ?? 0) < milli)
        return { rule: 'resource', detail: `${name} ${milli / 1000} of ${(room.free[name] ?? 0) / 1000} free` };
    return null;
  }

  take(needs: Needs, roomName: string): void {
    const room = this.roomOf(roomName);
    take(needs.requests, room);
    this.#undo.push(() => giveBack(needs.requests, room));
  }

  leave(needs: Needs, roomName: string): void {
    const room = this.roomOf(roomName);
    giveBack(needs.requests, room);
    this.#undo.push(() => take(needs.requests, room));
  }

  /** The first node that it fits on; the place is taken. */
  placeAnywhere(needs: Needs, options: { readonly except?: string; readonly hint?: string } = {}): string | null {
    const { except, hint } = options;
    const tryIn = (name: string): boolean => {
      if (name === except || !this.has(name) || this.misfit(needs, name) !== null) return false;
      this.take(needs, name);
      return true;
    };
    if (hint !== undefined && tryIn(hint)) return hint;
    for (const name of this.#rooms.keys()) if (tryIn(name)) return name;
    return null;
  }

  /** How many of them found a place, first fit in the order of rooms. */
  placeMany(needs: Needs, count: number): number {
    let placed = 0;
    while (placed < count && this.placeAnywhere(needs) !== null) placed += 1;
    return placed;
  }

  checkpoint(): Checkpoint {
    return { done: this.#undo.length };
  }

  rollBack(to: Checkpoint): void {
    while (this.#undo.length > to.done) this.#undo.pop()?.();
  }
}

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

/** Large ones first: cpu/allocatable + memory/allocatable of the node that is asked for. */
export function byDecreasingSize<Kind extends Demanded>(demands: readonly Kind[], capacity: Requests): readonly Kind[] {
  const share = ({ requests }: Needs, name: string): number => (requests[name] ?? 0) / (capacity[name] ?? 1);
  const score = ({ needs }: Kind): number => share(needs, 'cpu') + share(needs, 'memory');
  return demands
    .map((demand) => ({ demand, score: score(demand) }))
    .sort((one, other) => other.score - one.score)
    .map(({ demand }) => demand);
}

const hostname = 'kubernetes.io/hostname';

/** First-fit decreasing into new nodes of one shape, at most `limit` of them. */
export function pack<Kind extends Demanded>(
  simulation: Simulation,
  demands: readonly Kind[],
  shape: NodeShape,
  limit: number,
): Packing<Kind> {
  const rooms: Room[] = [];
  const placed: Kind[] = [];
  const left: Kind[] = [];
  const open = (): string => {
    let number = rooms.length + 1;
    while (simulation.has(`${shape.room.name}-${number}`)) number += 1;
    const name = `${shape.room.name}-${number}`;
    const room = { ...shape.room, name, labels: { ...shape.room.labels, [hostname]: name } };
    simulation.addRoom(room, shape.daemons);
    rooms.push(room);
    return name;
  };
  for (const demand of byDecreasingSize(demands, shape.room.capacity)) {
    let pods = demand.pods;
    const fill = (name: string): void => {
      while (pods > 0 && simulation.misfit(demand.needs, name) === null) {
        simulation.take(demand.needs, name);
        pods -= 1;
      }
    };
    for (const room of rooms) fill(room.name);
    while (pods > 0 && rooms.length < limit) {
      const before = { pods, checkpoint: simulation.checkpoint() };
      fill(open());
      if (pods < before.pods) continue;
      simulation.rollBack(before.checkpoint);
      rooms.pop();
      break;
    }
    if (pods < demand.pods) placed.push({ ...demand, pods: demand.pods - pods });
    if (pods > 0) left.push({ ...demand, pods });
  }
  return { rooms, placed, left };
}
