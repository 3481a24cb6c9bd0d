// `behavior` in the words of autoscaling/v2: all of it written out, because the defaults there are others.
import type { PodPolicy, ScalingRules } from '../model/config.ts';
import type { Write } from './export.ts';

const inSeconds = (length: number): number => Math.round(length / 1000);
/** The longest that the HPA's own validation lets through. */
const longestWindow = 3600;
const longestPeriod = 1800;
const usualTolerance = 0.1;

function rulesOf(rules: ScalingRules, tolerance: number, direction: string, write: Write): object {
  const window = inSeconds(rules.window);
  if (window > longestWindow) write('FieldLeft', { field: `behavior.${direction}.stabilizationWindow: ${window}s` });
  const policies = rules.policies.flatMap(({ type, value, period }) => {
    const periodSeconds = inSeconds(period);
    if (periodSeconds >= 1 && periodSeconds <= longestPeriod) return [{ type, value, periodSeconds }];
    write('FieldLeft', { field: `behavior.${direction}.policies: ${value} ${type}/${periodSeconds}s` });
    return [];
  });
  return {
    stabilizationWindowSeconds: Math.min(window, longestWindow),
    selectPolicy: rules.select,
    ...(policies.length === 0 ? {} : { policies }),
    ...(tolerance === usualTolerance ? {} : { tolerance: String(tolerance) }),
  };
}

export function behaviorOf({ spec: { behavior, tolerance } }: PodPolicy, write: Write): object {
  if (tolerance.up !== usualTolerance || tolerance.down !== usualTolerance)
    write('FeatureGate', { what: 'tolerance', gate: 'HPAConfigurableTolerance' });
  return {
    scaleUp: rulesOf(behavior.scaleUp, tolerance.up, 'scaleUp', write),
    scaleDown: rulesOf(behavior.scaleDown, tolerance.down, 'scaleDown', write),
  };
}
