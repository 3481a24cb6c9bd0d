// What a PodPolicy says about zero, as it is written: opt-in, with something that wakes, and nothing by half.
import type { ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const wrong = (path: ProblemPath, message: string, mend: string, at: 'key' | 'value' = 'value'): Finding => ({
  code: 'WrongValue',
  path,
  at,
  message,
  mend,
});

export function zeroFindings(raw: unknown): Finding[] {
  const replicas: ProblemPath = ['spec', 'replicas'];
  const min = valueAt(raw, [...replicas, 'min']);
  const max = valueAt(raw, [...replicas, 'max']);
  const whenActive = valueAt(raw, [...replicas, 'whenActive']);
  const hasZero = valueAt(raw, ['spec', 'zero']) !== undefined;
  const metrics = valueAt(raw, ['spec', 'metrics']);
  const schedule = valueAt(raw, ['spec', 'schedule']);
  const wakers = Array.isArray(metrics)
    ? metrics.flatMap((metric, index) => (valueAt(metric, ['activation']) === undefined ? [] : [index]))
    : [];
  const findings: Finding[] = [];
  if (hasZero && min !== 0)
    findings.push(
      wrong(
        ['spec', 'zero'],
        `zero is given, but replicas.min is ${typeof min === 'number' ? min : 1}`,
        'write replicas.min: 0, or take zero out',
        'key',
      ),
    );
  if (!hasZero && min === 0)
    findings.push(
      wrong(
        [...replicas, 'min'],
        'min 0 alone does not allow zero',
        'add zero: {after: 5m} and an activation to the metrics that wake it, or write min: 1',
      ),
    );
  if (hasZero && wakers.length === 0 && !(Array.isArray(schedule) && schedule.length > 0))
    findings.push(
      wrong(
        ['spec', 'zero'],
        'nothing would ever wake it: no metric has an activation',
        'add activation: 0 to the metrics that may wake it',
        'key',
      ),
    );
  if (!hasZero)
    for (const index of wakers)
      findings.push(
        wrong(
          ['spec', 'metrics', index, 'activation'],
          'activation goes with zero only',
          'add zero: {after: 5m} and replicas.min: 0, or take it out',
          'key',
        ),
      );
  if (!hasZero && whenActive !== undefined)
    findings.push(
      wrong(
        [...replicas, 'whenActive'],
        'whenActive goes with zero only',
        'add zero: {after: 5m} and min: 0, or take it out',
        'key',
      ),
    );
  if (typeof whenActive === 'number' && typeof max === 'number' && whenActive > max)
    findings.push(
      wrong([...replicas, 'whenActive'], `whenActive ${whenActive} is above max ${max}`, `write ${max} or less`),
    );
  return findings;
}
