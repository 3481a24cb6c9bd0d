// A cluster of 5,000 nodes in a process of its own: an API server that makes its objects page by page, the cloud behind it, Prometheus.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../dist/clock.js';
import { startOpenStack } from '../dist/sandbox/openstack/openstack.js';
import { startPrometheus } from '../dist/sandbox/prometheus/world.js';
import { seededRandom } from '../dist/sandbox/random.js';
import { listsOf } from './memory-objects.ts';
import { appName, counts, namespaceOf, type Json, type Machine } from './memory-parts.ts';
import { pod, podCount } from './memory-pods.ts';
import type { WorldIsUp } from './world-process.ts';

/** What the API server has been asked for until now. */
export interface Asked {
  readonly pages: number;
  readonly podPages: number;
  readonly bytes: number;
  readonly events: number;
  /** by this process's clock, from the first page of pods asked for to the last one sent; null: not all yet */
  readonly podsWithin: number | null;
}

const nodeCount = Number(process.argv[2]);
const groups = Math.max(1, Math.min(20, Math.floor(nodeCount / 50)));
/** Pods that change in a second, once all are read: 300 in 15 s, as in the shrink's bench. */
const changesASecond = 20;
const bookmarkEvery = 10_000;

const groupName = (index: number): string => `workers-${String(index).padStart(2, '0')}`;
const flavor = { name: 'm1.xlarge', vcpus: 16, ram: 65_536, disk: 100 };
const openstack = await startOpenStack({
  clock: systemClock,
  random: seededRandom(1),
  cluster: {
    name: 'bench',
    groups: [
      { name: 'default-master', role: 'master', count: 1, flavor: flavor.name },
      ...Array.from({ length: groups }, (_, index) => ({
        name: groupName(index),
        count: nodeCount / groups,
        min: 1,
        max: 1_000,
        flavor: flavor.name,
      })),
    ],
  },
  flavors: [flavor],
  quota: { instances: 20_000, cores: 400_000, ram: 2_000_000_000 },
  bootSeconds: { mean: 70, jitter: 15 },
  deleteSeconds: { mean: 10, jitter: 2 },
  driver: 'heat',
  onServerActive: () => undefined,
  onServerDeleted: () => undefined,
});
const machines: readonly Machine[] = openstack
  .servers()
  .filter(({ role }) => role === 'worker')
  .map(({ name, providerId, group, address }) => ({ name, providerId, group, address }));
const prometheus = await startPrometheus({ clock: systemClock });
const writeFigures = (): void => {
  for (let app = 0; app < counts.deployments; app++)
    prometheus.write('demand', { namespace: namespaceOf(app), app: appName(app) }, 4_500 + ((app * 37) % 500));
};
writeFigures();
const writing = setInterval(writeFigures, 15_000);

const lists = listsOf(machines);
const served: Readonly<Record<string, readonly string[]>> = {
  '/apis/policy/v1': ['poddisruptionbudgets'],
  '/apis/autoscaling/v2': ['horizontalpodautoscalers'],
};
let [pages, podPages, bytes, events, version] = [0, 0, 0, 0, 2_000_000];
let [podsFrom, podsWithin]: [number | null, number | null] = [null, null];
const watches = new Map<ServerResponse, string>();

function send(response: ServerResponse, body: Json): void {
  const text = JSON.stringify(body);
  bytes += text.length;
  response.setHeader('content-type', 'application/json');
  response.end(text);
}

function list(url: URL, plural: string, response: ServerResponse): void {
  const { count, make } = lists[plural] ?? { count: 0, make: () => ({}) };
  const from = Number(url.searchParams.get('continue') ?? '0');
  const to = Math.min(count, from + Number(url.searchParams.get('limit') ?? count));
  pages += 1;
  if (plural === 'pods') {
    podPages += 1;
    podsFrom ??= performance.now();
    if (to === count) response.on('finish', () => (podsWithin = performance.now() - (podsFrom ?? 0)));
  }
  const more = to < count ? { continue: String(to), remainingItemCount: count - to } : {};
  const items = Array.from({ length: to - from }, (_, index) => make(from + index));
  send(response, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(version), ...more }, items });
}

const line = (type: string, object: Json): string => `${JSON.stringify({ type, object })}\n`;
const bookmark = (): string => line('BOOKMARK', { metadata: { resourceVersion: String(version) } });

function watch(url: URL, plural: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  watches.set(response, plural);
  const ends = setTimeout(
    () => response.end(bookmark()),
    Number(url.searchParams.get('timeoutSeconds') ?? '60') * 1_000,
  );
  response.on('close', () => {
    clearTimeout(ends);
    watches.delete(response);
  });
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://bench');
  const discovered = served[url.pathname];
  const plural = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/([a-z]+)$/.exec(url.pathname)?.[1];
  if (discovered !== undefined)
    send(response, { resources: discovered.map((name) => ({ name, kind: 'Any', namespaced: true })) });
  else if (request.method !== 'GET' || plural === undefined) {
    response.statusCode = 404;
    send(response, { kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound', message: 'not in this bench' });
  } else if (url.searchParams.get('watch') === 'true') watch(url, plural, response);
  else list(url, plural, response);
}

const pods = podCount(machines.length);
/** What changes meanwhile is told in order, so that a watch that was between two connections misses nothing but news. */
const changing = setInterval(() => {
  const open = [...watches].filter(([, plural]) => plural === 'pods');
  for (let one = 0; one < changesASecond / 10; one++) {
    const event = line('MODIFIED', pod((version * 7_919) % pods, machines, ++version));
    for (const [response] of open) response.write(event);
    events += open.length;
  }
}, 100);
const marking = setInterval(() => {
  for (const response of watches.keys()) response.write(bookmark());
}, bookmarkEvery);

const api = http.createServer(answer).listen(0, '127.0.0.1');
const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port;
const freePort = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const port = portOf(server);
    server.close(() => resolve(port));
  });
});

const directory = await mkdtemp(path.join(os.tmpdir(), 'springtide-bench-'));
const config = path.join(directory, 'config');
await mkdir(path.join(config, 'policies'), { recursive: true });
const kubeconfig = path.join(directory, 'kubeconfig.json');
const files: Readonly<Record<string, string>> = {
  [kubeconfig]: JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server: `http://127.0.0.1:${portOf(api)}` } }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  }),
  [path.join(config, 'springtide.yaml')]: `apiVersion: springtide/v1
kind: Daemon
spec:
  cluster: bench
  interval: 15s
  mode: dryRun
  prometheus: { url: '${prometheus.url}' }
  kubernetes: { kubeconfig: '${kubeconfig}' }
  openstack: {}
  http: { listen: '127.0.0.1:${freePort}', metrics: '127.0.0.1:${freePort}' }
  state: { directory: '${path.join(directory, 'state')}' }
`,
  [path.join(config, 'policies/web.yaml')]: `apiVersion: springtide/v1
kind: PodPolicy
metadata: { name: all, namespace: platform }
spec:
  targets: { kind: Deployment, selector: { matchLabels: { tier: web } }, namespaces: ['team-*'] }
  replicas: { min: 2, max: 100 }
  metrics:
    - { name: demand, query: 'sum(demand{namespace="{{namespace}}",app="{{name}}"})', target: { averageValue: 100 } }
  mode: act
`,
  [path.join(config, 'policies/workers.yaml')]: `apiVersion: springtide/v1
kind: NodePolicy
metadata: { name: workers }
spec:
  nodeGroups:
${Array.from({ length: groups }, (_, index) => `    - { name: ${groupName(index)}, min: 1, max: 1000 }`).join('\n')}
  shrink: { unneededFor: 10m, removal: byServerId }
  mode: act
`,
};
for (const [name, text] of Object.entries(files)) await writeFile(name, text);

process.on('message', () => process.send?.({ pages, podPages, bytes, events, podsWithin } satisfies Asked));
process.once('disconnect', () => {
  for (const timer of [writing, changing, marking]) clearInterval(timer);
  api.closeAllConnections();
  void Promise.all([prometheus.close(), openstack.stop(), rm(directory, { recursive: true, force: true })]).then(() =>
    process.exit(0),
  );
});
process.send?.({
  kind: 'up',
  config,
  state: path.join(directory, 'state'),
  env: openstack.environment(),
  page: `http://127.0.0.1:${freePort}`,
} satisfies WorldIsUp);
