// Everything beside pods that the API server of the memory's bench has: nodes, workloads, claims, budgets.
import {
  appName,
  born,
  counts,
  fields,
  hashOf,
  hex,
  managedBy,
  namespaceOf,
  namespaces,
  pick,
  uidOf,
  zones,
} from './memory-parts.ts';
import type { Json, Machine } from './memory-parts.ts';
import { pod, podCount, podManagers, templateSpec } from './memory-pods.ts';

function node(index: number, machine: Machine, version = 500_000 + index): Json {
  const condition = (type: string, status: string): Json => ({
    type,
    status,
    lastHeartbeatTime: new Date().toISOString(),
    lastTransitionTime: born,
    reason: `Kubelet${type}`,
    message: `kubelet says ${type} is ${status}`,
  });
  const pressures = ['NetworkUnavailable', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: machine.name,
      uid: uidOf(index, 6),
      resourceVersion: String(version),
      creationTimestamp: born,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/hostname': machine.name,
        'magnum.openstack.org/nodegroup': machine.group,
        'magnum.openstack.org/role': 'worker',
        'node.kubernetes.io/instance-type': 'm1.xlarge',
        'topology.kubernetes.io/region': 'RegionOne',
        'topology.kubernetes.io/zone': pick(zones, index),
      },
      annotations: {
        'csi.volume.kubernetes.io/nodeid': `{"cinder.csi.openstack.org":"${machine.providerId}"}`,
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      managedFields: [
        managedBy('kubelet', { 'f:metadata': { 'f:labels': fields('a', 'b', 'c') }, 'f:spec': fields('providerID') }),
        managedBy('kubelet', { 'f:status': fields('allocatable', 'capacity', 'conditions', 'images') }, 'status'),
      ],
    },
    spec: { podCIDR: `10.${index >> 8}.${index & 255}.0/24`, providerID: machine.providerId },
    status: {
      capacity: {
        cpu: '16',
        memory: '65849828Ki',
        pods: '110',
        'ephemeral-storage': '102687672Ki',
        'hugepages-2Mi': '0',
      },
      allocatable: {
        cpu: '16',
        memory: '65747428Ki',
        pods: '110',
        'ephemeral-storage': '94636958Ki',
        'hugepages-2Mi': '0',
      },
      conditions: [...pressures.map((type) => condition(type, 'False')), condition('Ready', 'True')],
      addresses: [
        { type: 'InternalIP', address: machine.address },
        { type: 'Hostname', address: machine.name },
      ],
      nodeInfo: {
        systemUUID: machine.providerId.split('/').at(-1),
        kubeletVersion: 'v1.31.1',
        osImage: 'Fedora CoreOS',
      },
      images: Array.from({ length: 40 }, (_, image) => ({
        names: [
          `registry.example.org/image-${image}@sha256:${hex(image, 64)}`,
          `registry.example.org/image-${image}:1.0`,
        ],
        sizeBytes: 100_000_000 + image,
      })),
    },
  };
}

const workloadBase = (kind: string, app: number, name: string, uid: string, version: number): Json => ({
  kind,
  apiVersion: 'apps/v1',
  metadata: {
    name,
    namespace: namespaceOf(app),
    uid,
    resourceVersion: String(version),
    generation: 3,
    creationTimestamp: born,
    labels: { app: appName(app), 'app.kubernetes.io/part-of': namespaceOf(app), tier: 'web' },
    annotations: {
      'deployment.kubernetes.io/revision': '3',
      'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(1_500),
    },
    managedFields: [
      managedBy('kubectl-client-side-apply', {
        'f:spec': { ...fields('replicas', 'selector', 'strategy'), 'f:template': podManagers(['app'])[0] },
      }),
      managedBy(
        'kube-controller-manager',
        { 'f:status': fields('availableReplicas', 'conditions', 'readyReplicas') },
        'status',
      ),
    ],
  },
});

function workload(kind: string, app: number, name: string, replicas: number, uid: string, hash?: string): Json {
  const labels = { app: appName(app), tier: 'web', ...(hash === undefined ? {} : { 'pod-template-hash': hash }) };
  return {
    ...workloadBase(kind, app, name, uid, 100_000 + app),
    spec: {
      replicas,
      selector: { matchLabels: { app: appName(app), ...(hash === undefined ? {} : { 'pod-template-hash': hash }) } },
      template: { metadata: { creationTimestamp: null, labels }, spec: templateSpec(app, 'tmpl0') },
    },
    status: {
      observedGeneration: 3,
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      updatedReplicas: replicas,
    },
  };
}

const owned = (app: number): Json => ({
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'Deployment', name: appName(app), uid: uidOf(app, 2), controller: true },
  ],
});

function replicaSet(index: number): Json {
  const revisions = counts.oldReplicaSets + 1;
  const [app, revision] = [Math.floor(index / revisions), index % revisions];
  const hash = hashOf(app, revision);
  const uid = revision === 0 ? uidOf(app, 3) : uidOf(app, 30 + revision);
  const set = workload(
    'ReplicaSet',
    app,
    `${appName(app)}-${hash}`,
    revision === 0 ? counts.podsOfDeployment : 0,
    uid,
    hash,
  );
  return { ...set, metadata: { ...(set['metadata'] as Json), ...owned(app) } };
}

const simple = (kind: string, apiVersion: string, name: string, namespace: string | undefined, rest: Json): Json => ({
  kind,
  apiVersion,
  metadata: {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: `uid-${kind}-${name}`,
    resourceVersion: '1000',
    creationTimestamp: born,
  },
  ...rest,
});

export interface Listed {
  readonly count: number;
  readonly make: (index: number) => Json;
}

/** What the API server has, by the plural's name; whatever is asked for beyond it is an empty list. */
export function listsOf(machines: readonly Machine[]): Readonly<Record<string, Listed>> {
  const first = counts.deployments;
  return {
    pods: { count: podCount(machines.length), make: (index) => pod(index, machines) },
    nodes: { count: machines.length, make: (index) => node(index, machines[index] as Machine) },
    deployments: {
      count: counts.deployments,
      make: (app) => workload('Deployment', app, appName(app), counts.podsOfDeployment, uidOf(app, 2)),
    },
    replicasets: { count: counts.deployments * (counts.oldReplicaSets + 1), make: replicaSet },
    statefulsets: {
      count: counts.statefulSets,
      make: (index) =>
        workload(
          'StatefulSet',
          first + index,
          appName(first + index),
          counts.podsOfStatefulSet,
          uidOf(first + index, 4),
        ),
    },
    daemonsets: {
      count: counts.daemonSets,
      make: (index) => {
        const app = first + counts.statefulSets + index;
        return workload('DaemonSet', app, appName(app), 0, uidOf(app, 5));
      },
    },
    jobs: {
      count: counts.jobs,
      make: (index) =>
        simple('Job', 'batch/v1', `job-${index}`, namespaceOf(index), {
          spec: { completions: 1 },
          status: { succeeded: 1 },
        }),
    },
    poddisruptionbudgets: {
      count: Math.floor(counts.deployments / 3),
      make: (index) =>
        simple('PodDisruptionBudget', 'policy/v1', appName(index * 3), namespaceOf(index * 3), {
          spec: { maxUnavailable: 5, selector: { matchLabels: { app: appName(index * 3) } } },
          status: { disruptionsAllowed: 5, currentHealthy: 50, desiredHealthy: 45, expectedPods: 50 },
        }),
    },
    persistentvolumes: {
      count: counts.claims,
      make: (index) =>
        simple('PersistentVolume', 'v1', `pvc-${hex(index, 12)}`, undefined, {
          spec: {
            capacity: { storage: '10Gi' },
            accessModes: ['ReadWriteOnce'],
            csi: { driver: 'cinder.csi.openstack.org', volumeHandle: hex(index, 36) },
          },
          status: { phase: 'Bound' },
        }),
    },
    persistentvolumeclaims: {
      count: counts.claims,
      make: (index) =>
        simple('PersistentVolumeClaim', 'v1', `data-${index}`, namespaceOf(index), {
          spec: {
            volumeName: `pvc-${hex(index, 12)}`,
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '10Gi' } },
          },
          status: { phase: 'Bound', capacity: { storage: '10Gi' } },
        }),
    },
    csinodes: {
      count: machines.length,
      make: (index) =>
        simple('CSINode', 'storage.k8s.io/v1', (machines[index] as Machine).name, undefined, {
          spec: {
            drivers: [
              {
                name: 'cinder.csi.openstack.org',
                nodeID: machines[index]?.providerId,
                topologyKeys: ['topology.cinder.csi.openstack.org/zone'],
                allocatable: { count: 26 },
              },
            ],
          },
        }),
    },
    namespaces: {
      count: namespaces,
      make: (index) => simple('Namespace', 'v1', namespaceOf(index), undefined, { status: { phase: 'Active' } }),
    },
  };
}
