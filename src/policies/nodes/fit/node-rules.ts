// The rules that a node's own labels and taints decide, whatever else runs there.
import type { NodeSelector, NodeSelectorTerm, PodSpec, Taint, Toleration } from '../../../model/kubernetes.ts';
import { requirementMatches } from '../../../model/selector-requirement.ts';
import type { Room } from '../room.ts';

type Place = Pick<Room, 'name' | 'labels' | 'taints'>;

const noTolerations: readonly Toleration[] = [];

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  if ((toleration.key ?? '') === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

/** The first taint that keeps the pod away; null: none does. */
export function repellingTaint(spec: PodSpec | undefined, taints: readonly Taint[]): Taint | null {
  if (taints.length === 0) return null;
  const tolerations = spec?.tolerations ?? noTolerations;
  return (
    taints.find(
      (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
    ) ?? null
  );
}

function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, room: Place): boolean {
  // An empty term selects nothing: so says the API.
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => requirementMatches(requirement, room.labels)) &&
    matchFields.every((requirement) => requirementMatches(requirement, { 'metadata.name': room.name }))
  );
}

export const selectorMatchesNode = ({ nodeSelectorTerms = [] }: NodeSelector, room: Place): boolean =>
  nodeSelectorTerms.some((term) => termMatches(term, room));

export const requiredNodes = (spec: PodSpec | undefined): NodeSelector | undefined =>
  spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;

export function matchesNodeSelector(spec: PodSpec | undefined, room: Place): boolean {
  const wanted = spec?.nodeSelector;
  for (const key in wanted) if (room.labels[key] !== wanted[key]) return false;
  return true;
}

export function matchesNodeAffinity(spec: PodSpec | undefined, room: Place): boolean {
  const required = requiredNodes(spec);
  return required === undefined || selectorMatchesNode(required, room);
}

const requirementText = ({ key, operator, values }: { key: string; operator: string; values?: readonly string[] }) =>
  `${key} ${operator}${values === undefined || values.length === 0 ? '' : ` (${values.join(', ')})`}`;

/** For people: "zone In (a, b); or disk Exists". */
export const nodeSelectorText = ({ nodeSelectorTerms = [] }: NodeSelector): string =>
  nodeSelectorTerms
    .map(({ matchExpressions = [], matchFields = [] }) =>
      [...matchExpressions, ...matchFields].map(requirementText).join(', '),
    )
    .join('; or ');
