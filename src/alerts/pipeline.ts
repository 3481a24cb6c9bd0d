// The alert pipeline: accept (durably), route, group, wait, decide whom to tell, hand over to the courier.
import { randomBytes, randomUUID } from 'node:crypto';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { later, seconds } from '../model/units.ts';
import { createAcknowledger } from './acknowledger.ts';
import { answering, reporting } from './answered.ts';
import { Central } from './central.ts';
import { Courier } from './courier.ts';
import type { AlertLog } from './courier.ts';
import { Courses } from './courses.ts';
import { GroupTable } from './group-table.ts';
import { Handovers } from './handovers.ts';
import { InForce } from './in-force.ts';
import { insteadOf } from './instead.ts';
import { Intake, notTaken } from './intake.ts';
import { KnownAlerts } from './known-alerts.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { Notification } from './ledger/state.ts';
import { Muting } from './muting.ts';
import { NodeGroupLabel } from './node-group-label.ts';
import type { AlertPipeline, AlertPipelineOptions } from './pipeline-interface.ts';
import { createViews } from './pipeline-views.ts';
import { prepareReload } from './reload.ts';
import { Reports } from './reports.ts';
import { Resettlement } from './resettlement.ts';
import { resume } from './resume.ts';
import { buildRoutes } from './route.ts';
import { sendTest } from './send-test.ts';
import { createSilencer } from './silencer.ts';
import { Telling } from './telling.ts';
import { TellingTrouble } from './telling-trouble.ts';
import { lastToldAt } from './told.ts';
import { Watchdogs } from './watchdogs.ts';

const silent: AlertLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function createAlertPipeline(options: AlertPipelineOptions): AlertPipeline {
  const { clock, ledger, channels, log = silent, linkSecret = () => null } = options;
  const { state } = ledger;
  const inForce = new InForce(options.config, log);
  const document = (): AlertsDocument => inForce.document;
  let stopped = false;

  const unwritten = (error: unknown): void => log.error({ err: messageOf(error) }, 'the alert ledger was not written');
  const write = (records: readonly LedgerRecord[]): void => {
    if (records.length > 0) ledger.append(records).catch(unwritten);
  };

  // accepted, when it is durable
  const alerts = new KnownAlerts(
    state.alerts,
    () => ({ flapping: document().flapping, limit: document().limits.alerts }),
    clock.now(),
    state.begun,
  );
  const muting = new Muting(document(), alerts.all(), state.silences.values());
  const nodeGroup = new NodeGroupLabel(options.nodeGroupOf ?? (() => null), alerts.all());
  const watchdogs = new Watchdogs({ clock, state, document, write });
  const intake = new Intake({
    ledger,
    nodeGroup,
    log,
    alerts,
    document,
    isWatchdog: (alert) => watchdogs.takes(alert),
    place: (alert) => {
      groups.place(alert);
      muting.set(alert);
      central.seen(alert);
    },
    displaced: (alert) => muting.forget(alert),
  });

  // routed, grouped, and waiting until it is due
  const groups = new GroupTable(buildRoutes(document().route), {
    clock,
    lastToldAt: (key, route) => lastToldAt(state, document(), key, route.receiver, clock.now()),
    onWake: wake,
    onDue: (group, now, due) => {
      if (group.leading.isTurnOf(due, muting, now)) telling.flush(group, now);
    },
    instead: ({ labels }, receivers) => insteadOf(document(), labels, receivers, clock.now()),
    settledAt: later(clock.now(), options.startDelay ?? seconds(0)),
  });

  // handed over to the channels, until each message has its answer
  const trouble = new TellingTrouble(state, document);
  const courier = new Courier({
    clock,
    ledger,
    channels,
    document,
    random: options.random ?? Math.random,
    log,
    onNotification: (view) => {
      trouble.noted(view, clock.now());
      options.onNotification?.(view);
    },
    onRest: rested,
  });
  const reports = new Reports({
    clock,
    ledger,
    document,
    onReport: (notification, to) => {
      courses.run(reporting(notification, to, { clock, state, document, groups, telling }));
    },
    onError: unwritten,
  });

  // decided, when its time has come: who is told of a group, and what leaves it
  const central = new Central({
    clock,
    state,
    document,
    forwarder: options.forwarder,
    alerts: () => alerts.all(),
    write,
    log,
    onChange: (fingerprints) =>
      telling.otherTeller([
        ...(fingerprints === null ? groups.all() : new Set(fingerprints.flatMap((one) => groups.holding(one)))),
      ]),
    onEnded: (fingerprints) => {
      for (const group of new Set(fingerprints.flatMap((one) => groups.holding(one)))) telling.tidy(group);
    },
    onKnown: () => telling.goOn(),
  });
  const courses = new Courses(clock);
  const telling = new Telling({
    clock,
    state,
    document,
    texts: options.texts,
    muting,
    courier,
    elsewhere: (now) => central.elsewhere(now),
    isElsewhereKnown: () => !central.isAwaited(),
    linkSecret,
    codeKey: options.codeKey ?? randomBytes(32).toString('hex'),
    write,
    run: (course) => courses.run(course),
    stands: (group) => groups.of(group.key, group.route.receiver) === group,
    resettle: (groupKeys) => resettlement.settle(groupKeys),
    isAwaited: (group, integration, to): boolean => resettlement.isAwaited(group, integration, to),
    release: (group, now) => {
      for (const fingerprint of groups.release(group, (one) => central.owesEndOf(one) || resettlement.isHeardOf(one)))
        write([intake.forgotten(fingerprint, now)]);
    },
  });
  const handovers = new Handovers({
    clock,
    document,
    groups,
    isTold: ({ key }) => (state.toldOf.get(key)?.size ?? 0) > 0,
    stands: (group) => groups.of(group.key, group.route.receiver) === group,
    flush: (group, now) => telling.flush(group, now),
    run: (course) => courses.run(course),
  });
  const resettlement = new Resettlement({
    clock,
    ledger,
    document,
    alerts,
    groups,
    courier,
    firing: (group): readonly string[] => telling.firing(group),
    flush: (group, now) => telling.flush(group, now),
    write,
    onError: unwritten,
  });

  function refresh(): void {
    if (stopped) return;
    const { escalations, holds } = telling;
    inForce.refresh((next) =>
      prepareReload(next, { alerts, muting, groups, holds, escalations, central, resettlement }),
    );
    handovers.look();
  }

  function wake(): void {
    refresh();
    write(alerts.expire(clock.now()).map((alert) => intake.placed(alert)));
  }

  function rested(notification: Notification): void {
    if (stopped) return;
    reports.sent(notification);
    resettlement.answered(notification);
    courses.run(answering(notification, { clock, state, document, groups, telling }));
  }

  resume({ state, document: document(), alerts, groups, telling, central, resettlement });
  handovers.look();
  // what was owed when the process ended; by timer, so that the caller holds the pipeline first
  const carryOwed = clock.after(seconds(0), () => [...state.open.keys()].forEach((id) => courier.carry(id)));

  return {
    ...createViews({ clock, state, document, alerts, groups, muting, telling, central, watchdogs, trouble }),
    tell: async (told, now) => {
      if (stopped) return notTaken(stoppedError());
      refresh();
      return intake.tell(told, now);
    },
    push: async (pushed) => {
      if (stopped) return { ...notTaken(stoppedError()), problems: [], leftOut: 0 };
      wake();
      return intake.push(pushed, clock.now());
    },
    silencer: createSilencer({
      clock,
      ledger,
      muting,
      newId: options.newId ?? randomUUID,
      onChange: () => telling.escalations.look(groups.all()),
    }),
    acknowledge: createAcknowledger({
      clock,
      ledger,
      groups: () => groups.all(),
      document,
      escalations: telling.escalations,
      log,
      secret: linkSecret,
    }),
    receive: (receipt) => reports.receive(receipt),
    sendTest: (receiver) => sendTest(receiver, { clock, document: document(), texts: options.texts(), channels }),
    settle: async () => {
      await central.settle();
      do {
        await courses.settle();
        await courier.settle();
      } while (courses.areRunning);
    },
    stop: async (grace = seconds(10)) => {
      stopped = true;
      carryOwed();
      reports.stop();
      groups.stop();
      telling.stop();
      handovers.stop();
      courses.stop();
      central.stop();
      resettlement.stop();
      await courier.stop(grace);
    },
  };
}

const stoppedError = (): SpringtideError =>
  new SpringtideError({ code: 'LedgerUnwritable', what: 'the alert pipeline has stopped' });
