// What a PodPolicy's forecast is of: a metric that is there, whose total is shared out among the replicas.
import { nearestKey } from './documents.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const has = (raw: unknown, ...keys: string[]): boolean => valueAt(raw, keys) !== undefined;

/** What it would have to be, and is not; null: it can have a forecast. */
function whyNot(metric: unknown): string | null {
  if (has(metric, 'resource')) return 'a resource is measured pod by pod';
  if (has(metric, 'by')) return 'it is measured pod by pod';
  if (has(metric, 'use')) return 'it is only read by a formula';
  const target = valueAt(metric, ['target']);
  if (typeof target !== 'object' || target === null || has(target, 'averageValue')) return null;
  return `its target is ${Object.keys(target).join(', ')}`;
}

export function forecastFindings(raw: unknown): Finding[] {
  const path = ['spec', 'forecast', 'metric'];
  const wanted = valueAt(raw, path);
  const list = valueAt(raw, ['spec', 'metrics']);
  if (typeof wanted !== 'string') return [];
  const metrics: readonly unknown[] = Array.isArray(list) ? list : [];
  const names = metrics.flatMap((one) => {
    const name = valueAt(one, ['name']);
    return typeof name === 'string' ? [name] : [];
  });
  const index = metrics.findIndex((one) => valueAt(one, ['name']) === wanted);
  if (index < 0) {
    const near = nearestKey(wanted, names);
    const message = `there is no metric "${wanted}"${near === null ? '' : `, did you mean "${near}"?`}`;
    return [{ code: 'WrongValue', path, message, mend: `metrics of this policy: ${names.join(', ') || 'none'}` }];
  }
  const why = whyNot(metrics[index]);
  const mend =
    'name a metric with a query or a formula and target: {averageValue: N}, best the rate of requests: what one replica bears is N';
  if (why !== null) return [{ code: 'WrongValue', path, message: `"${wanted}" can have no forecast: ${why}`, mend }];
  return overridesOf(raw).flatMap((override, place): Finding[] => {
    const target = ['metrics', wanted, 'target'];
    const given = valueAt(override, target);
    if (given === undefined || has(given, 'averageValue')) return [];
    const message = `"${wanted}" has a forecast, which needs an averageValue`;
    return [
      { code: 'WrongValue', path: ['spec', 'overrides', place, ...target], message, mend: 'write averageValue: N' },
    ];
  });
}

function overridesOf(raw: unknown): readonly unknown[] {
  const list = valueAt(raw, ['spec', 'overrides']);
  return Array.isArray(list) ? list : [];
}
