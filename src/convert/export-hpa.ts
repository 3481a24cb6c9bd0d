// One PodPolicy as a HorizontalPodAutoscaler: autoscaling/v2, or v1 where that has words for all of it.
import type { Metric, MetricTarget } from '../model/config.ts';
import { behaviorOf } from './export-behavior.ts';
import { queryOf, type ExportOptions, type Exporting, type Write } from './export.ts';

const targetOf = ({ kind, amount }: MetricTarget): object => {
  switch (kind) {
    case 'utilization':
      return { type: 'Utilization', averageUtilization: Math.round(amount) };
    case 'averageValue':
      return { type: 'AverageValue', averageValue: String(amount) };
    case 'value':
      return { type: 'Value', value: String(amount) };
  }
};

function resourceOf({ source, target }: Metric): object | null {
  if (source.kind !== 'resource' || target === null) return null;
  const resource = { name: source.resource, target: targetOf(target) };
  return source.container === null
    ? { type: 'Resource', resource }
    : { type: 'ContainerResource', containerResource: { ...resource, container: source.container } };
}

/** An adapter has to serve the query under the metric's name: the HPA itself asks for names only. */
function metricOf(metric: Metric, exporting: Exporting): object | null {
  const { name, source, target } = metric;
  const { write } = exporting;
  if (target === null || source.kind === 'formula') {
    write('MetricLeft', { metric: name, what: source.kind === 'formula' ? 'formula' : 'use: formula' });
    return null;
  }
  if (source.kind === 'resource') return resourceOf(metric);
  const query = queryOf(metric, exporting.target);
  if (query === null || (source.byPod && target.kind !== 'averageValue')) {
    write('MetricLeft', { metric: name, what: query === null ? 'split' : 'by: pod' });
    return null;
  }
  write('AdapterNeeded', { metric: name, query });
  const asked = { metric: { name }, target: targetOf(target) };
  return source.byPod ? { type: 'Pods', pods: asked } : { type: 'External', external: asked };
}

function noteRules({ name, unknown, activation }: Metric, write: Write): void {
  if (unknown !== 'hold') write('FieldLeft', { field: `metrics.${name}.unknown` });
  if (activation !== undefined && activation !== 0) write('FieldLeft', { field: `metrics.${name}.activation` });
}

/** cpu alone, as a share of its request: all that v1 can say. */
function v1MetricOf(metrics: readonly Metric[]): number | null {
  const [only, ...others] = metrics;
  const isCpu = only?.source.kind === 'resource' && only.source.resource === 'cpu' && only.source.container === null;
  return others.length === 0 && isCpu && only.target?.kind === 'utilization' ? only.target.amount : null;
}

const usual = JSON.stringify({
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
});

export function exportHpa(exporting: Exporting, { v1 }: ExportOptions): object | null {
  const { policy, target, write } = exporting;
  const { spec, metadata } = policy;
  const metrics = spec.metrics.flatMap((metric) => {
    const written = metricOf(metric, exporting);
    if (written === null) return [];
    noteRules(metric, write);
    return [written];
  });
  if (metrics.length === 0) return null;
  if (spec.fallback !== undefined) write('FieldLeft', { field: 'fallback' });
  for (const { name } of spec.schedule) write('WindowLeft', { schedule: name });
  const behavior = behaviorOf(policy, write);
  const { min, max, whenActive } = spec.replicas;
  if (min === 0) write('FeatureGate', { what: 'minReplicas: 0', gate: 'HPAScaleToZero' });
  if (whenActive !== undefined) write('FieldLeft', { field: 'replicas.whenActive' });
  if (spec.zero !== undefined && spec.zero.after !== spec.behavior.scaleDown.window)
    write('ZeroOfWindow', { after: Math.round(spec.behavior.scaleDown.window / 1000) });
  if (spec.zero !== undefined && spec.zero.initialCooldown > 0) write('FieldLeft', { field: 'zero.initialCooldown' });
  const { apiVersion = 'apps/v1', kind, name } = target;
  const common = { scaleTargetRef: { apiVersion, kind, name }, minReplicas: min, maxReplicas: max };
  const object = (version: string, rest: object): object => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: metadata.name, namespace: metadata.namespace },
    spec: { ...common, ...rest },
  });
  const cpu = v1 && JSON.stringify(behavior) === usual ? v1MetricOf(spec.metrics) : null;
  if (cpu !== null) return object('v1', { targetCPUUtilizationPercentage: Math.round(cpu) });
  if (v1) write('WrittenAsV2');
  return object('v2', { metrics, behavior });
}
