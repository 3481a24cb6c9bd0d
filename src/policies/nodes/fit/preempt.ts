// Whom a pod pushes out, and where: the scheduler's preemption, tried on the nodes of a simulation.
import type { Pod, PodDisruptionBudget } from '../../../model/kubernetes.ts';
import { instantOf } from '../../../model/units.ts';
import { isDeleting, isTerminal } from '../../pod-facts.ts';
import { budgetsOf, Disruptions } from '../disruptions.ts';
import { mayPreempt, priorityOf, type Needs } from './needs.ts';
import type { Simulation } from './simulation.ts';

/** The pods of one node that leave it for another one. */
export interface Eviction {
  readonly room: string;
  readonly victims: readonly Pod[];
}

interface Option extends Eviction {
  /** victims whose budget has no disruption left for them */
  readonly violations: number;
  readonly highest: number;
  readonly sum: number;
  /** when the first of the most important victims has started */
  readonly started: number;
}

/** The scheduler tries a tenth of the nodes, this many at least, and takes the best of them. */
const leastOptions = 100;
const shareOfOptions = 0.1;
/** Nodes that are tried in one tick: pods beyond that order room for themselves. */
const mostTries = 10_000;
const triesAStep = 8;
const roomsAStep = 256;
/** As the scheduler: a priority below zero is no reason to push out more of them. */
const aboveZero = 2 ** 31;

const startOf = (pod: Pod): number => instantOf(pod.status?.startTime ?? pod.metadata.creationTimestamp) ?? 0;

const lowest = new WeakMap<readonly Pod[], { readonly length: number; readonly priority: number }>();

export class Preemption {
  readonly #simulation: Simulation;
  readonly #podsOn: ReadonlyMap<string, readonly Pod[]>;
  readonly #budgets: readonly PodDisruptionBudget[];
  readonly #disruptions: Disruptions;
  readonly #gone = new Set<Pod>();
  readonly #options = new Map<Needs, { readonly list: Option[]; readonly after: number }>();
  #tries = 0;
  #evictions = 0;

  /** `podsOn`: of the rooms that are in the simulation now; nobody is pushed out of others */
  constructor(
    simulation: Simulation,
    podsOn: ReadonlyMap<string, readonly Pod[]>,
    budgets: readonly PodDisruptionBudget[],
  ) {
    this.#simulation = simulation;
    this.#podsOn = podsOn;
    this.#budgets = budgets;
    this.#disruptions = new Disruptions(budgets);
  }

  /** Whether anybody that runs is less important than this. */
  *finds(needs: Needs): Generator<undefined, boolean> {
    if (!mayPreempt(needs.spec, this.#simulation.classes)) return false;
    let looked = 0;
    for (const name of this.#simulation.roomNames()) {
      if (++looked % roomsAStep === 0) yield;
      if (this.#lowestOn(name) < needs.priority) return true;
    }
    return false;
  }

  /** The place that the scheduler would make for one of them; the victims leave the simulation, and it comes. */
  *evict(needs: Needs): Generator<undefined, Eviction | null> {
    if (!mayPreempt(needs.spec, this.#simulation.classes)) return null;
    let options = this.#options.get(needs) ?? (yield* this.#optionsFor(needs));
    for (;;) {
      const { list, after } = options;
      const best = list.shift();
      if (best === undefined) {
        // Who has come since may have opened other nodes to those that are spread, or want to be together.
        if (after === this.#evictions || !this.#simulation.dependsOnOthers(needs)) return null;
        options = yield* this.#optionsFor(needs);
        continue;
      }
      // Since it was found others may have come to that node, or have been pushed out of it.
      const now = this.#option(needs, best.room);
      if (now === null) continue;
      if (isBetter(best, now)) {
        insert(list, now);
        continue;
      }
      this.#carryOut(needs, now);
      const again = this.#option(needs, now.room);
      if (again !== null) insert(list, again);
      return { room: now.room, victims: now.victims };
    }
  }

  /** The node that the scheduler keeps for it: those that are on their way out for it are gone already. */
  await(needs: Needs, room: string): Eviction | null {
    const simulation = this.#simulation;
    if (!simulation.has(room)) return null;
    const before = simulation.checkpoint();
    const leaving = this.#lowerOn(needs, room).filter(isDeleting);
    for (const pod of leaving) simulation.leave(simulation.needsOf(pod), room);
    if (simulation.misfit(needs, room) === null) {
      simulation.take(needs, room);
      for (const pod of leaving) this.#gone.add(pod);
      return { room, victims: leaving };
    }
    simulation.rollBack(before);
    const option = mayPreempt(needs.spec, simulation.classes) ? this.#option(needs, room) : null;
    if (option === null) return null;
    this.#carryOut(needs, option);
    return { room, victims: option.victims };
  }

  #carryOut(needs: Needs, { room, victims }: Option): void {
    const simulation = this.#simulation;
    this.#evictions += 1;
    for (const pod of victims) {
      simulation.leave(simulation.needsOf(pod), room);
      this.#gone.add(pod);
    }
    simulation.take(needs, room);
    this.#disruptions.take(victims);
  }

  *#optionsFor(needs: Needs): Generator<undefined, { readonly list: Option[]; readonly after: number }> {
    const options: Option[] = [];
    const names = [...this.#simulation.roomNames()];
    const enough = Math.max(leastOptions, Math.ceil(names.length * shareOfOptions));
    for (const [index, name] of names.entries()) {
      if (options.length >= enough || this.#tries >= mostTries) break;
      if (index % roomsAStep === roomsAStep - 1) yield;
      if (!this.#mayHelp(needs, name)) continue;
      const option = this.#option(needs, name);
      if (option !== null) options.push(option);
      if (this.#tries % triesAStep === 0) yield;
    }
    const found = { list: options.sort(compare), after: this.#evictions };
    this.#options.set(needs, found);
    return found;
  }

  /** Whether there would be room, reckoned by sums: most nodes need no closer look. */
  #mayHelp(needs: Needs, room: string): boolean {
    if (this.#lowestOn(room) >= needs.priority) return false;
    const lower = this.#lowerOn(needs, room);
    if (lower.length === 0) return false;
    const simulation = this.#simulation;
    return Object.entries(needs.requests).every(([name, milli]) => {
      const short = milli - simulation.freeOf(room, name);
      if (short <= 0) return true;
      return lower.reduce((sum, pod) => sum + (simulation.needsOf(pod).requests[name] ?? 0), 0) >= short;
    });
  }

  /** Who has to leave one node: all that are less important, less those that may stay after all. */
  #option(needs: Needs, room: string): Option | null {
    const simulation = this.#simulation;
    if (this.#tries >= mostTries || !simulation.has(room)) return null;
    const lower = this.#lowerOn(needs, room);
    if (lower.length === 0) return null;
    this.#tries += 1;
    const before = simulation.checkpoint();
    for (const pod of lower) simulation.leave(simulation.needsOf(pod), room);
    const option = simulation.misfit(needs, room) === null ? this.#withFewest(needs, room, lower) : null;
    simulation.rollBack(before);
    return option;
  }

  /** The most important come back first, and of all those first whom a budget protects. */
  #withFewest(needs: Needs, room: string, lower: readonly Pod[]): Option | null {
    const simulation = this.#simulation;
    const sorted = lower.toSorted(
      (one, other) => this.#priorityOf(other) - this.#priorityOf(one) || startOf(one) - startOf(other),
    );
    const guarded = this.#beyondBudgets(sorted);
    const victims: Pod[] = [];
    let violations = 0;
    const order = [...sorted.filter((pod) => guarded.has(pod)), ...sorted.filter((pod) => !guarded.has(pod))];
    for (const pod of order) {
      const own = simulation.needsOf(pod);
      simulation.take(own, room);
      if (simulation.misfit(needs, room) === null) continue;
      simulation.leave(own, room);
      victims.push(pod);
      if (guarded.has(pod)) violations += 1;
    }
    if (victims.length === 0) return null;
    const highest = Math.max(...victims.map((pod) => this.#priorityOf(pod)));
    const foremost = victims.filter((pod) => this.#priorityOf(pod) === highest);
    return {
      room,
      victims,
      violations,
      highest,
      sum: victims.reduce((sum, pod) => sum + this.#priorityOf(pod) + aboveZero, 0),
      started: Math.min(...foremost.map(startOf)),
    };
  }

  #beyondBudgets(sorted: readonly Pod[]): ReadonlySet<Pod> {
    const left = new Map<PodDisruptionBudget, number>();
    const beyond = new Set<Pod>();
    for (const pod of sorted)
      for (const budget of budgetsOf(pod, this.#budgets)) {
        const after = (left.get(budget) ?? this.#disruptions.left(budget)) - 1;
        left.set(budget, after);
        if (after < 0) beyond.add(pod);
      }
    return beyond;
  }

  #lowerOn(needs: Needs, room: string): readonly Pod[] {
    return (this.#podsOn.get(room) ?? []).filter(
      (pod) => this.#priorityOf(pod) < needs.priority && !isTerminal(pod) && !this.#gone.has(pod),
    );
  }

  #lowestOn(room: string): number {
    const pods = this.#podsOn.get(room);
    if (pods === undefined) return Infinity;
    const known = lowest.get(pods);
    if (known?.length === pods.length) return known.priority;
    let priority = Infinity;
    for (const pod of pods) if (!isTerminal(pod)) priority = Math.min(priority, this.#priorityOf(pod));
    lowest.set(pods, { length: pods.length, priority });
    return priority;
  }

  #priorityOf(pod: Pod): number {
    return priorityOf(pod.spec, this.#simulation.classes);
  }
}

/** Below zero: the one is better. In the scheduler's order; a node that comes first is better than its equals. */
function compare(one: Option, other: Option): number {
  return (
    one.violations - other.violations ||
    one.highest - other.highest ||
    one.sum - other.sum ||
    one.victims.length - other.victims.length ||
    other.started - one.started
  );
}

const isBetter = (one: Option, other: Option): boolean => compare(one, other) < 0;

function insert(options: Option[], option: Option): void {
  const at = options.findIndex((other) => isBetter(option, other));
  options.splice(at < 0 ? options.length : at, 0, option);
}
