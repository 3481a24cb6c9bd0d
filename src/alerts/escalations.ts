// The escalations under way: each begins with the first message, goes on by its clock, and stops when somebody is on it.
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { acknowledged, begunLate, episodeFor, isAcknowledged, nextStepAt } from './escalation.ts';
import type { Steps } from './escalation.ts';
import type { Group } from './group-table.ts';
import type { Holds, Released } from './holds.ts';
import { stepIndex } from './integrations.ts';
import type { Episode, LedgerRecord } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { isStepHeld, isStepReleased } from './reach.ts';

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
const longestTimer = 86_400_000;

export class Escalations {
  readonly #parts: EscalationParts;
  readonly #timers = new Map<string, Cancel>();
  #stopped = false;

  constructor(parts: EscalationParts) {
    this.#parts = parts;
  }

  /** Before a flush, and when what may be told is another: what has joined since somebody was on it begins anew. */
  begin(group: Group, firing: readonly string[], now: Instant): void {
    const owner = ownerOf(group);
    const known = this.#parts.state.episodes.get(owner);
    if (known === undefined && this.#stepsOf(group).length === 0) return;
    const episode = episodeFor(known, firing, now);
    if (episode !== null && episode !== known) this.#parts.write([{ kind: 'episode', owner, episode }]);
    this.#arm(group, now);
  }

  /** Steps up to this one speak; later ones only say the end of what they have announced. */
  reached(group: Group): number {
    return this.#parts.state.episodes.get(ownerOf(group))?.step ?? 0;
  }

  isAcknowledged(group: Group, firing: readonly string[]): boolean {
    const episode = this.#parts.state.episodes.get(ownerOf(group));
    return episode !== undefined && isAcknowledged(episode, firing);
  }

  /** A notification of the group has come to rest: it was taken, or refused by everybody. */
  noticed(group: Group, notification: Notification): void {
    const { intent, recipients } = notification;
    const owner = ownerOf(group);
    const episode = this.#parts.state.episodes.get(owner);
    if (episode === undefined || this.#stepsOf(group).length === 0) return;
    const all = [...recipients.values()];
    const taken = all.flatMap(({ state, at }) => (state === 'sent' && at !== null ? [at] : []));
    const now = this.#parts.clock.now();
    if (taken.length > 0 && episode.accepted === null)
      this.#parts.write([{ kind: 'episode', owner, episode: { ...episode, accepted: Math.min(...taken) as Instant } }]);
    const isOfStep = intent.index === stepIndex(episode.step);
    if (isOfStep && [notification, ...this.#besides(group, notification, episode)].every(isLost))
      this.#advance(group, now);
    else this.#arm(group, now);
  }

  /** What waited is told: the steps that follow are counted from here. */
  released(group: Group, released: Released): void {
    const owner = ownerOf(group);
    const episode = this.#parts.state.episodes.get(owner);
    const steps = this.#stepsOf(group);
    if (episode === undefined || steps.length === 0) return;
    const now = this.#parts.clock.now();
    if (isStepReleased(group, episode, released, this.#parts.state))
      this.#parts.write([{ kind: 'episode', owner, episode: begunLate(episode, steps, now) }]);
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
    this.#cancel(owner);
    return { kind: 'episode', owner, episode: acknowledged(known, { by, at: now, periods }) };
  }

  /** A silence has begun or ended: it need not wait for a flush to be noticed. */
  look(groups: Iterable<Group>): void {
    const now = this.#parts.clock.now();
    for (const group of groups)
      if (this.#parts.state.episodes.has(ownerOf(group))) this.begin(group, this.#parts.firing(group, now), now);
  }

  /** Nothing of it is left. */
  end(group: Group): void {
    const owner = ownerOf(group);
    this.#cancel(owner);
    if (this.#parts.state.episodes.has(owner)) this.#parts.write([{ kind: 'episode', owner, episode: null }]);
  }

  /** After a start, or when the steps are other ones. */
  resume(groups: Iterable<Group>): void {
    for (const group of groups) this.#arm(group, this.#parts.clock.now());
  }

  stop(): void {
    this.#stopped = true;
    for (const owner of [...this.#timers.keys()]) this.#cancel(owner);
  }

  #stepsOf({ route }: Group): Steps {
    return this.#parts.document().receivers.find(({ name }) => name === route.receiver)?.escalation ?? [];
  }

  #arm(group: Group, now: Instant): void {
    const owner = ownerOf(group);
    this.#cancel(owner);
    const episode = this.#parts.state.episodes.get(owner);
    if (episode === undefined || this.#stopped) return;
    const due = this.#nextOf(group, episode, now);
    if (due === null) return;
    const wait = Math.min(longestTimer, Math.max(0, due - now)) as Milliseconds;
    this.#timers.set(
      owner,
      this.#parts.clock.after(wait, () => {
        const at = this.#parts.clock.now();
        if (at < due) this.#arm(group, at);
        else if (this.#parts.firing(group, at).length > 0) this.#advance(group, at);
        else this.begin(group, [], at);
      }),
    );
  }

  #advance(group: Group, now: Instant): void {
    const owner = ownerOf(group);
    const episode = this.#parts.state.episodes.get(owner);
    if (episode === undefined || this.#stopped || this.#nextOf(group, episode, now) === null) return;
    this.#parts.write([{ kind: 'episode', owner, episode: { ...episode, step: episode.step + 1 } }]);
    this.#parts.flush(group, now);
    this.#arm(group, now);
  }

  /** Null where nothing is to come, or nobody can say yet when. */
  #nextOf(group: Group, episode: Episode, now: Instant): Instant | null {
    const due = nextStepAt(episode, this.#stepsOf(group), this.#parts.firing(group, now));
    if (due === null || isStepHeld(group, episode, { ...this.#parts, document: this.#parts.document() }, now))
      return null;
    return due;
  }

  /** What else the step has said: somebody may be called by SMS and by mail, and one of them is enough. */
  #besides(group: Group, { intent }: Notification, episode: Episode): readonly Notification[] {
    const { open, recent } = this.#parts.state;
    return [...open.values(), ...recent].filter(
      ({ intent: other }) =>
        other.id !== intent.id &&
        other.index === intent.index &&
        other.receiver === intent.receiver &&
        other.at >= episode.began &&
        (other.covers ?? [other]).some(({ groupKey }) => groupKey === group.key),
    );
  }

  #cancel(owner: string): void {
    this.#timers.get(owner)?.();
    this.#timers.delete(owner);
  }
}

const isLost = ({ recipients }: Notification): boolean =>
  [...recipients.values()].every(({ state, receipt }) => state === 'failed' || receipt?.status === 'failed');
