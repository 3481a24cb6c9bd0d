// Which objects a label selector means.
import type { LabelSelector, SelectorRequirement } from '../model/kubernetes.ts';

type Labels = Readonly<Record<string, string>>;

export function requirementMatches(requirement: SelectorRequirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

const isLabelSelector = (selector: LabelSelector | Labels): selector is LabelSelector =>
  typeof (selector as LabelSelector).matchLabels === 'object' ||
  Array.isArray((selector as LabelSelector).matchExpressions);

/** ReplicationControllers select by a bare map; everything else by matchLabels and matchExpressions. */
export function selectorMatches(selector: LabelSelector | Labels, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = isLabelSelector(selector) ? selector : { matchLabels: selector };
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => requirementMatches(requirement, labels))
  );
}

export const isEmptySelector = (selector: LabelSelector | Labels | undefined | null): boolean =>
  selector === undefined ||
  selector === null ||
  (isLabelSelector(selector)
    ? Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
    : Object.keys(selector).length === 0);
