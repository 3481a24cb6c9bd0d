// What is watched: each list with its names in the API, the versions it may be served in, and what is kept of its objects.
import type { KubernetesObject } from '../../model/kubernetes.ts';
import type { KubernetesFacts, KubernetesList } from '../../model/snapshot.ts';
import {
  projectAutoscaler,
  projectDaemonSet,
  projectDisruptionBudget,
  projectFields,
  projectNode,
  projectPersistentVolume,
  projectPod,
  projectWorkload,
} from './projections.ts';
import type { Kept } from './json-text.ts';
import type { Projection } from './projections.ts';
import { daemonSetFields, nodeFields, podFields, workloadFields } from './read-fields.ts';
import { sharePod, shareWorkload } from './shared-parts.ts';
import type { ShareParts } from './shared-parts.ts';

export interface WatchedResource<T extends KubernetesObject> {
  readonly plural: string;
  readonly kind: string;
  /** the best first: v1, apps/v1, policy/v1 */
  readonly versions: readonly [string, ...string[]];
  readonly namespaced: boolean;
  readonly project: Projection<T>;
  /** which fields of an answer are read at all */
  readonly fields: Kept;
  /** what objects of one owner have in common; absent: nothing worth it */
  readonly share?: ShareParts<T>;
}

/** Scales and ConfigMaps are not watched: they are read one by one, by their names. */
export type WatchedList = Exclude<KubernetesList, 'scales' | 'configmaps'>;
export type ObjectOf<List extends WatchedList> = NonNullable<KubernetesFacts[List]>[number];

const resource = <T extends KubernetesObject>(
  scope: 'namespaced' | 'cluster',
  plural: string,
  kind: string,
  versions: readonly [string, ...string[]],
  project: Projection<T>,
  more: { readonly fields?: Kept; readonly share?: ShareParts<T> } = {},
): WatchedResource<T> => ({
  plural,
  kind,
  versions,
  namespaced: scope === 'namespaced',
  project,
  fields: 'whole',
  ...more,
});

const projectJob = projectFields({
  spec: ['parallelism', 'completions', 'suspend', 'selector'],
  status: ['active', 'succeeded', 'failed', 'startTime', 'completionTime'],
});
const projectClaim = projectFields({
  spec: ['volumeName', 'storageClassName', 'accessModes', 'resources', 'volumeMode'],
  status: ['phase', 'capacity'],
});

const ofWorkloads = { fields: workloadFields, share: shareWorkload };

export const watchedResources: { readonly [List in WatchedList]: WatchedResource<ObjectOf<List>> } = {
  deployments: resource('namespaced', 'deployments', 'Deployment', ['apps/v1'], projectWorkload, ofWorkloads),
  statefulsets: resource('namespaced', 'statefulsets', 'StatefulSet', ['apps/v1'], projectWorkload, ofWorkloads),
  replicasets: resource('namespaced', 'replicasets', 'ReplicaSet', ['apps/v1'], projectWorkload, ofWorkloads),
  replicationcontrollers: resource(
    'namespaced',
    'replicationcontrollers',
    'ReplicationController',
    ['v1'],
    projectWorkload,
    ofWorkloads,
  ),
  daemonsets: resource('namespaced', 'daemonsets', 'DaemonSet', ['apps/v1'], projectDaemonSet, {
    fields: daemonSetFields,
  }),
  jobs: resource('namespaced', 'jobs', 'Job', ['batch/v1'], projectJob),
  pods: resource('namespaced', 'pods', 'Pod', ['v1'], projectPod, { fields: podFields, share: sharePod }),
  nodes: resource('cluster', 'nodes', 'Node', ['v1'], projectNode, { fields: nodeFields }),
  poddisruptionbudgets: resource(
    'namespaced',
    'poddisruptionbudgets',
    'PodDisruptionBudget',
    ['policy/v1', 'policy/v1beta1'],
    projectDisruptionBudget,
  ),
  persistentvolumes: resource('cluster', 'persistentvolumes', 'PersistentVolume', ['v1'], projectPersistentVolume),
  persistentvolumeclaims: resource(
    'namespaced',
    'persistentvolumeclaims',
    'PersistentVolumeClaim',
    ['v1'],
    projectClaim,
  ),
  storageclasses: resource(
    'cluster',
    'storageclasses',
    'StorageClass',
    ['storage.k8s.io/v1'],
    projectFields({ top: ['provisioner', 'volumeBindingMode', 'allowedTopologies', 'reclaimPolicy'] }),
  ),
  csinodes: resource('cluster', 'csinodes', 'CSINode', ['storage.k8s.io/v1'], projectFields({ spec: ['drivers'] })),
  namespaces: resource('cluster', 'namespaces', 'Namespace', ['v1'], projectFields({ status: ['phase'] })),
  resourcequotas: resource(
    'namespaced',
    'resourcequotas',
    'ResourceQuota',
    ['v1'],
    projectFields({ spec: ['hard', 'scopes', 'scopeSelector'], status: ['hard', 'used'] }),
  ),
  priorityclasses: resource(
    'cluster',
    'priorityclasses',
    'PriorityClass',
    ['scheduling.k8s.io/v1'],
    projectFields({ top: ['value', 'globalDefault', 'preemptionPolicy'] }),
  ),
  horizontalpodautoscalers: resource(
    'namespaced',
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
    ['autoscaling/v2', 'autoscaling/v2beta2', 'autoscaling/v1'],
    projectAutoscaler,
  ),
};

export const watchedLists = Object.keys(watchedResources) as readonly WatchedList[];

/** /apis/apps/v1/namespaces/shop/deployments */
export function pathOf(apiVersion: string, plural: string, namespace?: string, name?: string, sub?: string): string {
  const parts = [apiVersion.includes('/') ? 'apis' : 'api', apiVersion];
  if (namespace !== undefined) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (sub !== undefined) parts.push(sub);
  return `/${parts.join('/')}`;
}
