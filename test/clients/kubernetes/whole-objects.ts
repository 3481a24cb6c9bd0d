// A pod and a workload with every field that anything here reads, among others that nothing reads.

const container = {
  name: 'app',
  image: 'x',
  restartPolicy: 'Always',
  env: [{ name: 'PASSWORD', value: '"hunter2"}]' }],
  resources: { requests: { cpu: '100m' }, limits: { cpu: '1' }, claims: [{ name: 'gpu' }] },
  ports: [{ containerPort: 80 }, { containerPort: 53, hostPort: 53, protocol: 'UDP', hostIP: '10.0.0.1' }],
  livenessProbe: { httpGet: { path: '/', port: 80 } },
};
const rules = {
  requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: { matchLabels: {} } }],
};
const spec = {
  nodeName: 'node-1',
  schedulerName: 'default-scheduler',
  overhead: { cpu: '10m' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 300 }],
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
  priority: 7,
  priorityClassName: 'high',
  preemptionPolicy: 'Never',
  terminationGracePeriodSeconds: 30,
  resources: { requests: { cpu: '2' }, limits: { cpu: '3' } },
  affinity: { podAffinity: rules, podAntiAffinity: rules, nodeAffinity: {} },
  containers: [container, { ...container, name: 'proxy' }],
  initContainers: [{ ...container, name: 'init' }],
  volumes: [
    { name: 'token', secret: { secretName: 's' } },
    { name: 'host', hostPath: { path: '/var', type: 'Directory' } },
    { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
    { name: 'data', persistentVolumeClaim: { claimName: 'd', readOnly: true } },
    { name: 'own', ephemeral: { volumeClaimTemplate: { spec: { storageClassName: 'fast' } } } },
  ],
};
const metadata = {
  name: 'web-1',
  generateName: 'web-',
  namespace: 'shop',
  uid: 'u-1',
  resourceVersion: '7',
  generation: 3,
  creationTimestamp: '2026-11-20T08:00:00Z',
  deletionTimestamp: '2026-11-20T09:00:00Z',
  deletionGracePeriodSeconds: 30,
  labels: { app: 'web', env: 'prod' },
  annotations: { a: 'b' },
  finalizers: ['x'],
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o-1', controller: true, blockOwnerDeletion: true },
  ],
  managedFields: [
    { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': { 'f:template': {} } } },
    {
      manager: 'argocd',
      operation: 'Apply',
      time: '2026-11-20T08:00:00Z',
      subresource: 'scale',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    },
  ],
};
const conditions = ['Ready', 'PodScheduled', 'Initialized'].map((type) => ({
  type,
  status: 'False',
  reason: 'Because',
  message: 'of this',
  lastProbeTime: null,
  lastTransitionTime: '2026-11-20T08:00:00Z',
}));
const statuses = [
  { name: 'app', ready: false, restartCount: 2, image: 'x', state: { waiting: { reason: 'Why', message: 'm' } } },
];

/** Only of a workload anybody asks who set its replicas. */
export const aWholePod = {
  metadata: { ...metadata, managedFields: [] },
  spec,
  status: {
    phase: 'Pending',
    reason: 'Evicted',
    startTime: '2026-11-20T08:00:00Z',
    podIP: '10.0.0.1',
    conditions,
    containerStatuses: statuses,
    initContainerStatuses: statuses,
  },
};

export const aWholeWorkload = {
  metadata,
  spec: {
    replicas: 3,
    paused: false,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' }, annotations: { c: 'd' } }, spec },
  },
  status: { replicas: 3, readyReplicas: 2, updatedReplicas: 1, observedGeneration: 3, conditions, collisionCount: 1 },
};
