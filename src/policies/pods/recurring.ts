// What the ticks of one configuration have in common: what is asked, and who answers in which order.
import type { MetricSource, PodPolicy, Question, Split } from '../../model/config.ts';
import { Alike } from './alike.ts';
import { KnownTargets } from './known-target.ts';
import { Order, Seats } from './seats.ts';

type Usage = Extract<MetricSource, { kind: 'resource' }>;

export const keyOf = ({ query, split }: NonNullable<Question['grouped']>): string => `${splitKey(split)} ${query}`;

const splitKey = (split: Split): string => JSON.stringify(Object.entries(split).sort());

/** Names that are gone may keep their seats until they are a fifth of all. */
const room = (named: number): number => 1.25 * named + 1_000;

export class Recurring {
  /** each once, however many policies ask it */
  readonly questions: readonly Question[];
  readonly usage: readonly Usage[];
  readonly known = new KnownTargets();
  readonly alike = new Alike();
  readonly #same = new WeakMap<Question, Question>();
  #targets = new Seats();
  #pods = new Seats();
  readonly #orders = new Map<string, Order>();
  readonly #asked = new Set<string>();

  constructor(policies: readonly PodPolicy[]) {
    const questions = new Map<string, Question>();
    const usage = new Map<string, Usage>();
    const ask = (question: Question): void => {
      if (question.grouped === null) return;
      const key = `${keyOf(question.grouped)}\n${question.single ?? ''}`;
      const first = questions.get(key) ?? question;
      questions.set(key, first);
      this.#same.set(question, first);
    };
    for (const { spec } of policies) {
      if (spec.victim !== undefined) for (const one of [spec.victim.question, ...spec.victim.ages]) ask(one);
      for (const { source, ages, coverage } of spec.metrics) {
        if (source.kind === 'query') ask(source.question);
        if (source.kind === 'resource') usage.set(`${source.query}\n${source.container ?? ''}`, source);
        for (const question of ages) ask(question);
        if (coverage !== null) ask(coverage.question);
      }
    }
    this.questions = [...questions.values()];
    this.usage = [...usage.values()];
  }

  /** The first of all questions that ask the same. */
  same(question: Question): Question {
    return this.#same.get(question) ?? question;
  }

  get targets(): Seats {
    return this.#targets;
  }

  get pods(): Seats {
    return this.#pods;
  }

  /** The order of one list or answer. */
  order(seats: Seats, of: string): Order {
    this.#asked.add(of);
    let order = this.#orders.get(of);
    if (order?.seats !== seats) this.#orders.set(of, (order = new Order(seats)));
    return order;
  }

  /** Before each tick: what is no longer asked, and names that are gone, are forgotten. */
  tidy(): void {
    let [targets, pods] = [this.known.length, 0];
    for (const [of, order] of this.#orders) {
      if (!this.#asked.has(of)) this.#orders.delete(of);
      else if (order.seats === this.#targets) targets += order.length;
      else pods = Math.max(pods, order.length);
    }
    this.#asked.clear();
    if (this.#targets.size > room(targets)) this.#targets = new Seats();
    if (this.#pods.size > room(pods)) this.#pods = new Seats();
  }
}

const recurring = new WeakMap<readonly PodPolicy[], Recurring>();

/** Ticks that follow each other under the same policies share it; of two at the same time one begins anew. */
export function borrowRecurring(policies: readonly PodPolicy[]): Recurring {
  const known = recurring.get(policies) ?? new Recurring(policies);
  recurring.delete(policies);
  known.tidy();
  return known;
}

export function giveBack(policies: readonly PodPolicy[], known: Recurring): void {
  recurring.set(policies, known);
}
