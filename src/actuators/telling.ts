// Tells Events once: what stands is said when it begins and seldom again, over restarts too, and never too many in a tick.
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import { minutes, type Instant } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import type { Moment } from './actuator.ts';
import type { Repetition, TargetEvent } from './events.ts';

export type EventPort = Pick<KubernetesWrites, 'createEvent'>;

export interface Telling {
  /** All that is to be said in one tick. Never throws: an Event that is not written is written later, or not at all. */
  tell(events: readonly TargetEvent[], moment: Moment): Promise<void>;
}

const standingATick = 100;
const atOnce = 10;
/** An API server that takes no Events must not hold up the tick, nor be asked in each. */
const enoughFailures = 3;
const pauseAfterFailures = minutes(1);
/** One that is not taken, in a namespace that is gone, does not stand in the way of the others. */
const refusedFor = minutes(5);
/** What comes and goes from tick to tick has not ended. */
const endsAfter = minutes(1);
/** What has ended is kept so long, so that its return has a name of its own. */
const keptFor = minutes(60);
const mostKept = 20_000;

interface Told {
  readonly at: Instant;
  seen: Instant;
  ended: boolean;
  /** how often it has come back: part of the Event's name */
  readonly returned: number;
}

interface Due {
  readonly event: TargetEvent;
  readonly repetition: Repetition | null;
  readonly returned: number;
}

/** Within its silence the same Event has the same name, whichever process says it. */
function nameKey({ key, silence }: Repetition, returned: number, now: Instant): string {
  const bucket = Number.isFinite(silence) ? Math.floor(now / silence) : 0;
  return `${key}|${bucket}${returned === 0 ? '' : `|${returned}`}`;
}

const byTarget = (one: Due, other: Due): number =>
  one.event.target < other.event.target ? -1 : one.event.target > other.event.target ? 1 : 0;

export function createTelling(port: EventPort): Telling {
  const known = new Map<string, Told>();
  const refused = new Map<string, Instant>();
  let failedAt: Instant | null = null;

  function dueOf(event: TargetEvent, now: Instant): Due | null {
    const { repetition } = event;
    if (repetition === null) return { event, repetition, returned: 0 };
    if (refused.has(repetition.key)) return null;
    const told = known.get(repetition.key);
    if (told === undefined) return { event, repetition, returned: 0 };
    const hasReturned = told.ended && repetition.returns;
    told.seen = now;
    if (hasReturned) return { event, repetition, returned: told.returned + 1 };
    // A clock that was set back makes nothing silent for longer.
    const isOver = now - told.at >= repetition.silence || now < told.at;
    return isOver ? { event, repetition, returned: 0 } : null;
  }

  function forget(now: Instant): void {
    for (const [key, told] of known) {
      if (now - told.seen >= endsAfter) told.ended = true;
      if (told.ended && now - told.seen >= keptFor) known.delete(key);
    }
    for (const key of known.keys()) {
      if (known.size <= mostKept) break;
      known.delete(key);
    }
  }

  async function tell(events: readonly TargetEvent[], { now, signal }: Moment): Promise<void> {
    for (const [key, at] of refused) if (now - at >= refusedFor || now < at) refused.delete(key);
    const due = events.flatMap((event) => dueOf(event, now) ?? []);
    const once = due.filter(({ repetition }) => repetition?.returns !== true);
    const standing = due.filter(({ repetition }) => repetition?.returns === true).sort(byTarget);
    const isPaused = failedAt !== null && now >= failedAt && now - failedAt < pauseAfterFailures;
    let failures = isPaused ? enoughFailures : 0;
    await eachLimited(
      [...once, ...standing.slice(0, standingATick)],
      atOnce,
      async ({ event, repetition, returned }) => {
        // What was done is said even while springtide is stopping; what merely stands waits for the next process.
        if (failures >= enoughFailures || (signal.aborted && repetition?.returns === true)) return;
        const key = repetition === null ? {} : { key: nameKey(repetition, returned, now) };
        const isWritten = await port.createEvent({ ...event.request, ...key });
        if (!isWritten) {
          failures += 1;
          if (failures >= enoughFailures) failedAt = now;
          if (repetition !== null) refused.set(repetition.key, now);
        } else if (repetition !== null) {
          known.delete(repetition.key);
          known.set(repetition.key, { at: now, seen: now, ended: false, returned });
        }
      },
    );
    forget(now);
  }

  return { tell };
}
