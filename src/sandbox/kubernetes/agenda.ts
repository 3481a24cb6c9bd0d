// What the cluster has still to do, on any clock: one timer for thousands of appointments, and queues that fold repeated work.
import type { Cancel, Clock } from '../../clock.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';

interface Appointment {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

const earlier = (left: Appointment, right: Appointment): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

const longestTimer = 2_000_000_000;

export class Agenda {
  readonly #clock: Clock;
  readonly #heap: Appointment[] = [];
  #order = 0;
  #timer: { readonly at: number; readonly cancel: Cancel } | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): Instant {
    return this.#clock.now();
  }

  after(delay: Milliseconds, run: () => void): Cancel {
    if (this.#closed) return () => undefined;
    const appointment: Appointment = { at: this.#clock.now() + Math.max(0, delay), order: this.#order++, run };
    this.#push(appointment);
    this.#arm();
    return () => {
      appointment.run = undefined;
    };
  }

  close(): void {
    this.#closed = true;
    this.#heap.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const next = this.#heap[0];
    if (next === undefined || this.#closed) return;
    if (this.#timer !== undefined && this.#timer.at <= next.at) return;
    this.#timer?.cancel();
    // a platform timer holds 24 days at most; a longer wait wakes on the way and arms again
    const delay = Math.min(longestTimer, Math.max(0, next.at - this.#clock.now())) as Milliseconds;
    this.#timer = { at: next.at, cancel: this.#clock.after(delay, () => this.#fire()) };
  }

  #fire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.#pop();
      next.run?.();
    }
    this.#arm();
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap;
    let at = heap.push(appointment) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !earlier(appointment, above)) break;
      heap[at] = above;
      heap[parent] = appointment;
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const [leftItem, rightItem] = [heap[left], heap[right]];
      if (leftItem === undefined) return;
      const [child, item] =
        rightItem !== undefined && earlier(rightItem, leftItem) ? [right, rightItem] : [left, leftItem];
      if (!earlier(item, last)) return;
      heap[at] = item;
      heap[child] = last;
      at = child;
    }
  }
}

/** Keys wait `delay` and are then worked on once each, however often they were added meanwhile. */
export class WorkQueue {
  readonly #agenda: Agenda;
  readonly #delay: Milliseconds;
  readonly #work: (key: string) => void;
  #keys = new Set<string>();

  constructor(agenda: Agenda, delay: Milliseconds, work: (key: string) => void) {
    this.#agenda = agenda;
    this.#delay = delay;
    this.#work = work;
  }

  add(key: string): void {
    if (this.#keys.size === 0) this.#agenda.after(this.#delay, () => this.#flush());
    this.#keys.add(key);
  }

  #flush(): void {
    const keys = this.#keys;
    this.#keys = new Set();
    for (const key of keys) this.#work(key);
  }
}
