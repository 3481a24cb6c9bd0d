// Whether ticks happen: who leads without ticking must not keep the lease.
import { seconds, type Milliseconds } from '../model/units.ts';
import type { Monotonic } from './fence.ts';

export interface Pulse {
  /** A term begins, or one of its ticks has ended. */
  beat(): void;
  beats(): boolean;
}

/** A tick may take so long where the world hangs. */
const ofATick = seconds(12);

export function createPulse(monotonic: Monotonic, interval: () => Milliseconds): Pulse {
  let last = monotonic();
  return {
    beat: () => {
      last = monotonic();
    },
    beats: () => monotonic() - last < 3 * interval() + ofATick,
  };
}
