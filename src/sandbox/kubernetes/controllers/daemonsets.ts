// DaemonSets: one pod on every node that it may run on, bound by the scheduler through the node's name.
import { WorkQueue } from '../agenda.ts';
import { hashOf } from '../json.ts';
import { controllerOf, isDeleting, isReady, isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { matchesNodeAffinity, untolerated } from '../scheduler/placement.ts';
import { createPod, deletePod, reactionTime } from './cluster.ts';
import type { DaemonSet, Node, Pod, PodSpec, Toleration } from '../objects.ts';
import type { Cluster } from './cluster.ts';

const revisionLabel = 'controller-revision-hash';
// a daemon's pod stays through every trouble of its node
const patience: readonly Toleration[] = [
  'not-ready:NoExecute',
  'unreachable:NoExecute',
  'not-ready:NoSchedule',
  'unreachable:NoSchedule',
  'disk-pressure:NoSchedule',
  'memory-pressure:NoSchedule',
  'pid-pressure:NoSchedule',
  'unschedulable:NoSchedule',
].map((text) => {
  const [key, effect] = text.split(':');
  return { key: `node.kubernetes.io/${key ?? ''}`, operator: 'Exists', effect: effect ?? '' };
});

export function startDaemonSets(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const queue = new WorkQueue(agenda, reactionTime, (key) => {
    const set = registry.store.get('daemonsets', key);
    if (set !== undefined && !isDeleting(set)) reconcile(cluster, set);
  });
  const nodesChanged = new WorkQueue(agenda, reactionTime, () => {
    for (const set of registry.store.list('daemonsets')) queue.add(keyOfObject(set));
  });
  registry.store.subscribe(({ resource, object, type }) => {
    if (resource === 'daemonsets') queue.add(keyOfObject(object));
    else if (resource === 'nodes') nodesChanged.add(type === 'DELETED' ? 'gone' : 'changed');
    else if (resource === 'pods') {
      const owner = controllerOf(object);
      if (owner?.kind === 'DaemonSet') queue.add(keyOf(object.metadata.namespace, owner.name));
    }
  });
}

/** The node a daemon's pod is meant for, whether or not it is bound yet. */
function targetOf(pod: Pod): string | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0];
}

function specFor(template: PodSpec, node: string): PodSpec {
  const terms = template.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [
    {},
  ];
  const onNode = { key: 'metadata.name', operator: 'In', values: [node] };
  return {
    ...template,
    tolerations: [...(template.tolerations ?? []), ...patience],
    affinity: {
      ...template.affinity,
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: terms.map((term) => ({ ...term, matchFields: [onNode] })),
        },
      },
    },
  };
}

function reconcile(cluster: Cluster, set: DaemonSet): void {
  const { registry } = cluster;
  const { template } = set.spec;
  const revision = hashOf(template);
  const spec: PodSpec = { ...template.spec, tolerations: [...(template.spec.tolerations ?? []), ...patience] };
  const mayRun = (node: Node): boolean =>
    matchesNodeAffinity(spec, node) && untolerated(spec, node, ['NoSchedule', 'NoExecute']) === undefined;
  const wanted = new Set(
    registry.store
      .list('nodes')
      .filter(mayRun)
      .map((node) => node.metadata.name),
  );
  const byNode = new Map<string, Pod>();
  for (const pod of registry.index.ownedBy(set.metadata.uid, 'pods')) {
    const node = targetOf(pod);
    if (isDeleting(pod)) {
      if (node !== undefined) byNode.set(node, pod);
    } else if (node === undefined || !wanted.has(node) || isTerminal(pod) || byNode.has(node)) deletePod(cluster, pod);
    else byNode.set(node, pod);
  }
  for (const node of wanted)
    if (!byNode.has(node))
      createPod(cluster, set, template, { labels: { [revisionLabel]: revision }, spec: specFor(template.spec, node) });
  replaceOne(cluster, set, [...byNode.values()], revision);
  const pods = registry.index.ownedBy(set.metadata.uid, 'pods').filter((pod) => !isDeleting(pod));
  const ready = pods.filter(isReady).length;
  registry.change('daemonsets', keyOfObject(set), (draft) => {
    draft.status = {
      currentNumberScheduled: pods.length,
      desiredNumberScheduled: wanted.size,
      numberMisscheduled: 0,
      numberReady: ready,
      numberAvailable: ready,
      numberUnavailable: wanted.size - ready,
      updatedNumberScheduled: pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length,
      observedGeneration: draft.metadata.generation ?? 1,
    };
  });
}

function replaceOne(cluster: Cluster, set: DaemonSet, pods: readonly Pod[], revision: string): void {
  if (set.spec.updateStrategy?.type === 'OnDelete') return;
  const stale = pods.filter((pod) => !isDeleting(pod) && pod.metadata.labels?.[revisionLabel] !== revision);
  const broken = pods.some((pod) => isDeleting(pod) || !isReady(pod));
  const next = stale.find((pod) => !isReady(pod)) ?? (broken ? undefined : stale[0]);
  if (next !== undefined) deletePod(cluster, next);
}
