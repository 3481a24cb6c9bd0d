// Simulated kubelets for the true control plane: they adopt nodes by a label, make pods run, and keep leases.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kubernetes } from './kubernetes.ts';
import { realDirectory, serverDirectory, startServer, type RealServer } from './process.ts';

export interface KubeletOptions {
  readonly kubernetes: Kubernetes;
  /** Nodes with the label `fakekubelet=<prefix>` are adopted, whoever made them. */
  readonly prefix?: string;
  /** Nodes of its own, PREFIX-0 and on; they go when it stops. */
  readonly nodes?: number;
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly string[];
  readonly zones?: readonly string[];
  /** From binding to running and ready. */
  readonly startupMs?: number;
  /** The most that a deleted pod takes to go. */
  readonly graceMs?: number;
  /** A new node is not ready for so long. */
  readonly nodeReadyMs?: number;
  readonly leaseMs?: number;
}

export const defaultPrefix = 'fake';

export function startKubelets(options: KubeletOptions): Promise<RealServer> {
  const directory = serverDirectory('kubelets');
  const settings: Readonly<Record<string, string | number>> = {
    kubeconfig: options.kubernetes.kubeconfig,
    prefix: options.prefix ?? defaultPrefix,
    nodes: options.nodes ?? 0,
    cpu: options.cpu ?? '4',
    memory: options.memory ?? '16Gi',
    pods: options.pods ?? 110,
    zones: (options.zones ?? []).join(','),
    'startup-ms': options.startupMs ?? 300,
    'grace-ms': options.graceMs ?? 300,
    'node-ready-ms': options.nodeReadyMs ?? 0,
    'lease-ms': options.leaseMs ?? 10_000,
  };
  return startServer({
    name: 'kubelets',
    directory,
    mode: 'run',
    command: [
      process.execPath,
      join(realDirectory, 'kubernetes', 'fakekubelet.mjs'),
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
      ...Object.entries(options.labels ?? {}).map(([key, value]) => `--label=${key}=${value}`),
      ...(options.taints ?? []).map((taint) => `--taint=${taint}`),
    ],
    healthy: () => Promise.resolve(readFileSync(join(directory, 'kubelets.log'), 'utf8').includes(' registered ')),
  });
}
