// An escalation as a value: when its next step is due, when it begins anew, and what an acknowledgement stops.
import { later, seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Acknowledgement, Episode, Progress } from './ledger/records.ts';

export type Steps = AlertsDocument['receivers'][number]['escalation'];

const begun = (now: Instant): Progress => ({ step: 0, began: now, accepted: null });

/** Somebody is on it, and nothing has joined since. */
export const isAcknowledged = ({ acknowledged }: Episode, firing: readonly string[]): boolean =>
  acknowledged !== null && firing.every((period) => acknowledged.periods.includes(period));

/** Of what the link of an older message did not cover some still fires: nobody is on that. */
const isLeft = ({ acknowledged }: Episode, firing: readonly string[]): boolean =>
  acknowledged?.left?.some((period) => firing.includes(period)) === true;

/** The clock was set back by so much: what was counted from before that is counted on. */
export const setBack = (episode: Episode, span: Milliseconds): Episode => ({
  ...moved(episode, (at) => (at - span) as Instant),
  ...(typeof episode.pausedSince === 'number' && { pausedSince: (episode.pausedSince - span) as Instant }),
});

function moved(episode: Episode, change: (at: Instant) => Instant): Episode {
  const { standingIn = {} } = episode;
  const progressed = ({ step, began, accepted }: Progress): Progress => ({
    step,
    began: change(began),
    accepted: accepted === null ? null : change(accepted),
  });
  return {
    ...episode,
    ...progressed(episode),
    standingIn: Object.fromEntries(Object.entries(standingIn).map(([name, one]) => [name, progressed(one)])),
  };
}

/** Whoever was called before a silence hears anew what still fires after it: the next step has its time from where it was. */
function resumed(episode: Episode, now: Instant): Episode {
  const { pausedSince = null } = episode;
  if (pausedSince === null) return episode;
  const span = Math.max(0, now - pausedSince);
  return { ...moved(episode, (at) => Math.min(now, at + span) as Instant), pausedSince: null };
}

/** The episode with which a flush goes on; the same object where nothing changes. */
export function episodeFor(known: Episode | undefined, firing: readonly string[], now: Instant): Episode | null {
  if (firing.length === 0)
    return known === undefined || isPaused(known) ? (known ?? null) : { ...known, pausedSince: now };
  if (known === undefined) return { ...begun(now), acknowledged: null };
  return known.acknowledged === null || isAcknowledged(known, firing) || isLeft(known, firing)
    ? resumed(known, now)
    : { ...begun(now), acknowledged: null };
}

const isPaused = ({ pausedSince = null }: Episode): boolean => pausedSince !== null;

/** Whoever stands in from now on begins; whoever need not any more would begin anew. The same object where nothing changes. */
export function withStandIns(episode: Episode, standIns: readonly string[], now: Instant): Episode {
  const { standingIn = {} } = episode;
  const names = Object.keys(standingIn);
  if (names.length === standIns.length && standIns.every((name) => names.includes(name))) return episode;
  return {
    ...episode,
    standingIn: Object.fromEntries(standIns.map((name) => [name, standingIn[name] ?? begun(now)])),
  };
}

/** Why no step is to come: somebody is on it, nothing that may be told fires, or this is the last one. */
export type NoStep = 'acknowledged' | 'quiet' | 'last';

/** When the next step begins. Where no provider takes the first message, the steps do not wait for that. */
export function nextStep(
  episode: Episode,
  { step, accepted, began }: Progress,
  steps: Steps,
  firing: readonly string[],
): { readonly at: Instant } | { readonly none: NoStep } {
  if (isAcknowledged(episode, firing)) return { none: 'acknowledged' };
  if (firing.length === 0 || isPaused(episode)) return { none: 'quiet' };
  const next = steps[step + 1];
  if (next === undefined) return { none: 'last' };
  return { at: later(accepted ?? began, next.unacknowledgedFor ?? seconds(0)) };
}

/** Its message has waited until now: the later steps are counted as if this one had begun in its time. */
export function begunLate({ step }: Progress, steps: Steps, now: Instant): Progress {
  if (step === 0) return begun(now);
  const first = (now - (steps[step]?.unacknowledgedFor ?? 0)) as Instant;
  return { step, began: first, accepted: first };
}

/** `firing`: of which it may cover a part. */
export function acknowledged(
  episode: Episode,
  { by, at, periods: told }: Acknowledgement,
  firing: readonly string[],
): Episode {
  const periods = [...new Set([...(episode.acknowledged?.periods ?? []), ...told])];
  const left = firing.filter((period) => !periods.includes(period));
  return { ...episode, acknowledged: { by, at, periods, ...(left.length > 0 && { left }) } };
}
