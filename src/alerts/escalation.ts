// An escalation as a value: when its next step is due, when it begins anew, and what an acknowledgement stops.
import { later, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Acknowledgement, Episode } from './ledger/records.ts';

export type Steps = AlertsDocument['receivers'][number]['escalation'];

const begun = (now: Instant): Episode => ({ step: 0, began: now, accepted: null, acknowledged: null });

/** Somebody is on it, and nothing has joined since. */
export const isAcknowledged = ({ acknowledged }: Episode, firing: readonly string[]): boolean =>
  acknowledged !== null && firing.every((period) => acknowledged.periods.includes(period));

/** Whoever was called before a silence hears anew what still fires after it: the next step has its time from where it was. */
function resumed(episode: Episode, now: Instant): Episode {
  if (episode.pausedSince === undefined) return episode;
  const { pausedSince, ...rest } = episode;
  const moved = (at: Instant): Instant => Math.min(now, at + Math.max(0, now - pausedSince)) as Instant;
  return { ...rest, began: moved(rest.began), accepted: rest.accepted === null ? null : moved(rest.accepted) };
}

/** The episode with which a flush goes on; the same object where nothing changes. */
export function episodeFor(known: Episode | undefined, firing: readonly string[], now: Instant): Episode | null {
  if (firing.length === 0)
    return known === undefined || known.pausedSince !== undefined ? (known ?? null) : { ...known, pausedSince: now };
  if (known === undefined) return begun(now);
  return known.acknowledged === null || isAcknowledged(known, firing) ? resumed(known, now) : begun(now);
}

/** Null where nothing more is to come. Where no provider takes the first message, the steps do not wait for that. */
export function nextStepAt(episode: Episode, steps: Steps, firing: readonly string[]): Instant | null {
  const next = steps[episode.step + 1];
  if (next === undefined || firing.length === 0 || episode.pausedSince !== undefined) return null;
  if (isAcknowledged(episode, firing)) return null;
  return later(episode.accepted ?? episode.began, next.unacknowledgedFor ?? seconds(0));
}

/** Its message has waited until now: the later steps are counted as if this one had begun in its time. */
export function begunLate(episode: Episode, steps: Steps, now: Instant): Episode {
  if (episode.step === 0) return { ...episode, began: now, accepted: null };
  const first = (now - (steps[episode.step]?.unacknowledgedFor ?? 0)) as Instant;
  return { ...episode, began: first, accepted: first };
}

export function acknowledged(episode: Episode, acknowledgement: Acknowledgement): Episode {
  const periods = [...new Set([...(episode.acknowledged?.periods ?? []), ...acknowledgement.periods])];
  return { ...episode, acknowledged: { ...acknowledgement, periods } };
}
