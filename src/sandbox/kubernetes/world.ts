// The embedded cluster in one piece: API server, controllers, scheduler and kubelets on one clock.
import { seededRandom } from '../random.ts';
import { Agenda } from './agenda.ts';
import { ClusterIndex } from './cluster-index.ts';
import { keyOf } from './objects.ts';
import { keepEvents } from './event-keeper.ts';
import { resourcesOf } from './resources.ts';
import { expired } from './status.ts';
import { Store } from './store.ts';
import { Faults } from './api/faults.ts';
import { Registry } from './api/registry.ts';
import { ApiServer } from './api/server.ts';
import { Watches } from './api/watch.ts';
import { addNode } from './nodes.ts';
import { startControllers } from './controllers/start.ts';
import type { Clock } from '../../clock.ts';
import type { Milliseconds } from '../../model/units.ts';
import type { Random } from '../random.ts';
import type { DeleteOptions } from './api/registry.ts';
import type { RequestCounters } from './api/server.ts';
import type { KubernetesVersion } from './resources.ts';
import type { Kinds, KubeObject, Node, ObjectInput, ResourceName } from './objects.ts';
import type { NewNode } from './nodes.ts';

export interface KubernetesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly port?: number;
  /** What discovery shows and the policies mean (default 1.31). */
  readonly version?: KubernetesVersion;
  /** Changes remembered per resource, to resume watches from (default 1000). */
  readonly historySize?: number;
  /** The most Events that are kept (default 5000); each is forgotten an hour after the last word on it. */
  readonly eventsKept?: number;
  /** From binding to Ready, unless the pod's annotation says else (default 10 s, with 20 % seeded jitter). */
  readonly podStartup?: Milliseconds;
  /** The longest a pod takes to end (default 2 s). */
  readonly podShutdown?: Milliseconds;
}

/** Plain programmatic access, past HTTP: what the world's own director uses. */
export interface ObjectAccess {
  create(input: ObjectInput): KubeObject;
  /** Creates, or replaces what is there (status kept); a missing namespace is made. */
  apply(input: ObjectInput): KubeObject;
  get<R extends ResourceName>(resource: R, name: string, namespace?: string): Kinds[R] | undefined;
  list<R extends ResourceName>(resource: R, namespace?: string): Kinds[R][];
  /** Changes an object in place, spec and status alike; undefined when there is none. */
  update<R extends ResourceName>(
    resource: R,
    name: string,
    namespace: string | undefined,
    mutate: (draft: Kinds[R]) => void,
  ): Kinds[R] | undefined;
  delete(resource: ResourceName, name: string, namespace?: string, options?: DeleteOptions): void;
}

export interface KubernetesWorld {
  readonly url: string;
  readonly token: string;
  readonly version: KubernetesVersion;
  readonly objects: ObjectAccess;
  readonly faults: Faults;
  readonly requests: RequestCounters;
  readonly openWatches: number;
  resourceVersion(): string;
  sendBookmarks(): void;
  addNode(node: NewNode): Node;
  removeNode(name: string): void;
  kubeconfig(): Kubeconfig;
  close(): Promise<void>;
}

export interface Kubeconfig {
  apiVersion: 'v1';
  kind: 'Config';
  'current-context': string;
  clusters: { name: string; cluster: { server: string } }[];
  contexts: { name: string; context: { cluster: string; user: string; namespace: string } }[];
  users: { name: string; user: { token: string } }[];
}

export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesWorld> {
  const version = options.version ?? '1.31';
  // each part draws from a stream of its own, so that the order of requests does not change the pods' story
  const stream = (): Random => seededRandom(Math.floor(options.random() * 2 ** 32));
  const [names, jitter, chance, secret] = [stream(), stream(), stream(), stream()];
  const agenda = new Agenda(options.clock);
  const store = new Store(options.historySize ?? 1000);
  const index = new ClusterIndex(store);
  keepEvents(store, agenda, options.eventsKept ?? 5000);
  const registry = new Registry(store, index, agenda, version, names);
  const watches = new Watches(store, agenda);
  const faults = new Faults(chance, (name, on) => {
    if (name === 'watchSilent') watches.silence(on);
    else if (name === 'watchDrop') watches.drop();
    else if (name === 'watch410') {
      const old = store.version;
      store.forgetHistory();
      watches.fail(expired(old, store.version));
    } else controllers.nodeFault(name, on);
  });
  const controllers = startControllers({
    registry,
    agenda,
    random: jitter,
    faults,
    podStartup: options.podStartup ?? (10_000 as Milliseconds),
    podShutdown: options.podShutdown ?? (2000 as Milliseconds),
  });
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    registry.create('namespaces', undefined, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    });
  const token = Array.from({ length: 32 }, () => Math.floor(secret() * 16).toString(16)).join('');
  const server = new ApiServer(registry, watches, faults, token);
  await server.listen(options.port ?? 0);

  return {
    url: `http://${server.address}`,
    token,
    version,
    objects: objectAccess(registry),
    faults,
    requests: server.requests,
    get openWatches() {
      return watches.count;
    },
    resourceVersion: () => String(store.version),
    sendBookmarks: () => watches.sendBookmarks(),
    addNode: (node) => addNode(registry, agenda, node),
    removeNode: (name) => {
      registry.delete('nodes', name);
    },
    kubeconfig: () => kubeconfigOf(`http://${server.address}/token/${token}`, token),
    close: async () => {
      agenda.close();
      await server.close();
    },
  };
}

function objectAccess(registry: Registry): ObjectAccess {
  const resourceOf = ({ kind, apiVersion }: ObjectInput): ResourceName => {
    const found = resourcesOf(registry.version).find((one) => one.kind === kind && apiVersion.startsWith(one.group));
    if (found === undefined) throw new Error(`the embedded cluster serves no ${kind} of ${apiVersion}`);
    return found.name;
  };
  const homeOf = (resource: ResourceName, input: ObjectInput): string | undefined =>
    registry.resource(resource).namespaced ? (input.metadata.namespace ?? 'default') : undefined;
  const ensureNamespace = (name: string | undefined): void => {
    if (name !== undefined && registry.store.get('namespaces', name) === undefined)
      registry.create('namespaces', undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  };
  // as it would come over the wire: fields that are undefined are not there
  const wire = (input: ObjectInput): ObjectInput => JSON.parse(JSON.stringify(input)) as ObjectInput;
  const create = (input: ObjectInput): KubeObject => {
    const resource = resourceOf(input);
    const home = homeOf(resource, input);
    ensureNamespace(home);
    return registry.create(resource, home, wire(input));
  };
  const home = (resource: ResourceName, namespace: string | undefined): string | undefined =>
    registry.resource(resource).namespaced ? (namespace ?? 'default') : undefined;
  return {
    create,
    apply: (input) => {
      const resource = resourceOf(input);
      const key = keyOf(homeOf(resource, input), input.metadata.name ?? '');
      return registry.store.get(resource, key) === undefined
        ? create(input)
        : registry.update(resource, key, wire(input));
    },
    get: (resource, name, namespace) => registry.store.get(resource, keyOf(home(resource, namespace), name)),
    list: (resource, namespace) =>
      registry.store
        .list(resource)
        .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    update: (resource, name, namespace, mutate) =>
      registry.change(resource, keyOf(home(resource, namespace), name), mutate),
    delete: (resource, name, namespace, options) => {
      registry.delete(resource, keyOf(home(resource, namespace), name), options);
    },
  };
}

const kubeconfigOf = (server: string, token: string): Kubeconfig => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'sandbox',
  clusters: [{ name: 'sandbox', cluster: { server } }],
  contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'operator', namespace: 'default' } }],
  users: [{ name: 'operator', user: { token } }],
});
