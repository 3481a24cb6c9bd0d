// The metrics APIs that the HPA asks (custom.metrics.k8s.io, external.metrics.k8s.io), answered from Prometheus as its adapter does.
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Kubernetes } from '../servers/kubernetes.ts';
import { at, requestJson } from '../servers/json.ts';
import { eventually } from '../servers/process.ts';
import { create } from '../support/workloads.ts';
import { servingCertificate } from './certificates.ts';

export interface MetricQueries {
  /** PromQL by the name of an external metric. */
  readonly external: Readonly<Record<string, string>>;
  /** PromQL of a Deployment's metric, by the metric's name. */
  readonly ofDeployment: Readonly<Record<string, (deployment: string) => string>>;
}

export interface MetricAnswer {
  readonly at: number;
  readonly query: string;
  readonly value: number;
}

export interface MetricsServer {
  /** What it has answered, in order. */
  readonly answers: readonly MetricAnswer[];
  stop(): Promise<void>;
}

const external = 'external.metrics.k8s.io';
const custom = 'custom.metrics.k8s.io';
const version = 'v1beta1';
const service = { namespace: 'default', name: 'metrics' };
// The API server proves itself with this name, so that nobody else is answered.
const frontProxy = 'front-proxy';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const failure = (status: number, message: string): Reply => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: status },
});

function discovery({ external: totals, ofDeployment }: MetricQueries): Readonly<Record<string, unknown>> {
  const list = (group: string, kind: string, names: readonly string[]): unknown => ({
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${group}/${version}`,
    resources: names.map((name) => ({ name, singularName: '', namespaced: true, kind, verbs: ['get'] })),
  });
  const objects = Object.keys(ofDeployment).map((name) => `deployments.apps/${name}`);
  return {
    [`/apis/${external}/${version}`]: list(external, 'ExternalMetricValueList', Object.keys(totals)),
    [`/apis/${custom}/${version}`]: list(custom, 'MetricValueList', objects),
  };
}

async function ask(prometheus: string, query: string): Promise<{ value: number; timestamp: string } | null> {
  const answer = await requestJson(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  const [seconds, text] = [0, 1].map((index) => at(answer.body, 'data', 'result', 0, 'value', index));
  if (typeof seconds !== 'number' || typeof text !== 'string' || !Number.isFinite(Number(text))) return null;
  return { value: Number(text), timestamp: new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z') };
}

async function register(kubernetes: Kubernetes, port: number): Promise<void> {
  await create(kubernetes, `/api/v1/namespaces/${service.namespace}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: service,
    // There is no network of services here: a name is the one kind that the API server dials as it stands.
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const caBundle = Buffer.from(kubernetes.certificateAuthority).toString('base64');
  for (const group of [external, custom]) {
    const name = `${version}.${group}`;
    await create(kubernetes, '/apis/apiregistration.k8s.io/v1/apiservices', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name },
      spec: {
        group,
        version,
        service: { ...service, port },
        caBundle,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    await eventually(`the API server reaches ${name}`, async () => {
      const answer = await kubernetes.request('GET', `/apis/${group}/${version}`);
      return answer.status === 200 ? true : undefined;
    });
  }
}

/** A cluster of this age lets its HPA read custom metrics, but external ones only when somebody grants it. */
async function grantExternal(kubernetes: Kubernetes): Promise<void> {
  const api = '/apis/rbac.authorization.k8s.io/v1';
  const metadata = { name: 'hpa-external-metrics' };
  await create(kubernetes, `${api}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata,
    rules: [{ apiGroups: [external], resources: ['*'], verbs: ['get', 'list'] }],
  });
  await create(kubernetes, `${api}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', namespace: 'kube-system', name: 'horizontal-pod-autoscaler' }],
  });
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Resolves when the API server passes requests on to it. */
export async function startMetricsServer(
  kubernetes: Kubernetes,
  prometheus: string,
  queries: MetricQueries,
): Promise<MetricsServer> {
  const answers: MetricAnswer[] = [];
  const lists = discovery(queries);
  const valueOf = async (query: string, list: (sample: unknown) => unknown): Promise<Reply> => {
    const sample = await ask(prometheus, query);
    if (sample === null) return failure(404, `Prometheus has no value of ${query}`);
    answers.push({ at: Date.now(), query, value: sample.value });
    const { timestamp, value } = sample;
    return { status: 200, body: list({ timestamp, value: `${Math.round(value * 1000)}m` }) };
  };
  const reply = (path: string): Promise<Reply> => {
    if (lists[path] !== undefined) return Promise.resolve({ status: 200, body: lists[path] });
    const [, apis, group, given, , namespace, ...rest] = path.split('/');
    const [what = '', name = '', metricName = ''] = rest;
    const total = queries.external[what];
    if (apis === 'apis' && group === external && given === version && total !== undefined)
      return valueOf(total, (sample) => ({
        kind: 'ExternalMetricValueList',
        apiVersion: `${external}/${version}`,
        metadata: {},
        items: [{ metricName: what, metricLabels: {}, ...Object(sample) }],
      }));
    const own = queries.ofDeployment[metricName];
    if (apis === 'apis' && group === custom && given === version && what === 'deployments.apps' && own !== undefined)
      return valueOf(own(name), (sample) => ({
        kind: 'MetricValueList',
        apiVersion: `${custom}/${version}`,
        metadata: {},
        items: [
          {
            describedObject: { kind: 'Deployment', namespace, name, apiVersion: 'apps/v1' },
            metricName,
            ...Object(sample),
          },
        ],
      }));
    return Promise.resolve(failure(404, `there is no ${path}`));
  };
  const certificate = await servingCertificate(kubernetes, `${service.name}.${service.namespace}.svc`);
  const trust = { ca: kubernetes.certificateAuthority, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...certificate, ...trust }, (request, response) => {
    const { socket } = request;
    const who = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
    const path = new URL(request.url ?? '/', 'https://metrics').pathname;
    const replied = who === frontProxy ? reply(path) : Promise.resolve(failure(403, 'only for the API server'));
    void replied
      .catch((error: unknown) => failure(500, String(error)))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    await grantExternal(kubernetes);
    await register(kubernetes, (server.address() as AddressInfo).port);
  } catch (error) {
    await close(server);
    throw error;
  }
  return { answers, stop: () => close(server) };
}
