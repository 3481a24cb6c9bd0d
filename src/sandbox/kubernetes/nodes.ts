// New machines: what a node says of itself when its kubelet registers.
import { gitVersionOf } from './api/discovery.ts';
import { printQuantity, quantityOf } from './quantity.ts';
import { exact } from './scheduler/requests.ts';
import type { Milliseconds } from '../../model/units.ts';
import type { Agenda } from './agenda.ts';
import type { Registry } from './api/registry.ts';
import type { Condition, Node, ResourceList, Taint } from './objects.ts';

export interface NewNode {
  readonly name: string;
  readonly providerID?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** Quantities; the defaults are 4 cores, 16 GiB and 110 pods. */
  readonly cpu?: string | number;
  readonly memory?: string | number;
  readonly pods?: number;
  readonly ephemeralStorage?: string;
  /** Extended resources, such as nvidia.com/gpu. */
  readonly extended?: Readonly<ResourceList>;
  /** What the kubelet keeps for itself: allocatable is less by this. */
  readonly reserved?: { readonly cpu?: string | number; readonly memory?: string | number };
  /** From registering to Ready (default at once). */
  readonly readyAfter?: Milliseconds;
  readonly internalIP?: string;
}

export const readyAfterAnnotation = 'sandbox.springtide.io/ready-after-seconds';

export function addNode(registry: Registry, agenda: Agenda, node: NewNode): Node {
  const capacity: ResourceList = {
    cpu: String(node.cpu ?? 4),
    memory: String(node.memory ?? '16Gi'),
    pods: String(node.pods ?? 110),
    'ephemeral-storage': node.ephemeralStorage ?? '100Gi',
    ...node.extended,
  };
  const allocatable = { ...capacity };
  for (const name of ['cpu', 'memory'] as const) {
    const kept = quantityOf(node.reserved?.[name]);
    if (kept > 0) allocatable[name] = printQuantity(name, Math.max(0, exact(quantityOf(capacity[name]) - kept)));
  }
  const uuid = node.providerID?.split('/').at(-1) ?? node.name;
  return registry.create('nodes', undefined, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...node.labels,
      },
      annotations: { ...node.annotations, [readyAfterAnnotation]: String((node.readyAfter ?? 0) / 1000) },
    },
    spec: {
      ...(node.providerID === undefined ? {} : { providerID: node.providerID }),
      ...(node.taints === undefined ? {} : { taints: node.taints.map((taint) => ({ ...taint })) }),
    },
    status: {
      capacity,
      allocatable,
      // a new kubelet has not looked at itself yet
      conditions: readiness('False', registry.timestamp()),
      addresses: [
        { type: 'InternalIP', address: node.internalIP ?? addressFor(node.name) },
        { type: 'Hostname', address: node.name },
      ],
      nodeInfo: {
        machineID: uuid.replaceAll('-', ''),
        systemUUID: uuid,
        bootID: String(Math.floor(agenda.now())),
        kernelVersion: '6.1.0',
        osImage: 'Embedded cluster',
        containerRuntimeVersion: 'containerd://1.7.0',
        kubeletVersion: gitVersionOf(registry.version),
        kubeProxyVersion: gitVersionOf(registry.version),
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  });
}

export function readiness(status: 'True' | 'False', at: string): Condition[] {
  const condition = (type: string, value: 'True' | 'False', reason: string, message: string): Condition => ({
    type,
    status: value,
    reason,
    message,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  });
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    status === 'True'
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition('Ready', 'False', 'KubeletNotReady', 'container runtime network not ready'),
  ];
}

/** A stable private address for a name. */
function addressFor(name: string): string {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return `10.${64 + (hash & 63)}.${(hash >>> 8) & 255}.${1 + ((hash >>> 16) % 250)}`;
}
