// The groups that stand: which alerts are in which, when each is due, and which alerts leave once they are told.
import type { Cancel, Clock } from '../clock.ts';
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Alert, LabelSet } from './alert.ts';
import { firstFlushOf, groupKeyOf, groupLabelsOf } from './group.ts';
import { routesOf } from './route.ts';
import type { Route } from './route.ts';

export interface Group {
  readonly id: string;
  readonly key: string;
  readonly labels: LabelSet;
  route: Route;
  readonly alerts: Map<string, Alert>;
  /** as they were at the last flush: what changed since has not been told */
  flushed: ReadonlyMap<string, Alert>;
  nextFlush: Instant;
  cancel: Cancel;
  /** a flush came while a notification was on its way: decide again when it has arrived */
  again: boolean;
}

export interface GroupTableOptions {
  readonly clock: Clock;
  /** when somebody was told of such a group before, by this process or an earlier one */
  readonly lastToldAt: (key: string, route: Route) => Instant | null;
  /** a group's timer has run out: the moment to look for a new configuration */
  readonly onWake: () => void;
  readonly onDue: (group: Group, now: Instant) => void;
}

const longestTimer = 86_400_000;

export class GroupTable {
  readonly #options: GroupTableOptions;
  readonly #groups = new Map<string, Group>();
  #root: Route;
  #stopped = false;

  constructor(root: Route, options: GroupTableOptions) {
    this.#root = root;
    this.#options = options;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Those that a notification of this key and receiver was made for. */
  of(key: string, receiver: string): readonly Group[] {
    return [...this.#groups.values()].filter((group) => group.key === key && group.route.receiver === receiver);
  }

  /** Into the groups of its routes. */
  place(alert: Alert): void {
    this.#place(alert, new Map());
  }

  /** By new routes; groups that stood before go on where they were. */
  reroute(root: Route, alerts: Iterable<Alert>): void {
    this.#root = root;
    const before = new Map(this.#groups);
    this.#groups.clear();
    for (const alert of alerts) this.#place(alert, before);
    for (const group of before.values()) if (!this.#groups.has(group.id)) group.cancel();
  }

  /** What ended leaves its group when nothing newer came since it was told; gives those that no group holds any more. */
  release(group: Group): readonly string[] {
    const alone: string[] = [];
    for (const [fingerprint, alert] of group.alerts) {
      if (alert.ended === null || group.flushed.get(fingerprint)?.ended !== alert.ended) continue;
      group.alerts.delete(fingerprint);
      if (![...this.#groups.values()].some((other) => other.alerts.has(fingerprint))) alone.push(fingerprint);
    }
    if (group.alerts.size === 0) {
      group.cancel();
      this.#groups.delete(group.id);
    }
    return alone;
  }

  stop(): void {
    this.#stopped = true;
    for (const group of this.#groups.values()) group.cancel();
  }

  #place(alert: Alert, before: ReadonlyMap<string, Group>): void {
    for (const route of routesOf(this.#root, alert.labels)) {
      const labels = groupLabelsOf(route, alert.labels);
      const key = groupKeyOf(route, labels);
      const id = `${key}>${route.receiver}`;
      const known = this.#groups.get(id) ?? before.get(id);
      if (known === undefined) {
        const group = this.#newGroup(id, key, labels, route, alert);
        this.#groups.set(id, group);
        this.#arm(group);
      } else {
        if (!this.#groups.has(id)) known.alerts.clear();
        known.route = route;
        known.alerts.set(alert.fingerprint, alert);
        this.#groups.set(id, known);
      }
    }
  }

  #newGroup(id: string, key: string, labels: LabelSet, route: Route, alert: Alert): Group {
    const now = this.#options.clock.now();
    const told = this.#options.lastToldAt(key, route);
    const nextFlush =
      told === null
        ? firstFlushOf(route, alert, now)
        : (Math.max(now, later(told, route.timers.groupInterval)) as Instant);
    return {
      id,
      key,
      labels,
      route,
      alerts: new Map([[alert.fingerprint, alert]]),
      flushed: new Map(),
      nextFlush,
      cancel: () => undefined,
      again: false,
    };
  }

  #arm(group: Group): void {
    const { clock } = this.#options;
    group.cancel();
    const wait = Math.min(longestTimer, Math.max(0, group.nextFlush - clock.now()));
    group.cancel = clock.after(wait as Milliseconds, () => this.#wake(group));
  }

  #wake(group: Group): void {
    if (this.#stopped) return;
    this.#options.onWake();
    if (!this.#stands(group)) return;
    const now = this.#options.clock.now();
    if (now >= group.nextFlush) {
      group.nextFlush = later(now, group.route.timers.groupInterval);
      this.#options.onDue(group, now);
    }
    if (this.#stands(group)) this.#arm(group);
  }

  #stands(group: Group): boolean {
    return this.#groups.get(group.id) === group;
  }
}
