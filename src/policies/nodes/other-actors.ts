// Who else changes a node group: Magnum's own cluster-autoscaler, its auto-healer, or somebody unknown by their deeds.
import { resizedAnnotation, type ResizedByPerson } from '../../model/annotations.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import type { KubernetesObject, Node } from '../../model/kubernetes.ts';
import type { GroupMemory, SentResize } from '../../model/memory.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import type { ConfigMap, Snapshot } from '../../model/snapshot.ts';
import { instantOf, minutes, type Instant } from '../../model/units.ts';

/** The names that `coexist` knows. */
export type ActorName = 'cluster-autoscaler' | 'magnum-auto-healer' | 'others';

export interface OtherActor {
  readonly name: ActorName;
  /** what gives it away, for people */
  readonly sign: string;
}

const autoscalerTaints = ['ToBeDeletedByClusterAutoscaler', 'DeletionCandidateOfClusterAutoscaler'];
const statusName = 'cluster-autoscaler-status';
const updatedAnnotation = 'cluster-autoscaler.kubernetes.io/last-updated';
/** It writes every 10 s: what is older was left behind by one that is gone. */
const statusHolds = minutes(10);
const changesCount = 2;
const changesWithin = minutes(10);

const isOn = (value: string | undefined): boolean => /^(?:true|1|yes|on|t|y)$/i.test(value ?? '');

/** "2026-11-20 08:00:00.123456 +0000 UTC": Go's own way to print a time. */
function goTime(text: string | undefined): Instant | null {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d)/.exec(text ?? '');
  if (parts === null) return instantOf(text);
  const [, date = '', time = '', hours = '', rest = ''] = parts;
  return instantOf(`${date}T${time}${hours}:${rest}`);
}

const groupsInStatus = (status: string): readonly string[] =>
  [...status.matchAll(/^[\s-]*name:\s*(\S+)\s*$/gim)].flatMap(([, name]) => name ?? []);

function statusSign(maps: readonly ConfigMap[] | undefined, group: MagnumNodeGroup, now: Instant): string | null {
  const map = maps?.find(({ metadata }) => metadata.name === statusName);
  if (map === undefined) return null;
  const updated = goTime(map.metadata.annotations?.[updatedAnnotation]);
  if (updated === null || now - updated > statusHolds) return null;
  const listed = groupsInStatus(map.data?.['status'] ?? '').filter((name) => name !== 'cluster-wide');
  // One that names its groups leaves the others alone.
  const isMeant =
    listed.length === 0 || listed.some((name) => name.includes(group.name) || name.includes(group.uuid.slice(0, 8)));
  return isMeant ? `ConfigMap ${map.metadata.namespace ?? 'kube-system'}/${statusName}` : null;
}

function taintSign(nodes: readonly Node[]): string | null {
  for (const { metadata, spec } of nodes) {
    const taint = spec?.taints?.find(({ key }) => autoscalerTaints.includes(key));
    if (taint !== undefined) return `${taint.key} on ${metadata.name}`;
  }
  return null;
}

function healerSign(snapshot: Snapshot, labels: Readonly<Record<string, string>>): string | null {
  const named = ({ metadata }: KubernetesObject): boolean => metadata.name.startsWith('magnum-auto-healer');
  const { daemonsets = [], deployments = [] } = snapshot.kubernetes;
  const daemonSet = daemonsets.find(named);
  if (daemonSet !== undefined) return `DaemonSet ${daemonSet.metadata.namespace ?? ''}/${daemonSet.metadata.name}`;
  const deployment = deployments.find(named);
  if (deployment !== undefined) return `Deployment ${deployment.metadata.namespace ?? ''}/${deployment.metadata.name}`;
  const isLabelled = isOn(labels['auto_healing_enabled']) && labels['auto_healing_controller'] === 'magnum-auto-healer';
  return isLabelled ? 'label auto_healing_controller=magnum-auto-healer' : null;
}

export interface ActorFacts {
  readonly group: MagnumNodeGroup;
  /** of the group */
  readonly nodes: readonly Node[];
  readonly snapshot: Snapshot;
  readonly memory: Pick<GroupMemory, 'foreignChanges'>;
  readonly now: Instant;
}

export function otherActors({ group, nodes, snapshot, memory, now }: ActorFacts): readonly OtherActor[] {
  // A group's own label speaks for it; without one the cluster's does.
  const labels = { ...snapshot.magnum.cluster?.labels, ...group.labels };
  const autoscaler =
    (isOn(labels['auto_scaling_enabled']) ? 'label auto_scaling_enabled=true' : null) ??
    statusSign(snapshot.kubernetes.configmaps, group, now) ??
    taintSign(nodes);
  const healer = healerSign(snapshot, labels);
  const changes = recentChanges(memory.foreignChanges, now);
  const actors: OtherActor[] = [];
  if (autoscaler !== null) actors.push({ name: 'cluster-autoscaler', sign: autoscaler });
  if (healer !== null) actors.push({ name: 'magnum-auto-healer', sign: healer });
  if (changes.length >= changesCount)
    actors.push({ name: 'others', sign: `${changes.length} changes of the count within 10 min` });
  return actors;
}

/** Those that the policy does not agree to live with. */
export const unwelcome = (actors: readonly OtherActor[], coexist: readonly string[]): readonly OtherActor[] =>
  actors.filter(({ name }) => !coexist.includes(name));

export const actorsText = (actors: readonly OtherActor[]): string =>
  actors.map(({ name, sign }) => `${name} (${sign})`).join(', ');

function recentChanges(changes: readonly Instant[] | undefined, now: Instant): readonly Instant[] {
  return (changes ?? []).filter((at) => now - at < changesWithin && at <= now);
}

function resizedOn(node: Node): ResizedByPerson | null {
  try {
    return JSON.parse(node.metadata.annotations?.[resizedAnnotation] ?? 'null') as ResizedByPerson | null;
  } catch {
    return null;
  }
}

/**
 * The group's nodes tell who has asked for this count: a person with `springtide resize`, or whoever has drained some of them
 * to give them back, the daemon itself too, which may have died before it could remember.
 */
export function isToldByNodes(nodes: readonly Node[], group: MagnumNodeGroup, now: Instant): boolean {
  const isResize = (node: Node): boolean => {
    const resized = resizedOn(node);
    if (resized?.to !== group.node_count || resized.nodeGroup !== group.name) return false;
    return Math.abs(now - resized.at) < changesWithin;
  };
  const isGivenBack = (node: Node): boolean => drainOf(node)?.countAfter === group.node_count;
  return nodes.some((node) => isResize(node) || isGivenBack(node));
}

/** The count is neither what it was nor what we asked for: somebody else has changed it. A single change is adopted. */
export function withCountSeen(
  memory: GroupMemory,
  { node_count: count }: MagnumNodeGroup,
  asked: SentResize | null,
  now: Instant,
  /** people have taken the nodes over, or it is known who has asked for just this count */
  isExplained = false,
): GroupMemory {
  const { seenCount, foreignChanges } = memory;
  const isForeign = !isExplained && seenCount !== undefined && count !== seenCount && count !== asked?.to;
  const changes = recentChanges(foreignChanges, now);
  const kept = isForeign ? [...changes, now] : changes;
  return {
    ...memory,
    seenCount: count,
    ...(kept.length === 0 && foreignChanges === undefined ? {} : { foreignChanges: kept }),
  };
}
