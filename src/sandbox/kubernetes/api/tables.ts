// The printed columns of kubectl get: lists and objects as meta.k8s.io/v1 Tables.
import type { Kinds, KubeObject, Node, Pod, ResourceName } from '../objects.ts';

type Cell = string | number;
interface Column {
  readonly name: string;
  /** Shown with -o wide only. */
  readonly wide?: boolean;
  readonly cell: (object: KubeObject) => Cell;
}

/** The span from a timestamp, as kubectl shortens it. */
export function ageOf(timestamp: string | undefined, now: number): string {
  if (timestamp === undefined) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(timestamp)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10 && seconds % 60 > 0) return `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8 && minutes % 60 > 0) return `${hours}h${minutes % 60}m`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** A cell of one kind's column; the resource only names the kind. */
const on =
  <R extends ResourceName>(
    _resource: R,
    read: (object: Kinds[R]) => Cell | undefined,
  ): ((object: KubeObject) => Cell) =>
  (object) =>
    read(object as Kinds[R]) ?? '<none>';
const count = (value: number | undefined): number => value ?? 0;

function podState({ metadata, status }: Pod): string {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = status.containerStatuses?.find((one) => one.state.waiting !== undefined)?.state.waiting;
  return waiting?.reason ?? (status.phase === 'Succeeded' ? 'Completed' : (status.phase ?? 'Unknown'));
}

function nodeState(node: Node): string {
  const ready = node.status.conditions?.find((one) => one.type === 'Ready')?.status;
  const state = ready === 'True' ? 'Ready' : 'NotReady';
  return node.spec.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const rolesOf = ({ metadata }: Node): string =>
  Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith('node-role.kubernetes.io/'))
    .map((label) => label.slice('node-role.kubernetes.io/'.length))
    .join(',') || '<none>';

const columns: Partial<Record<ResourceName, readonly Column[]>> = {
  pods: [
    {
      name: 'Ready',
      cell: on('pods', ({ spec, status }) => {
        const ready = (status.containerStatuses ?? []).filter((one) => one.ready).length;
        return `${ready}/${spec.containers.length}`;
      }),
    },
    { name: 'Status', cell: on('pods', podState) },
    { name: 'Restarts', cell: on('pods', ({ status }) => count(status.containerStatuses?.[0]?.restartCount)) },
    { name: 'IP', wide: true, cell: on('pods', ({ status }) => status.podIP) },
    { name: 'Node', wide: true, cell: on('pods', ({ spec }) => spec.nodeName) },
  ],
  nodes: [
    { name: 'Status', cell: on('nodes', nodeState) },
    { name: 'Roles', cell: on('nodes', rolesOf) },
    { name: 'Version', cell: on('nodes', ({ status }) => status.nodeInfo?.['kubeletVersion']) },
    { name: 'Internal-IP', wide: true, cell: on('nodes', ({ status }) => status.addresses?.[0]?.address) },
  ],
  deployments: [
    {
      name: 'Ready',
      cell: on('deployments', ({ spec, status }) => `${count(status?.readyReplicas)}/${spec.replicas}`),
    },
    { name: 'Up-to-date', cell: on('deployments', ({ status }) => count(status?.updatedReplicas)) },
    { name: 'Available', cell: on('deployments', ({ status }) => count(status?.availableReplicas)) },
  ],
  statefulsets: [
    {
      name: 'Ready',
      cell: on('deployments', ({ spec, status }) => `${count(status?.readyReplicas)}/${spec.replicas}`),
    },
  ],
  replicasets: [
    { name: 'Desired', cell: on('replicasets', ({ spec }) => spec.replicas) },
    { name: 'Current', cell: on('replicasets', ({ status }) => count(status?.replicas)) },
    { name: 'Ready', cell: on('replicasets', ({ status }) => count(status?.readyReplicas)) },
  ],
  poddisruptionbudgets: [
    { name: 'Min Available', cell: on('poddisruptionbudgets', ({ spec }) => spec.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', cell: on('poddisruptionbudgets', ({ spec }) => spec.maxUnavailable ?? 'N/A') },
    {
      name: 'Allowed Disruptions',
      cell: on('poddisruptionbudgets', ({ status }) => count(status?.disruptionsAllowed)),
    },
  ],
  namespaces: [
    { name: 'Status', cell: on('namespaces', ({ status }) => (status as { phase?: string } | undefined)?.phase) },
  ],
  events: [
    { name: 'Type', cell: on('events', ({ type }) => type) },
    { name: 'Reason', cell: on('events', ({ reason }) => reason) },
    {
      name: 'Object',
      cell: on('events', (one) => `${one.involvedObject.kind.toLowerCase()}/${one.involvedObject.name}`),
    },
    { name: 'Message', cell: on('events', ({ message }) => message) },
  ],
};

/** Whether a client would rather have a table; kubectl names it before plain JSON. */
export const wantsTable = (accept: string): boolean => /as=Table/.test(accept) && /v=v1\b(?!beta)/.test(accept);

export function tableOf(resource: ResourceName, objects: readonly KubeObject[], metadata: object, now: number): object {
  const own = columns[resource] ?? [];
  const column = (name: string, priority = 0, format = ''): object => ({
    name,
    type: 'string',
    format,
    description: name,
    priority,
  });
  const [narrow, wide] = [own.filter((one) => one.wide !== true), own.filter((one) => one.wide === true)];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      column('Name', 0, 'name'),
      ...narrow.map(({ name }) => column(name)),
      column('Age'),
      ...wide.map(({ name }) => column(name, 1)),
    ],
    rows: objects.map((object) => ({
      cells: [
        object.metadata.name,
        ...narrow.map(({ cell }) => cell(object)),
        ageOf(object.metadata.creationTimestamp, now),
        ...wide.map(({ cell }) => cell(object)),
      ],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}
