// The metrics of an HPA, in the words of autoscaling/v2 and in the older ones of v2beta1 and of v1's annotation.
import { externalGuess, objectGuess, podsGuess } from './guess.ts';
import type { MetricDraft, MetricTargetDraft } from './draft.ts';
import type { Notebook } from './note.ts';
import { amountOf, fieldsOf, given, numberOf, textOf, type Fields } from './read.ts';

/** What is needed to say a metric of one object. */
export interface MetricContext {
  readonly namespace: string;
  readonly nameOf: (wanted: string) => string;
  /** the PromQL that a person gave for a metric of the HPA; null: none */
  readonly answer: (metric: string) => string | null;
  /** metrics of these kinds may wake a target from zero: activation is written */
  readonly mayWake: boolean;
  readonly notebook: Notebook;
}

export function convertMetric(written: unknown, index: number, context: MetricContext): MetricDraft[] {
  const metric = fieldsOf(written);
  const type = textOf(metric['type']) ?? '';
  switch (type) {
    case 'Resource':
      return resource(fieldsOf(metric['resource']), null, context);
    case 'ContainerResource': {
      const of = fieldsOf(metric['containerResource']);
      return resource(of, textOf(of['container']), context);
    }
    case 'Pods':
      return asked(fieldsOf(metric['pods']), 'Pods', context);
    case 'Object':
      return asked(fieldsOf(metric['object']), 'Object', context);
    case 'External':
      return asked(fieldsOf(metric['external']), 'External', context);
    default:
      context.notebook.write('MetricTypeUnknown', { type, field: `metrics[${index}]` });
      return [];
  }
}

function resource(of: Fields, container: string | null, { nameOf, notebook }: MetricContext): MetricDraft[] {
  const name = textOf(of['name']) ?? '';
  if (name !== 'cpu' && name !== 'memory') {
    notebook.write('ResourceUnknown', { resource: name });
    return [];
  }
  const target = fieldsOf(of['target']);
  const utilization = numberOf(target['averageUtilization'] ?? of['targetAverageUtilization']);
  const averageValue = amountOf(target['averageValue'] ?? of['targetAverageValue']);
  const wanted: MetricTargetDraft | null =
    utilization !== null && utilization > 0 ? { utilization } : averageValue === null ? null : { averageValue };
  if (wanted === null) {
    notebook.write('TargetUnusable', { metric: name, value: JSON.stringify(of['target'] ?? null) });
    return [];
  }
  return [
    given<MetricDraft>({
      name: nameOf(container === null ? name : `${name}_${container}`),
      resource: name,
      container: container ?? undefined,
      target: wanted,
    }),
  ];
}

type AskedType = 'Pods' | 'Object' | 'External';

function asked(of: Fields, type: AskedType, context: MetricContext): MetricDraft[] {
  const { notebook } = context;
  const metric = fieldsOf(of['metric']);
  const wanted = textOf(metric['name'] ?? of['metricName']) ?? '';
  const target = targetOf(of, type);
  if (wanted === '' || target === null) {
    notebook.write('TargetUnusable', { metric: wanted, value: JSON.stringify(of) });
    return [];
  }
  const name = context.nameOf(wanted);
  if (name !== wanted) notebook.write('MetricRenamed', { metric: name, was: wanted });
  const answer = context.answer(wanted);
  const query = answer ?? guess(of, type, wanted, context);
  if (answer === null) notebook.write('QueryGuessed', { metric: name, type, was: wanted, query }, name);
  return [
    given<MetricDraft>({
      name,
      query,
      by: type === 'Pods' ? 'pod' : undefined,
      target,
      activation: context.mayWake && type !== 'Pods' ? 0 : undefined,
    }),
  ];
}

function guess(of: Fields, type: AskedType, name: string, { namespace }: MetricContext): string {
  const selector = fieldsOf(of['metric'])['selector'] ?? of['selector'] ?? of['metricSelector'];
  switch (type) {
    case 'Pods':
      return podsGuess(name, selector, namespace);
    case 'Object':
      // v2 says describedObject; in the older words it is the target
      return objectGuess(name, selector, namespace, fieldsOf(of['describedObject'] ?? of['target']));
    case 'External':
      return externalGuess(name, selector);
  }
}

function targetOf(of: Fields, type: AskedType): MetricTargetDraft | null {
  const target = fieldsOf(of['target']);
  const value = amountOf(target['value'] ?? of['targetValue']);
  const averageValue = amountOf(target['averageValue'] ?? of['averageValue'] ?? of['targetAverageValue']);
  if (averageValue !== null) return { averageValue };
  return value === null || type === 'Pods' ? null : { value };
}
