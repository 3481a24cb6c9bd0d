// Which objects a label selector means.
import type { LabelSelector } from '../model/kubernetes.ts';
import { requirementMatches } from '../model/selector-requirement.ts';

type Labels = Readonly<Record<string, string>>;

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
