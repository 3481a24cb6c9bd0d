// Whom a reload has moved: what people know, who is on it and what nobody has heard yet is settled where they are told now.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { fingerprintIn } from './alert.ts';
import { carriedEpisodes } from './carried-episodes.ts';
import type { CarryParts } from './carried-episodes.ts';
import { isOwed } from './courier.ts';
import type { Courier } from './courier.ts';
import type { Group, GroupTable } from './group-table.ts';
import { handOver } from './hand-over.ts';
import type { HandOver } from './hand-over.ts';
import type { Integration } from './integrations.ts';
import type { KnownAlerts } from './known-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import { doubtsOf } from './ledger/doubts.ts';
import { recipientKey } from './ledger/records.ts';
import type { Cover, Intent, LedgerRecord, Recipient } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import { maybeTold } from './ledger/told-entry.ts';
import { Unwritten } from './unwritten-accounts.ts';
import { isGone } from './ways.ts';
import { forsaken, hasMoved, heldElsewhere, movedAway, newsElsewhere } from './moved.ts';
import { alertsByGroup } from './alerts-by-group.ts';

interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly document: () => AlertsDocument;
  readonly alerts: Pick<KnownAlerts, 'get' | 'all'>;
  readonly groups: Pick<GroupTable, 'of' | 'holding' | 'leave'>;
  readonly courier: Pick<Courier, 'isUnderWay' | 'withdraw'>;
  readonly firing: CarryParts['firing'];
  readonly write: (records: readonly LedgerRecord[]) => void;
  readonly flush: (group: Group, now: Instant) => void;
  readonly onError: (error: unknown) => void;
}

/** Something is told in each of them only where answers come as fast as the ledger is written. */
const mostRounds = 8;

function owedEnds({ owes = [] }: Recipient, { resolved }: Pick<Cover, 'resolved'>): readonly string[] {
  const over = new Set(owes.length === 0 ? [] : resolved);
  return owes.filter((period) => over.has(period));
}

const withdrawn = (one: Recipient): Recipient => ({ ...one, state: 'withdrawn' });

const byName = (recipients: readonly Recipient[]): ReadonlyMap<string, Recipient> =>
  new Map(recipients.map((one) => [one.to, one]));

export class Resettlement {
  readonly #parts: Parts;
  /** messages on their way to those whom a reload has put elsewhere */
  readonly #strays = new Map<string, Intent>();
  readonly #unwritten = new Unwritten();
  /** by group, those to which something of it was carried, until it is cleared there */
  readonly #carriedTo = new Map<string, Set<string>>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Of everybody who was ever told; escalations go on where they were, and who is on an alert stays on it. */
  settleAll(): void {
    const { ledger, groups, firing, document, clock } = this.#parts;
    const groupKeys = [...ledger.state.toldOf.keys()];
    this.#settle(() => {
      const { first, then, ...more } = this.#handOver(groupKeys);
      const carried = carriedEpisodes({
        state: ledger.state,
        groups,
        firing,
        document: document(),
        now: clock.now(),
      });
      return { first: [...first, ...carried.first], then: [...then, ...carried.then], ...more };
    });
  }

  /** Messages to those who are elsewhere now, before what is known of them is settled; gives the keys of the groups. */
  withdraw(): void {
    this.#withdraw('all');
  }

  #withdraw(whom: 'all' | 'those who wait'): readonly string[] {
    const { ledger, document, groups, alerts, clock, courier, write } = this.#parts;
    const now = clock.now();
    const standing = { document: document(), groups };
    const inGroup = alertsByGroup([...alerts.all()]);
    const groupKeys: string[] = [];
    if (whom === 'all') this.#oweHeld(inGroup);
    for (const { notification, to } of movedAway(ledger.state, standing, now)) {
      const { intent, recipients } = notification;
      const moved = to.flatMap((one) => recipients.get(one) ?? []);
      // whoever is hearing it at this moment hears it, and has perhaps heard it until that is known
      const away = moved.filter((one) => !courier.isUnderWay(intent.id, one.to));
      if (away.length < moved.length) this.#strays.set(intent.id, intent);
      const known = whom === 'all' ? moved : away;
      if (known.length === 0) continue;
      // also of what was only owed: what ends before it is told where he is told now is told as over
      const doubts = doubtsOf({ ...notification, recipients: byName(known) }, ledger.state, now, (one, cover) =>
        newsElsewhere(
          [...cover.firing, ...owedEnds(one, cover), ...inGroup(cover.groupKey)],
          { ...intent, to: one.to },
          ledger.state,
          standing,
          now,
        ),
      );
      write([
        ...doubts,
        ...away.map((one): LedgerRecord => ({ kind: 'recipient', id: intent.id, recipient: withdrawn(one) })),
      ]);
      groupKeys.push(...(intent.covers ?? [intent]).map(({ groupKey }) => groupKey));
      this.#settleWithdrawn(notification, now);
    }
    return groupKeys;
  }

  /** Whoever waited for a message that nobody makes any more. */
  #oweHeld(inGroup: (groupKey: string) => readonly string[]): void {
    const { ledger, document, groups, clock, write } = this.#parts;
    const { state } = ledger;
    const now = clock.now();
    const standing = { document: document(), groups };
    for (const held of state.held.values())
      for (const place of heldElsewhere(held, standing, state, now)) {
        const key = recipientKey(held, place.to);
        const known = state.told.get(key);
        const firing = newsElsewhere(inGroup(held.groupKey), place, state, standing, now);
        if (firing.length > 0)
          write([{ kind: 'told', key, entry: { ...maybeTold({ firing }, now, known), way: place.way } }]);
      }
  }

  /** Nobody of it is left. */
  #settleWithdrawn({ intent: { id }, recipients }: Notification, at: Instant): void {
    const { courier, write } = this.#parts;
    if ([...recipients.values()].some(isOwed)) return;
    courier.withdraw(id);
    write([{ kind: 'settled', id, at, how: 'superseded' }]);
  }

  /** A message has its answer: it may have been on its way while a reload moved those whom it was for. */
  answered({ intent }: Notification): void {
    const { ledger, document, groups, clock } = this.#parts;
    const wasStray = this.#strays.delete(intent.id);
    if (!hasMoved(intent, ledger.state, { document: document(), groups }, clock.now())) return;
    const own = (intent.covers ?? [intent]).map(({ groupKey }) => groupKey);
    const groupKeys = [...new Set([...this.#withdraw('those who wait'), ...own])];
    this.#settle(() => this.#handOver(groupKeys));
    if (wasStray || isGone(intent)) this.#goOn(intent);
  }

  /**
   * Somebody is hearing of it, and is told of that group from another place by now: what is newer waits, so that it comes after it.
   * Whoever is gone may have two accounts of one alert, and a message of either that is tried again.
   */
  isAwaited(group: Group, { channel, index }: Pick<Integration, 'channel' | 'index'>, to: readonly string[]): boolean {
    const isHis = (one: Intent): boolean => channel === 'webhook' || one.to.some((name) => to.includes(name));
    const tells = (periods: readonly string[]): boolean =>
      periods.some((period) => group.alerts.has(fingerprintIn(period)));
    const strays = [...this.#strays.values()].some(
      (stray) => stray.channel === channel && isHis(stray) && tells([...stray.firing, ...stray.resolved]),
    );
    return strays || (isGone({ index }) && this.#tellsElsewhere(group, { channel, index }, isHis, tells));
  }

  /** He has the same number in every group. */
  #tellsElsewhere(
    { key, route }: Group,
    { channel, index }: Pick<Integration, 'channel' | 'index'>,
    isHis: (intent: Intent) => boolean,
    tells: (periods: readonly string[]) => boolean,
  ): boolean {
    return [...this.#parts.ledger.state.open.values()].some(
      ({ intent }) =>
        intent.channel === channel &&
        intent.index === index &&
        !(intent.groupKey === key && intent.receiver === route.receiver) &&
        isHis(intent) &&
        tells(intent.firing),
    );
  }

  /** Somebody is hearing at this moment that it fires, from where he was before a reload: it stays known until that has its answer. */
  isHeardOf(fingerprint: string): boolean {
    if (this.#strays.size === 0) return false;
    return [...this.#strays.values()].some(({ firing }) =>
      firing.some((period) => fingerprintIn(period) === fingerprint),
    );
  }

  #goOn({ firing, resolved }: Intent): void {
    const { groups, clock, flush } = this.#parts;
    const waiting = new Set([...firing, ...resolved].flatMap((period) => groups.holding(fingerprintIn(period))));
    for (const group of waiting) if (group.again) flush(group, clock.now());
  }

  /** What is known of these groups has come to an account that nobody is told by. */
  settle(groupKeys: readonly string[]): void {
    if (!this.#stopped) this.#settle(() => this.#handOver(groupKeys));
  }

  stop(): void {
    this.#stopped = true;
  }

  #handOver(groupKeys: readonly string[]): HandOver {
    const { ledger, document, groups, alerts, clock } = this.#parts;
    const parts = { state: ledger.state, document: document(), groups, alerts };
    const heardIn = new Set(groupKeys.flatMap((key) => [...(this.#carriedTo.get(key) ?? [])]));
    return handOver(groupKeys, heardIn, parts, clock.now());
  }

  #leaveForsaken(next: readonly LedgerRecord[]): void {
    const { ledger, courier, clock, write } = this.#parts;
    const accounts = new Map(next.flatMap((record) => (record.kind === 'told' ? [[record.key, record.entry]] : [])));
    for (const { intent } of forsaken(ledger.state, accounts)) {
      if (courier.isUnderWay(intent.id)) this.#strays.set(intent.id, intent);
      else {
        courier.withdraw(intent.id);
        write([{ kind: 'settled', id: intent.id, at: clock.now(), how: 'superseded' }]);
      }
    }
  }

  /** Whoever was told of something is told its end, wherever the configuration has him now. */
  #settle(course: () => HandOver, round = 1): void {
    const { ledger, groups, write, onError } = this.#parts;
    let found = course();
    for (const one of found.left) groups.leave(one.key, one.receiver, one.alerts);
    // also by what is known of the groups that stand for the end only from now on
    if (found.left.length > 0) found = course();
    const { then, targets, carriedTo } = found;
    const first = [...found.first, ...this.#unwritten.again(targets, ledger.state)];
    const waitsFor = first.length > 0 ? ledger.append(first) : this.#unwritten.waitFor(targets);
    if (waitsFor === null || round > mostRounds) {
      write(then);
      this.#leaveForsaken(then);
      for (const key of this.#carriedTo.keys())
        if (carriedTo.has(key) || !ledger.state.toldOf.has(key)) this.#carriedTo.delete(key);
      return;
    }
    for (const [key, others] of carriedTo)
      this.#carriedTo.set(key, new Set([...(this.#carriedTo.get(key) ?? []), ...others]));
    this.#unwritten.add(first, waitsFor);
    this.#leaveForsaken(then);
    waitsFor.then(() => {
      // something may have been told meanwhile: that is carried, too, before anything is cleared
      if (!this.#stopped) this.#settle(course, round + 1);
    }, onError);
  }
}
