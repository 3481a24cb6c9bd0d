// Puts springtide together from a configuration: clients, collectors, actuators, alerts, server, daemon.
import os from 'node:os';
import type { Logger } from 'pino';
import { identifyFor } from './assemble-access.ts';
import { homesOf } from './assemble-state.ts';
import { openTerm, type Term } from './assemble-term.ts';
import type { CallObservation, HttpClientOptions } from './clients/http/types.ts';
import { stampOf } from './clients/http/tls.ts';
import { createKubernetesClient, type KubernetesClient } from './clients/kubernetes/client.ts';
import { createOpenStackClients, type OpenStackClients } from './clients/openstack/clients.ts';
import { loadCredentials } from './clients/openstack/credentials.ts';
import { createPrometheusClient, type PrometheusClient } from './clients/prometheus/client.ts';
import type { Clock } from './clock.ts';
import { createCollector, type Collect } from './collectors/collector.ts';
import { shippedTexts } from './config/texts.ts';
import { fingerprintOf, following, swapping } from './configuration/swap.ts';
import { mayLeave, noFence, type Fence } from './leader/fence.ts';
import type { Config } from './model/config.ts';
import type { InboxItem } from './model/report.ts';
import type { LoopFacts } from './model/snapshot.ts';
import { rfc3339, seconds, type Milliseconds } from './model/units.ts';
import { answerFollowing } from './server/alerts/following.ts';
import { listenForAlerts, type AlertServer } from './server/alerts/listener.ts';
import { createHealth, type Health } from './server/health.ts';
import { createMetrics, type Metrics } from './server/metrics.ts';
import { startServer, type RunningServer } from './server/start.ts';
import { plainListening, tlsListening } from './server/tls.ts';
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
  /** a connection was made anew, or why it could not be */
  readonly onSwap?: (source: 'Prometheus' | 'OpenStack', failure: string | null) => void;
  /** what nothing is written past */
  readonly fence?: Fence;
  /** aborted: this process ends */
  readonly stopping?: AbortSignal;
}

/** The clients of the world that a configuration names, and what collects from them. */
export interface World {
  readonly kubernetes: KubernetesClient;
  readonly prometheus: PrometheusClient;
  readonly magnum: OpenStackClients['magnum'] | null;
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
  onSwap,
  fence = noFence,
  stopping,
}: WorldOptions): Promise<World> {
  const { daemon } = config();
  const observe = onCall === undefined ? {} : { onCall };
  const cloudAtStart = daemon.openstack;
  const openstack =
    cloudAtStart === undefined
      ? null
      : swapping({
          clock: wireClock,
          onSwap: (failure) => onSwap?.('OpenStack', failure),
          wanted: () => {
            // whether there is a cloud at all changes with a restart only
            const settings = config().daemon.openstack ?? cloudAtStart;
            const { timeout } = settings;
            const credentials = loadCredentials({ ...settings, env });
            return {
              key: `${timeout} ${fingerprintOf(credentials)}`,
              make: () =>
                createOpenStackClients({
                  credentials,
                  clock,
                  timeout,
                  mayLeave: mayLeave(fence, 'Magnum'),
                  ...repeats,
                  ...observe,
                }),
            };
          },
        });
  const kubernetes = await createKubernetesClient({
    settings: daemon.kubernetes,
    clock: wireClock,
    timing: { watchFor: (usualWatch * speed) as Milliseconds },
    mayLeave: mayLeave(fence, 'Kubernetes'),
    ...(stopping !== undefined && { stopping }),
    ...observe,
  });
  const prometheus = swapping({
    clock: wireClock,
    onSwap: (failure) => onSwap?.('Prometheus', failure),
    wanted: () => {
      const settings = config().daemon.prometheus;
      return {
        key: JSON.stringify([settings, stampOf(settings.tls)]),
        make: () => createPrometheusClient({ settings, ...repeats, ...observe }),
      };
    },
  });
  const cloud =
    openstack === null
      ? null
      : { magnum: following(() => openstack.client.magnum), nova: following(() => openstack.client.nova) };
  const collect = createCollector({
    config,
    clock: wireClock,
    cloudClock: clock,
    kubernetes,
    prometheus: prometheus.client,
    openstack: cloud,
    others: kubernetes.transport,
  });
  const refreshed = (): Collect => {
    prometheus.refresh();
    openstack?.refresh();
    return collect;
  };
  return {
    kubernetes,
    prometheus: prometheus.client,
    magnum: cloud?.magnum ?? null,
    collect: Object.assign(
      ((now, asked) => refreshed()(now, asked)) satisfies (...of: Parameters<Collect>) => unknown,
      {
        askAhead: () => refreshed().askAhead(),
      },
    ),
    close: async () => {
      prometheus.close();
      openstack?.close();
      await kubernetes.close();
    },
  };
}

export interface AssemblyOptions extends Omit<WorldOptions, 'onCall' | 'onSwap'> {
  readonly refused: () => LoopFacts['refused'];
  readonly log: Logger;
  /** people have switched something, between ticks too */
  readonly onSwitch?: () => void;
  /** how this process is known: the pod's name */
  readonly instance?: string;
  /** where the one who leads takes alerts in while this process follows; absent: this process is alone */
  readonly leader?: () => string | null;
  /** the demo's own inboxes */
  readonly inbox?: () => readonly InboxItem[];
  /** what the codes of messages are made with: the same story has the same ones */
  readonly codeKey?: string;
  /** null: no HTTP at all (a story that is played once) */
  readonly http: { readonly listen: string; readonly metricsListen: string | null } | null;
}

/** What lives as long as the process, whoever leads: the world with its lists warm, and what people and Prometheus look at. */
export interface House {
  readonly world: World;
  readonly server: RunningServer | null;
  readonly metrics: Metrics;
  readonly health: Health;
  /** where alerts are taken in, by this process's own account; null: nowhere */
  readonly alertsUrl: string | null;
  /** The lists have arrived, or have had their time: nothing is decided before. Alerts do not wait for it. */
  readonly firstSight: Promise<void>;
  /** Begins to act. One term at a time: the one before must have been closed. */
  lead(tookFrom?: string | null): Promise<Term>;
  close(): Promise<void>;
}

/** The house and its one term: for whoever is alone. */
export interface Assembly extends Term, Pick<House, 'world' | 'server'> {}

/** The lists are given this long to arrive; later the ticks say themselves what is missing. */
const firstLists = seconds(30);

export async function openHouse(options: AssemblyOptions): Promise<House> {
  const { config, clock, log, env, fence = noFence } = options;
  const { daemon: settings } = config();
  const metrics = createMetrics({
    cluster: settings.cluster,
    version,
    refusedDocuments: () => options.refused().length,
  });
  const health = createHealth({ clock, interval: settings.interval });
  const world = await connectWorld({
    config,
    clock,
    ...(options.wireClock === undefined ? {} : { wireClock: options.wireClock }),
    ...(options.speed === undefined ? {} : { speed: options.speed }),
    env,
    fence,
    ...(options.stopping === undefined ? {} : { stopping: options.stopping }),
    ...(options.repeats === undefined ? {} : { repeats: options.repeats }),
    onSwap: (source, failure) =>
      failure === null
        ? log.info({ source }, 'connected anew: settings or secrets have changed')
        : log.warn({ source, why: failure }, 'the changed connection cannot be made; the old one stays'),
    onCall: ({ source, method, status, code, tookMs }) =>
      metrics.recordCall({ source, method, code: code ?? String(status ?? 'ok'), seconds: tookMs / 1000 }),
  });

  const { tls: files } = settings.http;
  const tls =
    options.http === null || files === undefined
      ? plainListening
      : tlsListening({ files, clock: options.wireClock ?? clock, log });

  let term: Term | null = null;
  const server =
    options.http === null
      ? null
      : await startServer({
          ...options.http,
          tls,
          publicUrl: () => config().daemon.http.publicUrl ?? null,
          about: () => ({
            cluster: config().daemon.cluster,
            version,
            interval: config().daemon.interval,
            mode: config().daemon.mode,
            ...(options.leader !== undefined && { role: term === null ? 'follower' : 'leader' }),
          }),
          texts: (language) => (language === config().texts.language ? config().texts : shippedTexts(language)),
          metrics,
          health,
          log,
          identify: identifyFor({
            config,
            transport: world.kubernetes.transport,
            clock: options.wireClock ?? clock,
            log,
          }),
          firing: () => term?.alerts ?? null,
          ...(options.inbox === undefined ? {} : { inbox: options.inbox }),
        });

  const alertsListen = settings.http.alerts?.listen;
  const follow = answerFollowing({ leader: options.leader ?? (() => null), toReplica: tls.toReplica, log });
  let alertServer: AlertServer | null = null;
  /** Whoever is alone listens when he can answer; a replica at once, because another one answers for it. */
  const takeIn = async (): Promise<void> => {
    if (options.http === null || alertsListen === undefined) return;
    alertServer ??= await listenForAlerts({ listen: alertsListen, answering: () => term?.answer ?? follow, log, tls });
  };
  if (options.leader !== undefined) await takeIn();
  const { kubernetes } = world;
  const instance = options.instance ?? os.hostname();
  const homes = homesOf({ settings, clock, log, kubernetes, env, instance, fence });
  const closing = new AbortController();
  if (options.onSwitch !== undefined) homes.control.follow(options.onSwitch, { clock, signal: closing.signal });
  health.configLoaded();
  kubernetes.lists.start();
  const runs = (): void =>
    log.info({ version, cluster: settings.cluster, at: rfc3339(clock.now()) }, 'springtide runs');
  const firstSight = kubernetes.lists
    .ready(firstLists)
    .catch((thrown: unknown) => {
      if (!closing.signal.aborted) log.warn({ err: thrown }, 'not every list has arrived');
    })
    .then(() => (closing.signal.aborted ? undefined : runs()));

  return {
    world,
    server,
    metrics,
    health,
    get alertsUrl() {
      return alertServer?.url ?? null;
    },
    firstSight,
    lead: async (tookFrom = null) => {
      const listens = options.http !== null && alertsListen !== undefined;
      const { refused } = options;
      const { codeKey } = options;
      const more = { listens, mayYield: options.leader !== undefined, ...(codeKey !== undefined && { codeKey }) };
      const standing = { tookFrom, fence, metrics, server, ...more };
      const opened = await openTerm({ config, clock, env, log, refused, world, homes, ...standing });
      term = opened;
      await takeIn();
      metrics.recordLeading(true);
      return {
        ...opened,
        close: async () => {
          // Whoever sends alerts in is sent on to the next one who leads, and what was decided here is history.
          term = null;
          await opened.close();
          metrics.recordLeading(false);
          server?.forget();
        },
      };
    },
    close: async () => {
      closing.abort();
      await alertServer?.close();
      await server?.close();
      tls.close();
      await world.close();
    },
  };
}

export async function assemble(options: AssemblyOptions): Promise<Assembly> {
  const house = await openHouse(options);
  const { world, server } = house;
  const term = await house.lead().catch(async (thrown: unknown) => {
    await house.close();
    throw thrown;
  });
  await house.firstSight;
  const close = async (): Promise<void> => {
    await term.close();
    await house.close();
  };
  return { ...term, world, server, close };
}
