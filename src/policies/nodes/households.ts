// The pods of each node, gathered from the list of all: in its order each pod is looked at once, for all that is asked of it later.
import type { Pod, PodSpec } from '../../model/kubernetes.ts';
import { controllerOf, isDeleting, isTerminal, requestsOnlyByContainers } from '../pod-facts.ts';
import { Families, type Family } from './families.ts';
import { isPlain, Parts, rememberImage } from './fit/image.ts';
import { amountsOf } from './fit/tally.ts';
import { isSystem, replicated, saysNothing } from './movable.ts';
import { isSpringtide } from './needed-nodes.ts';

/** What is known of the pods of a list without looking at them again. */
export interface Look {
  /** whose each of them is */
  readonly families: readonly Family[];
  /** by index and in order: those of which more than their owner and their namespace may count for or against moving them */
  readonly special: readonly number[];
}

const looks = new WeakMap<readonly Pod[], Look>();

/** undefined: the list was not gathered, but has changed since. */
export const lookOf = (pods: readonly Pod[]): Look | undefined => looks.get(pods);

const isOrdinary = (pod: Pod, { owner, isLookedUp }: Family): boolean =>
  isLookedUp &&
  replicated.has(owner?.kind ?? '') &&
  !isDeleting(pod) &&
  !isSystem(pod) &&
  !isTerminal(pod) &&
  saysNothing(pod) &&
  pod.spec?.volumes === undefined &&
  !isSpringtide(pod);

const nodesAStep = 256;
const podsAStep = 32_768;

/**
 * In columns of numbers: neighbours in the list run on different nodes, and a few lines of memory for each of thousands of nodes
 * are at hand where objects would not be.
 */
export class Households {
  readonly #pods: readonly Pod[];
  /** by pod */
  readonly #nodeOf: Int32Array;
  readonly #familyOf: (Family | null)[] = [];
  readonly #isSpecial: Uint8Array;
  /** by node, in the order in which they were first met */
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #residents: Int32Array;
  readonly #cpu: Float64Array;
  readonly #memory: Float64Array;
  readonly #parts: (Parts | null)[] = [];
  readonly #families = new Families();

  constructor(pods: readonly Pod[], nowhere: string) {
    this.#pods = pods;
    this.#nodeOf = new Int32Array(pods.length);
    this.#isSpecial = new Uint8Array(pods.length);
    // As many nodes as pods at most, and nowhere.
    this.#residents = new Int32Array(pods.length + 1);
    this.#cpu = new Float64Array(pods.length + 1);
    this.#memory = new Float64Array(pods.length + 1);
    this.#numberOf(nowhere);
  }

  take(index: number): void {
    const pod = this.#pods[index] as Pod;
    const node = this.#numberOf(pod.spec?.nodeName ?? '');
    this.#nodeOf[index] = node;
    this.#residents[node] = (this.#residents[node] ?? 0) + 1;
    if (node === 0) {
      this.#familyOf.push(null);
      return;
    }
    const family = this.#families.of(pod.metadata.namespace ?? '', controllerOf(pod));
    this.#familyOf.push(family);
    const ordinary = isOrdinary(pod, family);
    if (!ordinary) this.#isSpecial[index] = 1;
    const { spec } = pod;
    if (!ordinary || !this.#adds(spec, node)) (this.#parts[node] ??= new Parts()).take(pod);
    else if (!isPlain(pod)) (this.#parts[node] ??= new Parts()).takeRules(pod, spec);
  }

  /** Once all are taken: each node's pods, in the order of the list. */
  *close(): Generator<undefined, Map<string, readonly Pod[]>> {
    const starts = this.#starts();
    const order = new Int32Array(this.#pods.length);
    for (let from = 0; from < order.length; from += podsAStep) {
      this.#sort(order, starts, from, Math.min(from + podsAStep, order.length));
      yield;
    }
    const byNode = new Map<string, readonly Pod[]>();
    let from = 0;
    for (const [node, name] of this.#names.entries()) {
      const until = starts[node] ?? from;
      byNode.set(name, this.#closeOne(node, order.subarray(from, until)));
      from = until;
      if (node % nodesAStep === nodesAStep - 1) yield;
    }
    return byNode;
  }

  #sort(order: Int32Array, starts: Int32Array, from: number, until: number): void {
    for (let index = from; index < until; index += 1) {
      const node = this.#nodeOf[index] ?? 0;
      const place = starts[node] ?? 0;
      order[place] = index;
      starts[node] = place + 1;
    }
  }

  #closeOne(node: number, indexes: Int32Array): readonly Pod[] {
    // As long as they will be: a list that grows is copied on its way.
    const pods = new Array<Pod>(indexes.length);
    for (let at = 0; at < indexes.length; at += 1) pods[at] = this.#pods[indexes[at] ?? 0] as Pod;
    if (node === 0) return pods;
    const families = new Array<Family>(indexes.length);
    const special: number[] = [];
    for (let at = 0; at < indexes.length; at += 1) {
      const index = indexes[at] ?? 0;
      families[at] = this.#familyOf[index] as Family;
      if (this.#isSpecial[index] === 1) special.push(at);
    }
    looks.set(pods, { families, special });
    const parts = this.#parts[node] ?? new Parts();
    parts.add(this.#cpu[node] ?? 0, this.#memory[node] ?? 0);
    rememberImage(pods, parts, families);
    return pods;
  }

  #starts(): Int32Array {
    const starts = new Int32Array(this.#names.length);
    let before = 0;
    for (let node = 0; node < starts.length; node += 1) {
      starts[node] = before;
      before += this.#residents[node] ?? 0;
    }
    return starts;
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#names.length;
    this.#names.push(name);
    this.#parts.push(null);
    this.#numbers.set(name, number);
    return number;
  }

  /** False: more than cpu and memory is asked for, and nothing was added. */
  #adds(spec: PodSpec | undefined, node: number): spec is PodSpec {
    if (spec === undefined || !requestsOnlyByContainers(spec)) return false;
    const { containers } = spec;
    let [cpu, memory] = [0, 0];
    for (let index = 0; index < (containers?.length ?? 0); index += 1) {
      const container = containers?.[index];
      const amounts = container === undefined ? null : amountsOf(container);
      if (amounts === null || amounts.others.length > 0) return false;
      cpu += amounts.cpu;
      memory += amounts.memory;
    }
    this.#cpu[node] = (this.#cpu[node] ?? 0) + cpu;
    this.#memory[node] = (this.#memory[node] ?? 0) + memory;
    return true;
  }
}
