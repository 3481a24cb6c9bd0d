// The same policy with other targets and with a forecast: what each would have cost, and which of them nothing else beats.
import type { Metric } from '../../model/config.ts';
import { backtest, type Run, type Setting } from './backtest.ts';
import { printed, type Suggestion } from './report.ts';
import { isCpu, type Subject } from './subject.ts';

/** How much of a replica is meant to be used: the rest is the margin. */
const utilizations = [0.5, 0.6, 0.7, 0.8, 0.9];

export interface Variant {
  readonly what: Suggestion['what'];
  readonly target: number;
  readonly utilizationPercent: number;
  readonly subject: Subject;
}

/** Two digits more than people write. */
const rounded = (value: number): number => Number(value.toPrecision(3));

function withTarget(subject: Subject, amount: number, forecast: boolean): Subject {
  const { traced } = subject;
  const retarget = (metric: Metric): Metric => {
    const isMeant = traced === null ? isCpu(metric) : metric.name === traced.name;
    return isMeant && metric.target !== null ? { ...metric, target: { ...metric.target, amount } } : metric;
  };
  const metrics = subject.metrics.map(retarget);
  const { spec } = subject.policy;
  const foreseen =
    forecast && traced !== null ? { metric: traced.name, mode: 'act' as const, fallbackUtilization: 0.7 } : undefined;
  const policy = { ...subject.policy, spec: { ...spec, metrics, forecast: foreseen } };
  return {
    ...subject,
    policy,
    metrics,
    traced: traced === null ? null : retarget(traced),
    config: { ...subject.config, podPolicies: [policy] },
  };
}

/** A forecast keeps its margin itself: its target is all that a replica bears. */
export function variantsOf(subject: Subject, capacity: number): readonly Variant[] {
  const targets = utilizations.map((utilization): Variant => {
    const target = subject.traced === null ? Math.round(utilization * 100) : rounded(utilization * capacity);
    return {
      what: 'target',
      target,
      utilizationPercent: utilization * 100,
      subject: withTarget(subject, target, false),
    };
  });
  if (subject.traced === null) return targets;
  const target = rounded(capacity);
  return [
    ...targets,
    { what: 'forecast', target, utilizationPercent: 100, subject: withTarget(subject, target, true) },
  ];
}

/** Something else costs no more and leaves no more unserved, and is better in one of both. */
const isBeaten = ({ judged: one }: Run, runs: readonly Run[]): boolean =>
  runs.some(
    ({ judged: other }) =>
      other.cost <= one.cost &&
      other.unservedPercent <= one.unservedPercent &&
      (other.cost < one.cost || other.unservedPercent < one.unservedPercent),
  );

/** `play`: plays one of them, and may show how far it is. */
export function suggestionsFor(
  setting: Setting,
  subject: Subject,
  play: (variant: Variant) => Run = (variant) => backtest(setting, variant.subject),
): readonly Suggestion[] {
  const played = variantsOf(subject, setting.capacity).map((variant) => ({ variant, run: play(variant) }));
  const runs = played.map(({ run }) => run);
  const least = Math.min(...runs.map(({ judged }) => judged.score));
  return played.map(({ variant: { what, target, utilizationPercent }, run }) => ({
    what,
    target,
    utilizationPercent,
    onFrontier: !isBeaten(run, runs),
    best: run.judged.score === least,
    figures: printed(run.judged),
  }));
}
