// The fence: no write begins when the last renewal of the lease lies too far back, by a clock that nobody can set.
import { ClientError } from '../clients/http/error.ts';
import type { Cancel } from '../clock.ts';
import { seconds, type Milliseconds } from '../model/units.ts';

/** Counts on while the process is frozen, and no correction of the time moves it. */
export type Monotonic = () => number;

export const systemMonotonic: Monotonic = () => performance.now();

export interface Fence {
  /** null: a write may begin now; otherwise why it must not */
  refusal(): string | null;
  /** Calls back in the moment in which it is closed: what takes longer than a write is broken off then. */
  onClose(run: () => void): Cancel;
}

/** Whoever is alone, in a directory of its own, may always write. */
export const noFence: Fence = { refusal: () => null, onClose: () => () => undefined };

/** No write takes longer than 4 s: what begins within ten is over when the lease is free, after fifteen. */
export const writesFor: Milliseconds = seconds(10);

export interface LeaseFence extends Fence {
  /** A renewal was granted whose request was sent at `sentAt`: only from then on did nobody else have the lease. */
  renewed(sentAt: number): void;
  /** Whatever was granted counts no more. */
  close(): void;
  /** when it closes by itself; null: it is closed for good */
  closesAt(): number | null;
}

export function createFence(monotonic: Monotonic): LeaseFence {
  let grantedAt: number | null = null;
  const listeners = new Set<() => void>();
  return {
    renewed: (sentAt) => {
      grantedAt = grantedAt === null ? sentAt : Math.max(grantedAt, sentAt);
    },
    close: () => {
      grantedAt = null;
      for (const run of [...listeners]) run();
    },
    onClose: (run) => {
      listeners.add(run);
      return () => void listeners.delete(run);
    },
    closesAt: () => (grantedAt === null ? null : grantedAt + writesFor),
    refusal: () => {
      if (grantedAt === null) return 'this process does not hold the lease';
      const age = monotonic() - grantedAt;
      return age < writesFor ? null : `the lease was last renewed ${Math.round(age / 1000)} s ago`;
    },
  };
}

/** Asked in the moment in which a request is sent: nothing of it has left this process when it throws. */
export function mayLeave(fence: Fence, source: string): () => void {
  return () => {
    const refusal = fence.refusal();
    if (refusal === null) return;
    const message = `${source}: nothing was sent, because ${refusal}; the one who leads decides anew.`;
    throw new ClientError({ code: 'NotLeading', source, message });
  };
}
