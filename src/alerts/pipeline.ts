// The alert pipeline: accept (durably), route, group, wait, decide whom to tell, hand over to the courier.
import { createHash } from 'node:crypto';
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import type { PlanAlert } from '../model/plan.ts';
import type { Texts } from '../model/texts.ts';
import { later, seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { alertOf, mergeAlerts } from './alert.ts';
import type { Alert, LabelSet } from './alert.ts';
import { Courier, isOwed } from './courier.ts';
import type { AlertLog, Channels } from './courier.ts';
import { firstFlushOf, groupKeyOf, groupLabelsOf, inOrder } from './group.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import type { Ledger } from './ledger/ledger.ts';
import { recipientKey } from './ledger/records.ts';
import type { Intent, LedgerRecord } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import { decideFlush } from './plan-notification.ts';
import type { FlushDecision } from './plan-notification.ts';
import { renderMail } from './render-mail.ts';
import { smsText } from './render.ts';
import type { Notice } from './render.ts';
import { buildRoutes, routesOf } from './route.ts';
import type { Route } from './route.ts';
import { lastNotifications } from './status.ts';
import type { NotificationView } from './status.ts';

export interface AlertPipelineOptions {
  /** asked at every tick and flush: another object means a reload */
  readonly config: () => AlertsDocument;
  readonly texts: () => Texts;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly channels: Channels;
  readonly random?: () => number;
  readonly log?: AlertLog;
  readonly onNotification?: (view: NotificationView) => void;
}

export interface TellOutcome {
  readonly accepted: number;
  /** how many began, ended or came back */
  readonly changed: number;
  /** false: they are being told, but a kill before the next good write would forget them */
  readonly durable: boolean;
  readonly fault: { readonly code: string; readonly message: string } | null;
}

export interface AlertStatus {
  readonly firing: number;
  readonly groups: number;
  readonly owed: number;
  readonly notifications: readonly NotificationView[];
}

export interface AlertPipeline {
  tell(alerts: readonly PlanAlert[], now: Instant): Promise<TellOutcome>;
  /** All that was due up to now has been attempted, and the attempts are written down. */
  settle(): Promise<void>;
  status(count?: number): AlertStatus;
  /** What is on its way may end within the grace; the rest stays owed in the ledger. */
  stop(grace?: Milliseconds): Promise<void>;
}

interface Group {
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

const silent: AlertLog = { info: () => undefined, warn: () => undefined, error: () => undefined };
const longestTimer = 86_400_000;

export function createAlertPipeline(options: AlertPipelineOptions): AlertPipeline {
  const { clock, ledger } = options;
  const log = options.log ?? silent;
  const alerts = new Map<string, Alert>(ledger.state.alerts);
  const unseen = new Map<string, number>();
  const groups = new Map<string, Group>();
  let document = options.config();
  let root = buildRoutes(document.route);
  let lastTell: Instant | null = null;
  let stopped = false;

  const courier = new Courier({
    clock,
    ledger,
    channels: options.channels,
    document: () => document,
    random: options.random ?? Math.random,
    log,
    onNotification: options.onNotification ?? (() => undefined),
    onRest: ({ intent }) => {
      for (const group of [...groups.values()])
        if (group.key === intent.groupKey && group.route.receiver === intent.receiver) rested(group);
    },
  });

  function write(records: readonly LedgerRecord[]): void {
    ledger.append(records).catch((error: unknown) => {
      log.error({ err: messageOf(error) }, 'the alert ledger was not written');
    });
  }

  /** Routes that cannot be built keep the last good ones in force. */
  function refresh(): void {
    const next = options.config();
    if (next === document || stopped) return;
    try {
      root = buildRoutes(next.route);
    } catch (error) {
      log.error({ err: messageOf(error) }, 'the new routes are refused, the last good ones stay in force');
      return;
    }
    document = next;
    const before = new Map(groups);
    groups.clear();
    for (const alert of alerts.values()) place(alert, before);
    for (const group of before.values()) if (!groups.has(group.id)) group.cancel();
  }

  /** Into the groups of its routes; groups that stood before a reload go on where they were. */
  function place(alert: Alert, before: ReadonlyMap<string, Group> = new Map()): void {
    for (const route of routesOf(root, alert.labels)) {
      const labels = groupLabelsOf(route, alert.labels);
      const key = groupKeyOf(route, labels);
      const id = `${key}>${route.receiver}`;
      const known = groups.get(id) ?? before.get(id);
      if (known === undefined) {
        const group = newGroup(id, key, labels, route, alert);
        groups.set(id, group);
        arm(group);
      } else {
        if (!groups.has(id)) known.alerts.clear();
        known.route = route;
        known.alerts.set(alert.fingerprint, alert);
        groups.set(id, known);
      }
    }
  }

  function newGroup(id: string, key: string, labels: LabelSet, route: Route, alert: Alert): Group {
    const now = clock.now();
    const told = lastToldAt(key, route);
    const nextFlush =
      told === null
        ? firstFlushOf(route, alert, now)
        : (Math.max(now, later(told, route.timers.groupInterval)) as Instant);
    const alertsOfGroup = new Map([[alert.fingerprint, alert]]);
    return {
      id,
      key,
      labels,
      route,
      alerts: alertsOfGroup,
      flushed: new Map(),
      nextFlush,
      cancel: () => undefined,
      again: false,
    };
  }

  function lastToldAt(key: string, route: Route): Instant | null {
    const instants = integrationsOf(document, route.receiver).flatMap((integration) =>
      integration.to.flatMap((to) => ledger.state.told.get(keyOf(key, integration, to))?.at ?? []),
    );
    return instants.length === 0 ? null : (Math.max(...instants) as Instant);
  }

  function arm(group: Group): void {
    group.cancel();
    const wait = Math.min(longestTimer, Math.max(0, group.nextFlush - clock.now()));
    group.cancel = clock.after(wait as Milliseconds, () => wake(group));
  }

  function wake(group: Group): void {
    if (stopped) return;
    refresh();
    if (groups.get(group.id) !== group) return;
    const now = clock.now();
    if (now >= group.nextFlush) {
      group.nextFlush = later(now, group.route.timers.groupInterval);
      flush(group, now);
    }
    if (groups.get(group.id) === group) arm(group);
  }

  function flush(group: Group, now: Instant): void {
    group.again = false;
    for (const integration of integrationsOf(document, group.route.receiver)) decide(group, integration, now);
    group.flushed = new Map(group.alerts);
    tidy(group);
  }

  function decide(group: Group, integration: Integration, now: Instant): void {
    const open = openFor(group, integration);
    if (open !== undefined && courier.isSending(open.intent.id)) {
      group.again = true;
      return;
    }
    const decision = decideFlush({
      alerts: inOrder(group.alerts.values()),
      to: integration.to,
      sendResolved: integration.sendResolved,
      repeat: group.route.timers.repeatInterval,
      open,
      toldTo: (to) => ledger.state.told.get(keyOf(group.key, integration, to)),
      now,
    });
    const records: LedgerRecord[] = decision.silently.map((to) => ({
      kind: 'told',
      key: keyOf(group.key, integration, to),
      entry: { firing: decision.firing, resolved: decision.resolved, at: now, outcome: 'nothingToSay' },
    }));
    if (decision.supersede && open !== undefined) {
      courier.withdraw(open.intent.id);
      records.push({ kind: 'settled', id: open.intent.id, at: now, how: 'superseded' });
    }
    const intent = intentOf(group, integration, decision, now);
    if (intent !== null) records.push({ kind: 'intent', intent }, ...carriedOver(intent, open));
    write(records);
    if (intent !== null) courier.carry(intent.id);
  }

  const openFor = (group: Group, { receiver, channel, index }: Integration): Notification | undefined =>
    [...ledger.state.open.values()].find(
      ({ intent }) =>
        intent.groupKey === group.key &&
        intent.receiver === receiver &&
        intent.channel === channel &&
        intent.index === index,
    );

  function intentOf(group: Group, integration: Integration, decision: FlushDecision, now: Instant): Intent | null {
    const { notify, firing, resolved } = decision;
    if (notify === null) return null;
    const { receiver, channel, index } = integration;
    const notice: Notice = { groupKey: group.key, groupLabels: group.labels, receiver, alerts: notify.alerts };
    const seed = JSON.stringify([group.key, receiver, channel, index, now, firing, resolved, notify.to]);
    return {
      ...notice,
      id: createHash('sha256').update(seed).digest('hex').slice(0, 20),
      channel,
      index,
      reason: notify.reason,
      at: now,
      firing,
      resolved,
      to: notify.to,
      text: textOf(integration, notice),
    };
  }

  function textOf(integration: Integration, notice: Notice): string {
    const texts = options.texts();
    if (integration.channel === 'sms') return smsText(notice, texts, integration.settings.max_segments).text;
    const { subject, text } = renderMail(notice, texts);
    return `${subject}\n\n${text}`;
  }

  function rested(group: Group): void {
    if (stopped) return;
    if (group.again) flush(group, clock.now());
    else tidy(group);
  }

  /** What ended leaves its group when everybody has been told and nothing newer came. */
  function tidy(group: Group): void {
    const open = [...ledger.state.open.values()].some(
      ({ intent }) => intent.groupKey === group.key && intent.receiver === group.route.receiver,
    );
    if (open || group.again) return;
    for (const [fingerprint, alert] of group.alerts) {
      if (alert.ended === null || group.flushed.get(fingerprint)?.ended !== alert.ended) continue;
      group.alerts.delete(fingerprint);
      forgetIfAlone(fingerprint);
    }
    if (group.alerts.size > 0) return;
    group.cancel();
    groups.delete(group.id);
  }

  function forgetIfAlone(fingerprint: string): void {
    if ([...groups.values()].some((group) => group.alerts.has(fingerprint))) return;
    alerts.delete(fingerprint);
    unseen.delete(fingerprint);
    write([{ kind: 'forgotten', fingerprint }]);
  }

  /** A condition that is not spoken of for resolve_timeout has ended; time in which nobody spoke does not count. */
  function endUnspoken(spoken: ReadonlySet<string>, now: Instant): LedgerRecord[] {
    const timeout = document.global.resolve_timeout;
    const passed = lastTell === null ? 0 : now - lastTell;
    lastTell = now;
    const ended: LedgerRecord[] = [];
    for (const [fingerprint, alert] of alerts) {
      if (spoken.has(fingerprint)) unseen.delete(fingerprint);
      else if (alert.ended === null && passed < timeout) {
        const silence = (unseen.get(fingerprint) ?? 0) + passed;
        unseen.set(fingerprint, silence);
        if (silence >= timeout) ended.push(accept({ ...alert, ended: now }));
      }
    }
    return ended;
  }

  function accept(alert: Alert): LedgerRecord {
    alerts.set(alert.fingerprint, alert);
    place(alert);
    return { kind: 'alert', alert };
  }

  function merge(
    told: PlanAlert,
    now: Instant,
  ): { readonly fingerprint: string; readonly record: LedgerRecord | null } {
    const alert = alertOf(told, document.global.labels, now);
    const { fingerprint } = alert;
    const known = alerts.get(fingerprint);
    // the end of something that nobody was told of
    if (known === undefined && alert.ended !== null) return { fingerprint, record: null };
    const merged = known === undefined ? alert : mergeAlerts(known, alert);
    const record = accept(merged);
    const news = known?.since !== merged.since || known.ended !== merged.ended;
    return { fingerprint, record: news ? record : null };
  }

  async function tell(told: readonly PlanAlert[], now: Instant): Promise<TellOutcome> {
    if (stopped)
      return refused(new SpringtideError({ code: 'LedgerUnwritable', what: 'the alert pipeline has stopped' }));
    refresh();
    const merged = told.map((one) => merge(one, now));
    const ended = endUnspoken(new Set(merged.map(({ fingerprint }) => fingerprint)), now);
    const records = [...merged.flatMap(({ record }) => record ?? []), ...ended];
    const outcome = { accepted: told.length, changed: records.length };
    try {
      await ledger.append(records);
      return { ...outcome, durable: true, fault: null };
    } catch (error) {
      log.error({ err: messageOf(error) }, 'alerts are told, but not written down');
      return { ...refused(error), ...outcome };
    }
  }

  for (const alert of alerts.values()) place(alert);
  // what was owed when the process ended; by timer, so that the caller holds the pipeline first
  const resume = clock.after(seconds(0), () => [...ledger.state.open.keys()].forEach((id) => courier.carry(id)));

  return {
    tell,
    settle: () => courier.settle(),
    status: (count = 100) => ({
      firing: [...alerts.values()].filter(({ ended }) => ended === null).length,
      groups: groups.size,
      owed: [...ledger.state.open.values()].flatMap((one) => [...one.recipients.values()].filter(isOwed)).length,
      notifications: lastNotifications(ledger.state, count),
    }),
    stop: async (grace = seconds(10)) => {
      stopped = true;
      resume();
      for (const group of groups.values()) group.cancel();
      await courier.stop(grace);
    },
  };
}

const keyOf = (groupKey: string, { receiver, channel, index }: Integration, to: string): string =>
  recipientKey({ groupKey, receiver, channel, index }, to);

/** A wait that a provider asked for holds for the notification that takes the place of the old one. */
function carriedOver(intent: Intent, open: Notification | undefined): LedgerRecord[] {
  return intent.to.flatMap((to) => {
    const before = open?.recipients.get(to);
    if (before === undefined || !isOwed(before)) return [];
    const recipient = { ...before, state: 'owed' as const, maybeTwice: false };
    return [{ kind: 'recipient' as const, id: intent.id, recipient }];
  });
}

const refused = (error: unknown): TellOutcome => ({
  accepted: 0,
  changed: 0,
  durable: false,
  fault: { code: error instanceof SpringtideError ? error.code : 'LedgerUnwritable', message: messageOf(error) },
});
