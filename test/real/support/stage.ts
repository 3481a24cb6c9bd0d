// The story's whole stage: true servers, a configuration as an operator writes it, the built daemon, and what is known of both.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { startSmsInbox, type SmsInbox } from '../../../src/sandbox/inbox/sms.ts';
import { startSmtpInbox, type SmtpInbox } from '../../../src/sandbox/inbox/smtp.ts';
import { openStackCloud } from '../servers/cloud.ts';
import { at, listAt, numberAt, requestJson, textAt } from '../servers/json.ts';
import { startKubelets } from '../servers/kubelets.ts';
import { startKubernetes, type Kubernetes } from '../servers/kubernetes.ts';
import { startOpenStack, type CloudServer, type DriverCall, type OpenStack } from '../servers/openstack.ts';
import { freePortBlock } from '../servers/ports.ts';
import { eventually } from '../servers/process.ts';
import type { Prometheus } from '../servers/prometheus.ts';
import { useServer } from '../servers/suite.ts';
import { kubeconfigOf } from './account.ts';
import { startDaemon, writeConfiguration, type DaemonProcess } from './daemon-process.ts';
import type { Exporter } from './exporter.ts';
import { createNamespace, there, useFailure, useScraped } from './ground.ts';
import { deploymentsPath, shop } from './workloads.ts';

export const group = 'default-worker';
export const drainAnnotation = 'springtide.io/drain';

export interface StageOptions {
  readonly interval: string;
  /** The spec of each PodPolicy, by the name of its Deployment. */
  readonly podPolicies: Readonly<Record<string, unknown>>;
  readonly nodePolicy?: unknown;
}

export interface Stage {
  readonly kubernetes: () => Kubernetes;
  readonly openstack: () => OpenStack;
  readonly prometheus: () => Prometheus;
  readonly exporter: () => Exporter;
  readonly mail: () => SmtpInbox;
  readonly sms: () => SmsInbox;
  /** The daemon that was started last. */
  readonly daemon: () => DaemonProcess;
  start(): Promise<DaemonProcess>;
  /** What the daemon keeps. */
  memory(): unknown;
  workers(): readonly CloudServer[];
  /** What the driver was told to resize, in order. */
  resizes(): readonly DriverCall[];
  replicas(deployment: string): Promise<number>;
  available(deployment: string): Promise<number>;
  nodes(): Promise<readonly unknown[]>;
  query(expression: string): Promise<readonly unknown[]>;
  /** How long each stage of a tick took on the average since the daemon's start, by its own metrics. */
  stageMeans(): Promise<readonly (readonly [stage: string, ms: number])[]>;
}

export const alertsOf = (mail: SmtpInbox, sms: SmsInbox): unknown => ({
  global: {
    smtp_smarthost: `127.0.0.1:${mail.port}`,
    smtp_from: 'springtide@example.com',
    smtp_require_tls: false,
  },
  people: { duty: { sms: '+8613800000001' } },
  sms_gateways: [
    {
      name: 'main',
      http: {
        url: sms.url,
        bearer: { env: 'SMS_KEY' },
        body: '{"to":"{{to}}","text":"{{text}}","id":"{{id}}"}',
        success: { status: [200], path: 'code', equals: '0' },
        idPath: 'id',
      },
    },
  ],
  route: {
    receiver: 'team',
    group_by: ['alertname', 'nodegroup'],
    group_wait: '1s',
    group_interval: '5s',
    routes: [{ matchers: ['alertname="SpringtideNodesOrdered"'], receiver: 'duty' }],
  },
  receivers: [
    { name: 'team', email_configs: [{ to: 'team@example.com' }] },
    { name: 'duty', sms_configs: [{ to: ['duty'], gateway: 'main' }] },
  ],
});

function daemonSpec(stage: Stage, options: StageOptions, directory: string, port: number, kubeconfig: string): unknown {
  return {
    cluster: stage.openstack().credentials.cluster.name,
    interval: options.interval,
    prometheus: { url: stage.prometheus().url },
    kubernetes: { kubeconfig },
    openstack: {},
    http: { listen: `127.0.0.1:${port}`, metrics: `127.0.0.1:${port + 1}` },
    state: { directory: join(directory, 'state') },
  };
}

const document = (kind: string, metadata: unknown, spec: unknown): unknown => ({
  apiVersion: 'springtide/v1',
  kind,
  metadata,
  spec,
});

/** Call at the top of a describe. The servers start before its tests; the daemon when a test says so. */
export function useStage(options: StageOptions): Stage {
  let mail: SmtpInbox | undefined;
  let sms: SmsInbox | undefined;
  let daemon: DaemonProcess | undefined;
  let directory = '';
  let port = 0;
  const failed = useFailure();
  beforeAll(async () => {
    mail = await startSmtpInbox({ clock: systemClock, tls: 'none' });
    sms = await startSmsInbox({ clock: systemClock });
    directory = mkdtempSync(join(tmpdir(), 'springtide-story-'));
  });
  afterAll(async () => {
    await sms?.stop();
    await mail?.stop();
    if (!failed()) rmSync(directory, { recursive: true, force: true });
  });
  const kubernetes = useServer(() => startKubernetes());
  const openstack = useServer(() => startOpenStack());
  const { exporter, prometheus } = useScraped();
  useServer(() => startKubelets({ kubernetes: kubernetes() }));
  useServer(() => openStackCloud({ kubernetes: kubernetes(), openstack: openstack() }));

  const deployment = async (name: string): Promise<unknown> =>
    (await kubernetes().request('GET', `${deploymentsPath}/${name}`)).body;
  const stage: Stage = {
    kubernetes,
    openstack,
    prometheus,
    exporter,
    mail: () => there(mail),
    sms: () => there(sms),
    daemon: () => there(daemon),
    start: async () => {
      daemon = await startDaemon({
        config: join(directory, 'config'),
        directory,
        environment: {
          PATH: process.env['PATH'] ?? '',
          HOME: directory,
          SMS_KEY: there(sms).key,
          ...openstack().environment,
        },
      });
      return daemon;
    },
    memory: () => JSON.parse(readFileSync(join(directory, 'state', 'memory.json'), 'utf8')) as unknown,
    workers: () =>
      openstack()
        .servers()
        .filter((server) => server.nodegroup_name === group),
    resizes: () =>
      openstack()
        .calls()
        .filter((call) => call.op === 'resize_cluster'),
    replicas: async (name) => numberAt(await deployment(name), 'spec', 'replicas'),
    available: async (name) => {
      const count = at(await deployment(name), 'status', 'availableReplicas');
      return typeof count === 'number' ? count : 0;
    },
    nodes: async () => listAt((await kubernetes().request('GET', '/api/v1/nodes')).body, 'items'),
    query: async (expression) => {
      const url = `${prometheus().url}/api/v1/query?query=${encodeURIComponent(expression)}`;
      return listAt((await requestJson(url)).body, 'data', 'result');
    },
    stageMeans: async () => {
      const { text } = await requestJson(`http://127.0.0.1:${port + 1}/metrics`);
      const readings = new Map(
        [...text.matchAll(/^springtide_stage_duration_seconds_(sum|count)\{.*stage="(\w+)".*\} (.+)$/gm)].map(
          ([, what = '', name = '', value]) => [`${name} ${what}`, Number(value)],
        ),
      );
      return ['collect', 'decide', 'act', 'remember', 'tell'].map((name) => {
        const total = readings.get(`${name} sum`) ?? Number.NaN;
        return [name, (total * 1000) / (readings.get(`${name} count`) ?? 1)] as const;
      });
    },
  };
  beforeAll(async () => {
    openstack().control({ delay: 1 });
    port = await freePortBlock(2);
    // The whole story with the rights of the manifests, and no more.
    const kubeconfig = await kubeconfigOf(kubernetes(), ['install.yaml', 'act.yaml']);
    const policies = Object.entries(options.podPolicies).map(([name, spec]) => [
      `config/policies/${name}.yaml`,
      document('PodPolicy', { name, namespace: shop }, spec),
    ]);
    writeConfiguration(directory, {
      'config/springtide.yaml': document(
        'Daemon',
        { name: 'daemon' },
        daemonSpec(stage, options, directory, port, kubeconfig),
      ),
      ...(Object.fromEntries(policies) as Readonly<Record<string, unknown>>),
      ...(options.nodePolicy === undefined
        ? {}
        : { 'config/policies/workers.yaml': document('NodePolicy', { name: 'workers' }, options.nodePolicy) }),
      'config/alerts.yaml': alertsOf(there(mail), there(sms)),
    });
    await createNamespace(kubernetes());
    await eventually('all four workers are nodes', async () => ((await stage.nodes()).length === 4 ? true : undefined));
  });
  afterAll(async () => {
    if (daemon === undefined) return;
    await daemon.signal('SIGKILL');
    if (failed()) console.error(`springtide: its files are in ${directory}\n${tailOf(daemon)}`);
  });
  return stage;
}

const tailOf = (daemon: DaemonProcess): string => readFileSync(daemon.log, 'utf8').split('\n').slice(-60).join('\n');

export const nameOf = (object: unknown): string => textAt(object, 'metadata', 'name');

/** What springtide wrote on a node on its way out; null where it wrote nothing. */
export function drainOn(node: unknown): { readonly step: string; readonly serverId: string } | null {
  const text = at(node, 'metadata', 'annotations', drainAnnotation);
  return typeof text === 'string' ? (JSON.parse(text) as { step: string; serverId: string }) : null;
}
