// Each kind cut down to the fields that decisions use, on arrival: 10,000 whole pods would cost a quarter of a gigabyte.
import type {
  DaemonSet,
  HorizontalPodAutoscaler,
  KubernetesObject,
  Node,
  ObjectMeta,
  PersistentVolume,
  Pod,
  PodDisruptionBudget,
  Workload,
} from '../../model/kubernetes.ts';

export type Json = Readonly<Record<string, unknown>>;
export type Projection<T extends KubernetesObject> = (raw: Json, apiVersion: string, kind: string) => T;

const longestText = 1024;
const neverKept = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision-history',
]);

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isEmptyObject = (value: object): boolean => Object.keys(value).length === 0;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** The named fields that are there; undefined where the source is none. */
function pick(source: unknown, ...keys: readonly string[]): Record<string, unknown> | undefined {
  if (!isObject(source)) return undefined;
  const picked: Record<string, unknown> = {};
  for (const key of keys) {
    const value = source[key];
    if (value !== undefined && value !== null) picked[key] = typeof value === 'string' ? clipped(value) : value;
  }
  return picked;
}

const clipped = (text: string): string => (text.length > longestText ? text.slice(0, longestText) : text);
const each = (value: unknown, ...keys: readonly string[]): Record<string, unknown>[] | undefined =>
  Array.isArray(value) ? value.map((one) => pick(one, ...keys) ?? {}) : undefined;
/** Sets the key only where there is something: an absent field must cost nothing. */
function put(into: Record<string, unknown> | undefined, key: string, value: unknown): void {
  if (into !== undefined && value !== undefined) into[key] = value;
}

export function projectMeta(raw: unknown): ObjectMeta {
  const meta = pick(
    raw,
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'labels',
  );
  const kept = { ...meta };
  if (!isObject(raw)) return kept as unknown as ObjectMeta;
  put(kept, 'annotations', projectAnnotations(raw['annotations']));
  put(kept, 'ownerReferences', each(raw['ownerReferences'], 'apiVersion', 'kind', 'name', 'uid', 'controller'));
  put(kept, 'managedFields', projectManagers(raw['managedFields']));
  return kept as unknown as ObjectMeta;
}

/** Who set spec.replicas; the fields of all others would be half of every object. */
function projectManagers(raw: unknown): Record<string, unknown>[] | undefined {
  const owners = listOf(raw).filter((entry) => {
    const fields = isObject(entry) ? entry['fieldsV1'] : undefined;
    const spec = isObject(fields) ? fields['f:spec'] : undefined;
    return isObject(spec) && spec['f:replicas'] !== undefined;
  });
  return owners.length === 0 ? undefined : each(owners, 'manager', 'operation', 'time', 'subresource');
}

/** Long values belong to others and may hold anything; springtide's own are always kept. */
function projectAnnotations(raw: unknown): Record<string, string> | undefined {
  if (!isObject(raw)) return undefined;
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (typeof value !== 'string' || neverKept.has(key)) continue;
    if (value.length <= longestText || key.startsWith('springtide.io/')) kept[key] = value;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function base(raw: Json, apiVersion: string, kind: string): Record<string, unknown> & KubernetesObject {
  return { apiVersion, kind, metadata: projectMeta(raw['metadata']) };
}

function projectPodSpec(raw: unknown): Record<string, unknown> | undefined {
  const spec = pick(
    raw,
    'nodeName',
    'overhead',
    'nodeSelector',
    'tolerations',
    'topologySpreadConstraints',
    'priority',
    'priorityClassName',
    'preemptionPolicy',
    'terminationGracePeriodSeconds',
  );
  if (!isObject(raw)) return undefined;
  put(spec, 'containers', projectContainers(raw['containers']));
  put(spec, 'initContainers', projectContainers(raw['initContainers']));
  put(spec, 'resources', projectRequests(raw['resources']));
  put(spec, 'affinity', pick(raw['affinity'], 'nodeAffinity', 'podAffinity', 'podAntiAffinity'));
  const volumes = listOf(raw['volumes'])
    .map(projectVolume)
    .filter((volume) => volume !== null);
  if (volumes.length > 0) put(spec, 'volumes', volumes);
  return spec;
}

/** Of the whole pod. */
function projectRequests(raw: unknown): Record<string, unknown> | undefined {
  const kept = pick(raw, 'requests');
  return kept === undefined || isEmptyObject(kept) ? undefined : kept;
}

function projectContainers(raw: unknown): Record<string, unknown>[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  return raw.map((container: unknown) => {
    const kept = pick(container, 'name', 'restartPolicy') ?? {};
    if (!isObject(container)) return kept;
    const resources = pick(container['resources'], 'requests', 'limits');
    if (resources !== undefined && Object.keys(resources).length > 0) kept['resources'] = resources;
    const ports = listOf(container['ports']).filter((port) => isObject(port) && port['hostPort'] !== undefined);
    if (ports.length > 0) kept['ports'] = each(ports, 'hostPort', 'protocol', 'hostIP');
    return kept;
  });
}

/** Only volumes that tie a pod to its node or to a disk; what is mounted from secrets is nobody's business here. */
function projectVolume(raw: unknown): Record<string, unknown> | null {
  if (!isObject(raw)) return null;
  if (isObject(raw['hostPath'])) return { name: raw['name'], hostPath: pick(raw['hostPath'], 'path', 'type') };
  if (isObject(raw['emptyDir'])) return { name: raw['name'], emptyDir: pick(raw['emptyDir'], 'medium') };
  if (isObject(raw['persistentVolumeClaim']))
    return { name: raw['name'], persistentVolumeClaim: pick(raw['persistentVolumeClaim'], 'claimName') };
  if (isObject(raw['ephemeral'])) {
    const template = raw['ephemeral']['volumeClaimTemplate'];
    return { name: raw['name'], ephemeral: pick(isObject(template) ? template['spec'] : {}, 'storageClassName') ?? {} };
  }
  return null;
}

const conditionKeys = ['type', 'status', 'reason', 'message', 'lastTransitionTime'];
/** The others of a pod's conditions are steps on the way to these two. */
const podConditions: ReadonlySet<unknown> = new Set(['PodScheduled', 'Ready']);

export const projectPod: Projection<Pod> = (raw, apiVersion, kind) => {
  const pod = base(raw, apiVersion, kind);
  put(pod, 'spec', projectPodSpec(raw['spec']));
  const status = pick(raw['status'], 'phase', 'reason', 'startTime', 'nominatedNodeName');
  if (isObject(raw['status'])) {
    const conditions = each(raw['status']['conditions'], ...conditionKeys)?.filter(({ type }) =>
      podConditions.has(type),
    );
    // Filtering leaves room for more, times 150,000 pods: the copy has none.
    put(status, 'conditions', conditions?.slice());
    for (const list of ['containerStatuses', 'initContainerStatuses']) {
      const containers = raw['status'][list];
      if (Array.isArray(containers)) put(status, list, containers.map(projectContainerStatus));
    }
  }
  put(pod, 'status', status);
  return pod;
};

function projectContainerStatus(raw: unknown): Record<string, unknown> {
  const kept = pick(raw, 'name', 'restartCount', 'ready') ?? {};
  const state = isObject(raw) && isObject(raw['state']) ? raw['state'] : {};
  if (isObject(state['waiting'])) kept['state'] = { waiting: pick(state['waiting'], 'reason') };
  return kept;
}

export const projectNode: Projection<Node> = (raw, apiVersion, kind) => {
  const node = base(raw, apiVersion, kind);
  put(node, 'spec', pick(raw['spec'], 'providerID', 'unschedulable', 'taints'));
  const status = pick(raw['status'], 'capacity', 'allocatable');
  if (isObject(raw['status'])) {
    put(status, 'conditions', each(raw['status']['conditions'], ...conditionKeys));
    put(status, 'addresses', each(raw['status']['addresses'], 'type', 'address'));
    put(status, 'nodeInfo', pick(raw['status']['nodeInfo'], 'systemUUID'));
  }
  put(node, 'status', status);
  return node;
};

function projectTemplate(raw: unknown): Record<string, unknown> | undefined {
  if (!isObject(raw)) return undefined;
  const template: Record<string, unknown> = {};
  if (isObject(raw['metadata'])) template['metadata'] = projectMeta(raw['metadata']);
  put(template, 'spec', projectPodSpec(raw['spec']));
  return template;
}

export const projectWorkload: Projection<Workload> = (raw, apiVersion, kind) => {
  const workload = base(raw, apiVersion, kind);
  const spec = pick(raw['spec'], 'replicas', 'selector');
  if (isObject(raw['spec'])) put(spec, 'template', projectTemplate(raw['spec']['template']));
  put(workload, 'spec', spec);
  const status = pick(raw['status'], 'replicas', 'readyReplicas', 'updatedReplicas', 'observedGeneration');
  if (isObject(raw['status'])) put(status, 'conditions', each(raw['status']['conditions'], ...conditionKeys));
  put(workload, 'status', status);
  return workload;
};

export const projectDaemonSet: Projection<DaemonSet> = (raw, apiVersion, kind) => {
  const daemonSet = base(raw, apiVersion, kind);
  const spec = pick(raw['spec'], 'selector');
  if (isObject(raw['spec'])) put(spec, 'template', projectTemplate(raw['spec']['template']));
  put(daemonSet, 'spec', spec);
  return daemonSet;
};

export const projectDisruptionBudget: Projection<PodDisruptionBudget> = (raw, apiVersion, kind) => {
  const budget = base(raw, apiVersion, kind);
  const spec = pick(raw['spec'], 'selector', 'minAvailable', 'maxUnavailable');
  // In v1beta1 an empty selector matches no pod; in v1 it matches all.
  const selector = spec?.['selector'];
  const isEmpty = isObject(selector) && Object.values(selector).every((part) => !isObject(part) || isEmptyObject(part));
  if (spec !== undefined && apiVersion === 'policy/v1beta1' && isEmpty) spec['selector'] = null;
  put(budget, 'spec', spec);
  put(budget, 'status', pick(raw['status'], 'disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'));
  return budget;
};

/** Its spec as it is written, in whichever version: what is made of it is not decided here. */
export const projectAutoscaler: Projection<HorizontalPodAutoscaler> = (raw, apiVersion, kind) => {
  const autoscaler = base(raw, apiVersion, kind);
  if (isObject(raw['spec'])) put(autoscaler, 'spec', raw['spec']);
  put(autoscaler, 'status', pick(raw['status'], 'currentReplicas', 'desiredReplicas', 'lastScaleTime'));
  return autoscaler;
};

/** For kinds of which decisions use a handful of fields as they are. */
export const projectFields =
  <T extends KubernetesObject>(fields: {
    readonly top?: readonly string[];
    readonly spec?: readonly string[];
    readonly status?: readonly string[];
  }): Projection<T> =>
  (raw, apiVersion, kind) => {
    const kept = { ...base(raw, apiVersion, kind), ...pick(raw, ...(fields.top ?? [])) };
    if (fields.spec) put(kept, 'spec', pick(raw['spec'], ...fields.spec));
    if (fields.status) put(kept, 'status', pick(raw['status'], ...fields.status));
    return kept as unknown as T;
  };

/** Of its CSI source only the driver's name: handles and attributes are long and nobody asks for them. */
export const projectPersistentVolume: Projection<PersistentVolume> = (raw, apiVersion, kind) => {
  const volume = base(raw, apiVersion, kind);
  const spec = pick(raw['spec'], 'capacity', 'accessModes', 'storageClassName', 'nodeAffinity');
  if (isObject(raw['spec'])) {
    put(spec, 'claimRef', pick(raw['spec']['claimRef'], 'namespace', 'name'));
    put(spec, 'csi', pick(raw['spec']['csi'], 'driver'));
  }
  put(volume, 'spec', spec);
  put(volume, 'status', pick(raw['status'], 'phase'));
  return volume;
};
