// A group's turn: its integrations are told what is new, or it waits for what holds them back; what everybody has heard of leaves.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Texts } from '../model/texts.ts';
import { later, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { tellingTogether } from './bundle.ts';
import type { Course } from './courses.ts';
import { isWhollyElsewhere, toldHere } from './elsewhere.ts';
import type { Elsewhere } from './elsewhere.ts';
import { Escalations } from './escalations.ts';
import { flushGroup, sceneOf } from './flush.ts';
import type { FlushParts } from './flush.ts';
import type { Group } from './group-table.ts';
import { Holds } from './holds.ts';
import type { HeldBundle } from './holds.ts';
import { integrationsOf } from './integrations.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import type { Muting } from './muting.ts';
import { goneOf, openFor, openOf } from './reach.ts';
import { smsHistory } from './sms-history.ts';
import { owesAnEnd } from './told.ts';
import { rememberedWay } from './ways.ts';

interface Parts {
  readonly clock: Clock;
  readonly state: LedgerState;
  readonly document: () => AlertsDocument;
  readonly texts: () => Texts;
  readonly muting: Pick<Muting, 'isIn' | 'isMuted' | 'hoursOf'>;
  readonly courier: FlushParts['courier'];
  /** what the central one tells people */
  readonly elsewhere: (now: Instant) => Elsewhere;
  /** false: whose word it is will be known in a moment, and nothing is decided before */
  readonly isElsewhereKnown: () => boolean;
  readonly linkSecret: () => string | null;
  /** what codes are made with where links have no secret */
  readonly codeKey: string;
  readonly write: (records: readonly LedgerRecord[]) => void;
  readonly run: (course: Course) => void;
  readonly stands: (group: Group) => boolean;
  readonly resettle: FlushParts['resettle'];
  readonly isAwaited: FlushParts['isAwaited'];
  /** what has ended leaves the group: everybody has been told */
  readonly release: (group: Group, now: Instant) => void;
}

/** Who tells people is asked for now: what waits for its turn looks again. */
const soon = seconds(1);

export class Telling {
  readonly escalations: Escalations;
  readonly holds: Holds;
  readonly #parts: Parts;
  /** their turn came while a message for them and others was put together */
  readonly #deferred = new Set<Group>();
  /** their turn came before it was known who tells of them */
  readonly #unknown = new Set<Group>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { clock, state, document, muting, elsewhere, write, run } = parts;
    this.escalations = new Escalations({
      clock,
      state,
      document,
      write,
      // whoever is told by the central one is called by its escalation
      firing: (group, now) =>
        group.isLeft || isWhollyElsewhere(elsewhere(now), group)
          ? []
          : toldHere(elsewhere(now), sceneOf(group, muting, now).firing),
      flush: (group, now) => this.flush(group, now),
      holds: { heldFor: (why, group, integration) => this.holds.heldFor(why, group, integration) },
    });
    this.holds = new Holds({
      clock,
      document,
      isIn: (interval, now) => muting.isIn(interval, now),
      sentTo: (to, group, integration) =>
        smsHistory(state, document(), to, openFor(state, group, integration)?.intent.id),
      write,
      wayOf: (integration) => rememberedWay(integration, { state, document: document() }),
      released: (group, released) => this.escalations.released(group, released),
      run,
      bundle: (bundle) => this.#together(bundle),
    });
  }

  flush(group: Group, now: Instant): void {
    if (!this.#parts.isElsewhereKnown()) this.#unknown.add(group);
    else if (this.holds.isTelling(group)) this.#deferred.add(group);
    else this.#decide(group, now);
  }

  #decide(group: Group, now: Instant): void {
    flushGroup(group, this.#flushParts(now), now);
    this.tidy(group);
  }

  /** What ended leaves its group when everybody has been told. */
  tidy(group: Group): void {
    const { clock, state, document, release } = this.#parts;
    // passed by: a message for several groups has ended a moment ago, and what it leaves to be said comes first
    if (group.again || group.passedBy || this.holds.isHeld(group) || openOf(state, document(), group).length > 0)
      return;
    const now = clock.now();
    const integrations = [
      ...integrationsOf(document(), group.route.receiver, now),
      ...goneOf(group, { state, document: document() }),
    ];
    if (owesAnEnd(state, integrations, group.key, group.alerts.values(), now)) return;
    release(group, now);
    if (group.alerts.size === 0) this.escalations.end(group);
  }

  /** Periods that may be told. */
  firing(group: Group): readonly string[] {
    return sceneOf(group, this.#parts.muting, this.#parts.clock.now()).firing;
  }

  /** People are told of them from here from now on, or not any more: nobody waits for a group's next turn. */
  otherTeller(groups: readonly Group[]): void {
    const { clock, state, document } = this.#parts;
    const now = clock.now();
    for (const group of groups)
      if (group.flushed.size > 0 || openOf(state, document(), group).length > 0) this.flush(group, now);
    this.escalations.resume(groups);
  }

  /** It is known now who tells people. */
  goOn(): void {
    const now = this.#parts.clock.now();
    const groups = [...this.#unknown];
    this.#unknown.clear();
    for (const group of groups) if (this.#parts.stands(group)) this.flush(group, now);
  }

  stop(): void {
    this.escalations.stop();
    this.holds.stop();
  }

  *#together(bundle: HeldBundle): Course {
    const { clock, stands, isElsewhereKnown } = this.#parts;
    if (!isElsewhereKnown()) {
      for (const group of bundle.groups) this.holds.postpone(group, bundle.integration, later(clock.now(), soon));
      return;
    }
    yield* tellingTogether(bundle, { clock, current: (now) => this.#flushParts(now) });
    for (const group of bundle.groups) {
      // a reload may have come meanwhile
      if (!stands(group)) continue;
      // what waited for something else and is over the budget now: a mail goes at once
      if (bundle.why !== 'budget' && this.holds.heldFor('budget', group, bundle.integration).size > 0)
        this.#decide(group, clock.now());
      else this.tidy(group);
      yield;
    }
    for (const group of this.#deferred) {
      this.#deferred.delete(group);
      if (stands(group)) this.#decide(group, clock.now());
      yield;
    }
  }

  #flushParts(now: Instant): FlushParts {
    const { state, courier, document, texts, linkSecret, codeKey, write, muting, elsewhere, resettle, isAwaited } =
      this.#parts;
    const secret = linkSecret();
    return {
      state,
      courier,
      document: document(),
      texts: texts(),
      linkSecret: secret,
      codeKey: secret ?? codeKey,
      write,
      muting,
      elsewhere: elsewhere(now),
      escalations: this.escalations,
      holds: this.holds,
      resettle,
      isAwaited,
    };
  }
}
