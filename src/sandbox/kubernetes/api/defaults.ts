// What the API server fills in: the defaults that the cluster's own controllers and its clients rely on.
import type {
  Container,
  Kinds,
  Node,
  Pod,
  PodSpec,
  PriorityClass,
  ResourceList,
  ResourceName,
  Toleration,
} from '../objects.ts';

type Loose = Record<string, unknown>;
const fill = (target: Loose, defaults: Loose): void => {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= value;
};
const looseSpec = (object: { spec?: object }): Loose => {
  object.spec ??= {};
  return object.spec as Loose;
};

/** Completes a new or changed object in place. */
export function setDefaults<R extends ResourceName>(resource: R, object: Kinds[R]): void {
  const spec = looseSpec(object);
  switch (resource) {
    case 'pods':
      defaultPodSpec(spec as unknown as PodSpec);
      break;
    case 'deployments':
      fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
      fill(spec, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } });
      fill(spec['strategy'] as Loose, { type: 'RollingUpdate' });
      defaultTemplate(spec);
      break;
    case 'replicasets':
    case 'rollouts':
      fill(spec, { replicas: 1 });
      defaultTemplate(spec);
      break;
    case 'replicationcontrollers': {
      fill(spec, { replicas: 1 });
      const template = spec['template'] as { metadata?: { labels?: Record<string, string> } } | undefined;
      fill(spec, { selector: { ...template?.metadata?.labels } });
      defaultTemplate(spec);
      break;
    }
    case 'statefulsets':
      fill(spec, {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      });
      defaultTemplate(spec);
      break;
    case 'daemonsets':
      fill(spec, { updateStrategy: { type: 'RollingUpdate' } });
      defaultTemplate(spec);
      break;
    case 'jobs':
      fill(spec, { parallelism: 1, backoffLimit: 6 });
      defaultTemplate(spec);
      break;
    case 'namespaces':
      fill(spec, { finalizers: ['kubernetes'] });
      break;
    case 'services':
      fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
      break;
    case 'horizontalpodautoscalers':
      fill(spec, { minReplicas: 1 });
      break;
    case 'nodes':
    case 'poddisruptionbudgets':
    case 'resourcequotas':
    case 'leases':
      break;
    default:
      if (Object.keys(spec).length === 0) delete object.spec;
  }
}

function defaultTemplate(spec: Loose): void {
  const template = spec['template'] as { spec?: PodSpec } | undefined;
  if (template?.spec !== undefined) defaultPodSpec(template.spec);
}

function defaultPodSpec(spec: PodSpec): void {
  fill(spec as unknown as Loose, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
  });
  for (const container of allContainers(spec)) {
    container.resources ??= {};
    const { limits } = container.resources;
    if (limits !== undefined) container.resources.requests = { ...limits, ...container.resources.requests };
  }
}

const allContainers = (spec: PodSpec): Container[] =>
  [...(spec.initContainers ?? []), ...(Array.isArray(spec.containers) ? spec.containers : [])].filter(
    (container) => typeof container === 'object' && container !== null,
  );

const outages: readonly string[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** What admission adds to a new pod: five minutes' patience with a lost node, and its priority. */
export function admitPod(pod: Pod, classes: Iterable<PriorityClass>): void {
  const tolerations: Toleration[] = (pod.spec.tolerations ??= []);
  for (const key of outages)
    if (
      !tolerations.some(
        (one) => (one.key === undefined || one.key === key) && (one.effect ?? 'NoExecute') === 'NoExecute',
      )
    )
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  for (const one of classes)
    if (
      pod.spec.priorityClassName === one.metadata.name ||
      (pod.spec.priorityClassName === undefined && one.globalDefault)
    )
      pod.spec.priority = one.value;
  pod.spec.priority ??= 0;
  pod.status = { phase: 'Pending', qosClass: qosOf(pod.spec) };
}

function qosOf(spec: PodSpec): string {
  const lists = allContainers(spec).flatMap(({ resources }) => [resources?.requests ?? {}, resources?.limits ?? {}]);
  const counts = (list: ResourceList): boolean => 'cpu' in list || 'memory' in list;
  if (!lists.some(counts)) return 'BestEffort';
  const guaranteed = allContainers(spec).every(({ resources }) =>
    ['cpu', 'memory'].every(
      (name) =>
        resources?.limits?.[name] !== undefined &&
        String(resources.requests?.[name]) === String(resources.limits[name]),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

export function defaultNode(node: Node): void {
  node.status ??= {};
  node.status.allocatable ??= { ...node.status.capacity };
  node.metadata.labels = { 'kubernetes.io/hostname': node.metadata.name, ...node.metadata.labels };
}
