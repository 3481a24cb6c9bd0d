// What the API server has not taken, and when it is asked again: as a whole where it is out of order, one object where only that is refused.
import { ClientError } from '../../clients/http/error.ts';
import { minutes, seconds, type Instant } from '../../model/units.ts';
import type { Home } from './homes.ts';
import { restLeft, type Rest } from './rest.ts';

const firstPause = seconds(1);
const longestPause = seconds(30);
/** A server that asks for more is asked again all the same. */
const longestAsked = minutes(2);
const refusedFor = seconds(30);
/** Asked so often for a moment's patience it has none for us: whoever waits is told. */
const mostPatience = 3;

const ofOneObject: ReadonlySet<ClientError['code']> = new Set(['Forbidden', 'BadRequest', 'Conflict']);

/** A quota, a policy of the cluster, or somebody who changes it all the time: others are written. */
export const isOfOneObject = (thrown: unknown): boolean =>
  thrown instanceof ClientError && ofOneObject.has(thrown.code);

export class Setbacks {
  #failures = 0;
  #rest: Rest | null = null;
  #isAsked = false;
  readonly #refused = new Map<Home, Rest>();

  /** True where nobody need know: it has only asked for a moment's patience. */
  failed(thrown: unknown, now: Instant): boolean {
    this.#failures += 1;
    const isThrottled = thrown instanceof ClientError && thrown.code === 'TooManyRequests';
    const asked = thrown instanceof ClientError ? (thrown.retryAfterMs ?? 0) : 0;
    const pause = Math.min(longestPause, firstPause * 2 ** (this.#failures - 1));
    this.#isAsked = isThrottled || asked > 0;
    this.#rest = { from: now, length: Math.max(pause, Math.min(asked, longestAsked)) };
    return isThrottled && this.#failures <= mostPatience;
  }

  /** It has taken something. */
  well(): void {
    this.#failures = 0;
    this.#rest = null;
  }

  /** Something new is to be written: that is tried at once, but where patience was asked for. */
  hurry(): void {
    if (!this.#isAsked) this.#rest = null;
  }

  /** in milliseconds */
  rest(now: Instant): number {
    return this.#rest === null ? 0 : restLeft(this.#rest, now);
  }

  refuse(home: Home, now: Instant): void {
    this.#refused.set(home, { from: now, length: refusedFor });
  }

  taken(home: Home): void {
    this.#refused.delete(home);
  }

  /** Once more, before the end. */
  forgive(): void {
    this.#refused.clear();
  }

  /** in milliseconds */
  restOf(home: Home, now: Instant): number {
    const rest = this.#refused.get(home);
    return rest === undefined ? 0 : restLeft(rest, now);
  }
}
