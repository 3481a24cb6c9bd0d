// The table of what the embedded API server serves, by the Kubernetes version that it plays.
import type { ResourceName } from './objects.ts';

export type KubernetesVersion = '1.20' | '1.31';
export type Subresource = 'status' | 'scale' | 'eviction';

export interface Resource {
  readonly name: ResourceName;
  readonly singular: string;
  readonly kind: string;
  readonly group: string;
  /** Served versions; the first is the one objects are kept in. */
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Whether a change of its spec raises metadata.generation. */
  readonly generation: boolean;
}

type Scope = 'cluster' | 'namespace';
const served = (
  name: ResourceName,
  kind: string,
  group: string,
  versions: readonly string[],
  scope: Scope,
  shortNames: readonly string[] = [],
  subresources: readonly Subresource[] = [],
  generation = false,
): Resource => ({
  name,
  singular: kind.toLowerCase(),
  kind,
  group,
  versions,
  namespaced: scope === 'namespace',
  shortNames,
  subresources,
  generation,
});

export function resourcesOf(version: KubernetesVersion): readonly Resource[] {
  const policy = version === '1.20' ? ['v1beta1'] : ['v1'];
  const autoscaling = version === '1.20' ? ['v1'] : ['v2', 'v1'];
  const v1 = ['v1'];
  return [
    served('pods', 'Pod', '', v1, 'namespace', ['po'], ['status', 'eviction']),
    served('nodes', 'Node', '', v1, 'cluster', ['no'], ['status']),
    served('namespaces', 'Namespace', '', v1, 'cluster', ['ns'], ['status']),
    served('events', 'Event', '', v1, 'namespace', ['ev']),
    served('configmaps', 'ConfigMap', '', v1, 'namespace', ['cm']),
    served('secrets', 'Secret', '', v1, 'namespace'),
    served('serviceaccounts', 'ServiceAccount', '', v1, 'namespace', ['sa']),
    served('services', 'Service', '', v1, 'namespace', ['svc'], ['status']),
    served('persistentvolumes', 'PersistentVolume', '', v1, 'cluster', ['pv'], ['status']),
    served('persistentvolumeclaims', 'PersistentVolumeClaim', '', v1, 'namespace', ['pvc'], ['status']),
    served('resourcequotas', 'ResourceQuota', '', v1, 'namespace', ['quota'], ['status']),
    served('replicationcontrollers', 'ReplicationController', '', v1, 'namespace', ['rc'], ['status', 'scale'], true),
    served('deployments', 'Deployment', 'apps', v1, 'namespace', ['deploy'], ['status', 'scale'], true),
    served('replicasets', 'ReplicaSet', 'apps', v1, 'namespace', ['rs'], ['status', 'scale'], true),
    served('statefulsets', 'StatefulSet', 'apps', v1, 'namespace', ['sts'], ['status', 'scale'], true),
    served('daemonsets', 'DaemonSet', 'apps', v1, 'namespace', ['ds'], ['status'], true),
    served('jobs', 'Job', 'batch', v1, 'namespace', [], ['status'], true),
    served('poddisruptionbudgets', 'PodDisruptionBudget', 'policy', policy, 'namespace', ['pdb'], ['status'], true),
    served('leases', 'Lease', 'coordination.k8s.io', v1, 'namespace'),
    served('storageclasses', 'StorageClass', 'storage.k8s.io', v1, 'cluster', ['sc']),
    served('csinodes', 'CSINode', 'storage.k8s.io', v1, 'cluster'),
    served('priorityclasses', 'PriorityClass', 'scheduling.k8s.io', v1, 'cluster', ['pc']),
    served(
      'horizontalpodautoscalers',
      'HorizontalPodAutoscaler',
      'autoscaling',
      autoscaling,
      'namespace',
      ['hpa'],
      ['status'],
    ),
    // a custom kind with a scale subresource, its pods owned by it alone
    served('rollouts', 'Rollout', 'argoproj.io', ['v1alpha1'], 'namespace', ['ro'], ['status', 'scale'], true),
  ];
}

export const eventsGroup = 'events.k8s.io';

/** The same objects once more, under another group and in its words. */
export function viewsOf(resources: readonly Resource[]): readonly Resource[] {
  return resources.filter(({ name }) => name === 'events').map((one) => ({ ...one, group: eventsGroup }));
}

export const groupVersion = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;
export const storedVersion = (resource: Resource): string => groupVersion(resource.group, resource.versions[0] ?? 'v1');
/** As error messages name a resource: deployments.apps. */
export const qualifiedName = (resource: Resource): string =>
  resource.group === '' ? resource.name : `${resource.name}.${resource.group}`;
