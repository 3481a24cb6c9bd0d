// How many pods that a rule speaks of run in each domain of a topology: in each zone, on each node.
import type { Kin } from './needs.ts';

/** The values of one node label, numbered, and which of them each node has. */
export class Topology {
  readonly key: string;
  /** by the node's slot; -1: it has no such label */
  readonly ofSlot: number[] = [];
  /** the nodes that are there, by domain */
  readonly nodes: number[] = [];
  readonly #ids = new Map<string, number>();
  /** by domain, ascending; some may have been given to others since */
  readonly #slots: number[][] = [];
  #inOrder: readonly number[] = [];

  constructor(key: string) {
    this.key = key;
  }

  /** By their names: which of them was seen first depends on what was tried before, and must decide nothing. */
  get inOrder(): readonly number[] {
    if (this.#inOrder.length < this.#ids.size)
      this.#inOrder = [...this.#ids].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, id]) => id);
    return this.#inOrder;
  }

  idOf(value: string): number | undefined {
    return this.#ids.get(value);
  }

  put(slot: number, value: string | undefined): void {
    let id = -1;
    if (value !== undefined) {
      id = this.#ids.get(value) ?? this.#ids.size;
      this.#ids.set(value, id);
      this.nodes[id] ??= 0;
    }
    this.ofSlot[slot] = id;
    if (id < 0) return;
    const slots = (this.#slots[id] ??= []);
    // Nodes that were only tried are gone without a word; their places are given anew.
    while ((slots.at(-1) ?? -1) >= slot) slots.pop();
    slots.push(slot);
  }

  /** The first place from there on that is in the domain; -1: there is none. */
  next(domain: number, from: number): number {
    const slots = this.#slots[domain] ?? [];
    let low = 0;
    for (let high = slots.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((slots[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    while (low < slots.length && this.ofSlot[slots[low] ?? -1] !== domain) low += 1;
    return slots[low] ?? -1;
  }

  count(slot: number, change: 1 | -1): void {
    const id = this.ofSlot[slot] ?? -1;
    if (id >= 0) this.nodes[id] = (this.nodes[id] ?? 0) + change;
  }
}

export class Counter {
  readonly id: number;
  readonly topology: Topology;
  /** by the node's slot: its domain, or -1 where it does not count */
  readonly place: number[];
  readonly counts: number[] = [];
  total = 0;
  /** domains that have a node */
  domains = 0;
  readonly counted: (kin: Kin) => boolean;
  /** null: every node with the label counts */
  readonly eligible: ((slot: number) => boolean) | null;
  readonly #nodes: number[];
  /** how many domains have a count, by that count: the least is found without looking at all */
  readonly #levels: number[] = [];
  #least = 0;

  constructor(
    id: number,
    topology: Topology,
    counted: (kin: Kin) => boolean,
    eligible: ((slot: number) => boolean) | null,
  ) {
    this.id = id;
    this.topology = topology;
    this.counted = counted;
    this.eligible = eligible;
    this.place = eligible === null ? topology.ofSlot : [];
    // Where every node counts, those that are there are known; of the others each is asked.
    this.#nodes = eligible === null ? topology.nodes.slice() : [];
    this.domains = this.#nodes.reduce((sum, nodes) => (nodes > 0 ? sum + 1 : sum), 0);
    this.#levels[0] = this.domains;
  }

  enter(slot: number): void {
    if (this.eligible !== null) this.place[slot] = this.eligible(slot) ? (this.topology.ofSlot[slot] ?? -1) : -1;
    this.#node(slot, 1);
  }

  leave(slot: number): void {
    this.#node(slot, -1);
  }

  add(slot: number, pods: number): void {
    const domain = this.place[slot] ?? -1;
    if (domain < 0 || pods === 0) return;
    const before = this.counts[domain] ?? 0;
    this.counts[domain] = before + pods;
    this.total += pods;
    if ((this.#nodes[domain] ?? 0) === 0) return;
    this.#level(before, -1);
    this.#level(before + pods, 1);
  }

  /** Whether a node that counts is in the domain of that name. */
  has(value: string): boolean {
    const domain = this.topology.idOf(value);
    return domain !== undefined && (this.#nodes[domain] ?? 0) > 0;
  }

  at(slot: number): number {
    const domain = this.place[slot] ?? -1;
    return domain < 0 ? 0 : (this.counts[domain] ?? 0);
  }

  /** The count of the domain that has least; 0 where there are fewer domains than asked for. */
  least(atLeastDomains: number): number {
    if (this.domains === 0 || this.domains < atLeastDomains) return 0;
    while ((this.#levels[this.#least] ?? 0) === 0) this.#least += 1;
    return this.#least;
  }

  #node(slot: number, change: 1 | -1): void {
    const domain = this.place[slot] ?? -1;
    if (domain < 0) return;
    const before = this.#nodes[domain] ?? 0;
    this.#nodes[domain] = before + change;
    const appears = before === 0;
    const vanishes = before + change === 0;
    if (!appears && !vanishes) return;
    this.domains += change;
    this.#level(this.counts[domain] ?? 0, change);
  }

  #level(count: number, change: 1 | -1): void {
    this.#levels[count] = (this.#levels[count] ?? 0) + change;
    if (change > 0 && count < this.#least) this.#least = count;
  }
}
