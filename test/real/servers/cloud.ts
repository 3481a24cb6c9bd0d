// The bridge between the two true control planes: a server that Magnum made becomes a Node, one that is gone takes its Node along.
import { listAt, textAt } from './json.ts';
import { defaultPrefix } from './kubelets.ts';
import type { Kubernetes } from './kubernetes.ts';
import type { CloudServer, OpenStack } from './openstack.ts';

export interface CloudOptions {
  readonly kubernetes: Kubernetes;
  readonly openstack: OpenStack;
  /** Which kubelets adopt the nodes. */
  readonly prefix?: string;
  readonly capacity?: Readonly<Record<string, string>>;
  /** What the node keeps for pods; the capacity when left out. */
  readonly allocatable?: Readonly<Record<string, string>>;
  /** Servers whose machine never joins the cluster. */
  readonly joins?: (server: CloudServer) => boolean;
  /** Servers whose node does not tell which server it is. */
  readonly nameless?: (server: CloudServer) => boolean;
  /** What its node is labelled with besides. */
  readonly labels?: (server: CloudServer) => Readonly<Record<string, string>>;
  readonly intervalMs?: number;
}

export interface Cloud {
  readonly name: string;
  readonly directory: string;
  logTails(): string;
  stop(): Promise<void>;
}

const defaultCapacity = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '20Gi' };

/** The cluster has been there for long when a test begins: a node that has just become Ready is planned with as if it were still to come. */
const readyFor = 3_600_000;

function nodeOf(server: CloudServer, options: CloudOptions, readySince: string | null): unknown {
  const capacity = options.capacity ?? defaultCapacity;
  const tells = options.nameless?.(server) !== true;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: server.name,
      labels: {
        'kubernetes.io/hostname': server.name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'magnum.openstack.org/nodegroup': server.nodegroup_name,
        'magnum.openstack.org/role': server.role,
        fakekubelet: options.prefix ?? defaultPrefix,
        ...options.labels?.(server),
      },
      ...(readySince !== null && { annotations: { 'fakekubelet/ready-since': readySince } }),
    },
    spec: tells ? { providerID: server.providerID } : {},
    status: {
      capacity,
      allocatable: options.allocatable ?? capacity,
      addresses: [{ type: 'InternalIP', address: server.address }],
      ...(tells && { nodeInfo: { systemUUID: server.server_id } }),
    },
  };
}

export async function openStackCloud(options: CloudOptions): Promise<Cloud> {
  const { kubernetes, openstack, prefix = defaultPrefix, joins = () => true, intervalMs = 200 } = options;
  const selector = encodeURIComponent(`fakekubelet=${prefix},magnum.openstack.org/nodegroup`);
  const problems: string[] = [];

  const reconcile = async (readySince: string | null): Promise<void> => {
    const workers = openstack.servers().filter((server) => server.role === 'worker');
    const nodes = await kubernetes.request('GET', `/api/v1/nodes?labelSelector=${selector}`);
    const names = new Set(listAt(nodes.body, 'items').map((node) => textAt(node, 'metadata', 'name')));
    for (const server of workers) {
      if (server.state !== 'ACTIVE' || names.has(server.name) || !joins(server)) continue;
      const made = await kubernetes.request('POST', '/api/v1/nodes', {
        body: nodeOf(server, options, readySince),
      });
      if (made.status !== 201 && made.status !== 409) problems.push(`node ${server.name}: ${made.text}`);
    }
    const there = new Set(workers.map((server) => server.name));
    for (const name of names) {
      if (!there.has(name)) await kubernetes.request('DELETE', `/api/v1/nodes/${name}`);
    }
  };

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let pass = reconcile(new Date(Date.now() - readyFor).toISOString());
  await pass;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      pass = reconcile(null)
        .catch((error: unknown) => void problems.push(String(error)))
        .then(next);
    }, intervalMs);
  };
  next();
  return {
    name: 'cloud',
    directory: openstack.directory,
    logTails: () => problems.slice(-15).join('\n'),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await pass;
    },
  };
}
