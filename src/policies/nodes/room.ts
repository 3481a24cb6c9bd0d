// What fits where: a node's free room and the scheduler's rules for a pod on it.
import type { Node, NodeSelectorTerm, PodSpec, Taint, Toleration } from '../../model/kubernetes.ts';
import { parseMilli } from '../../model/quantity.ts';
import type { Requests } from '../pod-facts.ts';
import { requirementMatches } from '../../model/selector-requirement.ts';

/** A node, real or ordered, as placing sees it. Free room is in thousandths; `pods` counts places. */
export interface Room {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly capacity: Requests;
  readonly free: Record<string, number>;
  /** why no pod at all may come now: "cordoned", "not Ready"; those that run there still count for the rules of others */
  readonly closed?: string;
}

export function allocatableOf(node: Node): Requests {
  const allocatable: Record<string, number> = {};
  for (const [name, text] of Object.entries(node.status?.allocatable ?? node.status?.capacity ?? {}))
    allocatable[name] = parseMilli(text) ?? 0;
  return allocatable;
}

export const cloneRoom = (room: Room): Room => ({ ...room, free: { ...room.free } });

const tolerates = (toleration: Toleration, taint: Taint): boolean => {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  if ((toleration.key ?? '') === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
};

export const toleratesAll = (tolerations: readonly Toleration[], taints: readonly Taint[]): boolean =>
  taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerations.some((one) => tolerates(one, taint)));

const termMatches = (term: NodeSelectorTerm, room: Room): boolean => {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term selects nothing: so says the API.
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((requirement) => requirementMatches(requirement, room.labels)) &&
    fields.every((requirement) => requirementMatches(requirement, { 'metadata.name': room.name }))
  );
};

/** The rules that do not depend on what else runs there. */
export function mayRunOn(spec: PodSpec | undefined, room: Room): boolean {
  if (!toleratesAll(spec?.tolerations ?? [], room.taints)) return false;
  if (!Object.entries(spec?.nodeSelector ?? {}).every(([key, value]) => room.labels[key] === value)) return false;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => termMatches(term, room));
}

const onePlace = 1000;

export function hasRoomFor(requests: Requests, room: Room): boolean {
  if ((room.free['pods'] ?? 0) < onePlace) return false;
  for (const [name, milli] of Object.entries(requests)) if (milli > 0 && (room.free[name] ?? 0) < milli) return false;
  return true;
}

export function take(requests: Requests, room: Room): void {
  room.free['pods'] = (room.free['pods'] ?? 0) - onePlace;
  for (const [name, milli] of Object.entries(requests)) room.free[name] = (room.free[name] ?? 0) - milli;
}

export function giveBack(requests: Requests, room: Room): void {
  room.free['pods'] = (room.free['pods'] ?? 0) + onePlace;
  for (const [name, milli] of Object.entries(requests)) room.free[name] = (room.free[name] ?? 0) + milli;
}
