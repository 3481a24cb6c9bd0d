// Who is to be told in a life full of deaths whose configuration changes: whoever it has named long enough, whatever it named before.
import { seconds } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';
import type { Lifetimes } from './chaos-lifetimes.ts';

/** Of each configuration, the ways by which an alert of this team is told. */
export type WaysOf = readonly ((team: string) => readonly string[])[];

/** How long a process may take to notice, and to say what is due while all places at a gateway are taken. */
const slack = seconds(180);

export interface Begun {
  readonly team: string;
  readonly firing: Instant;
  readonly over: Instant | null;
}

export class Reloads {
  readonly #waysOf: WaysOf;
  readonly #lifetimes: Lifetimes;
  readonly #inForce: { readonly index: number; readonly since: number }[] = [{ index: 0, since: -Infinity }];

  constructor(waysOf: WaysOf, lifetimes: Lifetimes) {
    this.#waysOf = waysOf;
    this.#lifetimes = lifetimes;
  }

  reloaded(index: number, at: Instant): void {
    this.#inForce.push({ index, since: at });
  }

  /** Those by whom it is to be told: each that was named all the time since it began, or long enough while it went on. */
  dueFor({ team, firing, over }: Begun): readonly string[] {
    const named = (way: string, index: number): boolean => this.#waysOf[index]?.(team).includes(way) === true;
    const ways = new Set(this.#waysOf.flatMap((of) => of(team)));
    return [...ways].filter((way) => {
      const last = this.#inForce.findLastIndex(({ index }) => !named(way, index));
      const since = this.#inForce[last + 1]?.since;
      if (since === undefined) return false;
      return since <= firing || this.#lifetimes.longest(since, over ?? Infinity) >= slack;
    });
  }
}
