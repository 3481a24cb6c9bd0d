// The groups that stand: which alerts are in which, when each is due, and which alerts leave once they are told.
import type { Cancel, Clock } from '../clock.ts';
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert, LabelSet } from './alert.ts';
import { firstFlushOf, groupKeyOf, groupLabelsOf, labelsIn } from './group.ts';
import { Leading } from './leading.ts';
import { routesOf } from './route.ts';
import type { Route } from './route.ts';

export interface Group {
  readonly id: string;
  readonly key: string;
  readonly labels: LabelSet;
  /** what all that lead to it have in common */
  readonly route: Pick<Route, 'receiver'>;
  leading: Leading;
  readonly alerts: Map<string, Alert>;
  /** as they were at the last flush: what changed since has not been told */
  flushed: ReadonlyMap<string, Alert>;
  cancel: Cancel;
  /** a flush came while a notification was on its way: decide again when it has arrived */
  again: boolean;
  /** a flush has passed by those who are owed a message for several groups: decide for them when it has its end */
  passedBy: boolean;
  /** periods that were muted while they fired */
  readonly muted: Set<string>;
  /** since when something of it has been waiting for a provider; null: nothing is */
  owedSince: Instant | null;
  /** no route leads to it any more: those who were told are told the end, and nobody anything else */
  readonly isLeft: boolean;
}

export interface GroupTableOptions {
  readonly clock: Clock;
  /** when somebody was told of such a group before, by this process or an earlier one */
  readonly lastToldAt: (key: string, route: Route) => Instant | null;
  /** a group's timer has run out: the moment to look for a new configuration */
  readonly onWake: () => void;
  /** `due`: those of the routes that lead to it whose turn it is */
  readonly onDue: (group: Group, now: Instant, due: readonly Route[]) => void;
  /** a receiver that is told beside those to which routes lead; null: there is none */
  readonly instead?: (alert: Alert, receivers: readonly string[]) => string | null;
  /** before this, those who send alerts in have not all been heard: nothing of theirs is told that nobody knows of */
  readonly settledAt: Instant;
}

interface Before {
  readonly group: Group;
  /** the routes that led to it */
  readonly leading: Leading;
}

const longestTimer = 86_400_000;
/** A storm makes many groups due at once: between them whoever sends alerts in, or asks, has his turn. */
const longestTurn = 10;
const idOf = (key: string, receiver: string): string => `${key}>${receiver}`;

const emptyGroup = (key: string, labels: LabelSet, receiver: string): Group => ({
  id: idOf(key, receiver),
  key,
  labels,
  route: { receiver },
  leading: new Leading(),
  alerts: new Map(),
  flushed: new Map(),
  cancel: () => undefined,
  again: false,
  passedBy: false,
  muted: new Set(),
  owedSince: null,
  isLeft: false,
});

export class GroupTable {
  readonly #options: GroupTableOptions;
  readonly #groups = new Map<string, Group>();
  /** the groups that an alert is in */
  readonly #memberships = new Map<string, Set<Group>>();
  #root: Route;
  /** their time has come, and they wait for their turn */
  readonly #due: { readonly group: Group; readonly until: Instant }[] = [];
  #turnBegan = 0;
  #endOfTurn: Cancel | null = null;
  /** null: those who send alerts in have had their time, by a clock that nobody sets */
  #settling: Cancel | null = null;
  /** when somebody was last told of a group, as it was when the first of its alerts came to it after the start */
  readonly #toldBefore = new WeakMap<Group, { readonly at: Instant | null }>();
  #stopped = false;

  constructor(root: Route, options: GroupTableOptions) {
    this.#root = root;
    this.#options = options;
    const { clock, settledAt } = options;
    const wait = settledAt - clock.now();
    if (wait > 0)
      this.#settling = clock.after(wait as Milliseconds, () => {
        this.#settling = null;
      });
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The one that a notification of this key and receiver was made for. */
  of(key: string, receiver: string): Group | undefined {
    return this.#groups.get(idOf(key, receiver));
  }

  all(): Iterable<Group> {
    return this.#groups.values();
  }

  holding(fingerprint: string): readonly Group[] {
    return [...(this.#memberships.get(fingerprint) ?? [])];
  }

  /** Into the groups of its routes; one that goes on is where it was, one that came back may have left some. */
  place(alert: Alert): void {
    const { fingerprint } = alert;
    const holding = this.holding(fingerprint);
    const goesOn = holding.length > 0 && holding.every(({ alerts }) => alerts.get(fingerprint)?.ended === null);
    if (!goesOn) this.#place(alert);
    else for (const group of holding) group.alerts.set(fingerprint, alert);
  }

  /** By new routes; groups that stood before go on where they were. Gives those that do not stand any more. */
  reroute(root: Route, alerts: Iterable<Alert>): readonly Group[] {
    this.#root = root;
    const all = [...this.#groups.values()];
    const before = new Map(
      all.filter(({ isLeft }) => !isLeft).map((group) => [group.id, { group, leading: group.leading }]),
    );
    this.#groups.clear();
    this.#memberships.clear();
    for (const alert of alerts) this.#place(alert, before);
    const gone = all.filter((group) => !this.#stands(group));
    for (const group of gone) group.cancel();
    return gone;
  }

  /** A group to which no route leads, for as long as somebody is to be told the end of these. */
  leave(key: string, receiver: string, alerts: readonly Alert[]): void {
    const id = idOf(key, receiver);
    const known = this.#groups.get(id);
    const group: Group = known ?? { ...emptyGroup(key, labelsIn(key), receiver), isLeft: true };
    const routes = known?.leading.routes ?? [this.#plainRoute(receiver)];
    this.#groups.set(id, group);
    for (const alert of alerts)
      this.#join(alert, group, routes, ({ timers }) => later(this.#options.clock.now(), timers.groupWait));
    // somebody else is to be told of them
    const left = new Set(alerts.map(({ fingerprint }) => fingerprint));
    group.flushed = new Map([...group.flushed].filter(([fingerprint]) => !left.has(fingerprint)));
    if (known === undefined) this.#arm(group);
  }

  /** What ended leaves its group when nothing newer came since it was told, unless it is kept; gives those that no group holds any more. */
  release(group: Group, isKept: (fingerprint: string) => boolean = () => false): readonly string[] {
    const alone: string[] = [];
    const released: string[] = [];
    for (const [fingerprint, alert] of group.alerts) {
      if (alert.ended === null || group.flushed.get(fingerprint)?.ended !== alert.ended || isKept(fingerprint))
        continue;
      group.alerts.delete(fingerprint);
      released.push(fingerprint);
      group.muted.delete(periodOf(alert));
      const holding = this.#memberships.get(fingerprint);
      holding?.delete(group);
      if (holding !== undefined && holding.size > 0) continue;
      this.#memberships.delete(fingerprint);
      alone.push(fingerprint);
    }
    group.leading.release(released, group.alerts);
    if (group.alerts.size === 0) {
      group.cancel();
      this.#groups.delete(group.id);
    }
    return alone;
  }

  stop(): void {
    this.#stopped = true;
    this.#endOfTurn?.();
    this.#settling?.();
    for (const group of this.#groups.values()) group.cancel();
  }

  /** Routes with the same matchers and receiver lead to one group: each of them may tell it, and whoever was told by one is not told by the other. */
  #place(alert: Alert, before: ReadonlyMap<string, Before> = new Map()): void {
    const groups = new Map<string, { readonly group: Group; readonly routes: Route[] }>();
    for (const route of this.#routesOf(alert)) {
      const labels = groupLabelsOf(route, alert.labels);
      const key = groupKeyOf(route, labels);
      const id = idOf(key, route.receiver);
      const known = groups.get(id);
      if (known !== undefined) known.routes.push(route);
      else {
        const group = this.#groups.get(id) ?? before.get(id)?.group ?? emptyGroup(key, labels, route.receiver);
        groups.set(id, { group, routes: [route] });
      }
    }
    for (const [id, { group, routes }] of groups) {
      const earlier = before.get(id)?.leading;
      if (earlier === group.leading) {
        group.alerts.clear();
        group.leading = new Leading();
      }
      this.#groups.set(id, group);
      const { due } = group.leading;
      this.#join(alert, group, routes, (route) => earlier?.dueOf(route) ?? this.#firstTurn(group, route, alert));
      if (this.#isUnsettled(alert, group, routes)) group.leading.postpone(this.#options.settledAt);
      if (group.leading.due !== due) this.#arm(group);
    }
  }

  /** Senders are still heard, and people who know of the group do not know of this: another one may send what inhibits it. */
  #isUnsettled({ accepted, expires }: Alert, group: Group, [route]: readonly Route[]): boolean {
    if (this.#settling === null || expires === undefined || route === undefined) return false;
    const known = this.#toldBefore.get(group) ?? { at: this.#options.lastToldAt(group.key, route) };
    this.#toldBefore.set(group, known);
    return known.at === null || accepted > known.at;
  }

  #routesOf(alert: Alert): readonly Route[] {
    const routes = routesOf(this.#root, alert.labels);
    const instead = this.#options.instead?.(
      alert,
      routes.map(({ receiver }) => receiver),
    );
    return instead === null || instead === undefined ? routes : [...routes, this.#plainRoute(instead)];
  }

  /** By the timers of the root, at any hour. */
  #plainRoute(receiver: string): Route {
    return { ...this.#root, receiver, muteIntervals: [], activeIntervals: [] };
  }

  #join(alert: Alert, group: Group, routes: readonly Route[], dueOf: (route: Route) => Instant): void {
    const { fingerprint } = alert;
    group.leading.lead(fingerprint, routes, group.alerts, dueOf);
    group.alerts.set(fingerprint, alert);
    const holding = this.#memberships.get(fingerprint);
    if (holding === undefined) this.#memberships.set(fingerprint, new Set([group]));
    else holding.add(group);
  }

  #firstTurn({ key }: Group, route: Route, alert: Alert): Instant {
    const now = this.#options.clock.now();
    const told = this.#options.lastToldAt(key, route);
    return told === null
      ? firstFlushOf(route, alert, now)
      : (Math.max(now, later(Math.min(told, now) as Instant, route.timers.groupInterval)) as Instant);
  }

  #arm(group: Group): void {
    const { clock } = this.#options;
    group.cancel();
    const now = clock.now();
    const wait = Math.min(longestTimer, Math.max(0, group.leading.due - now));
    const until = later(now, wait as Milliseconds);
    group.cancel = clock.after(wait as Milliseconds, () => this.#wake(group, until));
  }

  #wake(group: Group, until: Instant): void {
    if (this.#stopped) return;
    // the wait is over, also where the clock was set back meanwhile
    this.#due.push({ group, until });
    if (this.#endOfTurn === null) this.#beginTurn();
    this.#takeTurn();
  }

  #beginTurn(): void {
    const { clock } = this.#options;
    this.#turnBegan = clock.now();
    this.#endOfTurn = clock.after(0 as Milliseconds, () => {
      this.#endOfTurn = null;
      if (this.#due.length === 0) return;
      this.#beginTurn();
      this.#takeTurn();
    });
  }

  #takeTurn(): void {
    while (this.#options.clock.now() - this.#turnBegan < longestTurn) {
      const next = this.#due.shift();
      if (next === undefined) return;
      this.#flush(next.group, next.until);
    }
  }

  #flush(group: Group, until: Instant): void {
    if (this.#stopped || !this.#stands(group)) return;
    this.#options.onWake();
    if (!this.#stands(group)) return;
    const now = this.#options.clock.now();
    const due = group.leading.take(now, (at) => now >= at || until >= at);
    if (due.length > 0) this.#options.onDue(group, now, due);
    if (this.#stands(group)) this.#arm(group);
  }

  #stands(group: Group): boolean {
    return this.#groups.get(group.id) === group;
  }
}
