// One PodPolicy as a ScaledObject of KEDA: queries and windows come along, what is only ours stays behind.
import type { Metric, PodPolicy } from '../model/config.ts';
import { behaviorOf } from './export-behavior.ts';
import { queryOf, type ExportOptions, type Exporting } from './export.ts';

const inSeconds = (length: number): number => Math.round(length / 1000);

function resourceOf({ source, target, name }: Metric, { write }: Exporting): object | null {
  if (source.kind !== 'resource' || target === null) return null;
  if (target.kind === 'value') {
    write('MetricLeft', { metric: name, what: 'value' });
    return null;
  }
  return {
    type: source.resource,
    metricType: target.kind === 'utilization' ? 'Utilization' : 'AverageValue',
    metadata: {
      value: String(target.amount),
      ...(source.container === null ? {} : { containerName: source.container }),
    },
  };
}

function triggerOf(metric: Metric, exporting: Exporting, server: string): object | null {
  const { name, source, target, unknown, activation } = metric;
  const { write } = exporting;
  const left = (what: string): null => {
    write('MetricLeft', { metric: name, what });
    return null;
  };
  if (source.kind === 'resource') return resourceOf(metric, exporting);
  if (source.kind === 'formula') return left('formula');
  if (target === null) return left('use: formula');
  if (source.byPod) return left('by: pod');
  const query = queryOf(metric, exporting.target);
  if (query === null) return left('split');
  const isZero = typeof unknown === 'object' && 'treatAs' in unknown && unknown.treatAs === 0;
  if (!isZero) write('EmptyIsError', { metric: name });
  if (!isZero && unknown !== 'hold') write('FieldLeft', { field: `metrics.${name}.unknown` });
  return {
    type: 'prometheus',
    name,
    metricType: target.kind === 'value' ? 'Value' : 'AverageValue',
    metadata: {
      serverAddress: server,
      query,
      threshold: String(target.amount),
      ...(activation === undefined ? {} : { activationThreshold: String(activation) }),
      ignoreNullValues: String(isZero),
    },
  };
}

/** Windows of cron that raise the floor; whatever else a window does KEDA has no word for. */
function windowsOf({ spec }: PodPolicy, { write }: Exporting): readonly object[] {
  return spec.schedule.flatMap((window) => {
    const { rule, name, min, max, replicas, scaleDown, readyBefore, priority } = window;
    const isFloor = max === null && replicas === null && scaleDown === null && readyBefore === 0 && priority === 0;
    if (rule.kind === 'cron' && min !== null && min > 0 && isFloor) {
      const { start, end, timeZone } = rule;
      return [{ type: 'cron', name, metadata: { timezone: timeZone, start, end, desiredReplicas: String(min) } }];
    }
    write('WindowLeft', { schedule: name });
    return [];
  });
}

const usualPolling = 30;

/** A count of failed polls there, a time here. */
function fallbackOf({ spec: { fallback } }: PodPolicy, { write }: Exporting): object {
  if (fallback === undefined) return {};
  const after = inSeconds(fallback.after);
  const failureThreshold = Math.max(1, Math.round(after / usualPolling));
  if (failureThreshold * usualPolling !== after)
    write('FallbackRounded', { after: failureThreshold * usualPolling, was: after });
  return { fallback: { failureThreshold, replicas: fallback.replicas, behavior: fallback.behavior } };
}

function boundsOf({ spec: { replicas, zero } }: PodPolicy): object {
  const { min, max, whenActive } = replicas;
  const idle = min === 0 && whenActive !== undefined;
  return {
    ...(idle ? { idleReplicaCount: 0 } : {}),
    minReplicaCount: idle ? whenActive : min,
    maxReplicaCount: max,
    ...(zero === undefined ? {} : { cooldownPeriod: inSeconds(zero.after) }),
    ...(zero === undefined || zero.initialCooldown === 0
      ? {}
      : { initialCooldownPeriod: inSeconds(zero.initialCooldown) }),
  };
}

export function exportScaledObject(exporting: Exporting, { server }: ExportOptions): object | null {
  const { policy, target, write } = exporting;
  const metrics = policy.spec.metrics.flatMap((metric) => triggerOf(metric, exporting, server) ?? []);
  const triggers = [...metrics, ...windowsOf(policy, exporting)];
  if (triggers.length === 0) return null;
  const { apiVersion = 'apps/v1', kind, name } = target;
  const { metadata } = policy;
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: metadata.name, namespace: metadata.namespace },
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      ...boundsOf(policy),
      ...fallbackOf(policy, exporting),
      advanced: { horizontalPodAutoscalerConfig: { behavior: behaviorOf(policy, write) } },
      triggers,
    },
  };
}
