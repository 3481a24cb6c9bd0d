// The alert pipeline: accept (durably), route, group, wait, decide whom to tell, hand over to the courier.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import type { PlanAlert } from '../model/plan.ts';
import type { Texts } from '../model/texts.ts';
import { seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Alert } from './alert.ts';
import { Courier, isOwed } from './courier.ts';
import type { AlertLog, Channels } from './courier.ts';
import { flushGroup } from './flush.ts';
import { GroupTable } from './group-table.ts';
import type { Group } from './group-table.ts';
import { KnownAlerts } from './known-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerRecord } from './ledger/records.ts';
import { buildRoutes } from './route.ts';
import type { Route } from './route.ts';
import { lastNotifications } from './status.ts';
import type { NotificationView } from './status.ts';
import { lastToldAt, openOf } from './told.ts';

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

const silent: AlertLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function createAlertPipeline(options: AlertPipelineOptions): AlertPipeline {
  const { clock, ledger } = options;
  const { state } = ledger;
  const log = options.log ?? silent;
  const alerts = new KnownAlerts(state.alerts);
  let document = options.config();
  let stopped = false;

  const courier = new Courier({
    clock,
    ledger,
    channels: options.channels,
    document: () => document,
    random: options.random ?? Math.random,
    log,
    onNotification: options.onNotification ?? (() => undefined),
    onRest: ({ intent }) => groups.of(intent.groupKey, intent.receiver).forEach(rested),
  });
  const groups = new GroupTable(buildRoutes(document.route), {
    clock,
    lastToldAt: (key, route) => lastToldAt(state, document, key, route.receiver),
    onWake: refresh,
    onDue: flush,
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
    let root: Route;
    try {
      root = buildRoutes(next.route);
    } catch (error) {
      log.error({ err: messageOf(error) }, 'the new routes are refused, the last good ones stay in force');
      return;
    }
    document = next;
    groups.reroute(root, alerts.all());
  }

  function flush(group: Group, now: Instant): void {
    flushGroup(group, { state, courier, document, texts: options.texts(), write }, now);
    tidy(group);
  }

  function rested(group: Group): void {
    if (stopped) return;
    if (group.again) flush(group, clock.now());
    else tidy(group);
  }

  /** What ended leaves its group when everybody has been told. */
  function tidy(group: Group): void {
    if (group.again || openOf(state, group).length > 0) return;
    for (const fingerprint of groups.release(group)) {
      alerts.forget(fingerprint);
      write([{ kind: 'forgotten', fingerprint }]);
    }
  }

  function placed(alert: Alert): LedgerRecord {
    groups.place(alert);
    return { kind: 'alert', alert };
  }

  function accept(told: readonly PlanAlert[], now: Instant): readonly LedgerRecord[] {
    const { labels, resolve_timeout: timeout } = document.global;
    const spoken = new Set<string>();
    const records: LedgerRecord[] = [];
    for (const one of told) {
      const { fingerprint, alert, news } = alerts.merge(one, labels, now);
      spoken.add(fingerprint);
      if (alert === null) continue;
      const record = placed(alert);
      if (news) records.push(record);
    }
    return [...records, ...alerts.endUnspoken(spoken, timeout, now).map(placed)];
  }

  async function tell(told: readonly PlanAlert[], now: Instant): Promise<TellOutcome> {
    if (stopped)
      return refused(new SpringtideError({ code: 'LedgerUnwritable', what: 'the alert pipeline has stopped' }));
    refresh();
    const records = accept(told, now);
    const outcome = { accepted: told.length, changed: records.length };
    try {
      await ledger.append(records);
      return { ...outcome, durable: true, fault: null };
    } catch (error) {
      log.error({ err: messageOf(error) }, 'alerts are told, but not written down');
      return { ...refused(error), ...outcome };
    }
  }

  for (const alert of alerts.all()) groups.place(alert);
  // what was owed when the process ended; by timer, so that the caller holds the pipeline first
  const resume = clock.after(seconds(0), () => [...state.open.keys()].forEach((id) => courier.carry(id)));

  return {
    tell,
    settle: () => courier.settle(),
    status: (count = 100) => ({
      firing: alerts.all().filter(({ ended }) => ended === null).length,
      groups: groups.size,
      owed: [...state.open.values()].flatMap((one) => [...one.recipients.values()].filter(isOwed)).length,
      notifications: lastNotifications(state, count),
    }),
    stop: async (grace = seconds(10)) => {
      stopped = true;
      resume();
      groups.stop();
      await courier.stop(grace);
    },
  };
}

const refused = (error: unknown): TellOutcome => ({
  accepted: 0,
  changed: 0,
  durable: false,
  fault: { code: error instanceof SpringtideError ? error.code : 'LedgerUnwritable', message: messageOf(error) },
});
