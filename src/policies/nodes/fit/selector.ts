// Label selectors and affinity terms read once, so that a pod is compared with them in no time.
import type { KubernetesObject, LabelSelector, PodAffinityTerm } from '../../../model/kubernetes.ts';
import { requirementMatches } from '../../../model/selector-requirement.ts';
import type { Kin, Labels } from './needs.ts';

export interface Selector {
  /** the same for selectors that mean the same pods */
  readonly key: string;
  matches(labels: Labels): boolean;
}

const nothing: Selector = { key: 'nothing', matches: () => false };

interface Keyed {
  readonly labelSelector?: LabelSelector | null;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

/** No selector means no pod, an empty one every pod. `matchLabelKeys` adds the pod's own values. */
export function selectorOf(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Keyed,
  own: Labels,
): Selector {
  if (labelSelector === undefined || labelSelector === null) return nothing;
  const requirements = [...(labelSelector.matchExpressions ?? [])];
  const ownValue = (key: string, operator: string): void => {
    const value = own[key];
    if (value !== undefined) requirements.push({ key, operator, values: [value] });
  };
  for (const key of matchLabelKeys) ownValue(key, 'In');
  for (const key of mismatchLabelKeys) ownValue(key, 'NotIn');
  const pairs = Object.entries(labelSelector.matchLabels ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    key: JSON.stringify([pairs, requirements]),
    matches: (labels) =>
      pairs.every(([key, value]) => labels[key] === value) &&
      requirements.every((requirement) => requirementMatches(requirement, labels)),
  };
}

/** Which namespaces a term means: null is all of them, 'unknown' where their labels cannot be read. */
export type Namespaces = ReadonlySet<string> | null | 'unknown';

const nameLabel = 'kubernetes.io/metadata.name';

export class NamespaceLabels {
  readonly #list: readonly KubernetesObject[] | undefined;

  constructor(list: readonly KubernetesObject[] | undefined) {
    this.#list = list;
  }

  selectedBy(term: Pick<PodAffinityTerm, 'namespaces' | 'namespaceSelector'>, own: string): Namespaces {
    const { namespaces = [], namespaceSelector } = term;
    if (namespaceSelector === undefined || namespaceSelector === null)
      return new Set(namespaces.length === 0 ? [own] : namespaces);
    const { matchLabels = {}, matchExpressions = [] } = namespaceSelector;
    if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return null;
    if (this.#list === undefined) return 'unknown';
    const selector = selectorOf({ labelSelector: namespaceSelector }, {});
    const selected = this.#list.filter(({ metadata }) =>
      selector.matches({ ...metadata.labels, [nameLabel]: metadata.name }),
    );
    return new Set([...namespaces, ...selected.map(({ metadata }) => metadata.name)]);
  }
}

export interface Term {
  readonly key: string;
  readonly topologyKey: string;
  readonly namespaces: Namespaces;
  /** for people */
  readonly text: string;
  matches(pod: Pick<Kin, 'namespace' | 'labels'>): boolean;
}

const textOf = (term: PodAffinityTerm): string => {
  const pairs = Object.entries(term.labelSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const others = (term.labelSelector?.matchExpressions ?? []).map(
    ({ key, operator, values }) => `${key} ${operator}${values === undefined ? '' : ` (${values.join(', ')})`}`,
  );
  return `${[...pairs, ...others].join(', ') || 'every pod'} by ${term.topologyKey}`;
};

export function termOf(term: PodAffinityTerm, namespace: string, own: Labels, known: NamespaceLabels): Term {
  const selector = selectorOf(term, own);
  const namespaces = known.selectedBy(term, namespace);
  const where = namespaces === null || namespaces === 'unknown' ? (namespaces ?? 'all') : [...namespaces].sort().join();
  return {
    key: `${selector.key} ${where}`,
    topologyKey: term.topologyKey,
    namespaces,
    text: textOf(term),
    // Where nobody knows, a rule that keeps pods apart is taken to mean them all.
    matches: (pod) =>
      (namespaces === null || namespaces === 'unknown' || namespaces.has(pod.namespace)) &&
      selector.matches(pod.labels),
  };
}
