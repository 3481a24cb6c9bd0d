// The Kubernetes objects of the embedded cluster, as far as its own controllers read them; all else is carried along unread.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: object[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: object;
  status?: object;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastHeartbeatTime?: string;
  lastUpdateTime?: string;
  lastProbeTime?: null;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: SelectorRequirement[];
}
export interface SelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

export type ResourceList = Record<string, string | number>;
export interface Container {
  name: string;
  image?: string;
  resources?: { requests?: ResourceList; limits?: ResourceList };
  ports?: { containerPort: number; hostPort?: number; protocol?: string }[];
  restartPolicy?: string;
}
export interface Taint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: string;
}
export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}
export interface NodeSelectorTerm {
  matchExpressions?: SelectorRequirement[];
  matchFields?: SelectorRequirement[];
}
export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey: string;
}
export interface Affinity {
  nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] } };
  podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] };
  podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] };
}
export interface TopologySpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: string;
  labelSelector?: LabelSelector;
}
export interface PodSpec {
  nodeName?: string;
  containers: Container[];
  initContainers?: Container[];
  overhead?: ResourceList;
  nodeSelector?: Record<string, string>;
  affinity?: Affinity;
  tolerations?: Toleration[];
  topologySpreadConstraints?: TopologySpreadConstraint[];
  terminationGracePeriodSeconds?: number;
  restartPolicy?: string;
  schedulerName?: string;
  priorityClassName?: string;
  priority?: number;
  schedulingGates?: { name: string }[];
  readinessGates?: { conditionType: string }[];
  hostname?: string;
}
export interface PodStatus {
  phase?: string;
  reason?: string;
  message?: string;
  conditions?: Condition[];
  podIP?: string;
  podIPs?: { ip: string }[];
  hostIP?: string;
  startTime?: string;
  qosClass?: string;
  containerStatuses?: ContainerStatus[];
  nominatedNodeName?: string;
}
export interface ContainerState {
  running?: { startedAt: string };
  waiting?: { reason: string; message: string };
  terminated?: { exitCode: number; reason: string; startedAt: string; finishedAt: string };
}
export interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  containerID?: string;
  restartCount: number;
  ready: boolean;
  started: boolean;
  state: ContainerState;
  lastState?: ContainerState;
}
export interface Pod extends KubeObject {
  spec: PodSpec;
  status: PodStatus;
}

export interface NodeSpec {
  providerID?: string;
  podCIDR?: string;
  unschedulable?: boolean;
  taints?: Taint[];
}
export interface NodeStatus {
  capacity?: ResourceList;
  allocatable?: ResourceList;
  conditions?: Condition[];
  addresses?: { type: string; address: string }[];
  nodeInfo?: Record<string, string>;
}
export interface Node extends KubeObject {
  spec: NodeSpec;
  status: NodeStatus;
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}
export interface WorkloadStatus {
  replicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  updatedReplicas?: number;
  unavailableReplicas?: number;
  fullyLabeledReplicas?: number;
  observedGeneration?: number;
  conditions?: Condition[];
  currentReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
}
export interface ReplicaSet extends KubeObject {
  spec: { replicas: number; selector: LabelSelector; template: PodTemplate; minReadySeconds?: number };
  status?: WorkloadStatus;
}
export interface ReplicationController extends KubeObject {
  spec: { replicas: number; selector: Record<string, string>; template: PodTemplate; minReadySeconds?: number };
  status?: WorkloadStatus;
}
export interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    selector: LabelSelector;
    template: PodTemplate;
    strategy: { type: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } };
    minReadySeconds?: number;
    paused?: boolean;
    revisionHistoryLimit?: number;
    progressDeadlineSeconds?: number;
  };
  status?: WorkloadStatus;
}
export interface StatefulSet extends KubeObject {
  spec: {
    replicas: number;
    selector: LabelSelector;
    serviceName?: string;
    template: PodTemplate;
    podManagementPolicy?: string;
    updateStrategy?: { type: string };
    minReadySeconds?: number;
  };
  status?: WorkloadStatus;
}
export interface DaemonSetStatus {
  currentNumberScheduled: number;
  desiredNumberScheduled: number;
  numberMisscheduled: number;
  numberReady: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  updatedNumberScheduled?: number;
  observedGeneration?: number;
}
export interface DaemonSet extends KubeObject {
  spec: { selector: LabelSelector; template: PodTemplate; updateStrategy?: { type: string } };
  status?: DaemonSetStatus;
}
export interface Job extends KubeObject {
  spec: {
    parallelism?: number;
    completions?: number;
    backoffLimit?: number;
    suspend?: boolean;
    selector?: LabelSelector;
    template: PodTemplate;
  };
  status?: {
    active?: number;
    succeeded?: number;
    failed?: number;
    startTime?: string;
    completionTime?: string;
    conditions?: Condition[];
  };
}
export interface DisruptionBudget extends KubeObject {
  spec: {
    selector?: LabelSelector;
    minAvailable?: number | string;
    maxUnavailable?: number | string;
    unhealthyPodEvictionPolicy?: string;
  };
  status?: {
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    observedGeneration?: number;
    disruptedPods?: Record<string, string>;
    conditions?: Condition[];
  };
}
export interface ResourceQuota extends KubeObject {
  spec: { hard?: ResourceList };
  status?: { hard?: ResourceList; used?: ResourceList };
}
export interface PriorityClass extends KubeObject {
  value: number;
  globalDefault?: boolean;
}
export interface Lease extends KubeObject {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    leaseTransitions?: number;
    acquireTime?: string;
    renewTime?: string;
  };
}
export interface EventObject extends KubeObject {
  involvedObject: { kind: string; name: string; namespace?: string; uid?: string; apiVersion?: string };
  reason: string;
  message?: string;
  type: string;
  /** of events.k8s.io: the three that follow are then not there */
  eventTime?: string | null;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  source?: { component?: string };
  reportingComponent?: string;
  reportingInstance?: string;
  action?: string;
}

/** What is stored under each plural name; the names are unique across the groups that are served. */
export interface Kinds {
  pods: Pod;
  nodes: Node;
  namespaces: KubeObject;
  events: EventObject;
  configmaps: KubeObject;
  persistentvolumes: KubeObject;
  persistentvolumeclaims: KubeObject;
  resourcequotas: ResourceQuota;
  replicationcontrollers: ReplicationController;
  services: KubeObject;
  serviceaccounts: KubeObject;
  secrets: KubeObject;
  deployments: Deployment;
  replicasets: ReplicaSet;
  statefulsets: StatefulSet;
  daemonsets: DaemonSet;
  jobs: Job;
  poddisruptionbudgets: DisruptionBudget;
  leases: Lease;
  storageclasses: KubeObject;
  csinodes: KubeObject;
  priorityclasses: PriorityClass;
  horizontalpodautoscalers: KubeObject;
  rollouts: ReplicaSet;
}
export type ResourceName = keyof Kinds;

/** What a caller hands in: the server fills in the rest. */
export interface ObjectInput {
  apiVersion: string;
  kind: string;
  metadata: Partial<ObjectMeta> & { name?: string };
  [field: string]: unknown;
}

export const keyOf = (namespace: string | undefined, name: string): string =>
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
export const keyOfObject = (object: KubeObject): string => keyOf(object.metadata.namespace, object.metadata.name);

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);
export const isTerminal = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
export const isDeleting = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;
export const conditionOf = (holder: { conditions?: Condition[] } | undefined, type: string): Condition | undefined =>
  holder?.conditions?.find((condition) => condition.type === type);
export const isReady = (object: { status?: { conditions?: Condition[] } }): boolean =>
  conditionOf(object.status, 'Ready')?.status === 'True';
