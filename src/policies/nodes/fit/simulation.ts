// Nodes and the pods on them, as the scheduler would see them: who fits where, tried out and undone.
import type { Pod, PriorityClass } from '../../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../../model/snapshot.ts';
import type { Room } from '../room.ts';
import { askOf, zonedBy, type Ask, type Spread } from './ask.ts';
import { Board } from './board.ts';
import type { Topology } from './counter.ts';
import { needsFor, priorityClasses, type Likeness, type Needs } from './needs.ts';
import type { Refused } from './refused.ts';
import { forbids, misfitOf, refuses, type Misfit, type World } from './rules.ts';
import { NamespaceLabels } from './selector.ts';
import { Volumes } from './volumes.ts';

export type { Likeness, Needs } from './needs.ts';
export type { Misfit } from './rules.ts';
export { pack } from './pack.ts';
export type { Demanded, NodeShape } from './pack.ts';

/** How much had been done: valid until something older is rolled back. */
export interface Checkpoint {
  readonly done: number;
}

export class Simulation {
  readonly facts: KubernetesFacts;
  readonly classes: ReadonlyMap<string, PriorityClass>;
  readonly #namespaces: NamespaceLabels;
  readonly #world: World;
  readonly #asks = new Map<Needs, Ask>();
  readonly #refused = new Map<string, Refused>();
  /** what was done, in columns: pods of a kind that came to or left a node; without a kind, nodes that did */
  readonly #who: (Ask | null)[] = [];
  readonly #where: number[] = [];
  readonly #change: number[] = [];
  #firstOpened: number | null = null;
  #foreseen: readonly Room[] = [];
  /** of those that must be spread over zones, with those that are foreseen */
  readonly #foreseeing = new Map<Needs, Ask>();

  constructor(facts: KubernetesFacts) {
    this.facts = facts;
    this.classes = priorityClasses(facts.priorityclasses);
    this.#namespaces = new NamespaceLabels(facts.namespaces);
    this.#world = { board: new Board(this.#namespaces), volumes: new Volumes(facts) };
  }

  needsOf(pod: Likeness): Needs {
    return needsFor(pod, this.classes);
  }

  /** A node, real or ordered, with those that run on it; its free room is what they leave of its capacity. */
  addRoom(room: Room, pods: readonly Pod[]): void {
    this.removeRoom(room.name);
    this.#write(null, this.#world.board.add(room, pods), 1);
  }

  /** A node that is tried out: from the first of them on, newer pods look for a place there before another is opened. */
  openRoom(room: Room, pods: readonly Pod[]): void {
    this.#firstOpened ??= this.#world.board.rooms.length;
    this.addRoom(room, pods);
  }

  /** It leaves, with everybody on it. */
  removeRoom(name: string): void {
    const { board } = this.#world;
    const slot = board.slotOf.get(name);
    if (slot === undefined) return;
    board.leave(slot);
    this.#write(null, slot, -1);
  }

  has(name: string): boolean {
    return this.#world.board.slotOf.has(name);
  }

  *roomNames(): Iterable<string> {
    const { rooms, alive } = this.#world.board;
    for (const [slot, room] of rooms.entries()) if (alive[slot] === true) yield room.name;
  }

  roomOf(name: string): Room {
    const room = this.#world.board.rooms[this.#slot(name)];
    if (room === undefined) throw new Error(`The simulation has no node ${name}.`);
    return room;
  }

  freeOf(name: string, resource: string): number {
    return this.#world.board.free(this.#slot(name), resource);
  }

  /** Null: it fits now. */
  misfit(needs: Needs, roomName: string): Misfit | null {
    return misfitOf(this.#ask(needs), this.#slot(roomName), this.#world);
  }

  take(needs: Needs, roomName: string): void {
    this.#load(this.#ask(needs), this.#slot(roomName), 1);
  }

  leave(needs: Needs, roomName: string): void {
    this.#load(this.#ask(needs), this.#slot(roomName), -1);
  }

  /** The first node that it fits on, of those that are allowed; the place is taken. */
  placeAnywhere(
    needs: Needs,
    options: {
      readonly except?: string;
      readonly hint?: string | undefined;
      readonly allows?: ((room: string) => boolean) | undefined;
    } = {},
  ): string | null {
    const { board } = this.#world;
    const ask = this.#ask(needs);
    const { allows } = options;
    const except = options.except === undefined ? undefined : board.slotOf.get(options.except);
    const hint = options.hint === undefined ? undefined : board.slotOf.get(options.hint);
    const isAllowed = (slot: number): boolean =>
      slot !== except && (allows === undefined || allows(board.rooms[slot]?.name ?? ''));
    if (hint !== undefined && isAllowed(hint) && board.holds(ask, hint) && this.#fill(ask, hint, 1) > 0)
      return board.rooms[hint]?.name ?? null;
    for (let slot = this.#next(ask, 0); slot >= 0; slot = this.#next(ask, slot + 1))
      if (isAllowed(slot) && this.#fill(ask, slot, 1) > 0) return board.rooms[slot]?.name ?? null;
    return null;
  }

  /** How many of them found a place, first fit in the order of rooms. */
  placeMany(needs: Needs, count: number): number {
    return this.#place(needs, count, 0);
  }

  /** As many as fit on this one node. */
  placeIn(needs: Needs, roomName: string, count: number): number {
    const ask = this.#ask(needs);
    const slot = this.#slot(roomName);
    return this.#world.board.holds(ask, slot) ? this.#fill(ask, slot, count) : 0;
  }

  /** Nodes that could be ordered: who has to be spread counts their zones as empty ones until a node is there. */
  foresee(rooms: readonly Room[]): void {
    if (rooms.length === this.#foreseen.length && rooms.every((room, index) => room === this.#foreseen[index])) return;
    this.#foreseen = rooms;
    this.#foreseeing.clear();
  }

  /** By which label it must be spread over more than single nodes; null: it need not. */
  zonedBy(needs: Needs): string | null {
    return zonedBy(this.#ask(needs))?.topologyKey ?? null;
  }

  /** Whether the zone of a node, there or not, has its share for now. */
  zoneIsFull(needs: Needs, { labels }: Room): boolean {
    const zoned = zonedBy(this.#ask(needs));
    if (zoned === null) return false;
    const { counter, topologyKey, maxSkew, minDomains, self } = zoned;
    const zone = counter.topology.idOf(labels[topologyKey] ?? '');
    const count = zone === undefined ? 0 : (counter.counts[zone] ?? 0);
    return count + self - counter.least(minDomains) > maxSkew;
  }

  /** Who came to which node since then. */
  *arrivals(since: Checkpoint): Iterable<{ readonly needs: Needs; readonly room: string; readonly pods: number }> {
    const { rooms } = this.#world.board;
    for (let index = since.done; index < this.#who.length; index += 1) {
      const needs = this.#who[index]?.needs;
      const room = rooms[this.#where[index] ?? -1];
      if (needs !== undefined && room !== undefined) yield { needs, room: room.name, pods: this.#change[index] ?? 0 };
    }
  }

  /** A place that was refused may open when there is a new node, or more pods elsewhere. */
  isSpread(needs: Needs): boolean {
    return this.#ask(needs).spreads.length > 0;
  }

  /** How many of them found a place on nodes that are only tried out. */
  placeInOpened(needs: Needs, count: number): number {
    return this.#firstOpened === null ? 0 : this.#place(needs, count, this.#firstOpened);
  }

  /** Pods that come later may open a place for it that was refused. */
  dependsOnOthers(needs: Needs): boolean {
    const { spreads, together } = this.#ask(needs);
    return spreads.length > 0 || together !== null;
  }

  /** What the rules of those that run here will ask about, gathered in small steps; without this, at the first question. */
  *prepare(): Generator<undefined> {
    yield* this.#world.board.crowd.preparing();
  }

  checkpoint(): Checkpoint {
    return { done: this.#who.length };
  }

  /** Everything since then is undone, nodes that came or went included. */
  rollBack(to: Checkpoint): void {
    const { board } = this.#world;
    while (this.#who.length > to.done) {
      const ask = this.#who.pop() ?? null;
      const slot = this.#where.pop() ?? 0;
      const change = this.#change.pop() ?? 0;
      if (ask !== null) board.load(ask, slot, -change);
      else if (change < 0) board.enter(slot);
      else {
        board.drop(slot);
        if (slot === this.#firstOpened) this.#firstOpened = null;
      }
    }
  }

  #slot(name: string): number {
    const slot = this.#world.board.slotOf.get(name);
    if (slot === undefined) throw new Error(`The simulation has no node ${name}.`);
    return slot;
  }

  #ask(needs: Needs): Ask {
    const foreseeing = this.#foreseen.length > 0;
    const known = (foreseeing ? this.#foreseeing.get(needs) : undefined) ?? this.#asks.get(needs);
    if (known !== undefined && (!foreseeing || known.foresees || zonedBy(known) === null)) return known;
    const ask = askOf(needs, {
      ...this.#world,
      namespaces: this.#namespaces,
      refused: this.#refused,
      foreseen: this.#foreseen,
    });
    (ask.foresees ? this.#foreseeing : this.#asks).set(needs, ask);
    return ask;
  }

  #place(needs: Needs, count: number, from: number): number {
    const ask = this.#ask(needs);
    const zoned = zonedBy(ask);
    if (zoned !== null) return this.#placeByZone(ask, zoned, count, from);
    let placed = 0;
    for (let before = -1; placed > before && placed < count;) {
      before = placed;
      for (let slot = this.#next(ask, from); slot >= 0 && placed < count; slot = this.#next(ask, slot + 1))
        placed += this.#fill(ask, slot, count - placed);
      // Only where pods are spread does a place that was refused open up again.
      if (ask.spreads.length === 0) break;
    }
    return placed;
  }

  /** Zone by zone: one that has its share for now is left aside as a whole, whatever room its nodes have. */
  #placeByZone(ask: Ask, { counter, maxSkew, minDomains, self }: Spread, count: number, from: number): number {
    const { topology } = counter;
    const isFull = (zone: number): boolean => (counter.counts[zone] ?? 0) + self - counter.least(minDomains) > maxSkew;
    let placed = 0;
    for (let before = -1; placed > before && placed < count;) {
      before = placed;
      const reached: number[] = [];
      for (let moved = true; moved && placed < count;) {
        moved = false;
        for (const zone of topology.inOrder) {
          if (placed >= count) break;
          const slot = isFull(zone) ? -1 : this.#nextInZone(ask, topology, zone, reached[zone] ?? from);
          if (slot < 0) continue;
          const filled = this.#fill(ask, slot, count - placed);
          placed += filled;
          reached[zone] = filled > 0 ? slot : slot + 1;
          moved = true;
        }
      }
      // Only where it is spread over nodes as well may one that refused it have opened meanwhile.
      if (ask.spreads.length === 1) break;
    }
    return placed;
  }

  #nextInZone(ask: Ask, topology: Topology, zone: number, from: number): number {
    const { board } = this.#world;
    for (let slot = topology.next(zone, from); slot >= 0;) {
      const open = board.next(ask, slot);
      if (open === slot || open < 0) return open;
      slot = topology.next(zone, open);
    }
    return -1;
  }

  /** The next node with room for it, but those that are known to refuse its like. */
  #next(ask: Ask, from: number): number {
    const { board } = this.#world;
    const refused = ask.refused?.current(board);
    if (refused === undefined) return board.next(ask, from);
    for (let slot = from; ;) {
      const open = refused.next(slot);
      slot = board.next(ask, open);
      if (slot < 0 || refused.next(slot) === slot) return slot;
    }
  }

  #write(ask: Ask | null, slot: number, change: number): void {
    this.#who.push(ask);
    this.#where.push(slot);
    this.#change.push(change);
  }

  #load(ask: Ask, slot: number, pods: number): void {
    this.#world.board.load(ask, slot, pods);
    this.#write(ask, slot, pods);
  }

  /** Of pods that have the room there, as many as the other rules let in. */
  #fill(ask: Ask, slot: number, count: number): number {
    const { board } = this.#world;
    if (forbids(ask, slot, this.#world) !== null) return 0;
    if (refuses(ask, slot, this.#world) !== null) {
      ask.refused?.close(slot);
      return 0;
    }
    const most = count === 1 ? 1 : Math.min(count, board.capacityFor(ask, slot));
    if (ask.countable || most === 1) {
      this.#load(ask, slot, most);
      return most;
    }
    let placed = 0;
    do {
      this.#load(ask, slot, 1);
      placed += 1;
    } while (placed < most && refuses(ask, slot, this.#world) === null);
    return placed;
  }
}
