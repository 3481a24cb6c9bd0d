// The most that is free on any node of 64: a block that cannot hold a pod is passed over at once.

/** What is free, by slot. */
export interface FreeRoom {
  readonly alive: readonly boolean[];
  readonly pods: readonly number[];
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
}

interface Bound {
  pods: number;
  cpu: number;
  memory: number;
  /** exact; otherwise it may be more than there is */
  clean: boolean;
}

export const onePod = 1000;
export const blockSize = 64;
const blockOf = (slot: number): number => slot >> 6;

export class Blocks {
  readonly #free: FreeRoom;
  readonly #bounds: Bound[] = [];

  constructor(free: FreeRoom) {
    this.#free = free;
  }

  mayHold({ cpu, memory }: { readonly cpu: number; readonly memory: number }, slot: number): boolean {
    const block = blockOf(slot);
    const bound = this.#bounds[block];
    if (bound === undefined) return false;
    const may = (): boolean => bound.pods >= onePod && bound.cpu >= cpu && bound.memory >= memory;
    if (!may() || bound.clean) return may();
    this.#measure(bound, block);
    return may();
  }

  /** Something there became less. */
  lessened(slot: number): void {
    const bound = this.#bounds[blockOf(slot)];
    if (bound !== undefined) bound.clean = false;
  }

  /** Something there became more. */
  grew(slot: number): void {
    const bound = (this.#bounds[blockOf(slot)] ??= { pods: 0, cpu: 0, memory: 0, clean: true });
    const { pods, cpu, memory } = this.#free;
    bound.pods = Math.max(bound.pods, pods[slot] ?? 0);
    bound.cpu = Math.max(bound.cpu, cpu[slot] ?? 0);
    bound.memory = Math.max(bound.memory, memory[slot] ?? 0);
  }

  /** The last slot is gone. */
  dropped(slot: number): void {
    if (slot % blockSize === 0) this.#bounds.pop();
  }

  #measure(bound: Bound, block: number): void {
    const { alive, pods, cpu, memory } = this.#free;
    bound.pods = 0;
    bound.cpu = -1;
    bound.memory = -1;
    const end = Math.min(alive.length, (block + 1) * blockSize);
    for (let slot = block * blockSize; slot < end; slot += 1) {
      if (alive[slot] !== true || (pods[slot] ?? 0) < onePod) continue;
      bound.pods = Math.max(bound.pods, pods[slot] ?? 0);
      bound.cpu = Math.max(bound.cpu, cpu[slot] ?? 0, 0);
      bound.memory = Math.max(bound.memory, memory[slot] ?? 0, 0);
    }
    bound.clean = true;
  }
}
