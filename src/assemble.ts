// Puts springtide together from a configuration: clients, collectors, actuators, alerts, server, daemon.
import type { Logger } from 'pino';
import { actuatorsFor } from './actuators/carry-out.ts';
import type { AlertPipeline } from './alerts/pipeline.ts';
import type { RuleEvaluator } from './alerts/rules/evaluator.ts';
import { failingRules } from './alerts/rules/failing.ts';
import type { NotificationView } from './alerts/status.ts';
import { assembleAlerts } from './assemble-alerts.ts';
import type { CallObservation, HttpClientOptions } from './clients/http/types.ts';
import { createKubernetesClient, type KubernetesClient } from './clients/kubernetes/client.ts';
import { createOpenStackClients } from './clients/openstack/clients.ts';
import { loadCredentials } from './clients/openstack/credentials.ts';
import { createPrometheusClient, type PrometheusClient } from './clients/prometheus/client.ts';
import type { Clock } from './clock.ts';
import { createCollector, type Collect } from './collectors/collector.ts';
import { shippedTexts } from './config/texts.ts';
import { Daemon } from './daemon.ts';
import { journalDirectory } from './journal/files.ts';
import { openJournal } from './journal/write.ts';
import type { Config } from './model/config.ts';
import type { InboxItem, TickReport } from './model/report.ts';
import type { LoopFacts } from './model/snapshot.ts';
import { rfc3339, seconds, type Instant, type Milliseconds } from './model/units.ts';
import { createHealth } from './server/health.ts';
import { decisionLogger } from './server/log.ts';
import { createMetrics } from './server/metrics.ts';
import { startServer, type RunningServer } from './server/start.ts';
import { controlInDirectory } from './state/control.ts';
import { memoryInDirectory, stateDirectoryOf } from './state/directory.ts';
import { version } from './version.ts';

export interface WorldOptions {
  readonly config: () => Config;
  readonly clock: Clock;
  /** the clock that connections live by: real time, also where the world's runs faster */
  readonly wireClock?: Clock;
  /** how much of the world's time passes in a second of the wire's: the world ends watches by its own clock */
  readonly speed?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** how calls to Prometheus and OpenStack are tried again, in real time; a virtual clock has none to spend */
  readonly repeats?: Pick<HttpClientOptions, 'retry' | 'breaker'>;
  readonly onCall?: (observation: CallObservation) => void;
}

/** The clients of the world that a configuration names, and what collects from them. */
export interface World {
  readonly kubernetes: KubernetesClient;
  readonly prometheus: PrometheusClient;
  readonly magnum: Parameters<typeof actuatorsFor>[0]['magnum'];
  readonly collect: Collect;
  close(): Promise<void>;
}

const usualWatch = seconds(45);

export async function connectWorld({
  config,
  clock,
  wireClock = clock,
  speed = 1,
  env,
  repeats = {},
  onCall,
}: WorldOptions): Promise<World> {
  const { daemon } = config();
  const observe = onCall === undefined ? {} : { onCall };
  const openstack =
    daemon.openstack === undefined
      ? null
      : createOpenStackClients({
          credentials: loadCredentials({ ...daemon.openstack, env }),
          clock,
          timeout: daemon.openstack.timeout,
          ...repeats,
          ...observe,
        });
  const kubernetes = await createKubernetesClient({
    settings: daemon.kubernetes,
    clock: wireClock,
    timing: { watchFor: (usualWatch * speed) as Milliseconds },
    ...observe,
  });
  const prometheus = createPrometheusClient({ settings: daemon.prometheus, ...repeats, ...observe });
  return {
    kubernetes,
    prometheus,
    magnum: openstack?.magnum ?? null,
    collect: createCollector({
      config,
      clock: wireClock,
      kubernetes,
      prometheus,
      openstack,
      others: kubernetes.transport,
    }),
    close: async () => {
      prometheus.close();
      openstack?.close();
      await kubernetes.close();
    },
  };
}

export interface AssemblyOptions extends Omit<WorldOptions, 'onCall'> {
  readonly refused: () => LoopFacts['refused'];
  readonly log: Logger;
  /** the demo's own inboxes */
  readonly inbox?: () => readonly InboxItem[];
  /** null: no HTTP at all (a story that is played once) */
  readonly http: { readonly listen: string; readonly metricsListen: string | null } | null;
}

export interface Assembly {
  readonly daemon: Daemon;
  readonly world: World;
  readonly alerts: AlertPipeline;
  readonly rules: RuleEvaluator;
  readonly server: RunningServer | null;
  tick(due: Instant, signal: AbortSignal): Promise<TickReport>;
  close(): Promise<void>;
}

const outcomes: Readonly<Record<NotificationView['outcome'], InboxItem['outcome'] | null>> = {
  sent: 'sent',
  failed: 'failed',
  superseded: 'suppressed',
  owed: null,
  sending: null,
};

export const inboxItemOf = (view: NotificationView): InboxItem | null => {
  const outcome = outcomes[view.outcome];
  if (outcome === null) return null;
  const { at, channel, to, text, reason } = view;
  return { at, channel, to, text, outcome, ...(reason === null ? {} : { code: reason }) };
};

/** The lists are given this long to arrive; later the ticks say themselves what is missing. */
const firstLists = seconds(30);

export async function assemble(options: AssemblyOptions): Promise<Assembly> {
  const { config, clock, log, env } = options;
  const { daemon: settings } = config();
  const metrics = createMetrics({ cluster: settings.cluster, version });
  const health = createHealth({ clock, interval: settings.interval });
  const world = await connectWorld({
    config,
    clock,
    ...(options.wireClock === undefined ? {} : { wireClock: options.wireClock }),
    ...(options.speed === undefined ? {} : { speed: options.speed }),
    env,
    ...(options.repeats === undefined ? {} : { repeats: options.repeats }),
    onCall: ({ source, method, status, code, tookMs }) =>
      metrics.recordCall({ source, method, code: code ?? String(status ?? 'ok'), seconds: tookMs / 1000 }),
  });

  const notifications: InboxItem[] = [];
  const { alerts, rules, ...alerting } = await assembleAlerts({
    config,
    clock,
    log,
    prometheus: world.prometheus,
    onNotification: (view) => {
      const item = inboxItemOf(view);
      if (item !== null) notifications.push(item);
    },
    listens: options.http !== null,
  });

  const server =
    options.http === null
      ? null
      : await startServer({
          ...options.http,
          about: () => ({
            cluster: config().daemon.cluster,
            version,
            interval: config().daemon.interval,
            mode: config().daemon.mode,
          }),
          texts: (language) => (language === config().texts.language ? config().texts : shippedTexts(language)),
          metrics,
          health,
          log,
          ...(options.inbox === undefined ? {} : { inbox: options.inbox }),
        });

  const logDecisions = decisionLogger(log);
  const store = memoryInDirectory(stateDirectoryOf(settings));
  const journal = openJournal({ directory: journalDirectory(settings.state.directory ?? '.springtide'), log });
  const daemon = new Daemon(
    {
      clock,
      config,
      refused: options.refused,
      collect: world.collect,
      control: controlInDirectory(stateDirectoryOf(settings)),
      actuators: actuatorsFor({ writes: world.kubernetes.writes, magnum: world.magnum }),
      store,
      alerts,
      failingRules: () => failingRules(rules.health()),
      journal,
    },
    await store.load(),
  );
  health.configLoaded();
  world.kubernetes.lists.start();
  await world.kubernetes.lists
    .ready(firstLists)
    .catch((thrown: unknown) => log.warn({ err: thrown }, 'not every list has arrived'));
  log.info({ version, cluster: settings.cluster, at: rfc3339(clock.now()) }, 'springtide runs');

  return {
    daemon,
    world,
    alerts,
    rules,
    server,
    tick: async (due, signal) => {
      await alerting.refresh();
      const report = await daemon.tick(due, signal);
      const told = { ...report, notifications: notifications.splice(0) };
      await logDecisions(report.plan, report.outcomes);
      for (const [stage, { failed }] of Object.entries(report.stages))
        if (failed !== undefined) log.error({ stage, ...failed }, 'a stage of the tick failed');
      if (server === null) metrics.recordTick(told);
      else server.publish(told);
      return told;
    },
    close: async () => {
      await alerting.close();
      await server?.close();
      await world.close();
      await journal.close();
    },
  };
}
