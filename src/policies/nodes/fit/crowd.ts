// Who runs on the nodes of a simulation, as the rules of others count them: one counter for all rules that ask the same.
import type { Room } from '../room.ts';
import { censusFor, type Census, type Kins } from './census.ts';
import { Counter, Topology } from './counter.ts';
import { nobody, type Image } from './image.ts';
import type { Kin } from './needs.ts';
import { termOf, type NamespaceLabels, type Namespaces, type Term } from './selector.ts';

interface Keeper {
  readonly counter: Counter;
  readonly term: Term;
}

/** A kin within one simulation: which counters count its pods, and which rules of others keep them away. */
export interface KinState {
  readonly id: number;
  readonly kin: Kin;
  readonly countedBy: Counter[];
  readonly keepsAway: readonly Counter[];
  readonly keptAwayBy: Keeper[];
  /** how many of the counters over all namespaces, and of those over its own, it has been asked about */
  seenWide: number;
  seenOwn: number;
  seenTerms: number;
}

interface Arrived {
  readonly kin: KinState;
  pods: number;
}

/** The nodes, by slot. */
export interface Nodes {
  readonly rooms: readonly Room[];
  readonly alive: readonly boolean[];
  readonly images: readonly Image[];
}

/** Whom a rule counts, and on which nodes. */
export interface Counting {
  /** the same for rules that mean the same pods in the same domains */
  readonly key: string;
  readonly topologyKey: string;
  readonly counted: (kin: Kin) => boolean;
  /** null: every node with the label */
  readonly eligible: ((room: Room) => boolean) | null;
  /** all those that it counts are in one of these */
  readonly namespaces: Namespaces;
}

const none: readonly Counter[] = [];
const nowhere: ReadonlySet<number> = new Set();
const slotsAStep = 64;

export class Crowd {
  readonly #nodes: Nodes;
  readonly #labels: NamespaceLabels;
  readonly #topologies = new Map<string, Topology>();
  readonly #counters: Counter[] = [];
  readonly #byKey = new Map<string, Counter>();
  /** those over all namespaces, and those over some by each of these */
  readonly #wide: Counter[] = [];
  readonly #within = new Map<string, Counter[]>();
  readonly #keeping: Keeper[] = [];
  readonly #keepingByKey = new Map<string, Counter>();
  readonly #kins = new Map<Kin, KinState>();
  /** by slot, those that came within the simulation; and by their namespace, the nodes that they came to */
  readonly #came: (Arrived[] | null)[] = [];
  readonly #visited = new Map<string, Set<number>>();
  #census: Census | null = null;
  #seenVersion = -1;
  #seenGeneration = -1;
  /** the census has its own numbers for nodes */
  readonly #rows: number[] = [];
  readonly #slots: number[] = [];

  constructor(nodes: Nodes, labels: NamespaceLabels) {
    this.#nodes = nodes;
    this.#labels = labels;
  }

  added(slot: number): void {
    this.#came.push(null);
    const labels = this.#nodes.rooms[slot]?.labels;
    for (const topology of this.#topologies.values()) topology.put(slot, labels?.[topology.key]);
  }

  /** The last one is gone. */
  dropped(slot: number): void {
    for (const { kin } of this.#came.pop() ?? []) this.#visited.get(kin.kin.namespace)?.delete(slot);
    if (this.#rows.length > slot) this.#slots[this.#rows.pop() ?? 0] = -1;
  }

  entered(slot: number): void {
    for (const topology of this.#topologies.values()) topology.count(slot, 1);
    for (const counter of this.#counters) counter.enter(slot);
    for (const { counter } of this.#keeping) counter.enter(slot);
    this.#everybody(slot, 1);
  }

  left(slot: number): void {
    this.#everybody(slot, -1);
    for (const topology of this.#topologies.values()) topology.count(slot, -1);
    for (const counter of this.#counters) counter.leave(slot);
    for (const { counter } of this.#keeping) counter.leave(slot);
  }

  placed(kin: KinState, slot: number, pods: number): void {
    const came = (this.#came[slot] ??= []);
    const known = came.find((one) => one.kin === kin);
    if (known === undefined) {
      came.push({ kin, pods });
      const visited = this.#visited.get(kin.kin.namespace);
      if (visited === undefined) this.#visited.set(kin.kin.namespace, new Set([slot]));
      else visited.add(slot);
    } else known.pods += pods;
    this.#count(kin, slot, pods);
  }

  /** One for all rules that count the same pods in the same domains. */
  counter({ key, topologyKey, counted, eligible, namespaces }: Counting): Counter {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const { rooms, alive } = this.#nodes;
    const isEligible = (slot: number): boolean => {
      const room = rooms[slot];
      return room !== undefined && eligible?.(room) === true;
    };
    const topology = this.#topology(topologyKey);
    const counter = new Counter(this.#counters.length, topology, counted, eligible === null ? null : isEligible);
    if (eligible !== null)
      for (let slot = 0; slot < rooms.length; slot += 1) if (alive[slot] === true) counter.enter(slot);
    const scope = namespaces === 'unknown' ? null : namespaces;
    const census = this.#synced();
    if (scope === null) {
      for (const kins of census.everywhere()) this.#seated(kins, counter);
      for (const [namespace, slots] of this.#visited) this.#arrived(namespace, slots, counter);
    } else
      for (const namespace of scope) {
        this.#seated(census.kinsIn(namespace), counter);
        this.#arrived(namespace, this.#visited.get(namespace) ?? nowhere, counter);
      }
    this.#counters.push(counter);
    this.#byKey.set(key, counter);
    if (scope === null) this.#wide.push(counter);
    else
      for (const namespace of scope) {
        const others = this.#within.get(namespace);
        if (others === undefined) this.#within.set(namespace, [counter]);
        else others.push(counter);
      }
    return counter;
  }

  kinState(kin: Kin): KinState {
    const known = this.#kins.get(kin);
    if (known !== undefined) return known;
    const state: KinState = {
      id: this.#kins.size,
      kin,
      countedBy: [],
      keepsAway: kin.antiTerms.map((term) => this.#keeper(termOf(term, kin.namespace, kin.labels, this.#labels))),
      keptAwayBy: [],
      seenWide: 0,
      seenOwn: 0,
      seenTerms: 0,
    };
    this.#kins.set(kin, state);
    return state;
  }

  /** Rules of pods that run already: they forbid the newcomer as well. */
  keepersOf(state: KinState): KinState['keptAwayBy'] {
    for (; state.seenTerms < this.#keeping.length; state.seenTerms += 1) {
      const keeper = this.#keeping[state.seenTerms];
      if (keeper?.term.matches(state.kin) === true) state.keptAwayBy.push(keeper);
    }
    return state.keptAwayBy;
  }

  /** What rules will ask about, in steps; without this, at the first question. */
  *preparing(): Generator<undefined> {
    if (!this.#nodes.images.some(({ ruled }) => ruled.length > 0)) return;
    const census = yield* this.#syncing();
    yield* census.preparing();
  }

  #topology(key: string): Topology {
    const known = this.#topologies.get(key);
    if (known !== undefined) return known;
    const topology = new Topology(key);
    const { rooms, alive } = this.#nodes;
    for (const [slot, room] of rooms.entries()) {
      topology.put(slot, room.labels[key]);
      if (alive[slot] === true) topology.count(slot, 1);
    }
    this.#topologies.set(key, topology);
    return topology;
  }

  #keeper(term: Term): Counter {
    const key = `${term.topologyKey} ${term.key}`;
    const known = this.#keepingByKey.get(key);
    if (known !== undefined) return known;
    const counter = new Counter(-1, this.#topology(term.topologyKey), () => false, null);
    // Whoever has such a rule is known before it is counted anywhere: nobody is counted twice.
    this.#keeping.push({ counter, term });
    this.#keepingByKey.set(key, counter);
    return counter;
  }

  #countersOf(state: KinState): readonly Counter[] {
    for (; state.seenWide < this.#wide.length; state.seenWide += 1) {
      const counter = this.#wide[state.seenWide];
      if (counter?.counted(state.kin) === true) state.countedBy.push(counter);
    }
    const own = this.#within.get(state.kin.namespace) ?? none;
    for (; state.seenOwn < own.length; state.seenOwn += 1) {
      const counter = own[state.seenOwn];
      if (counter?.counted(state.kin) === true) state.countedBy.push(counter);
    }
    return state.countedBy;
  }

  #count(state: KinState, slot: number, pods: number): void {
    for (const counter of this.#countersOf(state)) counter.add(slot, pods);
    for (const counter of state.keepsAway) counter.add(slot, pods);
  }

  #everybody(slot: number, sign: 1 | -1): void {
    const image = this.#nodes.images[slot];
    if (image === undefined) return;
    for (const [kin, pods] of image.keeping)
      for (const counter of this.kinState(kin).keepsAway) counter.add(slot, sign * pods);
    if (this.#counters.length > 0)
      for (let index = 0; index < image.pods.length; index += 1) {
        const isAsked = this.#wide.length > 0 || this.#within.has(image.namespaceOf(index));
        if (isAsked) for (const counter of this.#countersOf(this.kinState(image.kin(index)))) counter.add(slot, sign);
      }
    for (const { kin, pods } of this.#came[slot] ?? []) this.#count(kin, slot, sign * pods);
  }

  #seated(kins: Kins, counter: Counter): void {
    const { alive } = this.#nodes;
    for (const [kin, { rows, counts }] of kins)
      if (counter.counted(kin))
        for (let index = 0; index < rows.length; index += 1) {
          const slot = this.#slots[rows[index] ?? 0] ?? -1;
          if (alive[slot] === true) counter.add(slot, counts[index] ?? 0);
        }
  }

  /** Those of a namespace that came to these nodes. */
  #arrived(namespace: string, slots: ReadonlySet<number>, counter: Counter): void {
    for (const slot of slots)
      if (this.#nodes.alive[slot] === true)
        for (const { kin, pods } of this.#came[slot] ?? [])
          if (kin.kin.namespace === namespace && counter.counted(kin.kin)) counter.add(slot, pods);
  }

  #synced(): Census {
    const steps = this.#syncing();
    for (;;) {
      const next = steps.next();
      if (next.done === true) return next.value;
    }
  }

  /** Tells the census what is different on these nodes. Others may do the same with theirs between two steps: then it is done again when it is needed. */
  *#syncing(): Generator<undefined, Census> {
    const { rooms, images } = this.#nodes;
    const census = (this.#census ??= censusFor(rooms.length));
    if (census.generation !== this.#seenGeneration) {
      this.#rows.length = 0;
      this.#slots.length = 0;
      this.#seenGeneration = census.generation;
    }
    const from = census.version === this.#seenVersion ? this.#rows.length : 0;
    this.#seenVersion = -1;
    for (let slot = from; slot < rooms.length; slot += 1) {
      const image = images[slot] ?? nobody;
      census.set(this.#rows[slot] ?? this.#rowFor(census, slot, image), image);
      if (slot % slotsAStep !== slotsAStep - 1) continue;
      const { version } = census;
      yield;
      if (census.version !== version) return census;
    }
    if (from === 0) census.keepOnly(rooms.length, (row) => (this.#slots[row] ?? -1) >= 0);
    this.#seenVersion = census.version;
    this.#seenGeneration = census.generation;
    return census;
  }

  #rowFor(census: Census, slot: number, image: Image): number {
    const isFree = (row: number): boolean => (this.#slots[row] ?? -1) < 0;
    let { row } = image;
    if (!census.isAt(row, image) || !isFree(row)) {
      const name = this.#nodes.rooms[slot]?.name ?? '';
      row = census.rowOf(name);
      // One of that name was here before, and may come back.
      if (!isFree(row)) row = census.rowOf(`${name}\n${slot}`);
    }
    this.#rows[slot] = row;
    this.#slots[row] = slot;
    return row;
  }
}
