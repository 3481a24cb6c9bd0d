// What is held back for a while: for a digest, in quiet hours, over a number's budget, in a storm; then told together.
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { SentMessage } from './budget.ts';
import type { Course } from './courses.ts';
import type { Group } from './group-table.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import type { HeldBack, LedgerRecord } from './ledger/records.ts';
import type { FlushDecision } from './plan-notification.ts';
import { holdOf, hoursOf, stormWindow } from './hold.ts';
import type { Hold, HoldFacts, HoldReason } from './hold.ts';

export interface HoldsParts {
  readonly clock: Clock;
  readonly document: () => AlertsDocument;
  /** whether a named interval holds now */
  readonly isIn: (interval: string, now: Instant) => boolean;
  /** the SMS to somebody's telephone, those on their way included, without the one that a new one of this group takes the place of */
  readonly sentTo: (to: string, group: Group, integration: Integration) => readonly SentMessage[];
  readonly write: (records: readonly LedgerRecord[]) => void;
  readonly wayOf: (integration: Integration) => { readonly id: string; readonly records: readonly LedgerRecord[] };
  readonly run: (course: Course) => void;
  /** tells what was held back for these, together; others have their turns meanwhile */
  readonly bundle: (bundle: HeldBundle) => Course;
  /** something of the group waits no longer: it is told, or nobody is to be told any more */
  readonly released: (group: Group, released: Released) => void;
}

export interface Released {
  readonly integration: Integration;
  readonly why: HoldReason;
}

export interface HeldBundle {
  readonly integration: Integration;
  readonly groups: readonly Group[];
  readonly why: HoldReason;
}

interface Held {
  readonly integration: Integration;
  readonly hold: Hold;
  readonly to: Set<string>;
}

interface Timer {
  readonly due: Instant;
  readonly cancel: Cancel;
}

const keyOf = ({ receiver, channel, index }: Pick<Integration, 'receiver' | 'channel' | 'index'>): string =>
  JSON.stringify([receiver, channel, index]);

const newestOf = (sent: readonly Pick<SentMessage, 'at'>[]): Instant | null =>
  sent.reduce<Instant | null>((newest, { at }) => (newest === null || at > newest ? at : newest), null);

export class Holds {
  readonly #parts: HoldsParts;
  /** by integration, then by group */
  readonly #held = new Map<string, Map<Group, Held>>();
  readonly #timers = new Map<string, Timer>();
  /** the messages of the last minute, by integration */
  readonly #recent = new Map<string, Instant[]>();
  /** the newest SMS to each */
  readonly #lastSms = new Map<string, Instant>();
  #messages = 0;
  /** one bundle after the other: two may be for the same people */
  #telling: ReadonlySet<Group> | null = null;
  /** whose time came meanwhile, and when */
  readonly #after = new Map<string, Instant>();

  constructor(parts: HoldsParts) {
    this.#parts = parts;
  }

  heldTo(group: Group, integration: Integration): ReadonlySet<string> {
    return this.#held.get(keyOf(integration))?.get(group)?.to ?? new Set();
  }

  /** Those held back for this reason. */
  heldFor(
    why: HoldReason,
    group: Group,
    integration: Pick<Integration, 'receiver' | 'channel' | 'index'>,
  ): ReadonlySet<string> {
    const held = this.#held.get(keyOf(integration))?.get(group);
    return held?.hold.why === why ? held.to : new Set();
  }

  isHeld(group: Group): boolean {
    return [...this.#held.values()].some((groups) => groups.has(group));
  }

  /** No route leads to it any more: whoever waited is told by the groups that hold its alerts now. */
  drop(group: Group): void {
    for (const groups of this.#held.values()) {
      const held = groups.get(group);
      if (held === undefined) continue;
      groups.delete(group);
      this.#write(group, { ...held, to: new Set() });
    }
  }

  /** After a start: what waited when the process ended waits on; what nobody waits for any more is forgotten. */
  resume(
    held: Iterable<HeldBack>,
    groupOf: (held: HeldBack) => Group | undefined,
    /** the message that they waited for was written, and that nobody waits any more was not */
    isCovered: (group: Group, integration: Integration, held: HeldBack) => boolean,
  ): void {
    const { document, write, clock, released } = this.#parts;
    const now = clock.now();
    for (const one of [...held]) {
      const group = groupOf(one);
      const integration = integrationsOf(document(), one.receiver, now).find((known) => keyOf(known) === keyOf(one));
      if (group === undefined || integration === undefined || isCovered(group, integration, one)) {
        if (group !== undefined && integration !== undefined) released(group, { integration, why: one.why });
        write([{ kind: 'held', held: { ...one, to: [] } }]);
        continue;
      }
      const key = keyOf(integration);
      const groups = this.#held.get(key) ?? new Map<Group, Held>();
      this.#held.set(key, groups.set(group, { integration, hold: one, to: new Set(one.to) }));
      this.#wakeBy(key, one.until, now);
    }
  }

  /** The decision for those who may be told now; the others are told later, with everything else that waits. */
  holdBack(
    group: Group,
    integration: Integration,
    decision: FlushDecision,
    now: Instant,
    over: HoldReason | null = null,
  ): FlushDecision {
    const { notify } = decision;
    if (notify === null) return decision;
    const told: string[] = [];
    for (const to of notify.to) {
      const hold = holdOf(this.#factsOf(group, integration, decision, to, now), over);
      if (hold === null) told.push(to);
      else this.#hold(group, integration, to, over === null ? this.#dueOr(hold, group, integration) : hold, now);
    }
    if (told.length === notify.to.length) return decision;
    return told.length === 0
      ? { ...decision, notify: null, supersede: false }
      : { ...decision, notify: { ...notify, to: told } };
  }

  /** They are told now. */
  release(group: Group, integration: Pick<Integration, 'receiver' | 'channel' | 'index'>, to: readonly string[]): void {
    const groups = this.#held.get(keyOf(integration));
    const held = groups?.get(group);
    if (held === undefined) return;
    const before = held.to.size;
    for (const one of to) held.to.delete(one);
    if (held.to.size === 0) groups?.delete(group);
    if (held.to.size === before) return;
    // before it is written that nobody waits: a kill between the two is seen at the next start
    this.#parts.released(group, { integration: held.integration, why: held.hold.why });
    this.#write(group, held);
  }

  /** Something of the group is on its way: it is looked at again when that has its answer. */
  postpone(group: Group, integration: Integration, until: Instant): void {
    const groups = this.#held.get(keyOf(integration));
    const held = groups?.get(group);
    if (held !== undefined) groups?.set(group, { ...held, hold: { ...held.hold, until } });
  }

  /** A message for this group and others is being put together: nobody decides for it beside that. */
  isTelling(group: Group): boolean {
    return this.#telling?.has(group) === true;
  }

  /** How many messages have gone out: what one more does to budgets is another thing after each. */
  get messages(): number {
    return this.#messages;
  }

  stop(): void {
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #factsOf(group: Group, integration: Integration, decision: FlushDecision, to: string, now: Instant): HoldFacts {
    const { document, isIn, sentTo } = this.#parts;
    const current = document();
    const all = integration.channel === 'sms' ? sentTo(to, group, integration) : [];
    // by a clock that was set back since, some lie ahead
    const sent = all.filter(({ at }) => at <= now);
    const lastSms = this.#lastSms.get(to);
    return {
      document: current,
      hours: hoursOf(current, group.route.receiver, integration.receiver),
      integration,
      to,
      alerts: decision.notify?.alerts ?? [],
      isIn: (interval) => isIn(interval, now),
      sent,
      lastSms: newestOf([...sent, ...(lastSms !== undefined && lastSms <= now ? [{ at: lastSms }] : [])]),
      recent: this.#recentOf(integration, now),
      now,
    };
  }

  #hold(group: Group, integration: Integration, to: string, hold: Hold, now: Instant): void {
    const key = keyOf(integration);
    const groups = this.#held.get(key) ?? new Map<Group, Held>();
    this.#held.set(key, groups);
    const known = groups.get(group);
    const held: Held = { integration, hold, to: new Set([...(known?.to ?? []), to]) };
    groups.set(group, held);
    // what kept it until now is over: whoever waits for that goes on, also where something else keeps it from here on
    if (known !== undefined && known.hold.why !== hold.why)
      this.#parts.released(group, { integration, why: known.hold.why });
    // when it is looked at again changes all the time, and is found anew
    if (known?.hold.why !== hold.why || !known.to.has(to)) this.#write(group, held);
    this.#wakeBy(key, hold.until, now);
  }

  /** What waits already is looked at when it was going to be: flushes that follow each other fast would put it off for ever. */
  #dueOr(hold: Hold, group: Group, integration: Integration): Hold {
    const known = this.#held.get(keyOf(integration))?.get(group)?.hold;
    return known?.why === hold.why && known.until <= hold.until ? known : hold;
  }

  #write(group: Group, { integration, hold, to }: Held): void {
    const { receiver, channel, index } = integration;
    const held = { groupKey: group.key, receiver, channel, index, to: [...to], why: hold.why, until: hold.until };
    if (channel !== 'webhook' || to.size === 0) this.#parts.write([{ kind: 'held', held }]);
    else {
      // its number may be another's after a reload
      const { id, records } = this.#parts.wayOf(integration);
      this.#parts.write([...records, { kind: 'held', held: { ...held, way: id } }]);
    }
  }

  /** In a storm thousands are held one after the other: who is due first of them all is not asked for each. */
  #wakeBy(key: string, due: Instant, now: Instant): void {
    const known = this.#timers.get(key);
    if (known !== undefined && known.due <= due) return;
    known?.cancel();
    const cancel = this.#parts.clock.after(Math.max(0, due - now) as Milliseconds, () => this.#fire(key));
    this.#timers.set(key, { due, cancel });
  }

  #fire(key: string): void {
    const due = this.#timers.get(key)?.due ?? (0 as Instant);
    this.#timers.delete(key);
    if (this.#telling === null) this.#tell(key, due);
    else this.#after.set(key, due);
  }

  #tell(key: string, due: Instant): void {
    const now = this.#parts.clock.now();
    const groups = this.#held.get(key) ?? new Map<Group, Held>();
    // the clock was set back meanwhile: by so much all that waits is due earlier
    const back = due - now;
    if (back > 0)
      for (const [group, held] of groups)
        groups.set(group, { ...held, hold: { ...held.hold, until: (held.hold.until - back) as Instant } });
    const first = [...groups.values()].find(({ hold }) => hold.until <= now);
    if (first === undefined) {
      this.#wakeForNext(key);
      return;
    }
    const { integration, hold } = first;
    // those that wait for the same come along
    const together = [...groups].filter((one) => one[1].hold.why === hold.why).map(([group]) => group);
    this.#telling = new Set(together);
    this.#parts.run(this.#course(key, { integration, groups: together, why: hold.why }));
  }

  *#course(key: string, bundle: HeldBundle): Course {
    yield* this.#parts.bundle(bundle);
    this.#telling = null;
    this.#wakeForNext(key);
    for (const [next, due] of this.#after) {
      if (this.#telling !== null) return;
      this.#after.delete(next);
      this.#tell(next, due);
    }
  }

  #wakeForNext(key: string): void {
    let next: Instant | null = null;
    for (const { hold } of this.#held.get(key)?.values() ?? [])
      if (next === null || hold.until < next) next = hold.until;
    if (next !== null) this.#wakeBy(key, next, this.#parts.clock.now());
  }

  #recentOf(integration: Integration, now: Instant): readonly Instant[] {
    return (this.#recent.get(keyOf(integration)) ?? []).filter((at) => at > now - stormWindow && at <= now);
  }

  /** One message is on its way: so many in a minute are a storm. */
  count(integration: Integration, to: readonly string[]): void {
    const now = this.#parts.clock.now();
    this.#messages += 1;
    if (integration.channel === 'sms') for (const one of to) this.#lastSms.set(one, now);
    this.#recent.set(keyOf(integration), [...this.#recentOf(integration, now), now]);
  }
}
