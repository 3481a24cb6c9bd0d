// Who asks, by the bearer token shown: named tokens of the configuration, or the ones that Kubernetes knows.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { DaemonSpec } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';
import { later, minutes, seconds, type Instant } from '../model/units.ts';

export interface Caller {
  readonly name: string;
  /** to say that somebody is on what fires */
  readonly mayAcknowledge: boolean;
}

/** Whose a token is; null: nobody's that may read. `address` is asked about no faster than it may be. */
export type Identify = (token: string, address: string) => Promise<Caller | null>;

type Auth = Exclude<NonNullable<DaemonSpec['http']['auth']>, 'none'>;
type NamedToken = NonNullable<Auth['tokens']>[number];

export interface Reviewed {
  readonly name: string;
  /** false: it is a known account, and may not read here */
  readonly mayRead: boolean;
  readonly mayAcknowledge: boolean;
}

export interface AccessOptions {
  /** read anew for every request: a reload may change it */
  readonly auth: () => Auth;
  readonly secretOf: (reference: NamedToken['token']) => Promise<string>;
  /** null: Kubernetes knows no such token. It throws where it could not be asked. */
  readonly review: (token: string, audiences: readonly string[] | undefined) => Promise<Reviewed | null>;
  /** null: it may be asked about; else the seconds after which it may */
  readonly mayReview: (address: string) => number | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Neither yes nor no: the answer could not be had. */
export class AccessUnknown extends Error {
  readonly after: number;
  readonly code: 'AccessUnknown' | 'TooManyRequests';

  constructor(code: AccessUnknown['code'], message: string, after: number) {
    super(message);
    this.name = 'AccessUnknown';
    this.code = code;
    this.after = after;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const knownFor = minutes(1);
const unknownFor = seconds(10);
const reviewsKept = 1_000;
const complaintsEvery = minutes(1);

export function createAccess(options: AccessOptions): Identify {
  const { auth, secretOf, clock, log } = options;
  const reviews = createReviews(options);
  let complained: Instant | null = null;

  const complain = (name: string, thrown: unknown): void => {
    const now = clock.now();
    if (complained !== null && now < later(complained, complaintsEvery)) return;
    complained = now;
    log.error({ name }, `a token of http.auth cannot be read, nobody gets in by it: ${messageOf(thrown)}`);
  };

  /** All of them are compared, whichever it is: the time taken tells nothing. */
  async function named(token: string, tokens: readonly NamedToken[]): Promise<Caller | null> {
    const given = digest(token);
    let caller: Caller | null = null;
    for (const { name, token: reference, may } of tokens) {
      try {
        if (timingSafeEqual(given, digest(await secretOf(reference))))
          caller ??= { name, mayAcknowledge: may === 'acknowledge' };
      } catch (thrown) {
        complain(name, thrown);
      }
    }
    return caller;
  }

  return async (token, address) => {
    const { tokens = [], tokenReview } = auth();
    const caller = await named(token, tokens);
    if (caller !== null || tokenReview === undefined) return caller;
    return reviews(token, tokenReview.audiences, address);
  };
}

interface Kept {
  readonly answer: Promise<Caller | null>;
  until: Instant;
}

/** What the API server has said holds for a minute at most, and it is asked once however many ask at once. */
function createReviews({ review, mayReview, clock }: AccessOptions) {
  const kept = new Map<string, Kept>();
  const callerOf = async (token: string, audiences: readonly string[] | undefined): Promise<Caller | null> => {
    try {
      const reviewed = await review(token, audiences);
      if (reviewed?.mayRead !== true) return null;
      return { name: reviewed.name, mayAcknowledge: reviewed.mayAcknowledge };
    } catch (thrown) {
      const why = `Kubernetes could not be asked whose the token is: ${messageOf(thrown)}`;
      throw new AccessUnknown('AccessUnknown', why, 5);
    }
  };
  return (token: string, audiences: readonly string[] | undefined, address: string): Promise<Caller | null> => {
    const key = digest(JSON.stringify([token, audiences ?? null])).toString('base64');
    const now = clock.now();
    const known = kept.get(key);
    if (known !== undefined && now < known.until) return known.answer;
    const after = mayReview(address);
    if (after !== null)
      return Promise.reject(new AccessUnknown('TooManyRequests', 'too many unknown tokens from this address', after));
    const entry: Kept = { answer: callerOf(token, audiences), until: later(now, knownFor) };
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > reviewsKept) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    entry.answer.then(
      (caller) => {
        if (caller === null) entry.until = later(clock.now(), unknownFor);
      },
      () => kept.delete(key),
    );
    return entry.answer;
  };
}
