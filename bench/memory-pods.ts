// Pods as an API server answers them, whole: 3 to 6 KB each with all that nobody here reads, made anew for each page.
import { appName, born, counts, fields, hashOf, hex, managedBy, namespaceOf, pick, uidOf } from './memory-parts.ts';
import type { Json, Machine } from './memory-parts.ts';

const sizes = [
  { cpu: '50m', memory: '128Mi' },
  { cpu: '100m', memory: '256Mi' },
  { cpu: '250m', memory: '512Mi' },
  { cpu: '500m', memory: '1Gi' },
];

export const podManagers = (containers: readonly string[]): readonly Json[] => {
  const ofContainer = fields(
    'env',
    'image',
    'imagePullPolicy',
    'livenessProbe',
    'name',
    'ports',
    'readinessProbe',
    'resources',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'volumeMounts',
  );
  const spec = Object.fromEntries(containers.map((name) => [`k:{"name":"${name}"}`, { '.': {}, ...ofContainer }]));
  const condition = { '.': {}, ...fields('lastProbeTime', 'lastTransitionTime', 'status', 'type') };
  const conditions = ['ContainersReady', 'Initialized', 'PodReadyToStartContainers', 'Ready'];
  return [
    managedBy('kube-controller-manager', {
      'f:metadata': {
        'f:annotations': { '.': {}, ...fields('prometheus.io/port', 'prometheus.io/scrape') },
        'f:generateName': {},
        'f:labels': { '.': {}, ...fields('app', 'app.kubernetes.io/part-of', 'pod-template-hash', 'tier') },
        'f:ownerReferences': { '.': {}, [`k:{"uid":"${uidOf(1, 2)}"}`]: {} },
      },
      'f:spec': {
        'f:containers': spec,
        ...fields('dnsPolicy', 'enableServiceLinks', 'restartPolicy', 'schedulerName', 'securityContext', 'volumes'),
      },
    }),
    managedBy(
      'kubelet',
      {
        'f:status': {
          'f:conditions': Object.fromEntries(conditions.map((type) => [`k:{"type":"${type}"}`, condition])),
          ...fields('containerStatuses', 'hostIP', 'hostIPs', 'phase', 'podIP', 'podIPs', 'startTime'),
        },
      },
      'status',
    ),
  ];
};

const probe = (path: string): Json => ({
  httpGet: { path, port: 'http', scheme: 'HTTP' },
  initialDelaySeconds: 5,
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
});
const serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

function containerOf(name: string, app: number, suffix: string): Json {
  const size = pick(sizes, app);
  const variables = ['LOG_LEVEL', 'DATABASE_URL', 'CACHE_URL', 'QUEUE_URL', 'FEATURE_FLAGS', 'REGION'].slice(
    0,
    3 + (app % 4),
  );
  return {
    name,
    image: `registry.example.org/${namespaceOf(app)}/${name}:1.${app % 20}.${app % 7}`,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      ...variables.map((variable) => ({
        name: variable,
        value: `${variable.toLowerCase()}-of-${appName(app)}.internal:5432`,
      })),
    ],
    resources: { requests: size, limits: { memory: size.memory } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/app', readOnly: true },
      { name: `kube-api-access-${suffix}`, mountPath: serviceAccountPath, readOnly: true },
    ],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/readyz'),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true },
  };
}

export function templateSpec(app: number, suffix: string): Json {
  // Every third has a second container, as a mesh gives it; one in ten spreads over the zones.
  const containers = [containerOf('app', app, suffix), ...(app % 3 === 0 ? [containerOf('proxy', app, suffix)] : [])];
  const spread = {
    maxSkew: 3,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: appName(app) } },
  };
  return {
    volumes: [
      { name: 'config', configMap: { name: `${appName(app)}-config`, defaultMode: 420 } },
      {
        name: `kube-api-access-${suffix}`,
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...(app % 10 === 3 ? { topologySpreadConstraints: [spread] } : {}),
  };
}

interface Owner {
  readonly app: number;
  readonly name: string;
  readonly kind: 'ReplicaSet' | 'StatefulSet' | 'DaemonSet';
  readonly hash: string;
  readonly uid: string;
}

function podOf(index: number, owner: Owner, pod: string, machine: Machine, version: number): Json {
  const { app, kind, hash } = owner;
  const suffix = hex(index + 5, 5);
  const at = new Date(Date.parse(born) + ((index * 7_919) % 20_000_000) * 1_000).toISOString().replace('.000', '');
  const spec = templateSpec(app, suffix);
  const containers = (spec['containers'] as readonly { readonly name: string; readonly image: string }[]).map(
    ({ name, image }) => ({ name, image }),
  );
  const toleration = (key: string): Json => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  const ip = `10.${100 + ((index >> 16) & 255)}.${(index >> 8) & 255}.${index & 255}`;
  const condition = (type: string): Json => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: at });
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: pod,
      generateName: `${owner.name}-`,
      namespace: namespaceOf(app),
      uid: uidOf(index, 1),
      resourceVersion: String(version),
      creationTimestamp: at,
      labels: {
        app: appName(app),
        'app.kubernetes.io/part-of': namespaceOf(app),
        tier: 'web',
        [kind === 'ReplicaSet' ? 'pod-template-hash' : 'controller-revision-hash']: hash,
        ...(kind === 'StatefulSet' ? { 'statefulset.kubernetes.io/pod-name': pod } : {}),
      },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind, name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true },
      ],
      managedFields: podManagers(containers.map(({ name }) => name)),
    },
    spec: {
      ...spec,
      nodeName: machine.name,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      enableServiceLinks: true,
      tolerations: [toleration('node.kubernetes.io/not-ready'), toleration('node.kubernetes.io/unreachable')],
    },
    status: {
      phase: 'Running',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      hostIP: machine.address,
      hostIPs: [{ ip: machine.address }],
      podIP: ip,
      podIPs: [{ ip }],
      startTime: at,
      containerStatuses: containers.map(({ name, image }) => ({
        name,
        state: { running: { startedAt: at } },
        lastState: {},
        ready: true,
        restartCount: index % 50 === 0 ? 1 : 0,
        image,
        imageID: `${image.split(':')[0] ?? ''}@sha256:${hex(app, 64)}`,
        containerID: `containerd://${hex(index, 64)}`,
        started: true,
      })),
      qosClass: 'Burstable',
    },
  };
}

const ofDeployments = counts.deployments * counts.podsOfDeployment;
const ofStatefulSets = counts.statefulSets * counts.podsOfStatefulSet;
export const podCount = (machines: number): number => ofDeployments + ofStatefulSets + counts.daemonSets * machines;

/** A fifth of the machines carries a third of what the others do; no two pods of an app follow each other. */
function seatOf(index: number, machines: readonly Machine[]): Machine {
  const seat = (index * 7_919) % (13 * Math.ceil(machines.length / 5));
  const [block, within] = [Math.floor(seat / 13), seat % 13];
  return pick(machines, 5 * block + (within === 0 ? 0 : 1 + Math.floor((within - 1) / 3)));
}

export function pod(index: number, machines: readonly Machine[], version = 1_000_000 + index): Json {
  if (index < ofDeployments) {
    const app = index % counts.deployments;
    const hash = hashOf(app, 0);
    const name = `${appName(app)}-${hash}`;
    const owner = { app, name, kind: 'ReplicaSet', hash, uid: uidOf(app, 3) } as const;
    return podOf(index, owner, `${name}-${index.toString(36).padStart(5, 'x')}`, seatOf(index, machines), version);
  }
  const rest = index - ofDeployments;
  if (rest < ofStatefulSets) {
    const app = counts.deployments + (rest % counts.statefulSets);
    const name = appName(app);
    const owner = { app, name, kind: 'StatefulSet', hash: `${name}-${hashOf(app, 0)}`, uid: uidOf(app, 4) } as const;
    return podOf(index, owner, `${name}-${Math.floor(rest / counts.statefulSets)}`, seatOf(index, machines), version);
  }
  const daemon = (rest - ofStatefulSets) % counts.daemonSets;
  const machine = machines[Math.floor((rest - ofStatefulSets) / counts.daemonSets)] as Machine;
  const app = counts.deployments + counts.statefulSets + daemon;
  const owner = { app, name: appName(app), kind: 'DaemonSet', hash: hashOf(app, 0), uid: uidOf(app, 5) } as const;
  return podOf(index, owner, `${appName(app)}-${index.toString(36).padStart(5, 'x')}`, machine, version);
}
