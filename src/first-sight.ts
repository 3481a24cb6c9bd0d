// Waits until the cluster has been seen for the first time, and shows meanwhile that whoever waits is alive.
import { sleep, type Clock } from './clock.ts';
import { seconds } from './model/units.ts';

const betweenSigns = seconds(1);

/** Ends at the signal too. A sign is given at least every second: the lease and the probes go by them until ticks do. */
export async function untilSeen(
  firstSight: Promise<void>,
  { clock, signal, onSign }: { readonly clock: Clock; readonly signal: AbortSignal; readonly onSign: () => void },
): Promise<void> {
  const seen = new AbortController();
  void firstSight.then(() => seen.abort());
  const ended = AbortSignal.any([signal, seen.signal]);
  while (!ended.aborted) {
    onSign();
    await sleep(clock, betweenSigns, ended);
  }
}
