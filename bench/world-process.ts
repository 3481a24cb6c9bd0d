// The embedded world in a process of its own, so that what the daemon costs is measured apart; steered over IPC.
import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../dist/clock.js';
import { startWorld } from '../dist/sandbox/world.js';

export interface WorldIsUp {
  readonly kind: 'up';
  readonly config: string;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  readonly page: string;
}
/** What the daemon writes that is waited for: replicas to Kubernetes, or more VMs to Magnum. */
export type Written = 'replicas' | 'resize';
export interface WorldSaw {
  readonly kind: 'saw';
  /** milliseconds from the metric's change to the write, by this process's clock alone */
  readonly after: number;
}
/** What all pods together have to bear from now on. */
export interface Demand {
  readonly demand: number;
  readonly until: Written;
}

const shipped = new URL('../config/', import.meta.url);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const interval = process.argv[2] ?? '15s';
const world = await startWorld({ clock: systemClock, seed: 1 });
let demand = 500;
const write = (): void => world.prometheus.write('demand', {}, demand);
write();
// Fresh at any moment, so that latency is the daemon's and not the scrape's.
const writing = setInterval(write, 500);

const directory = await mkdtemp(path.join(os.tmpdir(), 'springtide-bench-'));
const port = await freePort();
await writeFile(path.join(directory, 'kubeconfig.json'), JSON.stringify(world.kubernetes.kubeconfig()));
await writeFile(path.join(directory, 'sms-key'), world.sms.key);
const config = path.join(directory, 'config');
await mkdir(path.join(config, 'policies'), { recursive: true });
const files: Readonly<Record<string, string>> = {
  'springtide.yaml': `apiVersion: springtide/v1
kind: Daemon
spec:
  cluster: demo
  interval: ${interval}
  mode: act
  prometheus: { url: '${world.prometheus.url}' }
  kubernetes: { kubeconfig: '${path.join(directory, 'kubeconfig.json')}' }
  openstack: {}
  http: { listen: '127.0.0.1:${port}', metrics: '127.0.0.1:${port}' }
  state: { directory: '${path.join(directory, 'state')}' }
`,
  'policies/web.yaml': `apiVersion: springtide/v1
kind: PodPolicy
metadata: { name: web, namespace: shop }
spec:
  target: { apiVersion: apps/v1, kind: Deployment, name: web }
  replicas: { min: 2, max: 40 }
  metrics: [{ name: demand, query: sum(demand), target: { averageValue: 100 } }]
  tolerance: { up: 0, down: 0 }
  behavior: { scaleUp: { policies: [{ type: Pods, value: 100, period: 1s }] } }
  mode: act
`,
  'policies/workers.yaml': await readFile(new URL('policies/workers.yaml', shipped), 'utf8'),
  'alerts.yaml': (await readFile(new URL('alerts.yaml', shipped), 'utf8'))
    .replace('127.0.0.1:2525', `127.0.0.1:${world.mail.port}`)
    .replace('http://127.0.0.1:8099/sms', world.sms.url),
};
for (const [name, text] of Object.entries(files)) await writeFile(path.join(config, name), text);

const replicas = (): number => world.kubernetes.objects.get('deployments', 'web', 'shop')?.spec.replicas ?? 0;

/** Written so often until now, or by now another number. */
function stateOf(written: Written): number {
  switch (written) {
    case 'replicas':
      return replicas();
    case 'resize':
      return world.openstack.requests.filter(
        ({ method, path }) => method === 'POST' && path.endsWith('/actions/resize'),
      ).length;
    default:
      return written satisfies never;
  }
}

process.on('message', (message: Demand) => {
  const before = stateOf(message.until);
  demand = message.demand;
  write();
  const since = performance.now();
  const looking = setInterval(() => {
    if (stateOf(message.until) === before) return;
    clearInterval(looking);
    process.send?.({ kind: 'saw', after: performance.now() - since } satisfies WorldSaw);
  }, 1);
});
process.once('disconnect', () => {
  clearInterval(writing);
  void world
    .stop()
    .then(() => rm(directory, { recursive: true, force: true }))
    .then(() => process.exit(0));
});
process.send?.({
  kind: 'up',
  config,
  state: path.join(directory, 'state'),
  env: { ...world.openstack.environment() },
  page: `http://127.0.0.1:${port}`,
} satisfies WorldIsUp);
