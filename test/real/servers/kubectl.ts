// kubectl of the true cluster's age, as install.sh has unpacked it: what an operator of Kubernetes 1.20 has at hand.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Kubernetes } from './kubernetes.ts';
import { cacheDirectory } from './process.ts';

export const kubectlDirectory = (): string => join(cacheDirectory(), 'kubectl');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without a cluster: only what needs none, like `kustomize`. */
export function kubectl(kubernetes: Kubernetes | null, args: readonly string[], input = ''): Ran {
  const program = join(kubectlDirectory(), 'kubectl');
  if (!existsSync(program)) throw new Error(`there is no ${program}: run test/real/install.sh, which fetches it`);
  const where = kubernetes === null ? [] : ['--kubeconfig', kubernetes.kubeconfig];
  const home = kubernetes?.directory ?? cacheDirectory();
  const { status, stdout, stderr } = spawnSync(program, [...where, ...args], {
    encoding: 'utf8',
    input,
    env: { ...process.env, HOME: home },
    timeout: 180_000,
  });
  return { status, stdout, stderr };
}
