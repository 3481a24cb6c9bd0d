// A second reading of the scheduler's rules, as plainly as they are documented: no counters, no caches, everything looked at anew.
import type {
  LabelSelector,
  PodAffinityTerm,
  PodSpec,
  SelectorRequirement,
  TopologySpreadConstraint,
} from '../../../../src/model/kubernetes.ts';
import { requestsOf } from '../../../../src/policies/pod-facts.ts';
import type { Room } from '../../../../src/policies/nodes/room.ts';

export interface Resident {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export interface NaiveNode {
  readonly room: Room;
  readonly pods: readonly Resident[];
}

type Labels = Readonly<Record<string, string>>;

function meets({ key, operator, values = [] }: SelectorRequirement, labels: Labels): boolean {
  const has = Object.hasOwn(labels, key);
  const isOne = has && values.includes(labels[key] ?? '');
  if (operator === 'In') return isOne;
  if (operator === 'NotIn') return !isOne;
  return operator === 'Exists' ? has : !has;
}

function selects(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  if (selector === null || selector === undefined) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every((one) => meets(one, labels));
}

export type NamespaceList = Readonly<Record<string, Labels>>;

function means(term: PodAffinityTerm, owner: Resident, pod: Resident, namespaces: NamespaceList): boolean {
  const listed = term.namespaces ?? [];
  const bySelector = term.namespaceSelector ?? null;
  const inNamespace =
    bySelector === null
      ? (listed.length === 0 ? [owner.namespace] : listed).includes(pod.namespace)
      : listed.includes(pod.namespace) || selects(bySelector, namespaces[pod.namespace] ?? {});
  return inNamespace && selects(term.labelSelector, pod.labels);
}

const required = (rules: NonNullable<PodSpec['affinity']>['podAffinity']): readonly PodAffinityTerm[] =>
  rules?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

const sameDomain = (one: NaiveNode, other: NaiveNode, key: string): boolean =>
  one.room.labels[key] !== undefined && one.room.labels[key] === other.room.labels[key];

function nodeAllows(spec: PodSpec, { room }: NaiveNode): boolean {
  const labelled = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => room.labels[key] === value);
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return (
    labelled &&
    (terms === undefined || terms.some((term) => (term.matchExpressions ?? []).every((one) => meets(one, room.labels))))
  );
}

function spreadAllows(
  rule: TopologySpreadConstraint,
  pod: Resident,
  node: NaiveNode,
  all: readonly NaiveNode[],
): boolean {
  const own = node.room.labels[rule.topologyKey];
  if (own === undefined) return false;
  const domains = new Map<string, number>();
  for (const other of all) {
    const domain = other.room.labels[rule.topologyKey];
    if (domain === undefined) continue;
    if ((pod.spec.topologySpreadConstraints ?? []).some((one) => other.room.labels[one.topologyKey] === undefined))
      continue;
    if (rule.nodeAffinityPolicy !== 'Ignore' && !nodeAllows(pod.spec, other)) continue;
    const matching = other.pods.filter(
      (one) => one.namespace === pod.namespace && selects(rule.labelSelector, one.labels),
    );
    domains.set(domain, (domains.get(domain) ?? 0) + matching.length);
  }
  const least = domains.size < (rule.minDomains ?? 1) ? 0 : Math.min(...domains.values());
  const self = selects(rule.labelSelector, pod.labels) ? 1 : 0;
  return (domains.get(own) ?? 0) + self - least <= (rule.maxSkew ?? 1);
}

function affinityAllows(pod: Resident, node: NaiveNode, all: readonly NaiveNode[], namespaces: NamespaceList): boolean {
  const terms = required(pod.spec.affinity?.podAffinity);
  if (terms.length === 0) return true;
  if (terms.some((term) => node.room.labels[term.topologyKey] === undefined)) return false;
  const isMeant = (other: Resident): boolean => terms.every((term) => means(term, pod, other, namespaces));
  const near = terms.every((term) =>
    all.some((other) => sameDomain(node, other, term.topologyKey) && other.pods.some(isMeant)),
  );
  if (near) return true;
  const anywhere = terms.some((term) =>
    all.some((other) => other.room.labels[term.topologyKey] !== undefined && other.pods.some(isMeant)),
  );
  return !anywhere && isMeant(pod);
}

function antiAffinityAllows(
  pod: Resident,
  node: NaiveNode,
  all: readonly NaiveNode[],
  namespaces: NamespaceList,
): boolean {
  const mine = required(pod.spec.affinity?.podAntiAffinity);
  for (const other of all)
    for (const resident of other.pods) {
      if (mine.some((term) => sameDomain(node, other, term.topologyKey) && means(term, pod, resident, namespaces)))
        return false;
      const theirs = required(resident.spec.affinity?.podAntiAffinity);
      if (theirs.some((term) => sameDomain(node, other, term.topologyKey) && means(term, resident, pod, namespaces)))
        return false;
    }
  return true;
}

function roomAllows(pod: Resident, { room, pods }: NaiveNode): boolean {
  if (pods.length * 1000 + 1000 > (room.capacity['pods'] ?? 0)) return false;
  for (const [name, milli] of Object.entries(requestsOf(pod.spec))) {
    const used = pods.reduce((sum, one) => sum + (requestsOf(one.spec)[name] ?? 0), 0);
    if (milli > 0 && used + milli > (room.capacity[name] ?? 0)) return false;
  }
  const portsOf = (one: Resident): readonly number[] =>
    (one.spec.containers ?? []).flatMap((container) => (container.ports ?? []).map((port) => port.hostPort ?? 0));
  return !portsOf(pod).some((port) => pods.some((other) => portsOf(other).includes(port)));
}

export function naivelyFits(
  pod: Resident,
  node: NaiveNode,
  all: readonly NaiveNode[],
  namespaces: NamespaceList,
): boolean {
  const taints = node.room.taints.every((taint) =>
    (pod.spec.tolerations ?? []).some((one) => one.key === taint.key && one.operator === 'Exists'),
  );
  return (
    taints &&
    nodeAllows(pod.spec, node) &&
    roomAllows(pod, node) &&
    affinityAllows(pod, node, all, namespaces) &&
    antiAffinityAllows(pod, node, all, namespaces) &&
    (pod.spec.topologySpreadConstraints ?? []).every((rule) => spreadAllows(rule, pod, node, all))
  );
}
