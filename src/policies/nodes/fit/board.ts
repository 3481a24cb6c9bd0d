// The nodes of a simulation in columns of numbers: what is free on each, and who has come and gone.
import type { Pod } from '../../../model/kubernetes.ts';
import type { Room } from '../room.ts';
import { Blocks, blockSize, onePod } from './blocks.ts';
import { Crowd, type KinState } from './crowd.ts';
import { imageOf, type HostPort, type Image } from './image.ts';
import type { NamespaceLabels } from './selector.ts';

/** What a pod takes of a node. */
export interface Load {
  readonly kin: KinState;
  readonly cpu: number;
  readonly memory: number;
  readonly others: readonly (readonly [string, number])[];
  readonly ports: readonly HostPort[];
  readonly claims: readonly string[];
}

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
  readonly crowd: Crowd;
  readonly #blocks: Blocks;
  /** how often something was taken away: places that were refused before then may have opened */
  loosened = 0;

  constructor(namespaces: NamespaceLabels) {
    this.crowd = new Crowd(this, namespaces);
    this.#blocks = new Blocks(this);
  }

  add(room: Room, pods: readonly Pod[]): number {
    const slot = this.rooms.length;
    const image = imageOf(pods);
    const { capacity } = room;
    this.rooms.push(room);
    this.images.push(image);
    this.alive.push(false);
    this.pods.push((capacity['pods'] ?? 0) - image.pods.length * onePod);
    this.cpu.push((capacity['cpu'] ?? 0) - image.sumOf('cpu'));
    this.memory.push((capacity['memory'] ?? 0) - image.sumOf('memory'));
    this.others.push(null);
    this.ports.push(image.ports);
    this.claims.push(null);
    this.crowd.added(slot);
    this.enter(slot);
    return slot;
  }

  /** Only the last one can be taken back altogether. */
  drop(slot: number): void {
    this.leave(slot);
    this.rooms.pop();
    this.images.pop();
    this.alive.pop();
    this.pods.pop();
    this.cpu.pop();
    this.memory.pop();
    this.others.pop();
    this.ports.pop();
    this.claims.pop();
    this.crowd.dropped(slot);
    this.#blocks.dropped(slot);
  }

  enter(slot: number): void {
    this.alive[slot] = true;
    this.slotOf.set(this.rooms[slot]?.name ?? '', slot);
    this.crowd.entered(slot);
    this.#blocks.grew(slot);
  }

  leave(slot: number): void {
    this.loosened += 1;
    this.crowd.left(slot);
    this.alive[slot] = false;
    this.slotOf.delete(this.rooms[slot]?.name ?? '');
    this.#blocks.lessened(slot);
  }

  load(load: Load, slot: number, pods: number): void {
    if (pods < 0) this.loosened += 1;
    this.pods[slot] = (this.pods[slot] ?? 0) - pods * onePod;
    this.cpu[slot] = (this.cpu[slot] ?? 0) - pods * load.cpu;
    this.memory[slot] = (this.memory[slot] ?? 0) - pods * load.memory;
    for (const [name, milli] of load.others) {
      const others = (this.others[slot] ??= {});
      others[name] = (others[name] ?? 0) - pods * milli;
    }
    this.crowd.placed(load.kin, slot, pods);
    if (load.ports.length > 0) this.#loadPorts(load.ports, slot, pods);
    if (load.claims.length > 0) {
      const claims = this.claimsOn(slot);
      for (const claim of load.claims) claims.set(claim, (claims.get(claim) ?? 0) + pods);
    }
    if (pods > 0) this.#blocks.lessened(slot);
    else this.#blocks.grew(slot);
  }

  free(slot: number, resource: string): number {
    if (resource === 'pods') return this.pods[slot] ?? 0;
    if (resource === 'cpu') return this.cpu[slot] ?? 0;
    if (resource === 'memory') return this.memory[slot] ?? 0;
    const capacity = this.rooms[slot]?.capacity[resource] ?? 0;
    return capacity - (this.images[slot]?.sumOf(resource) ?? 0) + (this.others[slot]?.[resource] ?? 0);
  }

  /** The first node from there on that has the room; -1: there is none. */
  next(load: Load, from: number): number {
    const end = this.rooms.length;
    for (let slot = from; slot < end;) {
      if (slot % blockSize === 0 && !this.#blocks.mayHold(load, slot)) {
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
}
