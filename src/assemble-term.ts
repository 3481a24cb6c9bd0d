// The part of one who leads, from the opening of memory and ledger to their end: alerts, rules and the ticks. The house lives longer.
import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { actuatorsFor } from './actuators/carry-out.ts';
import { volatileLedger } from './alerts/ledger/ledger.ts';
import type { AlertPipeline } from './alerts/pipeline-interface.ts';
import type { RuleEvaluator } from './alerts/rules/evaluator.ts';
import { failingRules, seriesLeftOut } from './alerts/rules/failing.ts';
import type { NotificationView } from './alerts/status.ts';
import { assembleAlerts } from './assemble-alerts.ts';
import type { StateHomes } from './assemble-state.ts';
import { memoryOfThisTerm, rehearsing, turnWithoutState, unlessTooNew } from './assemble-too-new.ts';
import type { World } from './assemble.ts';
import { openAuditLog } from './audit/open.ts';
import { systemClock, type Clock } from './clock.ts';
import type { CollectOptions } from './collectors/collector.ts';
import { createDailyChecks } from './daily-checks.ts';
import { Daemon } from './daemon.ts';
import { checkNow } from './doctor/check-now.ts';
import { Forecasts } from './forecasts/forecasts.ts';
import type { Fence } from './leader/fence.ts';
import type { Config } from './model/config.ts';
import { messageOf } from './model/errors.ts';
import type { InboxItem, TickReport } from './model/report.ts';
import type { LoopFacts } from './model/snapshot.ts';
import { emptyMemory } from './model/memory.ts';
import { since, type Instant } from './model/units.ts';
import { decisionLogger } from './server/log.ts';
import type { Metrics } from './server/metrics.ts';
import type { RunningServer } from './server/start.ts';
import { switchGate } from './state/switch-gate.ts';
import { version } from './version.ts';
import { createWhereabouts } from './whereabouts.ts';

export interface TermParts {
  readonly config: () => Config;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly refused: () => LoopFacts['refused'];
  readonly world: World;
  readonly homes: StateHomes;
  /** the replica that led before and fell silent; null: it gave the lease back, or there was none */
  readonly tookFrom: string | null;
  readonly fence: Fence;
  /** somebody else could lead in its place */
  readonly mayYield?: boolean;
  readonly metrics: Metrics;
  readonly server: RunningServer | null;
  /** false: nobody sends alerts in (a story that is played once) */
  readonly listens: boolean;
  /** what the codes of messages are made with: the same story has the same ones */
  readonly codeKey?: string;
}

export interface Term {
  readonly daemon: Daemon;
  readonly alerts: AlertPipeline;
  readonly rules: RuleEvaluator;
  readonly forecasts: Pick<Forecasts, 'settled'>;
  /** answers who sends alerts in; null: nobody does */
  readonly answer: RequestListener | null;
  tick(due: Instant, signal: AbortSignal): Promise<TickReport>;
  /** What is under way has ended, what is owed stands in the ledger. */
  close(): Promise<void>;
}

const outcomes: Readonly<Record<NotificationView['outcome'], InboxItem['outcome'] | null>> = {
  sent: 'sent',
  failed: 'failed',
  superseded: 'suppressed',
  owed: null,
  sending: null,
};

const inboxItemOf = (view: NotificationView): InboxItem | null => {
  const outcome = outcomes[view.outcome];
  if (outcome === null) return null;
  const { at, channel, to, text, reason } = view;
  return { at, channel, to, text, outcome, ...(reason === null ? {} : { code: reason }) };
};

export async function openTerm(parts: TermParts): Promise<Term> {
  const { config, clock, log, world, homes, metrics, server } = parts;
  // Before anybody is told anything: what of it cannot be read at all ends the term.
  const remembered = await unlessTooNew(
    async () => {
      const store = homes.memory();
      return { store, memory: await store.load() };
    },
    () => ({ store: memoryOfThisTerm, memory: emptyMemory() }),
  );
  const { store, memory } = remembered.kept;
  const ledger = await unlessTooNew(() => homes.ledger(), volatileLedger);
  const tooNew = remembered.tooNew ?? ledger.tooNew;
  const openedAt = clock.now();
  if (tooNew !== null)
    log.error({ err: tooNew }, 'the state is of a newer version: alerts are told, nothing is scaled');
  const notifications: InboxItem[] = [];
  const whereabouts = createWhereabouts({
    policies: () => config().nodePolicies,
    nodeOf: (namespace, pod) => world.kubernetes.lists.get('pods', `${namespace}/${pod}`)?.spec?.nodeName,
  });
  const { alerts, rules, tooLarge, answer, ...alerting } = await assembleAlerts({
    config,
    clock,
    log,
    prometheus: world.prometheus,
    ledger: ledger.kept,
    fence: parts.fence,
    onNotification: (view) => {
      const item = inboxItemOf(view);
      if (item !== null) notifications.push(item);
    },
    listens: parts.listens,
    ...(parts.codeKey !== undefined && { codeKey: parts.codeKey }),
    nodeGroupOf: whereabouts.groupOf,
  });
  const logDecisions = decisionLogger(log);
  const journal = homes.journal();
  const audit = openAuditLog({ settings: config().daemon, config, clock: systemClock, worldClock: clock, log });
  await audit?.write({ event: 'start', version, configHash: config().hash });
  const ports = { writes: world.kubernetes.writes, magnum: world.magnum };
  const actuators = actuatorsFor(ports, switchGate(homes.control, clock));
  const forecasts = new Forecasts({
    prometheus: world.prometheus,
    onPast: ({ why, ...read }) => {
      if (why === null) log.info(read, 'the past of a forecast was read');
      else log.warn({ ...read, why }, 'the past of a forecast cannot be read: it learns from what it sees');
    },
  });
  const checks = createDailyChecks({
    config,
    clock: systemClock,
    log,
    check: (signal) => checkNow({ config: config(), memory: daemon.memory, world, clock, env: parts.env, signal }),
    onRun: (failed) => metrics.recordChecks(failed, clock.now()),
  });
  const daemon = new Daemon(
    {
      clock,
      config: tooNew === null ? config : rehearsing(config),
      refused: parts.refused,
      collect: Object.assign(
        async (now: Instant, options?: CollectOptions) => whereabouts.noted(await world.collect(now, options)),
        { askAhead: () => world.collect.askAhead() },
      ),
      control: homes.control,
      forecasts,
      actuators: audit === null ? actuators : audit.watching(actuators),
      ...(audit === null ? {} : { audit }),
      store,
      alerts,
      lostLeader: parts.tookFrom,
      stateTooNew: tooNew?.message ?? null,
      failingRules: () => failingRules(rules.health()),
      seriesLeftOut: () => seriesLeftOut(rules.health()),
      missingWatchdogs: () => alerts.missingWatchdogs(),
      alertsLeftOut: () => alerts.leftOut(),
      alertsTooLarge: () => tooLarge.at(),
      tellingFails: () => alerts.tellingFails(),
      failedChecks: () => checks.failed(),
      ...(journal === null ? {} : { journal }),
    },
    memory,
  );

  const lostBefore = { audit: 0, journal: 0 };
  const recordKept = (): void => {
    metrics.recordLeftOut(store.leftOut?.() ?? 0);
    metrics.recordRuleSeries(rules.health());
    const { dropped = 0, failed = 0 } = journal?.counts ?? {};
    const lost = { audit: audit?.counts.lost ?? 0, journal: dropped + failed };
    for (const log of ['audit', 'journal'] as const) metrics.recordLost(log, lost[log] - lostBefore[log]);
    Object.assign(lostBefore, lost);
  };

  return {
    daemon,
    alerts,
    rules,
    forecasts,
    answer,
    tick: async (due, signal) => {
      const isOver = parts.mayYield === true && since(openedAt, clock.now()) >= turnWithoutState;
      if (tooNew !== null && isOver) throw tooNew;
      // Who leads next reads anew what the last one may have written late: the next one, or this one.
      const lost = ledger.kept.lost?.() ?? null;
      if (lost !== null) throw lost;
      await alerting.refresh();
      checks.refresh();
      const report = await daemon.tick(due, signal);
      const told = { ...report, notifications: notifications.splice(0) };
      await logDecisions(report.plan, report.outcomes);
      for (const [stage, { failed }] of Object.entries(report.stages))
        if (failed !== undefined) log.error({ stage, ...failed }, 'a stage of the tick failed');
      if (server === null) metrics.recordTick(told);
      else server.publish(told);
      recordKept();
      return told;
    },
    close: async () => {
      forecasts.close();
      await checks.close();
      // What waited for company goes now. Whoever has lost the lease may not write, and the next one has learnt it anew.
      const saved =
        daemon.memory === memory
          ? Promise.resolve()
          : store
              .save(daemon.memory, 'whole')
              .catch((thrown: unknown) =>
                log.warn({ err: messageOf(thrown) }, 'the memory was not saved for the last time'),
              );
      await Promise.all([saved, alerting.close()]);
      await audit?.write({ event: 'end' });
      await audit?.close();
      await journal?.close();
    },
  };
}
