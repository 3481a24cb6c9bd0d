// alertmanager/prom_rules: alerting rules through evaluateRule and recalled, PromQL by the embedded world.
import { readyRule } from '../../../../src/alerts/rules/fill.ts';
import { recalled } from '../../../../src/alerts/rules/memory.ts';
import { evaluateRule, type RuleAlert, type RuleStates } from '../../../../src/alerts/rules/state.ts';
import { seconds, type Instant, type Milliseconds } from '../../../../src/model/units.ts';
import { LabelSet } from '../../../../src/sandbox/prometheus/labels.ts';
import { SeriesStore } from '../../../../src/sandbox/prometheus/store.ts';
import {
  activeOf,
  answerFrom,
  play,
  ruleOf,
  span,
  storeOf,
  surroundings,
  usualTerms,
  type WrittenRule,
} from '../../../alerts/rules/timeline.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

const instant = (text: string): Instant => span(text) as number as Instant;
const stateOf = ({ state }: RuleAlert): string => (state === 'resolved' ? 'inactive' : state);
const sorted = (alerts: readonly Fields[]): readonly Fields[] =>
  alerts.toSorted((one, other) => (canonical(one) < canonical(other) ? -1 : 1));
const canonical = (fields: Fields): string =>
  JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  );

function shown(alert: RuleAlert): { readonly alertname: string; readonly labels: Fields } {
  const { alertname = '', ...labels } = alert.labels;
  return { alertname, labels };
}

interface TimelineCase {
  readonly rule: WrittenRule;
  readonly interval: string;
  readonly evaluation_interval: string;
  readonly input_series: Readonly<Record<string, string>>;
  readonly states: readonly (readonly [at: string, alerts: readonly Fields[]])[];
}

export const timelineCase = wholeAdapter<{ whole: TimelineCase }>((whole) => {
  const { rule, states, interval, evaluation_interval: every } = whole;
  const until = Math.max(...states.map(([at]) => instant(at))) as Milliseconds;
  const played = new Map<number, readonly Fields[]>();
  const series = whole.input_series;
  for (const { at, evaluated } of play({ rule, series, interval: span(interval), every: span(every), until }))
    played.set(
      at,
      activeOf(evaluated.states).map((alert) => ({ alertstate: stateOf(alert), ...shown(alert) })),
    );
  return {
    expected: Object.fromEntries(states.map(([at, alerts]) => [at, sorted(alerts)])),
    got: Object.fromEntries(states.map(([at]) => [at, sorted(played.get(instant(at)) ?? [])])),
  };
});

/** The file tells it in a sentence; these are the rules and series that it means. */
const unittestRules: readonly WrittenRule[] = [
  {
    alert: 'InstanceDown',
    expr: 'up == 0',
    for: '5m',
    labels: { severity: 'page' },
    annotations: {
      summary: 'Instance {{ $labels.instance }} down',
      description: '{{ $labels.instance }} of job {{ $labels.job }} has been down for more than 5 minutes.',
    },
  },
  { alert: 'AlwaysFiring', expr: '1' },
];
const unittestSeries = { 'up{job="prometheus", instance="localhost:9090"}': '0x1440' };

type UnittestCase = { readonly eval_time: string } & (
  | { readonly alertname: string; readonly exp: readonly Fields[] }
  | { readonly promql: string; readonly exp: Readonly<Record<string, number>> }
);

export const unittestCase = wholeAdapter<{ whole: UnittestCase }>((whole) => {
  const at = instant(whole.eval_time);
  const every = span('1m');
  const alerts = new SeriesStore();
  let firing: readonly RuleAlert[] = [];
  for (const rule of unittestRules) {
    let states: RuleStates = new Map();
    const timeline = { rule, series: unittestSeries, interval: every, every, until: at as number as Milliseconds };
    for (const { at: now, evaluated } of play(timeline)) {
      writeAlerts(alerts, states, evaluated.states, now);
      ({ states } = evaluated);
    }
    firing = [...firing, ...[...states.values()].filter(({ state }) => state === 'firing')];
  }
  if ('alertname' in whole)
    return {
      expected: { alerts: sorted(whole.exp) },
      got: {
        alerts: sorted(
          firing
            .filter(({ labels }) => labels['alertname'] === whole.alertname)
            .map((alert) => ({ labels: shown(alert).labels, annotations: alert.annotations })),
        ),
      },
    };
  const answer = answerFrom(alerts, whole.promql, at);
  const samples = answer.kind === 'vector' ? answer.samples : [];
  const got = samples.map(({ labels, value }) => [Object.values(labels).join('/'), value] as const);
  return { expected: { samples: whole.exp }, got: { samples: Object.fromEntries(got) } };
});

/** ALERTS, as Prometheus writes it beside the rules. */
function writeAlerts(store: SeriesStore, before: RuleStates, after: RuleStates, at: Instant): void {
  const seriesOf = (alert: RuleAlert): LabelSet =>
    LabelSet.from({ ...alert.labels, __name__: 'ALERTS', alertstate: alert.state });
  const kept = new Set(activeOf(after).map((alert) => seriesOf(alert).key));
  for (const alert of activeOf(before)) {
    const labels = seriesOf(alert);
    if (!kept.has(labels.key)) store.series(labels).add(at, NaN, true);
  }
  for (const alert of activeOf(after)) store.series(seriesOf(alert)).add(at, 1);
}

interface RestoreFile {
  readonly for_state_restore: {
    readonly for: string;
    readonly outage_tolerance: string;
    readonly grace_period: string;
    /** by `label=value` */
    readonly series: Readonly<Record<string, string>>;
    readonly step: string;
    readonly expr: string;
    readonly initial_evals: readonly string[];
  };
}
interface RestoreCase {
  readonly restart_at: string;
  readonly evals_before?: readonly string[];
  readonly expect: string;
}

export const restoreCase = wholeAdapter<{ whole: RestoreCase; file: RestoreFile }>((whole, file) => {
  const given = file.for_state_restore;
  const series = Object.entries(given.series).map(([label, values]) => {
    const [name = '', value = ''] = label.split('=');
    return [`x{${name}="${value}"}`, values] as const;
  });
  const store = storeOf(Object.fromEntries(series), span(given.step));
  const rule = ruleOf({ alert: 'A', expr: `x ${given.expr}`, for: given.for });
  const ready = readyRule(rule, surroundings);
  const restart = instant(whole.restart_at);
  let states: RuleStates = new Map();
  let last = 0 as Instant;
  for (const text of [...given.initial_evals, ...(whole.evals_before ?? [])]) {
    last = instant(text);
    ({ states } = evaluateRule(ready, answerFrom(store, rule.expr, last), states, last, usualTerms));
  }
  const old = [...states.values()];
  const [outageTolerance, gracePeriod] = [span(given.outage_tolerance), span(given.grace_period)];
  const memory = { rule: 'A', at: last, alerts: old };
  const previous = recalled(ready, memory, restart, { outageTolerance, gracePeriod });
  const after = evaluateRule(ready, answerFrom(store, rule.expr, restart), previous, restart, usualTerms);
  const got = activeOf(after.states).map(({ activeAt }) => activeAt);
  const count = Number(/^(\d+) alerts/.exec(whole.expect)?.[1]);
  const expected = /not restored/.test(whole.expect)
    ? Array<number>(count).fill(restart)
    : /grace/.test(whole.expect)
      ? Array<number>(count).fill(restart + gracePeriod - rule.for)
      : old.slice(0, count).map(({ activeAt }) => activeAt + (restart - last));
  return { expected: { count, activeAt: expected }, got: { count: got.length, activeAt: got } };
});

interface ResendFile {
  readonly resend: {
    readonly resend_delay_s: number;
    readonly interval_s: number;
    readonly samples: Readonly<Record<string, number>>;
    readonly expr: string;
    readonly for: string;
  };
}
interface ResendCase {
  readonly t: number;
  readonly sent: number;
  readonly valid_until_s?: number;
  readonly resolved?: boolean;
}

export const resendSteps = (element: unknown): readonly unknown[] => (element as { readonly expect: unknown[] }).expect;

export const resendCase = wholeAdapter<{ whole: ResendCase; file: ResendFile }>((whole, { resend }) => {
  const name = /[a-zA-Z_:][\w:]*/.exec(resend.expr)?.[0] ?? '';
  const store = new SeriesStore();
  const times = Object.keys(resend.samples).map(Number);
  for (const t of times) store.write(name, {}, resend.samples[t] ?? NaN, seconds(t) as number as Instant);
  const ready = readyRule(ruleOf({ alert: 'A', expr: resend.expr, for: resend.for }), surroundings);
  const terms = { ...usualTerms, interval: seconds(resend.interval_s), resendDelay: seconds(resend.resend_delay_s) };
  let states: RuleStates = new Map();
  let got: Fields = {};
  for (const t of [...new Set([...times, whole.t])]
    .filter((one) => one <= whole.t)
    .toSorted((one, other) => one - other)) {
    const at = seconds(t) as number as Instant;
    const evaluated = evaluateRule(ready, answerFrom(store, resend.expr, at), states, at, terms);
    ({ states } = evaluated);
    const ends = evaluated.alerts.map(({ endsAt }) => Date.parse(endsAt ?? '') / 1000);
    got = { t, sent: ends.length, valid_until_s: ends[0], resolved: ends.some((end) => end <= t) };
  }
  return { expected: { ...whole }, got };
});

interface LimitCase {
  readonly limit: number;
  readonly active: number;
  readonly error: string | null;
}

export const limitCase = wholeAdapter<{ whole: LimitCase }>(({ limit, active, error }) => {
  const ready = readyRule(ruleOf({ alert: 'A', expr: 'x > 0' }), surroundings);
  const samples = Array.from({ length: active }, (_, index) => ({ labels: { n: String(index) }, value: 1 }));
  const at = instant('1m');
  const result = evaluateRule(ready, { kind: 'vector', samples }, new Map(), at, { ...usualTerms, limit });
  return {
    expected: { error, states: error === null ? active : 0 },
    got: { error: result.error, states: result.states.size },
  };
});

interface DuplicateCase {
  readonly expr: string;
  readonly rule_labels: Readonly<Record<string, string>>;
  readonly expect_error: string;
}

export const duplicateCase = wholeAdapter<{ whole: DuplicateCase }>((whole) => {
  const ready = readyRule(ruleOf({ alert: 'A', expr: whole.expr, labels: whole.rule_labels }), surroundings);
  const at = instant('1m');
  const { error } = evaluateRule(ready, answerFrom(new SeriesStore(), whole.expr, at), new Map(), at, usualTerms);
  return { expected: { error: whole.expect_error }, got: { error } };
});

interface RaisedStep {
  readonly t: number;
  readonly for_s: number;
  readonly state: string;
}

export const raisedCase = wholeAdapter<{ whole: RaisedStep; file: Readonly<Record<string, unknown>> }>(
  (whole, file) => {
    const steps = (file['for_increased_on_reload'] as readonly RaisedStep[]).filter(({ t }) => t <= whole.t);
    let states: RuleStates = new Map();
    for (const { t, for_s: hold } of steps) {
      const at = seconds(t) as number as Instant;
      const ready = readyRule(ruleOf({ alert: 'A', expr: 'x', for: `${hold}s` }), surroundings);
      const answer = { kind: 'vector', samples: [{ labels: {}, value: 1 }] } as const;
      ({ states } = evaluateRule(ready, answer, states, at, usualTerms));
    }
    return { expected: { state: whole.state }, got: { state: [...states.values()].map(stateOf).join() } };
  },
);
