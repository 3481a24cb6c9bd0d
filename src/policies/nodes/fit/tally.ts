// What pods request together, counted one by one: cpu and memory in numbers of their own, all else by name.
import type { Container, PodSpec } from '../../../model/kubernetes.ts';
import { requestsOf, requestsOnlyByContainers, type Requests } from '../../pod-facts.ts';

export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly others: readonly (readonly [string, number])[];
}

const nothing: Amounts = { cpu: 0, memory: 0, others: [] };

function amountsIn(requests: Requests): Amounts {
  const others = Object.entries(requests).filter(([name]) => name !== 'cpu' && name !== 'memory');
  return { cpu: requests['cpu'] ?? 0, memory: requests['memory'] ?? 0, others };
}

/** Pods of one owner share what their containers ask for: it is read once for all of them. */
const remembered = new WeakMap<object, Amounts>();

export function amountsOf(container: Container): Amounts {
  const { resources } = container;
  if (resources === undefined) return nothing;
  const { requests, limits } = resources;
  const key = requests && limits ? resources : (requests ?? limits ?? resources);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const made = amountsIn(requestsOf({ containers: [container] }));
  remembered.set(key, made);
  return made;
}

export class Tally {
  #cpu = 0;
  #memory = 0;
  #others: Record<string, number> | null = null;

  of(resource: string): number {
    if (resource === 'cpu') return this.#cpu;
    if (resource === 'memory') return this.#memory;
    return this.#others?.[resource] ?? 0;
  }

  add(spec: PodSpec | undefined, pods: 1 | -1): void {
    if (spec === undefined) return;
    if (!requestsOnlyByContainers(spec)) {
      this.#count(amountsIn(requestsOf(spec)), pods);
      return;
    }
    const { containers } = spec;
    for (let index = 0; index < (containers?.length ?? 0); index += 1) {
      const container = containers?.[index];
      if (container !== undefined) this.#count(amountsOf(container), pods);
    }
  }

  addAmounts(cpu: number, memory: number): void {
    this.#cpu += cpu;
    this.#memory += memory;
  }

  copy(): Tally {
    const copy = new Tally();
    copy.#cpu = this.#cpu;
    copy.#memory = this.#memory;
    copy.#others = this.#others === null ? null : { ...this.#others };
    return copy;
  }

  /** Small enough that taking away what was added leaves what was there. */
  get isExact(): boolean {
    if (!Number.isSafeInteger(this.#cpu) || !Number.isSafeInteger(this.#memory)) return false;
    for (const name in this.#others) if (!Number.isSafeInteger(this.#others[name])) return false;
    return true;
  }

  #count({ cpu, memory, others }: Amounts, pods: 1 | -1): void {
    this.#cpu += pods * cpu;
    this.#memory += pods * memory;
    for (const [name, milli] of others) {
      const sums = (this.#others ??= {});
      sums[name] = (sums[name] ?? 0) + pods * milli;
    }
  }
}
