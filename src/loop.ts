// Ticks at a steady beat: late ones are told how late, missed ones are left out, never made up for in a burst.
import { sleep, type Clock } from './clock.ts';
import { later, since, type Instant, type Milliseconds } from './model/units.ts';

export interface LoopParts {
  readonly clock: Clock;
  /** asked every time: a reload may change it */
  readonly interval: () => Milliseconds;
  readonly tick: (due: Instant, signal: AbortSignal) => Promise<void>;
  /** what takes long is begun a little before each tick */
  readonly prepare?: () => void;
  /** calls back when the next tick is to begin at once: a changed policy does not wait for its turn */
  readonly hurry?: (listener: () => void) => () => void;
  readonly signal: AbortSignal;
}

/** The next beat after `now`, on the grid that `due` is on. */
export function nextDue(due: Instant, interval: Milliseconds, now: Instant): Instant {
  const next = later(due, interval);
  if (next >= now) return next;
  const missed = Math.floor(since(due, now) / interval);
  return later(due, (missed * interval) as Milliseconds) >= now
    ? later(due, (missed * interval) as Milliseconds)
    : later(due, ((missed + 1) * interval) as Milliseconds);
}

/** How long before a tick its preparation begins: a second, or a third of a short interval. */
const leadOf = (interval: Milliseconds): Milliseconds => Math.min(1_000, interval / 3) as Milliseconds;

export async function runLoop({ clock, interval, tick, prepare, hurry, signal }: LoopParts): Promise<void> {
  let hurried = false;
  const isHurried = (): boolean => hurried;
  let waking = new AbortController();
  const forget = hurry?.(() => {
    hurried = true;
    waking.abort();
  });
  const stop = (): void => waking.abort();
  signal.addEventListener('abort', stop, { once: true });
  /** Ends early when told to stop or to hurry. */
  const rest = async (length: Milliseconds): Promise<void> => {
    waking = new AbortController();
    if (!hurried && !signal.aborted) await sleep(clock, length, waking.signal);
  };
  let due = clock.now();
  while (!signal.aborted) {
    await tick(due, signal);
    const now = clock.now();
    // A clock that was set back by hours must not make us wait for hours.
    due = now < due ? now : due;
    due = nextDue(due, interval(), now);
    const wait = Math.max(0, since(now, due)) as Milliseconds;
    const lead = prepare === undefined ? wait : (Math.min(wait, leadOf(interval())) as Milliseconds);
    if (prepare !== undefined) {
      await rest((wait - lead) as Milliseconds);
      if (signal.aborted) break;
      prepare();
    }
    await rest(lead);
    if (isHurried()) due = clock.now();
    hurried = false;
  }
  forget?.();
  signal.removeEventListener('abort', stop);
}
