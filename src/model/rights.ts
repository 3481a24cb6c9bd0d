// The rights that springtide uses in Kubernetes: the one table behind the manifests, the doctor and the tests.

export type RightsVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** A rule of RBAC. */
export interface Right {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly RightsVerb[];
  /** only the objects of these names */
  readonly resourceNames?: readonly string[];
}

const seen = ['list', 'watch'] as const;
const right = (
  apiGroup: string,
  resources: readonly string[],
  verbs: readonly RightsVerb[],
  resourceNames?: readonly string[],
): Right => ({ apiGroups: [apiGroup], resources, verbs, ...(resourceNames !== undefined && { resourceNames }) });

/**
 * What belongs together is granted together. `see` and `tell` are enough for a dry run; `scale`, `sleep` and `choose` act on pods,
 * `nodes` acts on VMs; `own` holds only in springtide's own namespace; `policies` is for ConfigMaps of tenants.
 */
export const rights = {
  /** kinds without a namespace */
  seeCluster: [
    right('', ['namespaces', 'nodes', 'persistentvolumes'], seen),
    right('storage.k8s.io', ['csinodes', 'storageclasses'], seen),
    right('scheduling.k8s.io', ['priorityclasses'], seen),
  ],
  see: [
    right('', ['persistentvolumeclaims', 'pods', 'replicationcontrollers', 'resourcequotas'], seen),
    right('apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], seen),
    right('batch', ['jobs'], seen),
    right('policy', ['poddisruptionbudgets'], seen),
    right('autoscaling', ['horizontalpodautoscalers'], seen),
  ],
  /** whether a cluster-autoscaler runs as well */
  seeOthers: [right('', ['configmaps'], ['get'], ['cluster-autoscaler-status'])],
  /** what it did, under kubectl describe */
  tell: [right('events.k8s.io', ['events'], ['create'])],
  /** the lease of the leader; memory, switch, ledger and configuration as ConfigMaps */
  own: [
    right('coordination.k8s.io', ['leases'], ['get', 'list', 'watch', 'create', 'update']),
    right('', ['configmaps'], ['get', 'list', 'watch', 'create', 'update', 'delete']),
  ],
  scale: [
    right('apps', ['deployments/scale', 'replicasets/scale', 'statefulsets/scale'], ['get', 'update']),
    right('', ['replicationcontrollers/scale'], ['get', 'update']),
  ],
  /** the annotation springtide.io/previous-replicas on what is put to sleep */
  sleep: [
    right('apps', ['deployments', 'replicasets', 'statefulsets'], ['patch']),
    right('', ['replicationcontrollers'], ['patch']),
  ],
  /** the annotation of Kubernetes that says which pods go first */
  choose: [right('', ['pods'], ['patch'])],
  nodes: [right('', ['nodes'], ['get', 'patch', 'delete']), right('', ['pods/eviction'], ['create'])],
  policies: [right('', ['configmaps'], ['list', 'watch'])],
} as const satisfies Record<string, readonly Right[]>;

export type RightsName = keyof typeof rights;
