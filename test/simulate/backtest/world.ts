// Policies and traces of the backtest's tests.
import { loadFiles } from '../../../src/config/load.ts';
import { subjectOf, type Choice, type Subject } from '../../../src/simulate/backtest/subject.ts';
import type { Trace } from '../../../src/simulate/backtest/trace.ts';

const daemon =
  'apiVersion: springtide/v1\nkind: Daemon\nspec: {cluster: x, prometheus: {url: "http://127.0.0.1:9090"}, openstack: {cloud: simulated}}\n';

/** `spec`: what follows the target and the bounds of a PodPolicy; `more`: other documents. */
export function aSubject(spec: string, more = '', choice: Partial<Choice> = {}): Subject {
  const policy = `apiVersion: springtide/v1
kind: PodPolicy
metadata: {name: web, namespace: shop}
spec:
  target: {apiVersion: apps/v1, kind: Deployment, name: web}
  replicas: {min: 1, max: 500}
${spec.replace(/^/gm, '  ')}
${more === '' ? '' : `---\n${more}`}`;
  const { config, problems } = loadFiles({
    files: [
      { path: 'web.yaml', bytes: Buffer.from(policy) },
      { path: 'springtide.yaml', bytes: Buffer.from(daemon) },
    ],
    problems: [],
  });
  if (config?.podPolicies.length !== 1) throw new Error(JSON.stringify(problems));
  return subjectOf(config, { file: 'web.yaml', ...choice });
}

export const aPool = `apiVersion: springtide/v1
kind: NodePolicy
metadata: {name: workers}
spec: {nodeGroups: [{name: pool, min: 1, max: 100}]}
`;

export const byRequests =
  'metrics: [{name: requests, query: "sum(rate(requests_total[1m]))", target: {averageValue: 7}}]';

export const aTrace = (step: number, values: readonly number[]): Trace => ({
  name: 'trace.csv',
  start: null,
  step,
  values: Float64Array.from(values),
  gaps: 0,
});
