// Node lifecycle: taints that follow a node's conditions, silence that becomes Unknown, pods that NoExecute drives away.
import { WorkQueue } from '../agenda.ts';
import { isDeleting, isReady, keyOfObject } from '../objects.ts';
import { tolerates } from '../scheduler/placement.ts';
import { deletePod, reactionTime, tell, withCondition } from './cluster.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Node, Pod, Taint } from '../objects.ts';
import type { Cluster } from './cluster.ts';

/** How long a kubelet may be silent before its node is unknown. */
const monitorGrace = 40_000 as Milliseconds;
const managed = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable', 'node.kubernetes.io/unschedulable'];
const component = 'node-controller';

export function startNodeLifecycle(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const queue = new WorkQueue(agenda, reactionTime, (name) => {
    const node = registry.store.get('nodes', name);
    if (node !== undefined) reconcile(cluster, node);
  });
  registry.store.subscribe(({ resource, object, type }) => {
    if (resource === 'nodes' && type !== 'DELETED') queue.add(object.metadata.name);
    if (resource === 'pods' && type === 'ADDED') {
      const { nodeName } = (object as Pod).spec;
      if (nodeName !== undefined) queue.add(nodeName);
    }
  });
}

function reconcile(cluster: Cluster, node: Node): void {
  const { registry } = cluster;
  const ready = node.status.conditions?.find((one) => one.type === 'Ready');
  const trouble = ready?.status === 'True' ? undefined : ready?.status === 'Unknown' ? 'unreachable' : 'not-ready';
  const now = registry.timestamp();
  const wanted: Taint[] = [];
  if (trouble !== undefined)
    for (const effect of ['NoSchedule', 'NoExecute']) wanted.push({ key: `node.kubernetes.io/${trouble}`, effect });
  if (node.spec.unschedulable === true) wanted.push({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' });
  const old = node.spec.taints ?? [];
  const same = (left: Taint, right: Taint): boolean => left.key === right.key && left.effect === right.effect;
  const kept = old.filter((taint) => !managed.includes(taint.key) || wanted.some((one) => same(one, taint)));
  const added = wanted.filter((taint) => !old.some((one) => same(one, taint)));
  const changed = registry.change('nodes', node.metadata.name, (draft) => {
    const taints = [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))];
    if (taints.length === 0) delete draft.spec.taints;
    else draft.spec.taints = taints;
  });
  if (trouble !== undefined) markPods(cluster, node, now);
  if (changed !== undefined) driveAway(cluster, changed);
}

function markPods({ registry }: Cluster, node: Node, now: string): void {
  for (const pod of registry.index.podsOn(node.metadata.name))
    if (isReady(pod))
      registry.change('pods', keyOfObject(pod), (draft) => {
        draft.status.conditions = withCondition(
          draft.status.conditions,
          { type: 'Ready', status: 'False', reason: 'NodeNotReady' },
          now,
        );
      });
}

function driveAway(cluster: Cluster, node: Node): void {
  const { registry, agenda } = cluster;
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (taints.length === 0) return;
  for (const pod of registry.index.podsOn(node.metadata.name)) {
    if (isDeleting(pod)) continue;
    const leave = leavingAt(pod, taints, agenda.now());
    if (leave === undefined) continue;
    const { uid } = pod.metadata;
    agenda.after(Math.max(0, leave - agenda.now()) as Milliseconds, () => {
      const current = registry.store.get('pods', keyOfObject(pod));
      const host = registry.store.get('nodes', node.metadata.name);
      if (current?.metadata.uid !== uid || isDeleting(current) || host === undefined) return;
      const still = (host.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
      const due = leavingAt(current, still, agenda.now());
      if (due === undefined || due > agenda.now()) return;
      tell(
        cluster,
        current,
        'Normal',
        'TaintManagerEviction',
        `Marking for deletion Pod ${keyOfObject(current)}`,
        component,
      );
      deletePod(cluster, current);
    });
  }
}

/** When the pod must be gone; undefined when it may stay. */
function leavingAt(pod: Pod, taints: readonly Taint[], now: number): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    const toleration = tolerates(pod.spec.tolerations ?? [], taint);
    if (toleration !== undefined && toleration.tolerationSeconds === undefined) continue;
    const since = taint.timeAdded === undefined ? now : Date.parse(taint.timeAdded);
    const at = toleration === undefined ? now : since + (toleration.tolerationSeconds ?? 0) * 1000;
    earliest = earliest === undefined ? at : Math.min(earliest, at);
  }
  return earliest;
}

/** A kubelet fell silent: after the grace its node is unknown, unless it spoke again. */
export function watchSilence(cluster: Cluster, name: string): void {
  const { registry, agenda, faults } = cluster;
  agenda.after(monitorGrace, () => {
    if (!faults.has(`nodeDead:${name}`)) return;
    const now = registry.timestamp();
    registry.change('nodes', name, (draft) => {
      draft.status.conditions = (draft.status.conditions ?? []).map((condition) => ({
        ...condition,
        status: 'Unknown' as const,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: condition.status === 'Unknown' ? (condition.lastTransitionTime ?? now) : now,
      }));
    });
  });
}
