// The escalations under way: each begins with the first message, goes on by its clock, and stops when somebody is on it.
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { acknowledged, begunLate, episodeFor, isAcknowledged, nextStep, setBack, withStandIns } from './escalation.ts';
import type { NoStep, Steps } from './escalation.ts';
import type { Group } from './group-table.ts';
import type { Holds, Released } from './holds.ts';
import { stepIndex } from './integrations.ts';
import type { Episode, LedgerRecord, Progress } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { heardSince, isStepHeld, isStepReleased, speakersOf } from './reach.ts';

export interface EscalationParts {
  readonly clock: Clock;
  readonly state: LedgerState;
  readonly document: () => AlertsDocument;
  readonly write: (records: readonly LedgerRecord[]) => void;
  /** periods that fire and are not muted */
  readonly firing: (group: Group, now: Instant) => readonly string[];
  readonly flush: (group: Group, now: Instant) => void;
  readonly holds: Pick<Holds, 'heldFor'>;
}

const ownerOf = (group: Group): string => groupOwner(group.key, group.route.receiver);
/** Undefined: the receiver does not speak for the group. */
const progressOf = (episode: Episode, group: Group, receiver: string): Progress | undefined =>
  receiver === group.route.receiver ? episode : episode.standingIn?.[receiver];

/** How far one of those who speak for a group has come, and what comes next. */
export interface Outlook {
  readonly receiver: string;
  readonly steps: number;
  /** the last one that has begun; null: none has */
  readonly step: number | null;
  /** held: it is counted from when what this one says is told */
  readonly next: { readonly at: Instant } | { readonly none: NoStep | 'held' };
}

const speakersIn = (group: Group, episode: Episode | undefined): readonly string[] => [
  group.route.receiver,
  ...Object.keys(episode?.standingIn ?? {}),
];

interface Armed {
  readonly receiver: string;
  readonly due: Instant;
  readonly cancel: Cancel;
}

const longestTimer = 86_400_000;
/** So far a clock is set back by nobody but a person, or a late correction. */
const clockJump = 5_000;

export class Escalations {
  readonly #parts: EscalationParts;
  readonly #timers = new Map<string, Armed>();
  #stopped = false;

  constructor(parts: EscalationParts) {
    this.#parts = parts;
  }

  /** Before a flush, and when what may be told is another: what has joined since somebody was on it begins anew. */
  begin(group: Group, firing: readonly string[], now: Instant): void {
    const owner = ownerOf(group);
    const { state, document } = this.#parts;
    const known = state.episodes.get(owner);
    const speakers = speakersOf(group, { state, document: document() }, now);
    const withSteps = speakers.filter((receiver) => this.#stepsOf(receiver).length > 0);
    if (known === undefined && withSteps.length === 0) return;
    const standIns = withSteps.filter((receiver) => receiver !== group.route.receiver);
    const own = episodeFor(known, firing, now);
    const episode = own === null ? null : withStandIns(own, standIns, now);
    if (episode !== null && episode !== known) this.#parts.write([{ kind: 'episode', owner, episode }]);
    this.#arm(group, now);
  }

  /** Steps of this receiver up to this one speak; later ones only say the end of what they have announced. */
  reached(group: Group, receiver: string): number {
    const episode = this.#parts.state.episodes.get(ownerOf(group));
    return (episode === undefined ? undefined : progressOf(episode, group, receiver))?.step ?? 0;
  }

  /** Of all that speak for the group in steps. */
  outlook(group: Group, now: Instant): readonly Outlook[] {
    const { state, document } = this.#parts;
    const episode = state.episodes.get(ownerOf(group));
    return speakersOf(group, { state, document: document() }, now).flatMap((receiver): Outlook[] => {
      const steps = this.#stepsOf(receiver).length;
      if (steps === 0) return [];
      const progress = episode === undefined ? undefined : progressOf(episode, group, receiver);
      if (episode === undefined || progress === undefined)
        return [{ receiver, steps, step: null, next: { none: 'quiet' } }];
      return [{ receiver, steps, step: progress.step, next: this.#nextFor(group, receiver, episode, progress, now) }];
    });
  }

  isAcknowledged(group: Group, firing: readonly string[]): boolean {
    const episode = this.#parts.state.episodes.get(ownerOf(group));
    return episode !== undefined && isAcknowledged(episode, firing);
  }

  /** A notification of the group has come to rest: it was taken, or refused by everybody. */
  noticed(group: Group, notification: Notification): void {
    const { intent, recipients } = notification;
    const { receiver } = intent;
    const episode = this.#parts.state.episodes.get(ownerOf(group));
    const progress = episode === undefined ? undefined : progressOf(episode, group, receiver);
    if (episode === undefined || progress === undefined || this.#stepsOf(receiver).length === 0) return;
    const all = [...recipients.values()];
    const taken = all.flatMap(({ state, at }) => (state === 'sent' && at !== null ? [at] : []));
    const now = this.#parts.clock.now();
    const isOfStep = intent.index === stepIndex(progress.step);
    // it may be taken late; that a later step is taken does not put off those that follow it
    const isFirst = intent.index === stepIndex(0);
    if (isFirst && taken.length > 0 && progress.accepted === null)
      this.#write(group, receiver, episode, { ...progress, accepted: Math.min(...taken) as Instant });
    if (isOfStep && [notification, ...this.#besides(group, notification, progress)].every(isLost))
      this.#advance(group, receiver, now);
    else this.#arm(group, now);
  }

  /** What waited is told: the steps that follow are counted from here. */
  released(group: Group, released: Released): void {
    const { receiver } = released.integration;
    const episode = this.#parts.state.episodes.get(ownerOf(group));
    const progress = episode === undefined ? undefined : progressOf(episode, group, receiver);
    const steps = this.#stepsOf(receiver);
    if (episode === undefined || progress === undefined || steps.length === 0) return;
    const now = this.#parts.clock.now();
    if (isStepReleased(group, progress, released, this.#parts.state))
      this.#write(group, receiver, episode, begunLate(progress, steps, now));
    this.#arm(group, now);
  }

  /** False where nothing of the group fires any more. */
  acknowledge(group: Group, by: string, periods: readonly string[], now: Instant): LedgerRecord | null {
    if (periods.length === 0) return null;
    const owner = ownerOf(group);
    const known: Episode = this.#parts.state.episodes.get(owner) ?? {
      step: 0,
      began: now,
      accepted: now,
      acknowledged: null,
    };
    const firing = this.#parts.firing(group, now);
    return { kind: 'episode', owner, episode: acknowledged(known, { by, at: now, periods }, firing) };
  }

  /** A silence has begun or ended, or somebody is on it: that need not wait for a flush to be noticed. */
  look(groups: Iterable<Group>): void {
    const now = this.#parts.clock.now();
    for (const group of groups)
      if (this.#parts.state.episodes.has(ownerOf(group))) this.begin(group, this.#parts.firing(group, now), now);
  }

  /** No route leads to it any more: what it has come to goes on where its alerts are now. */
  leave(group: Group): void {
    this.#cancel(ownerOf(group));
  }

  /** Nothing of it is left. */
  end(group: Group): void {
    const owner = ownerOf(group);
    this.#cancel(owner);
    if (this.#parts.state.episodes.has(owner)) this.#parts.write([{ kind: 'episode', owner, episode: null }]);
  }

  /** After a start, or when the steps are other ones. */
  resume(groups: Iterable<Group>): void {
    const now = this.#parts.clock.now();
    for (const group of groups) {
      const owner = ownerOf(group);
      const episode = this.#parts.state.episodes.get(owner);
      const latest = Math.max(episode?.began ?? 0, episode?.accepted ?? 0);
      if (episode !== undefined && latest > now)
        this.#parts.write([{ kind: 'episode', owner, episode: setBack(episode, (latest - now) as Milliseconds) }]);
      for (const receiver of speakersIn(group, episode)) this.#recall(group, receiver, now);
      this.#arm(group, now);
    }
  }

  /** A kill has come before it was written that the first was told: the later steps are counted from then all the same. */
  #recall(group: Group, receiver: string, now: Instant): void {
    const { state, document } = this.#parts;
    const episode = state.episodes.get(ownerOf(group));
    const progress = episode === undefined ? undefined : progressOf(episode, group, receiver);
    if (episode === undefined || progress === undefined || progress.accepted !== null) return;
    const accepted = heardSince(group, receiver, progress, { state, document: document() }, now);
    if (accepted !== null) this.#write(group, receiver, episode, { ...progress, accepted });
  }

  stop(): void {
    this.#stopped = true;
    for (const owner of [...this.#timers.keys()]) this.#cancel(owner);
  }

  #stepsOf(receiver: string): Steps {
    return this.#parts.document().receivers.find(({ name }) => name === receiver)?.escalation ?? [];
  }

  #arm(group: Group, now: Instant): void {
    const owner = ownerOf(group);
    const episode = this.#parts.state.episodes.get(owner);
    const next = episode === undefined || this.#stopped ? null : this.#nextOf(group, episode, now);
    const armed = this.#timers.get(owner);
    // what runs already runs by a clock that nobody sets
    if (next !== null && armed?.due === next.due && armed.receiver === next.receiver) return;
    this.#cancel(owner);
    if (next === null) return;
    const wait = Math.min(longestTimer, Math.max(0, next.due - now)) as Milliseconds;
    const until = later(now, wait);
    this.#timers.set(owner, {
      ...next,
      cancel: this.#parts.clock.after(wait, () => {
        this.#timers.delete(owner);
        this.#wake(group, until);
      }),
    });
  }

  #wake(group: Group, until: Instant): void {
    const owner = ownerOf(group);
    const now = this.#parts.clock.now();
    const known = this.#parts.state.episodes.get(owner);
    if (known !== undefined && until - now > clockJump)
      this.#parts.write([{ kind: 'episode', owner, episode: setBack(known, (until - now) as Milliseconds) }]);
    const episode = this.#parts.state.episodes.get(owner);
    const next = episode === undefined ? null : this.#nextOf(group, episode, now);
    if (this.#parts.firing(group, now).length === 0) this.begin(group, [], now);
    else if (next !== null && next.due <= now) this.#advance(group, next.receiver, now);
    else this.#arm(group, now);
  }

  #advance(group: Group, receiver: string, now: Instant): void {
    const episode = this.#parts.state.episodes.get(ownerOf(group));
    const progress = episode === undefined ? undefined : progressOf(episode, group, receiver);
    if (episode === undefined || progress === undefined || this.#stopped) return;
    if (this.#dueOf(group, receiver, episode, progress, now) === null) return;
    this.#write(group, receiver, episode, { ...progress, step: progress.step + 1 });
    this.#parts.flush(group, now);
    this.#arm(group, now);
  }

  /** Of all that speak the one that is due first; null where nothing is to come. */
  #nextOf(group: Group, episode: Episode, now: Instant): { receiver: string; due: Instant } | null {
    let next: { receiver: string; due: Instant } | null = null;
    for (const receiver of speakersIn(group, episode)) {
      const progress = progressOf(episode, group, receiver);
      const due = progress === undefined ? null : this.#dueOf(group, receiver, episode, progress, now);
      if (due !== null && (next === null || due < next.due)) next = { receiver, due };
    }
    return next;
  }

  /** Null where nothing is to come, or nobody can say yet when. */
  #dueOf(group: Group, receiver: string, episode: Episode, progress: Progress, now: Instant): Instant | null {
    const next = this.#nextFor(group, receiver, episode, progress, now);
    return 'at' in next ? next.at : null;
  }

  #nextFor(group: Group, receiver: string, episode: Episode, progress: Progress, now: Instant): Outlook['next'] {
    const next = nextStep(episode, progress, this.#stepsOf(receiver), this.#parts.firing(group, now));
    const parts = { ...this.#parts, document: this.#parts.document() };
    return 'at' in next && isStepHeld(group, receiver, progress, parts, now) ? { none: 'held' } : next;
  }

  #write(group: Group, receiver: string, episode: Episode, progress: Progress): void {
    const isOwn = receiver === group.route.receiver;
    const changed = isOwn
      ? { ...episode, ...progress }
      : { ...episode, standingIn: { ...episode.standingIn, [receiver]: progress } };
    this.#parts.write([{ kind: 'episode', owner: ownerOf(group), episode: changed }]);
  }

  /** What else the step has said: somebody may be called by SMS and by mail, and one of them is enough. */
  #besides(group: Group, { intent }: Notification, { began }: Progress): readonly Notification[] {
    const { open, recent } = this.#parts.state;
    return [...open.values(), ...recent].filter(
      ({ intent: other }) =>
        other.id !== intent.id &&
        other.index === intent.index &&
        other.receiver === intent.receiver &&
        other.at >= began &&
        (other.covers ?? [other]).some(({ groupKey }) => groupKey === group.key),
    );
  }

  #cancel(owner: string): void {
    this.#timers.get(owner)?.cancel();
    this.#timers.delete(owner);
  }
}

const isLost = ({ recipients }: Notification): boolean =>
  [...recipients.values()].every(({ state, receipt }) => state === 'failed' || receipt?.status === 'failed');
