// A client that is made anew when its settings or its secrets have changed: the new one first, then the swap, then the old one ends.
import { createHash } from 'node:crypto';
import { stampOf } from '../clients/http/tls.ts';
import type { Credentials } from '../clients/openstack/credentials.ts';
import type { Clock } from '../clock.ts';
import { canonical } from '../config/compile.ts';
import { messageOf } from '../model/errors.ts';
import { seconds } from '../model/units.ts';

interface Closing {
  close(): void;
}

/** One state of the settings: what a client of them would be made from, and how. */
export interface Wanted<T extends Closing> {
  /** the same as long as nothing has changed that a client is made from */
  readonly key: string;
  make(): T;
}

export interface Swapping<T extends Closing> {
  /** whichever is in force when it is asked */
  readonly client: T;
  /** Looks whether anything has changed. What cannot be made leaves the old one in force. */
  refresh(): void;
  close(): void;
}

export interface SwappingOptions<T extends Closing> {
  /** may throw: a file of credentials is just being replaced */
  readonly wanted: () => Wanted<T>;
  readonly clock: Clock;
  /** why what is wanted now cannot be made; null: it could */
  readonly onSwap?: ((failure: string | null) => void) | undefined;
}

/** What is asked of it goes to whichever is in force at that moment, so that nobody holds an old one. */
export const following = <T extends object>(current: () => T): T =>
  new Proxy<T>(current(), { get: (_, name): unknown => Reflect.get(current(), name) });

/** Calls under way on the old client have ended by then: no deadline of ours is longer. */
const longestCall = seconds(60);

export function swapping<T extends Closing>({ wanted, clock, onSwap }: SwappingOptions<T>): Swapping<T> {
  const first = wanted();
  let current = first.make();
  let key = first.key;
  let told: string | null = null;
  const ending = new Map<T, () => void>();

  function take(next: Wanted<T>): void {
    const old = current;
    current = next.make();
    key = next.key;
    const end = (): void => {
      ending.delete(old);
      old.close();
    };
    ending.set(old, clock.after(longestCall, end));
    told = null;
    onSwap?.(null);
  }

  return {
    client: following(() => current),
    refresh: () => {
      try {
        const next = wanted();
        if (next.key !== key) take(next);
      } catch (error) {
        const failure = messageOf(error);
        if (failure !== told) onSwap?.(failure);
        told = failure;
      }
    },
    close: () => {
      for (const [client, cancel] of ending) {
        cancel();
        client.close();
      }
      ending.clear();
      current.close();
    },
  };
}

/** Tells a rotated secret from the one before, and does not show it. */
export function fingerprintOf(credentials: Credentials): string {
  const { authentication } = credentials;
  const secret = authentication.kind === 'password' ? authentication.password : authentication.secret;
  return createHash('sha256')
    .update(canonical({ ...credentials, stamps: stampOf(credentials.tls) }))
    .update(secret.reveal())
    .digest('hex');
}
