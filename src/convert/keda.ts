// One ScaledObject of KEDA as a PodPolicy.
import { convertBehavior } from './behavior.ts';
import type { MetricDraft, PodPolicySpecDraft, ScheduleDraft } from './draft.ts';
import { pausedReplicas, targetAnnotations } from './keda-bounds.ts';
import { convertFormula } from './keda-formula.ts';
import { boundsOf, fallbackOf, outsideName, replicasOf, scheduleOf, zeroOf } from './keda-replicas.ts';
import { convertTrigger, type Converted, type TriggerContext } from './keda-triggers.ts';
import { uniqueNames } from './names.ts';
import type { Notebook } from './note.ts';
import { amountOf, fieldsOf, given, isGiven, listOf, numberOf, textOf, wholeOf, type Fields } from './read.ts';
import { targetOf } from './target.ts';

export interface KedaOptions {
  /** an empty answer counts as 0, as KEDA has it unless told otherwise */
  readonly keepIgnoreNullValues: boolean;
  /** told of the address of each Prometheus that a trigger asks */
  readonly serverSeen: (server: string) => void;
}

const known: Readonly<Record<string, readonly string[]>> = {
  spec: [
    'scaleTargetRef',
    'pollingInterval',
    'cooldownPeriod',
    'initialCooldownPeriod',
    'idleReplicaCount',
    'minReplicaCount',
    'maxReplicaCount',
    'fallback',
    'advanced',
    'triggers',
  ],
  scaleTargetRef: ['apiVersion', 'kind', 'name', 'envSourceContainerName'],
  advanced: ['horizontalPodAutoscalerConfig', 'scalingModifiers'],
  horizontalPodAutoscalerConfig: ['behavior'],
};

/** null: it cannot be one; the notes say why. */
export function convertScaledObject(
  object: Fields,
  options: KedaOptions,
  notebook: Notebook,
): PodPolicySpecDraft | null {
  const spec = fieldsOf(object['spec']);
  const advanced = fieldsOf(spec['advanced']);
  const hpa = fieldsOf(advanced['horizontalPodAutoscalerConfig']);
  noteLeftFields(
    { spec, scaleTargetRef: fieldsOf(spec['scaleTargetRef']), advanced, horizontalPodAutoscalerConfig: hpa },
    notebook,
  );
  const target = targetOf(spec['scaleTargetRef'], notebook, 'Deployment');
  const replicas = replicasOf(spec, notebook);
  if (target === null || replicas === null) return null;

  const modifiers = fieldsOf(advanced['scalingModifiers']);
  const formula = textOf(modifiers['formula']);
  const mayWake = replicas.resting === 0;
  const context: TriggerContext = {
    nameOf: uniqueNames(),
    windowNameOf: uniqueNames(outsideName),
    floor: replicas,
    mayWake,
    inputsOnly: formula !== null,
    keepIgnoreNullValues: options.keepIgnoreNullValues,
    notebook,
  };
  const converted = listOf(spec['triggers']).flatMap((trigger, index) => convertTrigger(trigger, index, context));
  for (const one of converted) if (one.kind === 'metric' && one.server !== null) options.serverSeen(one.server);
  const decided = formula === null ? partsOf(converted) : combined(formula, modifiers, converted, context);
  if (decided === null) return null;
  const { metrics, windows } = decided;
  if (metrics.length === 0 && windows.length === 0) {
    notebook.write('NothingDecides');
    return null;
  }

  noteAnnotations(fieldsOf(object['metadata'])['annotations'], `${target.kind} ${target.name}`, notebook);
  const { behavior, tolerance } = convertBehavior(hpa['behavior'], notebook);
  const wakes = metrics.some(({ activation }) => activation !== undefined);
  const bounds = boundsOf(replicas, wakes);
  const zeroOutside = mayWake && metrics.length === 0;
  if (zeroOutside) notebook.write('OutsideWindows');
  else if (mayWake && !wakes) notebook.write('NothingWakes');
  return given<PodPolicySpecDraft>({
    target,
    replicas: bounds,
    zero: bounds.min === 0 && wakes ? zeroOf(spec) : undefined,
    metrics: metrics.length === 0 ? undefined : metrics,
    tolerance,
    behavior,
    fallback: fallbackOf(spec, bounds, notebook),
    schedule: scheduleOf(windows, zeroOutside),
    mode: 'dryRun',
  });
}

function noteLeftFields(parts: Readonly<Record<string, Fields>>, notebook: Notebook): void {
  for (const [part, fields] of Object.entries(parts))
    for (const [field, value] of Object.entries(fields))
      if (isGiven(value) && known[part]?.includes(field) === false)
        notebook.write('FieldLeft', { field: part === 'spec' ? field : `${part}.${field}` });
  const polling = wholeOf(parts['spec']?.['pollingInterval']);
  if (polling !== null) notebook.write('PollingOfTheDaemon', { seconds: polling });
}

function noteAnnotations(annotations: unknown, target: string, notebook: Notebook): void {
  for (const { was, annotation } of targetAnnotations(annotations))
    notebook.write('AnnotationOnTarget', { was, annotation, target });
  const at = pausedReplicas(annotations);
  if (at.kind === 'invalid')
    notebook.write('FieldInvalid', { field: 'autoscaling.keda.sh/paused-replicas', value: at.text });
}

interface Parts {
  readonly metrics: readonly MetricDraft[];
  readonly windows: readonly ScheduleDraft[];
}

const partsOf = (converted: readonly Converted[]): Parts => ({
  metrics: converted.flatMap((one) => (one.kind === 'metric' ? [one.metric] : [])),
  windows: converted.flatMap((one) => (one.kind === 'window' ? [one.window] : [])),
});

/** One metric stands for all triggers but cpu and memory, as under KEDA; null: the formula cannot be said here. */
function combined(
  formula: string,
  modifiers: Fields,
  converted: readonly Converted[],
  { nameOf, mayWake, notebook }: TriggerContext,
): Parts | null {
  const inputOf = (trigger: string): string | null => {
    const found = converted.find((one) => one.trigger === trigger);
    return found?.kind === 'metric' && found.metric.use === 'formula' ? found.metric.name : null;
  };
  const reading = convertFormula(formula, inputOf);
  const amount = amountOf(modifiers['target']);
  if (reading.kind === 'left' || amount === null) {
    if (amount === null)
      notebook.write('FieldInvalid', { field: 'scalingModifiers.target', value: textOf(modifiers['target']) ?? '' });
    if (reading.kind === 'left') notebook.write('FormulaLeft', { formula, what: reading.what.join(' ') });
    return null;
  }
  const isUnread = (one: Converted): boolean =>
    one.kind === 'window' || (one.metric.use === 'formula' && !reading.inputs.includes(one.metric.name));
  // Under KEDA, too, only what the formula reads decides.
  for (const one of converted.filter(isUnread))
    notebook.write('FieldLeft', { field: `triggers.${one.trigger ?? one.kind}` });
  const whole = given<MetricDraft>({
    name: nameOf('combined'),
    formula: reading.text,
    target: modifiers['metricType'] === 'Value' ? { value: amount } : { averageValue: amount },
    activation: mayWake ? (numberOf(modifiers['activationTarget']) ?? 0) : undefined,
  });
  return { metrics: [...partsOf(converted.filter((one) => !isUnread(one))).metrics, whole], windows: [] };
}
