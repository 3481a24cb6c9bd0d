// The routes that lead to one group: several may, with hours and timers of their own. It speaks by those that may speak now.
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Muting } from './muting.ts';
import type { Route } from './route.ts';

interface Turn {
  readonly route: Route;
  due: Instant;
}

type Hours = Pick<Muting, 'hoursOf'>;

export class Leading {
  #turns: readonly Turn[] = [];
  #routes: readonly Route[] = [];
  /** of alerts to which not all of them lead; null: there are none */
  #some: Map<string, readonly Route[]> | null = null;

  /** By which an alert is in the group. */
  to(fingerprint: string): readonly Route[] {
    return this.#some?.get(fingerprint) ?? this.#routes;
  }

  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** When the first of them has its turn; never where there is none. */
  get due(): Instant {
    return Math.min(...this.#turns.map(({ due }) => due)) as Instant;
  }

  /** When this one has its turn, or where it is not among them the first of the others. */
  dueOf({ id }: Route): Instant {
    return this.#turns.find(({ route }) => route.id === id)?.due ?? this.due;
  }

  /** An alert has come by these routes; `others`: the alerts of the group. */
  lead(
    fingerprint: string,
    routes: readonly Route[],
    others: ReadonlyMap<string, unknown>,
    dueOf: (route: Route) => Instant,
  ): void {
    const known = this.#routes;
    const added = routes.filter(({ id }) => known.every((one) => one.id !== id));
    if (added.length > 0 && known.length > 0)
      for (const other of others.keys()) if (this.#some?.has(other) !== true) this.#only(other, known);
    if (added.length > 0) this.#lead([...this.#turns, ...added.map((route) => ({ route, due: dueOf(route) }))]);
    if (routes.length < this.#turns.length) this.#only(fingerprint, routes);
    else this.#some?.delete(fingerprint);
  }

  /** Alerts have left; `rest`: those that stay. A route by which nothing came that stays leads here no more. */
  release(fingerprints: Iterable<string>, rest: ReadonlyMap<string, unknown>): void {
    if (this.#some === null) return;
    for (const fingerprint of fingerprints) this.#some.delete(fingerprint);
    if (rest.size === 0 || this.#some.size < rest.size) return;
    const used = new Set([...this.#some.values()].flatMap((routes) => routes.map(({ id }) => id)));
    this.#lead(this.#turns.filter(({ route }) => used.has(route.id)));
    for (const [fingerprint, routes] of this.#some)
      if (routes.length === this.#turns.length) this.#some.delete(fingerprint);
  }

  /** Nobody has his turn before this. */
  postpone(until: Instant): void {
    for (const turn of this.#turns) turn.due = Math.max(turn.due, until) as Instant;
  }

  /** Those whose turn has come; each has its next one an interval later. */
  take(now: Instant, isDue: (due: Instant) => boolean): readonly Route[] {
    const taken = this.#turns.filter(({ due }) => isDue(due));
    for (const turn of taken) turn.due = later(now, turn.route.timers.groupInterval);
    return taken.map(({ route }) => route);
  }

  /** It is the turn of one that may speak; where none may it is that of any. */
  isTurnOf(due: readonly Route[], hours: Hours, now: Instant): boolean {
    return this.#speaking(hours, now).some(({ route }) => due.includes(route));
  }

  repeat(hours: Hours, now: Instant): Milliseconds {
    return Math.min(...this.#speaking(hours, now).map(({ route }) => route.timers.repeatInterval)) as Milliseconds;
  }

  /** When somebody may be told, as far as can be said now. */
  next(hours: Hours, now: Instant): Instant {
    return Math.min(...this.#speaking(hours, now).map(({ due }) => due)) as Instant;
  }

  /** Those that may speak; all where none may. */
  #speaking(hours: Hours, now: Instant): readonly Turn[] {
    if (this.#turns.length === 1) return this.#turns;
    const speaking = this.#turns.filter(({ route }) => hours.hoursOf([route], now).length === 0);
    return speaking.length === 0 ? this.#turns : speaking;
  }

  #lead(turns: readonly Turn[]): void {
    this.#turns = turns;
    this.#routes = turns.map(({ route }) => route);
  }

  #only(fingerprint: string, routes: readonly Route[]): void {
    this.#some ??= new Map();
    this.#some.set(fingerprint, routes);
  }
}
