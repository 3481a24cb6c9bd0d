// The scheduler's picture of the nodes: what each can give and what its pods have taken, kept up with every change.
import { isTerminal, keyOfObject } from '../objects.ts';
import { quantityOf } from '../quantity.ts';
import { exact, podRequests } from './requests.ts';
import type { Node, Pod } from '../objects.ts';
import type { Change, Store } from '../store.ts';
import type { Room, Seat } from './placement.ts';
import type { Amounts } from './requests.ts';

export class Seats {
  readonly #seats = new Map<string, Seat>();
  /** Pods whose node is not (or no longer) there. */
  readonly #homeless = new Map<string, Pod>();
  #sorted: Seat[] | undefined;
  #repelling = 0;

  constructor(store: Store) {
    store.subscribe((change) => this.#note(change));
  }

  /** All seats in the order of their names. */
  all(): readonly Seat[] {
    this.#sorted ??= [...this.#seats.values()].sort((a, b) => (a.node.metadata.name < b.node.metadata.name ? -1 : 1));
    return this.#sorted;
  }

  room(): Room {
    return {
      seats: this.all(),
      repelling: this.#repelling === 0 ? [] : this.all().filter((seat) => seat.repelling.size > 0),
    };
  }

  #note({ type, resource, object, previous }: Change): void {
    if (resource === 'nodes') this.#noteNode(object as Node, type === 'DELETED');
    else if (resource === 'pods') {
      if (previous !== undefined) this.#release(previous as Pod);
      const pod = object as Pod;
      if (type !== 'DELETED' && pod.spec.nodeName !== undefined && !isTerminal(pod)) this.#take(pod);
    }
  }

  #noteNode(node: Node, gone: boolean): void {
    const { name } = node.metadata;
    const old = this.#seats.get(name);
    this.#sorted = undefined;
    if (gone) {
      this.#seats.delete(name);
      for (const [key, pod] of old?.pods ?? []) this.#homeless.set(key, pod);
      return;
    }
    const allocatable: Amounts = Object.fromEntries(
      Object.entries(node.status.allocatable ?? {}).map(([resource, amount]) => [resource, quantityOf(amount)]),
    );
    this.#seats.set(name, {
      node,
      allocatable,
      used: old?.used ?? {},
      pods: old?.pods ?? new Map<string, Pod>(),
      repelling: old?.repelling ?? new Map<string, Pod>(),
    });
    if (old !== undefined) return;
    for (const pod of [...this.#homeless.values()]) if (pod.spec.nodeName === name) this.#take(pod);
  }

  #take(pod: Pod): void {
    const key = keyOfObject(pod);
    const seat = this.#seats.get(pod.spec.nodeName ?? '');
    if (seat === undefined) {
      this.#homeless.set(key, pod);
      return;
    }
    this.#homeless.delete(key);
    seat.pods.set(key, pod);
    if (pod.spec.affinity?.podAntiAffinity !== undefined) {
      seat.repelling.set(key, pod);
      this.#repelling += 1;
    }
    for (const [name, amount] of Object.entries(podRequests(pod.spec)))
      seat.used[name] = exact((seat.used[name] ?? 0) + amount);
  }

  #release(pod: Pod): void {
    const key = keyOfObject(pod);
    this.#homeless.delete(key);
    const seat = this.#seats.get(pod.spec.nodeName ?? '');
    if (seat === undefined || !seat.pods.delete(key)) return;
    if (seat.repelling.delete(key)) this.#repelling -= 1;
    for (const [name, amount] of Object.entries(podRequests(pod.spec)))
      seat.used[name] = exact((seat.used[name] ?? 0) - amount);
  }
}
