// Which fields of a kind are read from an answer at all; what is made of them is the projections' part. Both must name the same.
import { keptOf } from './json-text.ts';
import type { Wish } from './json-text.ts';

const all = (...keys: readonly string[]): { readonly [key: string]: true } =>
  Object.fromEntries(keys.map((key) => [key, true] as const));

const meta = {
  ...all('name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'),
  ...all('deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations'),
  ownerReferences: [all('apiVersion', 'kind', 'name', 'uid', 'controller')],
} as const;
/** Only of what has replicas anybody asks who set them; elsewhere these fields are a third of every object. */
const managedFields = [
  { ...all('manager', 'operation', 'time', 'subresource'), fieldsV1: { 'f:spec': { 'f:replicas': true } } },
] as const;

const container = {
  ...all('name', 'restartPolicy'),
  resources: all('requests', 'limits'),
  ports: [all('hostPort', 'protocol', 'hostIP')],
} as const;
const podSpec = {
  ...all('nodeName', 'overhead', 'nodeSelector', 'tolerations', 'topologySpreadConstraints', 'priority'),
  ...all('priorityClassName', 'preemptionPolicy', 'terminationGracePeriodSeconds', 'affinity', 'resources'),
  containers: [container],
  initContainers: [container],
  volumes: [all('name', 'hostPath', 'emptyDir', 'persistentVolumeClaim', 'ephemeral')],
} as const;
const template = { metadata: meta, spec: podSpec } as const;
const conditions = [all('type', 'status', 'reason', 'message', 'lastTransitionTime')] as const;
const containerStatuses = [{ ...all('name', 'restartCount', 'ready'), state: { waiting: all('reason') } }] as const;

const wishes = {
  pod: {
    metadata: meta,
    spec: podSpec,
    status: {
      ...all('phase', 'reason', 'startTime'),
      conditions,
      containerStatuses,
      initContainerStatuses: containerStatuses,
    },
  },
  node: {
    metadata: meta,
    spec: all('providerID', 'unschedulable', 'taints'),
    status: { ...all('capacity', 'allocatable', 'addresses'), conditions, nodeInfo: all('systemUUID') },
  },
  workload: {
    metadata: { ...meta, managedFields },
    spec: { ...all('replicas', 'selector'), template },
    status: { ...all('replicas', 'readyReplicas', 'updatedReplicas', 'observedGeneration'), conditions },
  },
  daemonSet: { metadata: { ...meta, managedFields }, spec: { selector: true, template } },
} as const satisfies Readonly<Record<string, Wish>>;

export const podFields = keptOf(wishes.pod);
export const nodeFields = keptOf(wishes.node);
export const workloadFields = keptOf(wishes.workload);
export const daemonSetFields = keptOf(wishes.daemonSet);
