// One replica of springtide among others on one true API server: its state is in the cluster, its process may be killed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listAt, requestJson, textAt } from '../servers/json.ts';
import { freePortBlock } from '../servers/ports.ts';
import { startDaemon, writeConfiguration, type DaemonProcess } from '../support/daemon-process.ts';
import { shop } from '../support/workloads.ts';

export interface ReplicaOptions {
  readonly name: string;
  readonly kubeconfig: string;
  readonly prometheus: string;
  /** how long lower replicas wait */
  readonly window: string;
}

export interface Replica {
  readonly name: string;
  start(): Promise<void>;
  signal(name: 'SIGTERM' | 'SIGKILL'): Promise<number>;
  /** by its own figures; null while it does not answer */
  leads(): Promise<boolean | null>;
  isReady(): Promise<boolean>;
  /** Sends an alert in; the answer's status. */
  push(alertname: string): Promise<number>;
  /** Alerts that it, or the one who leads, knows: when each began, by its name. */
  alerts(): Promise<ReadonlyMap<string, string>>;
  lines(): readonly Readonly<Record<string, unknown>>[];
  log(): string;
  end(): Promise<void>;
}

export const target = 'web';

export async function prepareReplica({ name, kubeconfig, prometheus, window }: ReplicaOptions): Promise<Replica> {
  const directory = mkdtempSync(join(tmpdir(), `springtide-replica-${name}-`));
  const port = await freePortBlock(3);
  const alerts = `http://127.0.0.1:${port + 2}/api/v2/alerts`;
  const processes: DaemonProcess[] = [];
  const policy = {
    target: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
    replicas: { min: 1, max: 20 },
    metrics: [{ name: 'load', query: `sum(load{app="${target}"})`, target: { averageValue: 100 } }],
    behavior: { scaleDown: { stabilizationWindow: window } },
    mode: 'act',
  };
  writeConfiguration(directory, {
    'config/springtide.yaml': {
      apiVersion: 'springtide/v1',
      kind: 'Daemon',
      spec: {
        cluster: 'real',
        interval: '2s',
        prometheus: { url: prometheus },
        kubernetes: { kubeconfig },
        http: {
          listen: `127.0.0.1:${port}`,
          metrics: `127.0.0.1:${port + 1}`,
          alerts: { listen: `127.0.0.1:${port + 2}` },
        },
        state: { kubernetes: { namespace: 'springtide' } },
      },
    },
    'config/policies/web.yaml': {
      apiVersion: 'springtide/v1',
      kind: 'PodPolicy',
      metadata: { name: target, namespace: shop },
      spec: policy,
    },
    'config/alerts.yaml': { route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] },
  });
  return {
    name,
    start: async () => {
      const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, POD_NAME: name };
      processes.push(await startDaemon({ config: join(directory, 'config'), directory, environment }));
    },
    signal: async (signal) => (await processes.at(-1)?.signal(signal)) ?? -1,
    leads: async () => {
      const { text } = await requestJson(`http://127.0.0.1:${port + 1}/metrics`).catch(() => ({ text: '' }));
      const figure = /^springtide_leader\{.*\} (\d)/m.exec(text)?.[1];
      return figure === undefined ? null : figure === '1';
    },
    isReady: async () => (await requestJson(`http://127.0.0.1:${port + 1}/readyz`)).status === 200,
    push: async (alertname) => {
      const endsAt = new Date(Date.now() + 3_600_000).toISOString();
      return (await requestJson(alerts, { method: 'POST', body: [{ labels: { alertname }, endsAt }] })).status;
    },
    alerts: async () => {
      const { status, body, text } = await requestJson(alerts);
      if (status !== 200) throw new Error(`${name} does not tell its alerts: ${text}`);
      return new Map(
        listAt(body).map((alert) => [textAt(alert, 'labels', 'alertname'), textAt(alert, 'startsAt')] as const),
      );
    },
    lines: () => processes.flatMap((one) => one.lines()),
    log: () => processes.map((one) => readFileSync(one.log, 'utf8')).join('--- started again\n'),
    end: async () => {
      await processes.at(-1)?.signal('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
