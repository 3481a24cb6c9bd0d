// Kills the API server of a true control plane and starts it again as it was, while etcd and the controllers go on.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kubernetes } from '../servers/kubernetes.ts';
import { eventually } from '../servers/process.ts';

export interface Killed {
  /** Resolves when it is ready. */
  startAgain(): Promise<void>;
}

export async function killApiServer(kubernetes: Kubernetes): Promise<Killed> {
  const pidFile = join(kubernetes.directory, 'pids', 'kube-apiserver');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const [program = '', ...given] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  process.kill(pid, 'SIGKILL');
  await eventually('the API server is gone', async () => {
    try {
      await kubernetes.request('GET', '/readyz');
      return undefined;
    } catch {
      return true;
    }
  });
  return {
    startAgain: async () => {
      const log = openSync(join(kubernetes.directory, 'logs', 'kube-apiserver.log'), 'a');
      const child = spawn(program, given, { detached: true, stdio: ['ignore', log, log] });
      closeSync(log);
      child.unref();
      // Whoever stops the control plane reads from there whom to stop.
      writeFileSync(pidFile, String(child.pid));
      await eventually('the API server is ready again', async () =>
        (await kubernetes.request('GET', '/readyz')).status === 200 ? true : undefined,
      );
    },
  };
}
