// What of a Daemon cannot come into force while it runs: refused with a clear text, so that nobody believes in it.
import type { DaemonSpec } from '../model/config.ts';
import { canonical } from './compile.ts';
import type { ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

/** Memory, alerts and metrics of another name or another place would be those of another springtide. */
const fixed: readonly (readonly [path: ProblemPath, what: string])[] = [
  [['cluster'], 'the name of the cluster'],
  [['state'], 'where the state is kept'],
  [['kubernetes'], 'the connection to Kubernetes'],
  [['http', 'listen'], 'the address of the page'],
  [['http', 'metrics'], 'the address of the metrics'],
  [['http', 'alerts', 'listen'], 'the address for alerts'],
  // what is in the files may change at any time
  [['http', 'tls'], 'where the certificate of the listeners is'],
];

export function restartFindings(running: DaemonSpec, next: DaemonSpec): readonly Finding[] {
  const isCloudNew = (running.openstack === undefined) !== (next.openstack === undefined);
  const changed = fixed.filter(([path]) => canonical(valueAt(running, path)) !== canonical(valueAt(next, path)));
  return [...changed, ...(isCloudNew ? [[['openstack'], 'whether there is a cloud'] as const] : [])].map(
    ([path, what]): Finding => ({
      code: 'RestartNeeded',
      path: ['spec', ...path],
      message: `${what} cannot change while springtide runs: the whole document waits for a restart`,
      mend: 'kubectl rollout restart deployment/springtide, or take the change back',
    }),
  );
}
