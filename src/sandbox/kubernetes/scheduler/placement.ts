// May this pod run on this node? The scheduler's own questions, in its order, with its words for a no.
import { keyOfObject } from '../objects.ts';
import { requirementMatches } from '../../../model/selector-requirement.ts';
import { selects } from '../selectors.ts';
import { exact } from './requests.ts';
import type { Node, NodeSelectorTerm, Pod, PodAffinityTerm, PodSpec, Taint, Toleration } from '../objects.ts';
import type { KubernetesVersion } from '../resources.ts';
import type { Amounts } from './requests.ts';

/** A node and what is bound to it. */
export interface Seat {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly used: Amounts;
  readonly pods: Map<string, Pod>;
  /** Those of the pods that keep others away (required anti-affinity). */
  readonly repelling: Map<string, Pod>;
}

/** All seats, and those among them whose pods keep others away. */
export interface Room {
  readonly seats: readonly Seat[];
  readonly repelling: readonly Seat[];
}

export interface Refusal {
  readonly reasons: readonly string[];
  /** Whether evicting lesser pods could help. */
  readonly resolvable: boolean;
}

export function tolerates(tolerations: readonly Toleration[], taint: Taint): Toleration | undefined {
  return tolerations.find(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (effect === undefined || effect === '' || effect === taint.effect) &&
      (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );
}

export const untolerated = (spec: PodSpec, node: Node, effects: readonly string[]): Taint | undefined =>
  (node.spec.taints ?? []).find(
    (taint) => effects.includes(taint.effect) && tolerates(spec.tolerations ?? [], taint) === undefined,
  );

export function matchesNodeAffinity(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => requirementMatches(one, node.metadata.labels ?? {})) &&
    matchFields.every((one) => requirementMatches(one, { 'metadata.name': node.metadata.name }))
  );
}

/** Why the node will not have the pod; undefined when it will. Only the first question that fails is told, as in the real one. */
export function refusalOf(
  pod: Pod,
  requests: Readonly<Amounts>,
  seat: Seat,
  room: Room,
  version: KubernetesVersion,
): Refusal | undefined {
  const { node } = seat;
  const never = (reason: string): Refusal => ({ reasons: [reason], resolvable: false });
  const maybe = (reason: string): Refusal => ({ reasons: [reason], resolvable: true });
  const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec.unschedulable === true && tolerates(pod.spec.tolerations ?? [], cordon) === undefined)
    return never('node(s) were unschedulable');
  const taint = untolerated(pod.spec, node, ['NoSchedule', 'NoExecute']);
  if (taint !== undefined) {
    const text = `{${taint.key}: ${taint.value ?? ''}}`;
    return never(
      version === '1.20'
        ? `node(s) had taint ${text}, that the pod didn't tolerate`
        : `node(s) had untolerated taint ${text}`,
    );
  }
  if (!matchesNodeAffinity(pod.spec, node))
    return never(`node(s) didn't match Pod's node affinity${version === '1.20' ? '' : '/selector'}`);
  if (hostPortsTaken(pod, seat)) return maybe("node(s) didn't have free ports for the requested pod ports");
  const lacking = lacks(requests, seat);
  if (lacking.length > 0) return { reasons: lacking, resolvable: fitsEmpty(requests, seat) };
  const spread = breaksSpread(pod, seat, room.seats);
  if (spread !== undefined) return spread;
  return breaksPodAffinity(pod, seat, room);
}

function lacks(requests: Readonly<Amounts>, { allocatable, used, pods }: Seat): string[] {
  const reasons: string[] = [];
  if (pods.size + 1 > (allocatable['pods'] ?? Infinity)) reasons.push('Too many pods');
  for (const [name, amount] of Object.entries(requests))
    if (amount > 0 && exact((used[name] ?? 0) + amount) > (allocatable[name] ?? 0))
      reasons.push(`Insufficient ${name}`);
  return reasons;
}

const fitsEmpty = (requests: Readonly<Amounts>, { allocatable }: Seat): boolean =>
  Object.entries(requests).every(([name, amount]) => amount <= (allocatable[name] ?? 0));

const hostPortsOf = (pod: Pod): string[] =>
  pod.spec.containers
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
    .map(({ hostPort, protocol }) => `${hostPort ?? 0}/${protocol ?? 'TCP'}`);

function hostPortsTaken(pod: Pod, { pods }: Seat): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  return [...pods.values()].some((other) => hostPortsOf(other).some((port) => wanted.includes(port)));
}

const domainOf = (node: Node, key: string): string | undefined => node.metadata.labels?.[key];

function breaksSpread(pod: Pod, seat: Seat, seats: readonly Seat[]): Refusal | undefined {
  const text = "node(s) didn't match pod topology spread constraints";
  for (const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } of pod.spec.topologySpreadConstraints ?? []) {
    if (whenUnsatisfiable !== 'DoNotSchedule') continue;
    const domain = domainOf(seat.node, topologyKey);
    if (domain === undefined) return { reasons: [`${text} (missing required label)`], resolvable: false };
    const counts = new Map<string, number>();
    for (const other of seats) {
      const where = domainOf(other.node, topologyKey);
      if (where === undefined || !matchesNodeAffinity(pod.spec, other.node)) continue;
      const here = [...other.pods.values()].filter(
        (one) =>
          one.metadata.namespace === pod.metadata.namespace &&
          one.metadata.deletionTimestamp === undefined &&
          selects(labelSelector, one.metadata.labels),
      ).length;
      counts.set(where, (counts.get(where) ?? 0) + here);
    }
    const self = selects(labelSelector, pod.metadata.labels) ? 1 : 0;
    if ((counts.get(domain) ?? 0) + self - Math.min(...counts.values()) > maxSkew)
      return { reasons: [text], resolvable: true };
  }
  return undefined;
}

const termSelects = ({ labelSelector, namespaces }: PodAffinityTerm, holder: Pod, other: Pod): boolean =>
  (namespaces === undefined || namespaces.length === 0
    ? other.metadata.namespace === holder.metadata.namespace
    : namespaces.includes(other.metadata.namespace ?? '')) && selects(labelSelector, other.metadata.labels);

function breaksPodAffinity(pod: Pod, seat: Seat, { seats, repelling }: Room): Refusal | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const together = (term: PodAffinityTerm): Pod[] => {
    const domain = domainOf(seat.node, term.topologyKey);
    if (domain === undefined) return [];
    return seats
      .filter((other) => domainOf(other.node, term.topologyKey) === domain)
      .flatMap((other) => [...other.pods.values()]);
  };
  for (const term of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (together(term).some((other) => termSelects(term, pod, other))) continue;
    // the first pod of a group that attracts itself may start anywhere
    const nobody = !seats.some((other) => [...other.pods.values()].some((one) => termSelects(term, pod, one)));
    if (nobody && termSelects(term, pod, pod) && domainOf(seat.node, term.topologyKey) !== undefined) continue;
    return { reasons: ["node(s) didn't match pod affinity rules"], resolvable: false };
  }
  for (const term of podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    if (together(term).some((other) => termSelects(term, pod, other)))
      return { reasons: ["node(s) didn't match pod anti-affinity rules"], resolvable: true };
  for (const other of repelling) {
    for (const one of other.repelling.values())
      for (const term of one.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
        const domain = domainOf(other.node, term.topologyKey);
        if (domain === undefined || domain !== domainOf(seat.node, term.topologyKey)) continue;
        if (keyOfObject(one) !== keyOfObject(pod) && termSelects(term, one, pod))
          return { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], resolvable: true };
      }
  }
  return undefined;
}

/** Whether other pods' places decide about this one, so that no answer for its like can be reused. */
export const dependsOnOthers = (pod: Pod): boolean =>
  pod.spec.topologySpreadConstraints !== undefined ||
  pod.spec.affinity?.podAffinity !== undefined ||
  pod.spec.affinity?.podAntiAffinity !== undefined;
