// A rule over series in promtool's notation, evaluated by the embedded world's PromQL: the states at every evaluation.
import { readyRule, type RuleSurroundings } from '../../../src/alerts/rules/fill.ts';
import { ruleAnswerOf } from '../../../src/alerts/rules/query.ts';
import { evaluateRule } from '../../../src/alerts/rules/state.ts';
import type { EvaluationTerms, Evaluated, RuleAlert, RuleAnswer, RuleStates } from '../../../src/alerts/rules/state.ts';
import { messageOf } from '../../../src/model/errors.ts';
import type { AlertingRule } from '../../../src/model/rule.ts';
import type { PrometheusData } from '../../../src/model/snapshot.ts';
import { minutes, type Instant, type Milliseconds, type QueryText } from '../../../src/model/units.ts';
import { parsePromql } from '../../../src/promql/parse.ts';
import { durationOf } from '../../../src/promql/literals.ts';
import { LabelSet } from '../../../src/sandbox/prometheus/labels.ts';
import { defaultLimits, queryInstant } from '../../../src/sandbox/prometheus/query.ts';
import { SeriesStore } from '../../../src/sandbox/prometheus/store.ts';

export const surroundings: RuleSurroundings = { externalLabels: {}, externalUrl: 'http://prometheus:9090' };
export const usualTerms: EvaluationTerms = { interval: minutes(1), resendDelay: minutes(1), limit: 0 };

export const span = (text: string): Milliseconds => {
  const read = text === '0' ? (0 as Milliseconds) : durationOf(text);
  if (read === null) throw new Error(`"${text}" is no duration`);
  return read;
};

export interface WrittenRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const ruleOf = (written: WrittenRule): AlertingRule => ({
  alert: written.alert,
  expr: written.expr as QueryText,
  for: span(written.for ?? '0'),
  keepFiringFor: span(written.keep_firing_for ?? '0'),
  labels: written.labels ?? {},
  annotations: written.annotations ?? {},
});

/** null: no sample; 'stale': the series ends. `75 85`, `10x5`, `1+2x3`, `1-1x3`, `_x4`, `stale`. */
function samplesOf(notation: string): (number | null | 'stale')[] {
  return notation
    .trim()
    .split(/\s+/)
    .flatMap((word): (number | null | 'stale')[] => {
      if (word === 'stale') return ['stale'];
      const gap = /^_(?:x(\d+))?$/.exec(word);
      if (gap !== null) return Array<null>(Number(gap[1] ?? 1)).fill(null);
      const run = /^(-?[\d.]+(?:e-?\d+)?|[-+]?Inf|NaN)(?:([+-][\d.]+)?x(\d+))?$/.exec(word);
      if (run === null) throw new Error(`"${word}" is no sample`);
      const [, first = '', step = '0', times = '0'] = run;
      const start = Number(first.replace('Inf', 'Infinity'));
      return Array.from({ length: Number(times) + 1 }, (_, index) => start + index * Number(step));
    });
}

/** Series names as in PromQL: `up{job="a"}`. */
export function storeOf(series: Readonly<Record<string, string>>, interval: Milliseconds): SeriesStore {
  const store = new SeriesStore();
  for (const [name, notation] of Object.entries(series)) {
    const written = store.series(labelsOf(name));
    samplesOf(notation).forEach((value, index) => {
      if (value === 'stale') written.add(index * interval, NaN, true);
      else if (value !== null) written.add(index * interval, value);
    });
  }
  return store;
}

function labelsOf(series: string): LabelSet {
  const reading = parsePromql(series);
  if (reading.kind === 'error' || reading.expression.kind !== 'vectorSelector') throw new Error(`"${series}"?`);
  const { name, matchers } = reading.expression;
  const labels = Object.fromEntries(matchers.map(({ label, value }) => [label, value]));
  return LabelSet.from({ ...labels, ...(name !== null && { __name__: name }) });
}

export function answerFrom(
  store: SeriesStore,
  expression: string,
  at: Instant,
  lookback = defaultLimits.lookback,
): RuleAnswer {
  try {
    const data = queryInstant(store, expression, at, { ...defaultLimits, lookback });
    return ruleAnswerOf({ status: 'success', data: data as PrometheusData });
  } catch (error) {
    return { kind: 'error', message: messageOf(error) };
  }
}

export interface Timeline {
  readonly rule: WrittenRule;
  readonly series: Readonly<Record<string, string>>;
  /** between samples, and between evaluations */
  readonly interval: Milliseconds;
  readonly every: Milliseconds;
  readonly until: Milliseconds;
  readonly lookback?: Milliseconds;
}

export function* play({ rule, series, interval, every, until, lookback }: Timeline): Generator<{
  readonly at: Instant;
  readonly evaluated: Evaluated;
}> {
  const store = storeOf(series, interval);
  const ready = readyRule(ruleOf(rule), surroundings);
  const terms = { ...usualTerms, interval: every };
  let states: RuleStates = new Map();
  for (let at = 0; at <= until; at += every) {
    const answer = answerFrom(store, rule.expr, at as Instant, lookback);
    const evaluated = evaluateRule(ready, answer, states, at as Instant, terms);
    ({ states } = evaluated);
    yield { at: at as Instant, evaluated };
  }
}

/** As ALERTS has them: what is resolved is not active any more. */
export const activeOf = (states: RuleStates): RuleAlert[] =>
  [...states.values()].filter(({ state }) => state !== 'resolved');
