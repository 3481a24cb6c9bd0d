// The scheduler: binds pods to the emptiest node that will have them, and says why when none will.
import { WorkQueue } from '../agenda.ts';
import { canonicalJson } from '../json.ts';
import { isDeleting, isTerminal, keyOfObject } from '../objects.ts';
import { tell, withCondition } from '../controllers/cluster.ts';
import { dependsOnOthers, refusalOf } from './placement.ts';
import { podRequests } from './requests.ts';
import { Seats } from './seats.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Cluster } from '../controllers/cluster.ts';
import type { Node, Pod } from '../objects.ts';
import type { Change } from '../store.ts';
import type { Refusal, Room, Seat } from './placement.ts';
import type { Amounts } from './requests.ts';

const bindingDelay = 100 as Milliseconds;
const retryDelay = 1000 as Milliseconds;
const component = 'default-scheduler';

export function startScheduler(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const seats = new Seats(registry.store);
  const waiting = new Set<string>();
  const passes = new WorkQueue(agenda, bindingDelay, () => schedule(cluster, seats, waiting));
  const retries = new WorkQueue(agenda, retryDelay, () => schedule(cluster, seats, waiting));
  registry.store.subscribe((change) => {
    if (change.resource === 'nodes' && (change.type !== 'MODIFIED' || roomChanged(change))) {
      if (waiting.size > 0) retries.add('nodes');
    } else if (change.resource === 'pods') {
      const pod = change.object as Pod;
      const key = keyOfObject(pod);
      if (change.type !== 'DELETED' && needsPlace(pod)) {
        if (waiting.has(key)) return;
        waiting.add(key);
        passes.add('pods');
        return;
      }
      waiting.delete(key);
      const freed = change.type === 'DELETED' || (isTerminal(pod) && !isTerminal((change.previous ?? pod) as Pod));
      if (freed && waiting.size > 0) retries.add('pods');
    }
  });
}

const needsPlace = (pod: Pod): boolean =>
  pod.spec.nodeName === undefined &&
  !isDeleting(pod) &&
  !isTerminal(pod) &&
  pod.spec.schedulerName === component &&
  (pod.spec.schedulingGates ?? []).length === 0;

/** Heartbeats come often and free nothing. */
function roomChanged({ object, previous }: Change): boolean {
  const view = (node: Node): string => canonicalJson([node.spec, node.metadata.labels, node.status.allocatable]);
  return previous === undefined || view(object as Node) !== view(previous as Node);
}

function schedule(cluster: Cluster, seats: Seats, waiting: ReadonlySet<string>): void {
  const { registry } = cluster;
  const pods = [...waiting]
    .map((key) => registry.store.get('pods', key))
    .filter((pod) => pod !== undefined)
    .map((pod, order) => ({ pod, order }))
    .sort((a, b) => (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) || a.order - b.order);
  // within a pass room only shrinks: what did not fit once fits no like of it either
  const refused = new Map<string, string>();
  for (const { pod } of pods) {
    const requests = podRequests(pod.spec);
    const { tolerations, nodeSelector, affinity } = pod.spec;
    const ports = pod.spec.containers.map((container) => container.ports);
    const shape = dependsOnOthers(pod)
      ? undefined
      : canonicalJson([requests, tolerations, nodeSelector, affinity, ports]);
    const known = shape === undefined ? undefined : refused.get(shape);
    const found = known ?? place(pod, requests, seats.room(), registry.version);
    if (typeof found === 'string') {
      if (shape !== undefined) refused.set(shape, found);
      leaveWaiting(cluster, pod, found);
    } else bind(cluster, pod, found.node.metadata.name);
  }
}

function place(pod: Pod, requests: Amounts, room: Room, version: '1.20' | '1.31'): Seat | string {
  const { seats } = room;
  if (seats.length === 0) return 'no nodes available to schedule pods';
  const refusals: Refusal[] = [];
  let best: { readonly seat: Seat; readonly score: number } | undefined;
  for (const seat of seats) {
    const refusal = refusalOf(pod, requests, seat, room, version);
    if (refusal !== undefined) refusals.push(refusal);
    else {
      const score = emptiness(requests, seat);
      if (best === undefined || score > best.score) best = { seat, score };
    }
  }
  return best?.seat ?? explain(refusals, seats.length, version);
}

/** The mean share of cores and memory that would stay free. */
function emptiness(requests: Readonly<Amounts>, { allocatable, used }: Seat): number {
  const free = (name: string): number => {
    const all = allocatable[name] ?? 0;
    return all === 0 ? 0 : (all - (used[name] ?? 0) - (requests[name] ?? 0)) / all;
  };
  return (free('cpu') + free('memory')) / 2;
}

function explain(refusals: readonly Refusal[], nodes: number, version: '1.20' | '1.31'): string {
  const counts = new Map<string, number>();
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const told = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const message = `0/${nodes} nodes are available: ${told.join(', ')}.`;
  if (version === '1.20') return message;
  const hopeless = refusals.filter(({ resolvable }) => !resolvable).length;
  const preemption = [
    ...(hopeless === 0 ? [] : [`${hopeless} Preemption is not helpful for scheduling`]),
    ...(hopeless === nodes ? [] : [`${nodes - hopeless} No preemption victims found for incoming pod`]),
  ].sort();
  return `${message} preemption: 0/${nodes} nodes are available: ${preemption.join(', ')}.`;
}

function bind(cluster: Cluster, pod: Pod, node: string): void {
  const { registry } = cluster;
  const now = registry.timestamp();
  registry.change('pods', keyOfObject(pod), (draft) => {
    draft.spec.nodeName = node;
    draft.status.conditions = withCondition(draft.status.conditions, { type: 'PodScheduled', status: 'True' }, now);
  });
  const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  tell(cluster, pod, 'Normal', 'Scheduled', `Successfully assigned ${name} to ${node}`, component);
}

function leaveWaiting(cluster: Cluster, pod: Pod, message: string): void {
  const { registry } = cluster;
  const old = pod.status.conditions?.find((one) => one.type === 'PodScheduled');
  if (old?.message === message) return;
  const now = registry.timestamp();
  registry.change('pods', keyOfObject(pod), (draft) => {
    draft.status.conditions = withCondition(
      draft.status.conditions,
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
      now,
    );
  });
  tell(cluster, pod, 'Warning', 'FailedScheduling', message, component);
}
