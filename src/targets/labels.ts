// A label selector made ready for thousands of objects: one label to look up first, the rest checked after it.
import type { LabelSelector } from '../model/kubernetes.ts';
import { requirementMatches } from '../model/selector-requirement.ts';

export type Labels = Readonly<Record<string, string>>;

export interface ReadySelector {
  /** a label that every match has: what an index is made of; null where no single value is required */
  readonly required: { readonly key: string; readonly value: string } | null;
  readonly matches: (labels: Labels) => boolean;
}

export function readySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): ReadySelector {
  const pairs = Object.entries(matchLabels);
  const single = matchExpressions.find(({ operator, values }) => operator === 'In' && values?.length === 1);
  const [key, value] = pairs[0] ?? [single?.key, single?.values?.[0]];
  return {
    required: key === undefined || value === undefined ? null : { key, value },
    matches: (labels) =>
      pairs.every(([wanted, text]) => labels[wanted] === text) &&
      matchExpressions.every((requirement) => requirementMatches(requirement, labels)),
  };
}
