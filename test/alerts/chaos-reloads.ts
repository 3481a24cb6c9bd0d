// Who is to be told in a life full of deaths whose configuration changes: whoever it has named long enough, whatever it named before.
import { seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import type { Lifetimes } from './chaos-lifetimes.ts';

/** Of each configuration, the ways by which an alert of this team is told. */
export type WaysOf = readonly ((team: string) => readonly string[])[];

export type KeptIn = 'directory' | 'kubernetes';

/** How long a process may take to notice, and to say what is due while all places at a gateway are taken. */
const slack = seconds(180);
/** In objects a message is written as it goes and with its answer, five writes a second: so long until all of all groups have gone. */
const writesOfMessage = 2;
const writesInSecond = 5;

/** `messages`: of all groups, to everybody. */
const slackIn = (keptIn: KeptIn, messages: number): Milliseconds =>
  keptIn === 'directory' ? slack : seconds(slack / 1000 + (messages * writesOfMessage) / writesInSecond);

export interface Begun {
  readonly team: string;
  readonly begun: Instant;
  readonly ending: Instant | null;
}

export class Reloads {
  readonly #waysOf: WaysOf;
  readonly #lifetimes: Lifetimes;
  readonly #slack: Milliseconds;
  readonly #inForce: { readonly index: number; readonly since: number }[] = [{ index: 0, since: -Infinity }];

  constructor(waysOf: WaysOf, lifetimes: Lifetimes, keptIn: KeptIn, alerts: number) {
    this.#waysOf = waysOf;
    this.#lifetimes = lifetimes;
    // each alert may be a group
    this.#slack = slackIn(keptIn, alerts * Math.max(...waysOf.map((of) => of('t1').length)));
  }

  reloaded(index: number, at: Instant): void {
    this.#inForce.push({ index, since: at });
  }

  /** Those by whom it is to be told: each that was named all the time since it began, or long enough while it went on. */
  dueFor({ team, begun, ending }: Begun): readonly string[] {
    const named = (way: string, index: number): boolean => this.#waysOf[index]?.(team).includes(way) === true;
    const ways = new Set(this.#waysOf.flatMap((of) => of(team)));
    return [...ways].filter((way) => {
      const last = this.#inForce.findLastIndex(({ index }) => !named(way, index));
      const since = this.#inForce[last + 1]?.since;
      if (since === undefined) return false;
      return since <= begun || this.#lifetimes.longest(since, ending ?? Infinity) >= this.#slack;
    });
  }
}
