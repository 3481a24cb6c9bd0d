// One HorizontalPodAutoscaler, of any version of autoscaling/*, as a PodPolicy.
import { convertBehavior, withLowerKeys } from './behavior.ts';
import type { MetricDraft, PodPolicySpecDraft } from './draft.ts';
import { convertMetric, type MetricContext } from './hpa-metrics.ts';
import { uniqueNames } from './names.ts';
import type { Notebook } from './note.ts';
import { durationText, fieldsOf, given, isGiven, listOf, numberOf, textOf, wholeOf, type Fields } from './read.ts';
import { targetOf } from './target.ts';

export interface HpaOptions {
  readonly namespace: string;
  /** the PromQL that a person gave for a metric of the HPA; null: none */
  readonly answer: (metric: string, namespace: string, target: string) => string | null;
}

const specFields = [
  'scaleTargetRef',
  'minReplicas',
  'maxReplicas',
  'metrics',
  'behavior',
  'targetCPUUtilizationPercentage',
];
const usualCpu: MetricDraft = { name: 'cpu', resource: 'cpu', target: { utilization: 80 } };

/** null: it cannot be one; the notes say why. */
export function convertHpa(object: Fields, options: HpaOptions, notebook: Notebook): PodPolicySpecDraft | null {
  const spec = fieldsOf(object['spec']);
  const target = targetOf(spec['scaleTargetRef'], notebook);
  const max = wholeOf(spec['maxReplicas']);
  const min = wholeOf(spec['minReplicas']) ?? 1;
  if (max === null || max < 1) notebook.write('MaxMissing', { field: 'maxReplicas' });
  else if (min > max) notebook.write('MinAboveMax', { min, max });
  if (min < 0) notebook.write('FieldInvalid', { field: 'minReplicas', value: String(min) });
  if (target === null || max === null || max < 1 || min > max || min < 0) return null;

  const annotations = fieldsOf(fieldsOf(object['metadata'])['annotations']);
  const written = metricsOf(spec, annotations, notebook);
  const behavior = convertBehavior(behaviorOf(spec, annotations, notebook), notebook);
  const context: MetricContext = {
    namespace: options.namespace,
    nameOf: uniqueNames(),
    answer: (metric) => options.answer(metric, options.namespace, target.name),
    mayWake: min === 0,
    notebook,
  };
  const metrics = written.flatMap((metric, index) => convertMetric(metric, index, context));
  if (written.length === 0) notebook.write('DefaultMetric');
  for (const field of Object.keys(spec)) if (!specFields.includes(field)) notebook.write('FieldLeft', { field });
  if (written.length > 0 && metrics.length === 0) {
    notebook.write('NothingDecides');
    return null;
  }
  const wakes = metrics.some(({ activation }) => activation !== undefined);
  if (min === 0) notebook.write(wakes ? 'ZeroOptIn' : 'NothingWakes');
  return given<PodPolicySpecDraft>({
    target,
    replicas: { min: min === 0 && !wakes ? 1 : min, max },
    zero: min === 0 && wakes ? { after: durationText(behavior.downWindow) } : undefined,
    metrics: written.length === 0 ? [usualCpu] : metrics,
    tolerance: behavior.tolerance,
    behavior: behavior.behavior,
    mode: 'dryRun',
  });
}

const annotation = (name: string): string => `autoscaling.alpha.kubernetes.io/${name}`;

/** autoscaling/v1 has cpu in the spec and everything else in annotations. */
function metricsOf(spec: Fields, annotations: Fields, notebook: Notebook): readonly unknown[] {
  const cpu = numberOf(spec['targetCPUUtilizationPercentage']);
  const first =
    cpu === null
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }];
  return [...first, ...listOf(spec['metrics']), ...listOf(jsonOf(annotations, annotation('metrics'), notebook))];
}

const behaviorOf = (spec: Fields, annotations: Fields, notebook: Notebook): unknown =>
  spec['behavior'] ?? withLowerKeys(jsonOf(annotations, annotation('behavior'), notebook));

function jsonOf(annotations: Fields, name: string, notebook: Notebook): unknown {
  if (!isGiven(annotations[name])) return undefined;
  try {
    return JSON.parse(textOf(annotations[name]) ?? '');
  } catch {
    notebook.write('FieldInvalid', { field: name, value: textOf(annotations[name]) ?? '' });
    return undefined;
  }
}
