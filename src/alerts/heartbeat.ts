// A sign of life to an address outside: whoever listens there misses us when we are silent.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { createClientPool, readTrimmed } from './channels/http-settings.ts';
import { postJson } from './channels/webhook.ts';
import type { AlertLog } from './courier.ts';
import { alwaysPermitted, whilePermitted, type Permission } from './permission.ts';

export type HeartbeatSettings = NonNullable<AlertsDocument['heartbeat']>;

export interface Heartbeat {
  /** Before each tick: it goes out when it is due, and nobody waits for it. */
  beat(settings: HeartbeatSettings | undefined): void;
  /** The last one has been answered. */
  settle(): Promise<void>;
  close(): void;
}

const timeout = 10_000 as Milliseconds;

/** Ticks are never quite on time: one that comes a moment early is the one that was meant. */
const isDue = (last: Instant, every: Milliseconds, now: Instant): boolean =>
  last > now || now - last >= every - Math.min(1_000, every / 10);

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly log: AlertLog;
  readonly permission?: Permission;
}

export function createHeartbeat({ clock, log, permission = alwaysPermitted }: HeartbeatOptions): Heartbeat {
  const pool = createClientPool('heartbeat');
  const abort = new AbortController();
  let last: Instant | null = null;
  let under: Promise<void> | null = null;
  let trouble: string | null = null;

  async function send({ url, urlFile }: HeartbeatSettings): Promise<void> {
    const result = await whilePermitted(permission, abort.signal, (signal) =>
      postJson(pool, clock, {
        who: 'the heartbeat',
        url: () => (urlFile === undefined ? Promise.resolve(url ?? '') : readTrimmed(urlFile)),
        config: undefined,
        body: {},
        timeout,
        signal,
      }),
    );
    const now = result.status === 'sent' ? null : result.message;
    if (now !== null && trouble === null) log.warn({ err: now }, 'the heartbeat is not heard');
    if (now === null && trouble !== null) log.info({}, 'the heartbeat is heard again');
    trouble = now;
    // whoever listens should not miss us because of one request that was lost: again with the next tick
    if (now !== null) last = null;
  }

  return {
    beat: (settings) => {
      const now = clock.now();
      if (settings === undefined || under !== null || (last !== null && !isDue(last, settings.every, now))) return;
      if (permission.refusal() !== null) return;
      last = now;
      under = send(settings).finally(() => {
        under = null;
      });
    },
    settle: async () => {
      await under;
    },
    close: () => {
      abort.abort();
      pool.close();
    },
  };
}
