// Whether the connections of a changed Daemon can be made: what fails is known before anything of it comes into force.
import { createAgents } from '../clients/http/tls.ts';
import { loadCredentials } from '../clients/openstack/credentials.ts';
import { authorizationOf } from '../clients/prometheus/authorization.ts';
import { canonical } from '../config/compile.ts';
import type { ProblemPath } from '../config/problem.ts';
import type { Finding } from '../config/source.ts';
import type { DaemonSpec } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Only of what has changed: what runs, runs on with what it has. */
export function connectionFindings(running: DaemonSpec, next: DaemonSpec, env: Env): readonly Finding[] {
  const tried = (path: ProblemPath, before: unknown, after: unknown, attempt: () => void): Finding[] => {
    if (canonical(before) === canonical(after)) return [];
    try {
      attempt();
      return [];
    } catch (error) {
      return [
        {
          code: 'ConnectionUnusable',
          path: ['spec', ...path],
          message: `the connection cannot be made: ${messageOf(error)}`,
          mend: 'the old one stays in force until then; it is tried again every few seconds',
        },
      ];
    }
  };
  return [
    ...tried(['prometheus'], running.prometheus, next.prometheus, () => {
      createAgents('Prometheus', next.prometheus.tls).close();
      authorizationOf(next.prometheus.auth, env)();
    }),
    ...tried(['openstack'], running.openstack, next.openstack, () => {
      if (next.openstack === undefined) return;
      createAgents('OpenStack', loadCredentials({ ...next.openstack, env }).tls).close();
    }),
  ];
}
