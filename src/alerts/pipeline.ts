// The alert pipeline: accept (durably), route, group, wait, decide whom to tell, hand over to the courier.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import type { PlanAlert } from '../model/plan.ts';
import type { FiringGroups } from '../model/report.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import type { Texts } from '../model/texts.ts';
import { later, seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { createAcknowledger } from './acknowledger.ts';
import type { Acknowledge } from './acknowledger.ts';
import { Central } from './central.ts';
import type { CentralView } from './central.ts';
import type { Forwarder } from './channels/forward.ts';
import { Courier, isOwed } from './courier.ts';
import type { AlertLog, Channels } from './courier.ts';
import { tellTogether } from './bundle.ts';
import type { Receipt } from './channels/sms/receipt.ts';
import { Escalations } from './escalations.ts';
import { explainAlert } from './explain.ts';
import type { AlertExplanation } from './explain.ts';
import { firingGroups } from './firing-groups.ts';
import { flushGroup, sceneOf } from './flush.ts';
import type { FlushParts } from './flush.ts';
import { GroupTable } from './group-table.ts';
import type { Group } from './group-table.ts';
import { Holds } from './holds.ts';
import type { PushedAlert } from './ingest.ts';
import { insteadOf } from './instead.ts';
import { Intake, notTaken } from './intake.ts';
import { handOver } from './hand-over.ts';
import type { HandOver } from './hand-over.ts';
import { integrationsOf, reaches } from './integrations.ts';
import type { PushOutcome, TellOutcome } from './intake.ts';
import { KnownAlerts } from './known-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Intent, LedgerRecord } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import { carriedAcknowledgements, toldElsewhere } from './moved.ts';
import { Muting } from './muting.ts';
import { NodeGroupLabel, type NodeGroupOf } from './node-group-label.ts';
import { Reports } from './reports.ts';
import { buildRoutes } from './route.ts';
import type { Route } from './route.ts';
import { sendTest } from './send-test.ts';
import type { TestResult } from './send-test.ts';
import { smsHistory } from './sms-history.ts';
import { createSilencer } from './silencer.ts';
import type { Silencer } from './silencer.ts';
import { lastNotifications } from './status.ts';
import type { NotificationView } from './status.ts';
import { fallbackOf, goneOf, openFor, openOf, toldBy, underWayFor } from './reach.ts';
import { TellingTrouble } from './telling-trouble.ts';
import { lastToldAt, owesAnEnd } from './told.ts';
import { alertViews, groupViews } from './views.ts';
import { Watchdogs } from './watchdogs.ts';
import { isGone } from './ways.ts';
import type { AlertView, GroupView } from './views.ts';

export interface AlertPipelineOptions {
  /** asked at every tick and flush: another object means a reload */
  readonly config: () => AlertsDocument;
  readonly texts: () => Texts;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly channels: Channels;
  /** the way to the central one of `forwardTo` */
  readonly forwarder?: Pick<Forwarder, 'forward'>;
  readonly random?: () => number;
  readonly newId?: () => string;
  readonly log?: AlertLog;
  readonly onNotification?: (view: NotificationView) => void;
  /** after a start: those who send alerts in are all heard before one of theirs is told */
  readonly startDelay?: Milliseconds;
  /** where a pod or a node is: what names one gets the label `nodegroup` */
  readonly nodeGroupOf?: NodeGroupOf;
  /** what links are signed with; null: there are none */
  readonly linkSecret?: () => string | null;
  /** what the codes of messages are made with where links have no secret; absent: chance */
  readonly codeKey?: string;
}

export interface AlertStatus {
  readonly firing: number;
  readonly groups: number;
  readonly owed: number;
  /** null: nothing is forwarded */
  readonly central: CentralView | null;
  readonly notifications: readonly NotificationView[];
}

export interface AlertPipeline {
  /** Springtide's own conditions, all of them at once. */
  tell(alerts: readonly PlanAlert[], now: Instant): Promise<TellOutcome>;
  /** What others send in, and what rules say. */
  push(alerts: readonly PushedAlert[]): Promise<PushOutcome>;
  readonly silencer: Silencer;
  /** Somebody is on it: escalations stop, nobody is reminded. Rejects where it could not be made durable. */
  readonly acknowledge: Acknowledge;
  /** What a provider says afterwards about a message that it had taken. */
  receive(receipt: Receipt): Promise<void>;
  /** Alerts that should keep coming in and do not. */
  missingWatchdogs(): NonNullable<LoopFacts['missingWatchdogs']>;
  /** Alerts that fire and for which there is no place; null: there is place for all. */
  leftOut(): LoopFacts['alertsLeftOut'] | null;
  /** Receivers that cannot be told. */
  tellingFails(): NonNullable<LoopFacts['tellingFails']>;
  alerts(): readonly AlertView[];
  groups(): readonly GroupView[];
  /** what fires, for people who look at a page */
  firing(texts: Texts): FiringGroups;
  /** Who was told of an alert, who was not, and why; null: nobody remembers it. */
  explain(fingerprint: string): AlertExplanation | null;
  /** A test message to everybody of a receiver, at once and once; null: there is no such receiver. */
  sendTest(receiver: string): Promise<readonly TestResult[] | null>;
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
  let document = options.config();
  let stopped = false;
  const ownCodeKey = options.codeKey ?? randomBytes(32).toString('hex');

  const alerts = new KnownAlerts(
    state.alerts,
    () => ({ flapping: document.flapping, limit: document.limits.alerts }),
    clock.now(),
    state.begun,
  );
  const muting = new Muting(document, alerts.all(), state.silences.values());
  const trouble = new TellingTrouble(state);
  const courier = new Courier({
    clock,
    ledger,
    channels: options.channels,
    document: () => document,
    random: options.random ?? Math.random,
    log,
    onNotification: (view) => {
      trouble.noted(view, clock.now());
      options.onNotification?.(view);
    },
    onRest: rested,
  });
  const escalations = new Escalations({
    clock,
    state,
    document: () => document,
    write,
    // whoever is told by the central one is called by its escalation
    firing: (group, now) => (group.isLeft || central.speaks(now) ? [] : sceneOf(group, isMuted, now).firing),
    flush,
    holds: { heldFor: (why, group, integration) => holds.heldFor(why, group, integration) },
  });
  const holds = new Holds({
    clock,
    document: () => document,
    isIn: (interval, now) => muting.isIn(interval, now),
    sentTo: (to, group, integration) => {
      return smsHistory(state, document, to, openFor(state, group, integration)?.intent.id);
    },
    write,
    released: (group, released) => {
      escalations.released(group, released);
    },
    bundle: (bundle, now) => {
      tellTogether(bundle, flushParts(now), now);
      for (const group of bundle.groups)
        // what waited for something else and is over the budget now: a mail goes at once
        if (bundle.why !== 'budget' && holds.heldFor('budget', group, bundle.integration).size > 0) flush(group, now);
        else tidy(group);
    },
  });
  const groups = new GroupTable(buildRoutes(document.route), {
    clock,
    lastToldAt: (key, route) => lastToldAt(state, document, key, route.receiver, clock.now()),
    onWake: wake,
    onDue: flush,
    instead: ({ labels }, receivers) => insteadOf(document, labels, receivers, clock.now()),
    settledAt: later(clock.now(), options.startDelay ?? seconds(0)),
  });
  const watchdogs = new Watchdogs({ clock, state, document: () => document, write });
  const nodeGroup = new NodeGroupLabel(options.nodeGroupOf ?? (() => null), alerts.all());
  const intake = new Intake({
    ledger,
    nodeGroup,
    log,
    alerts,
    document: () => document,
    isWatchdog: (alert) => watchdogs.takes(alert),
    place: (alert) => {
      groups.place(alert);
      muting.set(alert);
      central.seen(alert);
    },
  });
  const central = new Central({
    clock,
    state,
    document: () => document,
    forwarder: options.forwarder,
    alerts: () => alerts.all(),
    write,
    log,
    onChange: otherTeller,
  });
  const silencer = createSilencer({
    clock,
    ledger,
    muting,
    newId: options.newId ?? randomUUID,
    onChange: () => escalations.look(groups.all()),
  });
  const reports = new Reports({
    clock,
    ledger,
    document: () => document,
    onReport: (notification) => {
      for (const group of groupsOf(notification.intent)) escalations.noticed(group, notification);
    },
    onError: unwritten,
  });
  const parts = { alerts, groups, muting };

  function unwritten(error: unknown): void {
    log.error({ err: messageOf(error) }, 'the alert ledger was not written');
  }

  function write(records: readonly LedgerRecord[]): void {
    if (records.length === 0) return;
    ledger.append(records).catch(unwritten);
  }

  /** Rules that cannot be built keep the last good ones in force. */
  function refresh(): void {
    const next = options.config();
    if (next === document || stopped) return;
    try {
      const root = buildRoutes(next.route);
      muting.reload(next, alerts.all());
      document = next;
      const gone = groups.reroute(root, alerts.all());
      settleAccounts([...state.toldOf.keys()]);
      write(carriedAcknowledgements(state, groups, clock.now()));
      for (const group of gone) {
        holds.drop(group);
        if (groups.of(group.key, group.route.receiver)?.isLeft !== false) escalations.end(group);
      }
      withdrawMoved();
      escalations.resume(groups.all());
      central.refresh();
    } catch (error) {
      log.error({ err: messageOf(error) }, 'the new routes are refused, the last good ones stay in force');
    }
  }

  /** Messages that nobody has heard, of groups that do not stand any more. */
  function withdrawMoved(): void {
    const moved = toldElsewhere(state, groups, groupsOf).filter(({ intent }) => !courier.isSending(intent.id));
    for (const { intent } of moved) courier.withdraw(intent.id);
    write(moved.map(({ intent: { id } }) => ({ kind: 'settled', id, at: clock.now(), how: 'superseded' })));
  }

  /** Whoever was told of something is told its end, wherever the configuration has him now. */
  function settleAccounts(groupKeys: readonly string[]): void {
    const course = (): HandOver => handOver(groupKeys, { state, document, groups, alerts }, clock.now());
    const { first, left } = course();
    for (const one of left) groups.leave(one.key, one.receiver, one.alerts);
    ledger.append(first).then(() => {
      if (!stopped) write(course().then);
    }, unwritten);
  }

  function wake(): void {
    refresh();
    write(alerts.expire(clock.now()).map((alert) => intake.placed(alert)));
  }

  function isMuted(alert: Alert, route: Route, now: Instant): boolean {
    return muting.isMuted(alert, route, now);
  }

  /** People are told from here from now on, or not any more: nobody waits for a group's next turn. */
  function otherTeller(): void {
    const now = clock.now();
    for (const group of [...groups.all()])
      if (group.flushed.size > 0 || openOf(state, document, group).length > 0) flush(group, now);
    escalations.resume(groups.all());
  }

  const flushParts = (now: Instant): FlushParts => ({
    state,
    courier,
    document,
    texts: options.texts(),
    linkSecret: options.linkSecret?.() ?? null,
    codeKey: options.linkSecret?.() ?? ownCodeKey,
    write,
    isMuted,
    isCentral: central.speaks(now),
    escalations,
    holds,
  });

  function flush(group: Group, now: Instant): void {
    flushGroup(group, flushParts(now), now);
    tidy(group);
  }

  /** Those that a notification spoke for. */
  function groupsOf({
    groupKey,
    receiver,
    covers,
  }: Pick<Intent, 'groupKey' | 'receiver' | 'covers'>): readonly Group[] {
    const receivers = toldBy(document, receiver);
    const keys = (covers ?? [{ groupKey }]).map((cover) => cover.groupKey);
    return keys.flatMap((key) => receivers.flatMap((name) => groups.of(key, name) ?? []));
  }

  function rested(notification: Notification): void {
    if (stopped) return;
    const now = clock.now();
    reports.sent(notification);
    const { intent, recipients } = notification;
    const told = intent.to.filter((to) => recipients.get(to)?.state === 'sent');
    if (isElsewhere(intent, now)) {
      settleAccounts((intent.covers ?? [intent]).map(({ groupKey }) => groupKey));
      withdrawMoved();
    }
    for (const group of groupsOf(intent)) {
      // what was held back beside it is said
      if (intent.covers === undefined && saysAll(intent, group, told)) holds.release(group, intent, told);
      escalations.noticed(group, notification);
      const isOpen = openOf(state, document, group).length > 0;
      group.owedSince = isOpen ? (group.owedSince ?? now) : null;
      const after = fallbackOf(document, group.route.receiver)?.after;
      // those who stand in are heard when their time has come, not at the next flush
      const isLate = group.owedSince !== null && after !== undefined && now - group.owedSince >= after;
      const isPassed = group.passedBy && intent.covers !== undefined && notification.settled !== null;
      if (group.again || isPassed || isLate) flush(group, now);
      else tidy(group);
    }
  }

  /** A reload has moved somebody whom it was on its way to, or the group. */
  function isElsewhere(intent: Intent, now: Instant): boolean {
    if (isGone(intent)) return false;
    const isKnown = integrationsOf(document, intent.receiver, now).some(
      (one) =>
        one.channel === intent.channel && one.index === intent.index && intent.to.every((to) => reaches(one, to)),
    );
    return !isKnown || groupsOf(intent).some(({ isLeft }) => isLeft) || groupsOf(intent).length === 0;
  }

  /** What ended leaves its group when everybody has been told. */
  function tidy(group: Group): void {
    // passed by: a message for several groups has ended a moment ago, and what it leaves to be said comes first
    if (group.again || group.passedBy || holds.isHeld(group) || openOf(state, document, group).length > 0) return;
    const now = clock.now();
    const integrations = [
      ...integrationsOf(document, group.route.receiver, now),
      ...goneOf(group, { state, document }),
    ];
    if (owesAnEnd(state, integrations, group.key, group.alerts.values(), now)) return;
    for (const fingerprint of groups.release(group)) {
      const forgotten = alerts.forget(fingerprint, now);
      intake.forget(fingerprint);
      if (forgotten !== null) {
        muting.forget(forgotten.alert);
        nodeGroup.forget(forgotten.alert);
      }
      const begun = forgotten?.begun ?? null;
      write([{ kind: 'forgotten', fingerprint, ...(begun !== null && { begun }) }]);
    }
    if (group.alerts.size === 0) escalations.end(group);
  }

  async function tell(told: readonly PlanAlert[], now: Instant): Promise<TellOutcome> {
    if (stopped) return notTaken(stoppedError());
    refresh();
    return intake.tell(told, now);
  }

  async function push(pushed: readonly PushedAlert[]): Promise<PushOutcome> {
    if (stopped) return { ...notTaken(stoppedError()), problems: [], leftOut: 0 };
    wake();
    return intake.push(pushed, clock.now());
  }

  for (const alert of alerts.all()) groups.place(alert);
  // whoever stood in goes on
  for (const group of groups.all()) {
    const open = openOf(state, document, group).map(({ intent }) => intent.at);
    if (open.length > 0) group.owedSince = Math.min(...open) as Instant;
  }
  settleAccounts([...state.toldOf.keys()]);
  write(carriedAcknowledgements(state, groups, clock.now()));
  withdrawMoved();
  holds.resume(
    state.held.values(),
    (held) => groupsOf(held)[0],
    (group, integration, { to, until }) =>
      underWayFor(state, group, integration).some(({ intent, recipients }) =>
        intent.covers === undefined
          ? saysAll(intent, group, to)
          : // what was held back after it waits for the next one
            to.every((one) => intent.to.includes(one)) &&
            (until <= intent.at || to.every((one) => recipients.get(one)?.state !== 'sent')),
      ),
  );
  central.refresh();
  escalations.resume(groups.all());
  // what was owed when the process ended; by timer, so that the caller holds the pipeline first
  const resume = clock.after(seconds(0), () => [...state.open.keys()].forEach((id) => courier.carry(id)));

  return {
    tell,
    push,
    silencer,
    acknowledge: createAcknowledger({
      clock,
      ledger,
      groups: () => groups.all(),
      document: () => document,
      escalations,
      log,
      secret: options.linkSecret ?? (() => null),
    }),
    receive: (receipt) => reports.receive(receipt),
    missingWatchdogs: () => watchdogs.missing(),
    leftOut: () => {
      const leftOut = alerts.leftOut.at(clock.now());
      return leftOut.count === 0 ? null : { ...leftOut, limit: document.limits.alerts };
    },
    tellingFails: () => trouble.at(clock.now()),
    alerts: () => alertViews(parts, clock.now()),
    groups: () => groupViews(parts, clock.now()),
    firing: (texts) => firingGroups({ groups: groups.all(), episodes: state.episodes, isMuted, texts }, clock.now()),
    explain: (fingerprint) =>
      explainAlert(
        fingerprint,
        { ...parts, state, document, escalations, holds, central: central.view() },
        clock.now(),
      ),
    sendTest: (receiver) => sendTest(receiver, { clock, document, texts: options.texts(), channels: options.channels }),
    settle: async () => {
      await central.settle();
      await courier.settle();
    },
    status: (count = 100) => ({
      firing: alerts.all().filter(({ ended }) => ended === null).length,
      groups: groups.size,
      owed: [...state.open.values()].flatMap((one) => [...one.recipients.values()].filter(isOwed)).length,
      central: central.view(),
      notifications: lastNotifications(state, count),
    }),
    stop: async (grace = seconds(10)) => {
      stopped = true;
      resume();
      groups.stop();
      escalations.stop();
      holds.stop();
      central.stop();
      await courier.stop(grace);
    },
  };
}

/** To each of them, what there is to say of the group now. */
const saysAll = (intent: Intent, group: Group, to: readonly string[]): boolean =>
  to.every((one) => intent.to.includes(one)) &&
  [...group.alerts.values()].every((alert) =>
    (alert.ended === null ? intent.firing : intent.resolved).includes(periodOf(alert)),
  );

const stoppedError = (): SpringtideError =>
  new SpringtideError({ code: 'LedgerUnwritable', what: 'the alert pipeline has stopped' });
