// The nodes of a simulation in columns of numbers, and the counters of who runs where: what rules are judged on.
import type { Room } from '../room.ts';
import { Counter, Topology } from './counter.ts';
import { imageOf, type HostPort, type Image } from './image.ts';
import type { Kin } from './needs.ts';
import { termOf, type NamespaceLabels, type Term } from './selector.ts';
import type { Pod } from '../../../model/kubernetes.ts';

/** A kin within one simulation: which counters count its pods, and which rules of others keep them away. */
export interface KinState {
  readonly id: number;
  readonly kin: Kin;
  readonly countedBy: Counter[];
  readonly keepsAway: readonly Counter[];
  readonly keptAwayBy: { readonly counter: Counter; readonly term: Term }[];
  seenCounters: number;
  seenTerms: number;
  /** the nodes that had some of them from the beginning, and how many */
  readonly slots: number[];
  readonly counts: number[];
}

interface Arrived {
  readonly kin: KinState;
  pods: number;
}

/** What a pod takes of a node. */
export interface Load {
  readonly kin: KinState;
  readonly cpu: number;
  readonly memory: number;
  readonly others: readonly (readonly [string, number])[];
  readonly ports: readonly HostPort[];
  readonly claims: readonly string[];
}

export const onePod = 1000;
const blockSize = 64;
const blockOf = (slot: number): number => slot >> 6;

export class Board {
  readonly rooms: Room[] = [];
  readonly alive: boolean[] = [];
  readonly images: Image[] = [];
  readonly pods: number[] = [];
  readonly cpu: number[] = [];
  readonly memory: number[] = [];
  readonly others: (Record<string, number> | null)[] = [];
  /** host ports and claims change seldom: a node has its own list once it has more than its image's */
  readonly ports: (readonly HostPort[])[] = [];
  readonly claims: (Map<string, number> | null)[] = [];
  readonly slotOf = new Map<string, number>();
  readonly #namespaces: NamespaceLabels;
  readonly #topologies = new Map<string, Topology>();
  readonly #counters: Counter[] = [];
  readonly #byKey = new Map<string, Counter>();
  readonly #keeping: { readonly counter: Counter; readonly term: Term }[] = [];
  readonly #keepingByKey = new Map<string, Counter>();
  readonly #kins = new Map<Kin, KinState>();
  readonly #kinsIn = new Map<string, KinState[]>();
  /** those that came within the simulation */
  readonly #came: (Arrived[] | null)[] = [];
  /** the nodes that they came to */
  readonly #visited = new Set<number>();
  /** how often something was taken away: places that were refused before then may have opened */
  loosened = 0;
  /** somebody who runs here asks about others: of those that may look for another place */
  hasRules = false;
  #indexed = false;
  /** upper bounds of what is free on any node of a block; exact once it is clean */
  readonly #blocks: { pods: number; cpu: number; memory: number; clean: boolean }[] = [];

  constructor(namespaces: NamespaceLabels) {
    this.#namespaces = namespaces;
  }

  add(room: Room, pods: readonly Pod[]): number {
    const slot = this.rooms.length;
    const image = imageOf(pods);
    const { capacity } = room;
    this.hasRules ||= image.hasRules;
    this.rooms.push(room);
    this.images.push(image);
    this.alive.push(false);
    this.pods.push((capacity['pods'] ?? 0) - image.pods.length * onePod);
    this.cpu.push((capacity['cpu'] ?? 0) - image.cpu);
    this.memory.push((capacity['memory'] ?? 0) - image.memory);
    this.others.push(null);
    this.ports.push(image.ports);
    this.claims.push(null);
    this.#came.push(null);
    for (const topology of this.#topologies.values()) topology.put(slot, room.labels[topology.key]);
    if (this.#indexed) this.#index(slot);
    this.enter(slot);
    return slot;
  }

  /** Only the last one can be taken back altogether. */
  drop(slot: number): void {
    this.leave(slot);
    if (this.#indexed)
      for (const [kin] of this.images[slot]?.kins ?? []) {
        const state = this.kinState(kin);
        state.slots.pop();
        state.counts.pop();
      }
    this.rooms.pop();
    this.images.pop();
    this.alive.pop();
    this.pods.pop();
    this.cpu.pop();
    this.memory.pop();
    this.others.pop();
    this.ports.pop();
    this.claims.pop();
    this.#came.pop();
    this.#visited.delete(slot);
    if (slot % blockSize === 0) this.#blocks.pop();
  }

  enter(slot: number): void {
    this.alive[slot] = true;
    this.slotOf.set(this.rooms[slot]?.name ?? '', slot);
    for (const topology of this.#topologies.values()) topology.count(slot, 1);
    for (const counter of this.#counters) counter.enter(slot);
    for (const { counter } of this.#keeping) counter.enter(slot);
    this.#everybody(slot, 1);
    this.#raise(slot);
  }

  leave(slot: number): void {
    this.loosened += 1;
    this.#everybody(slot, -1);
    for (const topology of this.#topologies.values()) topology.count(slot, -1);
    for (const counter of this.#counters) counter.leave(slot);
    for (const { counter } of this.#keeping) counter.leave(slot);
    this.alive[slot] = false;
    this.slotOf.delete(this.rooms[slot]?.name ?? '');
    this.#soil(slot);
  }

  load(load: Load, slot: number, pods: number): void {
    const { kin } = load;
    if (pods < 0) this.loosened += 1;
    this.pods[slot] = (this.pods[slot] ?? 0) - pods * onePod;
    this.cpu[slot] = (this.cpu[slot] ?? 0) - pods * load.cpu;
    this.memory[slot] = (this.memory[slot] ?? 0) - pods * load.memory;
    for (const [name, milli] of load.others) {
      const others = (this.others[slot] ??= {});
      others[name] = (others[name] ?? 0) - pods * milli;
    }
    const came = (this.#came[slot] ??= []);
    this.#visited.add(slot);
    const known = came.find((one) => one.kin === kin);
    if (known === undefined) came.push({ kin, pods });
    else known.pods += pods;
    this.#count(kin, slot, pods);
    if (load.ports.length > 0) this.#loadPorts(load.ports, slot, pods);
    if (load.claims.length > 0) {
      const claims = this.claimsOn(slot);
      for (const claim of load.claims) claims.set(claim, (claims.get(claim) ?? 0) + pods);
    }
    if (pods > 0) this.#soil(slot);
    else this.#raise(slot);
  }

  free(slot: number, resource: string): number {
    if (resource === 'pods') return this.pods[slot] ?? 0;
    if (resource === 'cpu') return this.cpu[slot] ?? 0;
    if (resource === 'memory') return this.memory[slot] ?? 0;
    const capacity = this.rooms[slot]?.capacity[resource] ?? 0;
    return capacity - (this.images[slot]?.others[resource] ?? 0) + (this.others[slot]?.[resource] ?? 0);
  }

  /** The first node from there on that has the room; -1: there is none. */
  next(load: Load, from: number): number {
    const end = this.rooms.length;
    for (let slot = from; slot < end;) {
      if (slot % blockSize === 0 && !this.#mayHold(load, blockOf(slot))) {
        slot += blockSize;
        continue;
      }
      if (this.holds(load, slot)) return slot;
      slot += 1;
    }
    return -1;
  }

  holds(load: Load, slot: number): boolean {
    if (this.alive[slot] !== true || (this.pods[slot] ?? 0) < onePod) return false;
    if (load.cpu > 0 && (this.cpu[slot] ?? 0) < load.cpu) return false;
    if (load.memory > 0 && (this.memory[slot] ?? 0) < load.memory) return false;
    for (const [name, milli] of load.others) if (this.free(slot, name) < milli) return false;
    return true;
  }

  /** How many of them the node has room for. */
  capacityFor(load: Load, slot: number): number {
    let most = Math.floor((this.pods[slot] ?? 0) / onePod);
    if (load.cpu > 0) most = Math.min(most, Math.floor((this.cpu[slot] ?? 0) / load.cpu));
    if (load.memory > 0) most = Math.min(most, Math.floor((this.memory[slot] ?? 0) / load.memory));
    for (const [name, milli] of load.others) most = Math.min(most, Math.floor(this.free(slot, name) / milli));
    return Math.max(0, most);
  }

  claimsOn(slot: number): Map<string, number> {
    const known = this.claims[slot];
    if (known !== null && known !== undefined) return known;
    const users = new Map<string, number>();
    for (const claim of this.images[slot]?.claims ?? []) users.set(claim, (users.get(claim) ?? 0) + 1);
    this.claims[slot] = users;
    return users;
  }

  topology(key: string): Topology {
    const known = this.#topologies.get(key);
    if (known !== undefined) return known;
    const topology = new Topology(key);
    this.rooms.forEach((room, slot) => {
      topology.put(slot, room.labels[key]);
      if (this.alive[slot] === true) topology.count(slot, 1);
    });
    this.#topologies.set(key, topology);
    return topology;
  }

  /** One for all rules that count the same pods in the same domains; `key` says which those are. `namespace`: of all that it counts. */
  counter(
    key: string,
    topologyKey: string,
    counted: (kin: Kin) => boolean,
    eligible: ((slot: number) => boolean) | null = null,
    namespace?: string,
  ): Counter {
    const whole = `${topologyKey} ${key}`;
    const known = this.#byKey.get(whole);
    if (known !== undefined) return known;
    const counter = new Counter(this.#counters.length, this.topology(topologyKey), counted, eligible);
    if (eligible !== null)
      this.rooms.forEach((_, slot) => {
        if (this.alive[slot] === true) counter.enter(slot);
      });
    this.#indexAll();
    for (const state of namespace === undefined ? this.#kins.values() : (this.#kinsIn.get(namespace) ?? []))
      if (counted(state.kin))
        state.slots.forEach((slot, index) => {
          if (this.alive[slot] === true) counter.add(slot, state.counts[index] ?? 0);
        });
    for (const slot of this.#visited)
      if (this.alive[slot] === true)
        for (const { kin, pods } of this.#came[slot] ?? []) if (counted(kin.kin)) counter.add(slot, pods);
    this.#counters.push(counter);
    this.#byKey.set(whole, counter);
    return counter;
  }

  kinState(kin: Kin): KinState {
    const known = this.#kins.get(kin);
    if (known !== undefined) return known;
    const state: KinState = {
      id: this.#kins.size,
      kin,
      countedBy: [],
      keepsAway: kin.antiTerms.map((term) => this.#keeper(termOf(term, kin.namespace, kin.labels, this.#namespaces))),
      keptAwayBy: [],
      seenCounters: 0,
      seenTerms: 0,
      slots: [],
      counts: [],
    };
    this.#kins.set(kin, state);
    const neighbours = this.#kinsIn.get(kin.namespace);
    if (neighbours === undefined) this.#kinsIn.set(kin.namespace, [state]);
    else neighbours.push(state);
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

  #keeper(term: Term): Counter {
    const key = `${term.topologyKey} ${term.key}`;
    const known = this.#keepingByKey.get(key);
    if (known !== undefined) return known;
    const counter = new Counter(-1, this.topology(term.topologyKey), () => false, null);
    // Whoever has such a rule is known before it is counted anywhere: nobody is counted twice.
    this.#keeping.push({ counter, term });
    this.#keepingByKey.set(key, counter);
    return counter;
  }

  #count(state: KinState, slot: number, pods: number): void {
    for (; state.seenCounters < this.#counters.length; state.seenCounters += 1) {
      const counter = this.#counters[state.seenCounters];
      if (counter?.counted(state.kin) === true) state.countedBy.push(counter);
    }
    for (const counter of state.countedBy) counter.add(slot, pods);
    for (const counter of state.keepsAway) counter.add(slot, pods);
  }

  #everybody(slot: number, sign: 1 | -1): void {
    const image = this.images[slot];
    // Those that keep others away are always counted; the others once somebody asks for them.
    if (this.#counters.length > 0)
      for (const [kin, pods] of image?.kins ?? []) this.#count(this.kinState(kin), slot, sign * pods);
    else
      for (const [kin, pods] of image?.keeping ?? [])
        for (const counter of this.kinState(kin).keepsAway) counter.add(slot, sign * pods);
    for (const { kin, pods } of this.#came[slot] ?? []) this.#count(kin, slot, sign * pods);
  }

  /** Who runs where, for rules that count pods. Nothing else may be done with the board before it is over. */
  *indexing(): Generator<undefined> {
    if (this.#indexed) return;
    this.#indexed = true;
    for (let slot = 0; slot < this.rooms.length; slot += 1) {
      this.#index(slot);
      if (slot % blockSize === blockSize - 1) yield;
    }
  }

  #indexAll(): void {
    const steps = this.indexing();
    while (steps.next().done !== true);
  }

  #index(slot: number): void {
    for (const [kin, pods] of this.images[slot]?.kins ?? []) {
      const state = this.kinState(kin);
      state.slots.push(slot);
      state.counts.push(pods);
    }
  }

  #loadPorts(ports: readonly HostPort[], slot: number, pods: number): void {
    const own = [...(this.ports[slot] ?? [])];
    for (let left = Math.abs(pods); left > 0; left -= 1)
      for (const port of ports) {
        if (pods > 0) own.push(port);
        else {
          const { port: number, protocol, address } = port;
          const at = own.findLastIndex(
            (one) => one.port === number && one.protocol === protocol && one.address === address,
          );
          if (at >= 0) own.splice(at, 1);
        }
      }
    this.ports[slot] = own;
  }

  #mayHold(load: Load, block: number): boolean {
    const bound = this.#blocks[block];
    if (bound === undefined) return false;
    const may = (): boolean => bound.pods >= onePod && bound.cpu >= load.cpu && bound.memory >= load.memory;
    if (!may() || bound.clean) return may();
    bound.pods = 0;
    bound.cpu = -1;
    bound.memory = -1;
    const end = Math.min(this.rooms.length, (block + 1) * blockSize);
    for (let slot = block * blockSize; slot < end; slot += 1) {
      if (this.alive[slot] !== true || (this.pods[slot] ?? 0) < onePod) continue;
      bound.pods = Math.max(bound.pods, this.pods[slot] ?? 0);
      bound.cpu = Math.max(bound.cpu, this.cpu[slot] ?? 0, 0);
      bound.memory = Math.max(bound.memory, this.memory[slot] ?? 0, 0);
    }
    bound.clean = true;
    return may();
  }

  #soil(slot: number): void {
    const bound = this.#blocks[blockOf(slot)];
    if (bound !== undefined) bound.clean = false;
  }

  #raise(slot: number): void {
    const bound = (this.#blocks[blockOf(slot)] ??= { pods: 0, cpu: 0, memory: 0, clean: true });
    bound.pods = Math.max(bound.pods, this.pods[slot] ?? 0);
    bound.cpu = Math.max(bound.cpu, this.cpu[slot] ?? 0);
    bound.memory = Math.max(bound.memory, this.memory[slot] ?? 0);
  }
}
