// One daemon among several on one cluster: its configuration, its state, its process, and what it has decided.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortBlock } from '../servers/ports.ts';
import { eventually } from '../servers/process.ts';
import { startDaemon, writeConfiguration, type DaemonProcess } from '../support/daemon-process.ts';
import { shop } from '../support/workloads.ts';

export interface SpringtideOptions {
  readonly name: string;
  readonly interval: string;
  readonly prometheus: string;
  readonly kubeconfig: string;
  /** The spec of each PodPolicy, by its name. */
  readonly policies: Readonly<Record<string, unknown>>;
}

export type Decided = Readonly<Record<string, unknown>>;

export interface Springtide {
  start(): Promise<void>;
  kill(): Promise<void>;
  /** What it kept is gone. */
  forget(): void;
  /** What every start of it has logged of one target, in order. */
  decisions(target: string): readonly Decided[];
  /** Waits until it has decided so for this many further ticks. */
  decides(target: string, reason: string, ticks?: number): Promise<readonly Decided[]>;
  log(): string;
  end(options: { readonly keep: boolean }): Promise<void>;
}

const document = (kind: string, metadata: unknown, spec: unknown): unknown => ({
  apiVersion: 'springtide/v1',
  kind,
  metadata,
  spec,
});

export async function prepareSpringtide(options: SpringtideOptions): Promise<Springtide> {
  const { name, interval, prometheus, kubeconfig, policies } = options;
  const directory = mkdtempSync(join(tmpdir(), `springtide-${name}-`));
  const port = await freePortBlock(2);
  const state = join(directory, 'state');
  const processes: DaemonProcess[] = [];
  writeConfiguration(directory, {
    'config/springtide.yaml': document(
      'Daemon',
      { name },
      {
        cluster: 'real',
        interval,
        prometheus: { url: prometheus },
        kubernetes: { kubeconfig },
        http: { listen: `127.0.0.1:${port}`, metrics: `127.0.0.1:${port + 1}` },
        state: { directory: state },
      },
    ),
    ...Object.fromEntries(
      Object.entries(policies).map(([policy, spec]) => [
        `config/policies/${policy}.yaml`,
        document('PodPolicy', { name: policy, namespace: shop }, spec),
      ]),
    ),
  });
  const decisions = (target: string): readonly Decided[] =>
    processes
      .flatMap((one) => one.lines())
      .filter((line) => line['tier'] === 'pods' && String(line['subject']).endsWith(`${shop}/${target}`));
  return {
    start: async () => {
      const environment = { PATH: process.env['PATH'] ?? '', HOME: directory };
      processes.push(await startDaemon({ config: join(directory, 'config'), directory, environment }));
    },
    kill: async () => {
      const status = await processes.at(-1)?.signal('SIGKILL');
      if (status !== 137) throw new Error(`${name} had ended by itself with ${status}`);
    },
    forget: () => rmSync(state, { recursive: true }),
    decisions,
    decides: (target, reason, ticks = 1) => {
      const before = decisions(target).length;
      return eventually(`${ticks} times ${reason} for ${target}`, () => {
        const since = decisions(target).slice(before);
        return since.filter((line) => line['reason'] === reason).length >= ticks ? since : undefined;
      });
    },
    log: () => processes.map((one) => readFileSync(one.log, 'utf8')).join('--- started again\n'),
    end: async ({ keep }) => {
      await processes.at(-1)?.signal('SIGKILL');
      if (!keep) rmSync(directory, { recursive: true, force: true });
      else console.error(`${name}: its files are in ${directory}`);
    },
  };
}
