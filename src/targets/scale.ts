// A custom object, known by its scale only, seen as a workload: the replicas, and the selector read from its text.
import type { Scale, Workload } from '../model/kubernetes.ts';
import { parseSelectorText } from './selector-text.ts';

const made = new WeakMap<Scale, Workload>();

/** null where the object was listed and its scale could not be read. The same object for the same scale. */
export function workloadOfScale(scale: Scale): Workload | null {
  if (scale.spec === undefined) return null;
  const known = made.get(scale);
  if (known !== undefined) return known;
  const { apiVersion, kind } = scale.target ?? {};
  const text = scale.status?.selector;
  const selector = text === undefined || text.trim() === '' ? null : parseSelectorText(text);
  const { replicas } = scale.status ?? {};
  const workload: Workload = {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    metadata: scale.metadata,
    // without a selector the pods are unknown: the decision says InvalidSelector
    spec: { ...scale.spec, ...(selector !== null && { selector }) },
    status: replicas === undefined ? {} : { replicas },
  };
  made.set(scale, workload);
  return workload;
}
