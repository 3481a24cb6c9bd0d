// One replica of springtide among others on one true API server: its state is in the cluster, its process may be killed.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listAt, requestJson, textAt } from '../servers/json.ts';
import { freePortBlock } from '../servers/ports.ts';
import { daemonCommand, startDaemon, type DaemonProcess } from '../support/daemon-process.ts';
import { shop } from '../support/workloads.ts';
import type { LittleCloud } from './little-cloud.ts';
import { mountConfiguration } from './mounted.ts';

export interface ReplicaOptions {
  readonly name: string;
  readonly kubeconfig: string;
  readonly prometheus: string;
  readonly cloud: LittleCloud;
  readonly interval: string;
  /** the specs of its policies, by the names of their files */
  readonly policies: Policies;
}

export interface Policies {
  readonly pods?: Readonly<Record<string, unknown>>;
  readonly nodes?: Readonly<Record<string, unknown>>;
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
  /** Its newest plan, while it leads. */
  plan(): Promise<unknown>;
  /** Puts another version of its configuration in place, as kubelet does. */
  swap(options: Pick<ReplicaOptions, 'interval' | 'policies'>): void;
  /** A command of springtide's with this replica's configuration. */
  command(...words: readonly string[]): Promise<void>;
  lines(): readonly Readonly<Record<string, unknown>>[];
  log(): string;
  end(): Promise<void>;
}

export const target = 'web';

const metadataOf = (kind: string, name: string) => (kind === 'PodPolicy' ? { name, namespace: shop } : { name });
export const policyDocument = (kind: 'PodPolicy' | 'NodePolicy', name: string, spec: unknown): unknown => ({
  apiVersion: 'springtide/v1',
  kind,
  metadata: metadataOf(kind, name),
  spec,
});

export async function prepareReplica({
  name,
  kubeconfig,
  prometheus,
  cloud,
  ...first
}: ReplicaOptions): Promise<Replica> {
  const directory = mkdtempSync(join(tmpdir(), `springtide-replica-${name}-`));
  const config = join(directory, 'config');
  mkdirSync(config);
  const port = await freePortBlock(3);
  const alerts = `http://127.0.0.1:${port + 2}/api/v2/alerts`;
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, POD_NAME: name, ...cloud.environment };
  const processes: DaemonProcess[] = [];
  const mount = mountConfiguration(config);
  const swap: Replica['swap'] = ({ interval, policies: { pods = {}, nodes = {} } }) => {
    const files = (kind: 'PodPolicy' | 'NodePolicy', specs: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(
        Object.entries(specs).map(([file, spec]) => [`${file}.yaml`, policyDocument(kind, file, spec)] as const),
      );
    mount({
      'springtide.yaml': {
        apiVersion: 'springtide/v1',
        kind: 'Daemon',
        spec: {
          cluster: 'real',
          interval,
          prometheus: { url: prometheus },
          kubernetes: { kubeconfig },
          openstack: { cluster: cloud.cluster },
          http: {
            listen: `127.0.0.1:${port}`,
            metrics: `127.0.0.1:${port + 1}`,
            alerts: { listen: `127.0.0.1:${port + 2}` },
          },
          state: { kubernetes: { namespace: 'springtide' } },
        },
      },
      'alerts.yaml': { route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] },
      ...files('PodPolicy', pods),
      ...files('NodePolicy', nodes),
    });
  };
  swap(first);
  return {
    name,
    start: async () => {
      processes.push(await startDaemon({ config, directory, environment }));
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
    plan: async () => (await requestJson(`http://127.0.0.1:${port}/api/v1/plan`)).body,
    swap,
    command: async (...words) => {
      await promisify(execFile)(process.execPath, [daemonCommand, ...words, '--config', config], { env: environment });
    },
    lines: () => processes.flatMap((one) => one.lines()),
    log: () => processes.map((one) => readFileSync(one.log, 'utf8')).join('--- started again\n'),
    end: async () => {
      await processes.at(-1)?.signal('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
