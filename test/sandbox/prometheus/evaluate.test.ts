// The evaluator's answers against values worked out by hand from Prometheus's rules.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';
import { holdsSeries } from '../../../src/sandbox/prometheus/format.ts';
import { LabelSet } from '../../../src/sandbox/prometheus/labels.ts';
import { queryInstant, queryRange } from '../../../src/sandbox/prometheus/query.ts';
import { SeriesStore } from '../../../src/sandbox/prometheus/store.ts';

const at = (seconds: number): Instant => (seconds * 1000) as Instant;

/** `name{a="b"}` → samples every `step` seconds from 0; null is no sample, 'stale' a stale marker. */
function storeOf(series: Readonly<Record<string, readonly (number | null | 'stale')[]>>, step = 15): SeriesStore {
  const store = new SeriesStore();
  for (const [text, values] of Object.entries(series)) {
    const [, name = '', inside = ''] = /^([\w:]+)(?:\{(.*)\})?$/.exec(text) ?? [];
    const labels = Object.fromEntries(
      Array.from(inside.matchAll(/(\w+)="([^"]*)"/g), ([, key = '', value = '']) => [key, value]),
    );
    const kept = store.series(LabelSet.from({ ...labels, __name__: name }));
    for (const [index, value] of values.entries())
      if (value !== null) kept.add(index * step * 1000, value === 'stale' ? NaN : value, value === 'stale');
  }
  return store;
}

/** The vector as `labels value` lines. */
function answer(store: SeriesStore, text: string, seconds: number): string[] {
  const data = queryInstant(store, text, at(seconds));
  if (!holdsSeries(data)) return [data.result[1]];
  return data.result.map(({ metric, value, values }) => {
    const name = metric['__name__'] ?? '';
    const labels = Object.entries(metric)
      .filter(([key]) => key !== '__name__')
      .map(([key, label]) => `${key}=${label}`)
      .join(',');
    const number = value?.[1] ?? (values ?? []).map((point) => point[1]).join(' ');
    return `${name}{${labels}} ${number}`;
  });
}

/** A hand-made value knows nothing of the last binary digit. */
const rounded = (line: string): string =>
  line.replace(/[-\d.]+$/, (number) => String(Number(Number(number).toPrecision(12))));

const counters = storeOf({
  'requests{job="a",i="1"}': [0, 15, 30, 45, 60, 75, 90, 105, 120],
  'requests{job="a",i="2"}': [0, 30, 60, 90, 5, 35, 65, 95, 125],
  'requests{job="b",i="1"}': [100, 100, 100, 100, 100, 100, 100, 100, 100],
  'late{}': [null, null, null, null, null, null, 7, 9, 11],
  'lone{}': [null, null, null, null, null, null, null, null, 4],
  'ended{}': [1, 2, 3, 4, 5, 'stale'],
});

describe('rates', () => {
  it.each([
    // (60, 120]: samples at 75…120, covered 45 s; the start is 15 s away (< 16.5 s): whole window: 45 × 60/45 / 60
    ['rate(requests{job="a",i="1"}[1m])', 120, ['{i=1,job=a} 1']],
    ['increase(requests{job="a",i="1"}[1m])', 120, ['{i=1,job=a} 60']],
    // 5 s after the last sample: (65, 125]: 75…120, 10 s before and 5 s after are both filled: 45 × 60/45
    ['increase(requests{job="a",i="1"}[1m])', 125, ['{i=1,job=a} 60']],
    // (0, 120]: 15…120: reset 90 → 5 adds 90: 125 − 30 + 90 = 185 over 105 s; zero would be reached after 105 × 30/185 = 17 s > 15 s
    ['increase(requests{i="2"}[2m])', 120, [`{i=2,job=a} ${String((185 * 120) / 105)}`]],
    ['rate(requests{job="b"}[2m])', 120, ['{i=1,job=b} 0']],
    // 4 over 30 s; the start of the window is 90 s away: half a step, and zero is 30 × 7/4 s away: 7.5 s
    ['increase(late[3m])', 120, ['{} 5']],
    ['delta(late[3m])', 120, ['{} 5']],
    ['rate(lone[5m])', 120, []],
    ['irate(requests{i="2"}[5m])', 60, [`{i=2,job=a} ${String(5 / 15)}`]],
    ['idelta(requests{i="2"}[5m])', 60, ['{i=2,job=a} -85']],
    ['resets(requests{i="2"}[5m])', 120, ['{i=2,job=a} 1']],
    ['changes(requests{job="b"}[5m])', 120, ['{i=1,job=b} 0']],
    ['deriv(requests{job="a",i="1"}[1m])', 120, ['{i=1,job=a} 1']],
    ['predict_linear(requests{job="a",i="1"}[1m], 60)', 120, ['{i=1,job=a} 180']],
    // a window ends where the offset says, and nothing is extrapolated beyond it
    ['rate(requests{job="a",i="1"}[1m] offset 30s)', 150, ['{i=1,job=a} 1']],
    ['sum by (job) (rate(requests{job="a",i="1"}[1m:15s]))', 120, ['{job=a} 1']],
  ])('%s at %i', (text, seconds, wanted) => {
    expect(answer(counters, text, seconds).map(rounded)).toEqual(wanted.map(rounded));
  });

  it('never extends a counter below zero', () => {
    // 2 over 15 s from 1: zero is 7.5 s before, nearer than half of … the 15 s step: 15 + 7.5 + 0
    const store = storeOf({ young: [null, null, 1, 3] });
    expect(answer(store, 'increase(young[1m])', 45)).toEqual(['{} 3']);
    expect(answer(store, 'delta(young[1m])', 45)).toEqual(['{} 3']);
    expect(answer(storeOf({ young: [null, null, 1, 33] }), 'increase(young[1m])', 45)).toEqual(['{} 33']);
  });
});

describe('selectors', () => {
  it.each([
    ['requests{job="a"}', 120, ['requests{i=1,job=a} 120', 'requests{i=2,job=a} 125']],
    ['requests{job=~"b|c"}', 120, ['requests{i=1,job=b} 100']],
    ['requests{job!~"a.*",i!="2"}', 120, ['requests{i=1,job=b} 100']],
    ['requests{job=~"A"}', 120, []],
    ['requests{job=~"(?i)B"}', 120, ['requests{i=1,job=b} 100']],
    ['{__name__=~"l.*e",none=""}', 120, ['late{} 11', 'lone{} 4']],
    ['lone', 419.9, ['lone{} 4']],
    ['lone', 420, []],
    ['lone', 119, []],
    ['ended', 60, ['ended{} 5']],
    ['ended', 75, []],
    ['count_over_time(ended[5m])', 75, ['{} 5']],
    ['late offset 15s', 120, ['late{} 9']],
    ['late offset -15s', 105, ['late{} 11']],
    ['late @ 90', 500, ['late{} 7']],
    ['late[30s]', 120, ['late{} 9 11']],
    ['time() - max(timestamp(requests))', 130, ['{} 10']],
    ['timestamp(late)', 123, ['{} 120']],
    ['absent(nothing{a="b",c=~"d",e="f"})', 0, ['{a=b,e=f} 1']],
    ['absent(late)', 120, []],
    ['absent_over_time(nothing[5m])', 0, ['{} 1']],
  ])('%s at %d', (text, seconds, wanted) => {
    expect(answer(counters, text, seconds)).toEqual(wanted);
  });
});

const gauges = storeOf({
  'g{job="a",i="1"}': [3],
  'g{job="a",i="2"}': [5],
  'g{job="b",i="1"}': [-2],
  'g{job="c",i="1"}': [NaN],
  'limit{job="a"}': [10],
  'limit{job="b"}': [20],
  'owner{job="a",team="x"}': [1],
  'bucket{le="0.1"}': [10],
  'bucket{le="0.5"}': [30],
  'bucket{le="+Inf"}': [40],
  's{}': [4],
  'twin{}': [4],
});

describe('operators, aggregations and functions', () => {
  it.each([
    ['sum by (job) (g{job!="c"})', ['{job=a} 8', '{job=b} -2']],
    ['sum without (i) (g{job="a"})', ['{job=a} 8']],
    ['avg(g{job="a"})', ['{} 4']],
    ['min(g)', ['{} -2']],
    ['max(g)', ['{} 5']],
    ['sum(g)', ['{} NaN']],
    ['count(g)', ['{} 4']],
    ['group(g)', ['{} 1']],
    ['stddev(g{job="a"})', ['{} 1']],
    ['stdvar(g{job="a"})', ['{} 1']],
    ['quantile(0.5, g{job="a"})', ['{} 4']],
    ['topk(2, g)', ['g{i=2,job=a} 5', 'g{i=1,job=a} 3']],
    ['bottomk by (i) (1, g)', ['g{i=1,job=b} -2', 'g{i=2,job=a} 5']],
    ['count_values("v", g{job="a"} > bool 0)', ['{v=1} 2']],
    ['sort_desc(g)', ['g{i=2,job=a} 5', 'g{i=1,job=a} 3', 'g{i=1,job=b} -2', 'g{i=1,job=c} NaN']],
    ['g + 1 > 3', ['{i=1,job=a} 4', '{i=2,job=a} 6']],
    ['3 < g', ['g{i=2,job=a} 5']],
    ['g{job="a"} > bool 3', ['{i=1,job=a} 0', '{i=2,job=a} 1']],
    ['g / on(job) group_left limit', ['{i=1,job=a} 0.3', '{i=2,job=a} 0.5', '{i=1,job=b} -0.1']],
    ['limit / ignoring(team) owner', ['{job=a} 10']],
    ['g * on(job) group_left(team) owner', ['{i=1,job=a,team=x} 3', '{i=2,job=a,team=x} 5']],
    ['limit - on(job) group_right sum by (job, i) (g{job="b"})', ['{i=1,job=b} 22']],
    ['limit and on(job) owner', ['limit{job=a} 10']],
    ['limit unless on(job) owner', ['limit{job=b} 20']],
    ['owner or on(job) limit', ['owner{job=a,team=x} 1', 'limit{job=b} 20']],
    ['vector(0) or label_replace(vector(0),"a","b","","")', ['{} 0', '{a=b} 0']],
    ['-limit{job="a"} ^ 2', ['{job=a} -100']],
    ['7 % 4 + 2 ^ 3 * -1', ['-5']],
    ['1 / 0', ['+Inf']],
    ['scalar(s) + scalar(g)', ['NaN']],
    ['clamp(g{job="a"}, 4, 4.5)', ['{i=1,job=a} 4', '{i=2,job=a} 4.5']],
    ['clamp(g, 5, 4)', []],
    ['round(g{i="2"} / 3, 0.5)', ['{i=2,job=a} 1.5']],
    ['sgn(g{job="b"}) + abs(g{job="b"})', ['{i=1,job=b} 1']],
    ['sqrt(s) + ln(exp(s)) + log2(s) + ceil(s / 3)', ['{} 10']],
    ['label_replace(limit{job="a"}, "x", "<$1>", "job", "(.*)")', ['limit{job=a,x=<a>} 10']],
    ['label_join(g{i="2"}, "x", "-", "job", "i")', ['g{i=2,job=a,x=a-2} 5']],
    // rank 20 of 40 lies in (0.1, 0.5]: 0.1 + 0.4 × (20 − 10)/20
    ['histogram_quantile(0.5, bucket)', ['{} 0.30000000000000004']],
    ['histogram_quantile(0.9, bucket)', ['{} 0.5']],
    ['histogram_count(bucket)', []],
    ['max_over_time(vector(time())[10s:5s])', ['{} 0']],
    ['day_of_week(vector(1763683200)) + hour(vector(3600)) + days_in_month(vector(951782400))', ['{} 35']],
    ['"text"', ['text']],
  ])('%s', (text, wanted) => {
    expect(answer(gauges, text, 0)).toEqual(wanted);
  });

  it.each([
    ['g + on(job) limit', /many-to-one matching must be explicit/],
    ['limit + on(job) g', /many-to-many matching not allowed/],
    ['label_replace(g, "i", "x", "", "")', /same labelset/],
    ['abs({__name__=~"bucket|s|twin",le=""})', /same labelset/],
    ['rate({job="a"}[', /invalid parameter "query": 1:15: parse error: "\[" is not closed/],
    ['histogram_fraction(0, 1, bucket)', /docs\/embedded-world\/promql\.md/],
    ['limitk(1, g)', /"limitk" is experimental and not enabled/],
  ])('%s fails clearly', (text, message) => {
    expect(() => answer(gauges, text, 0)).toThrow(message);
  });
});

describe('queryRange', () => {
  it('steps from start to end and sorts the series', () => {
    const range = { start: at(0), end: at(60), step: 30_000 as Milliseconds };
    expect(queryRange(counters, 'requests{job="a"}', range)).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'requests', i: '1', job: 'a' },
          values: [
            [0, '0'],
            [30, '30'],
            [60, '60'],
          ],
        },
        {
          metric: { __name__: 'requests', i: '2', job: 'a' },
          values: [
            [0, '0'],
            [30, '60'],
            [60, '5'],
          ],
        },
      ],
    });
    expect(queryRange(counters, 'max(late @ end())', { ...range, end: at(120) }).result).toMatchObject([
      { values: { length: 5 } },
    ]);
  });

  it.each([
    [{ start: at(1), end: at(0), step: 1000 as Milliseconds }, 'x', /end timestamp/],
    [{ start: at(0), end: at(1), step: 0 as Milliseconds }, 'x', /zero or negative/],
    [{ start: at(0), end: at(11_001), step: 1000 as Milliseconds }, 'x', /11,000 points/],
    [{ start: at(0), end: at(1), step: 1000 as Milliseconds }, 'x[5m]', /"range vector" for range query/],
  ])('refuses %j', (range, text, message) => {
    expect(() => queryRange(counters, text, range)).toThrow(message);
  });
});

it('aggregates the same in any order', () => {
  // of two zeros the first one is the least, as in Prometheus
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 30 }), (values) => {
      const rows = values.map((value, index) => [`m{i="${String(index)}"}`, [value]] as const);
      const [forwards, backwards] = [
        storeOf(Object.fromEntries(rows)),
        storeOf(Object.fromEntries([...rows].reverse())),
      ];
      for (const text of ['min(m)', 'max(m)', 'count(m)', 'quantile(0.3, m)'])
        expect(answer(forwards, text, 0)).toEqual(answer(backwards, text, 0));
      const sums = [forwards, backwards].map((store) => Number(answer(store, 'sum(m)', 0)[0]?.split(' ')[1]));
      expect(Math.abs((sums[0] ?? 0) - (sums[1] ?? 1))).toBeLessThan(1e-6);
    }),
    { numRuns: 50 },
  );
});

it('a rate is never negative, whatever the resets', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 2, maxLength: 20 }), (values) => {
      const [line] = answer(storeOf({ c: values }), 'rate(c[10m])', (values.length - 1) * 15);
      expect(Number(line?.split(' ')[1])).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('answers over 2,000 series fast', () => {
  const store = new SeriesStore();
  for (let pod = 0; pod < 2000; pod++)
    for (let tick = 0; tick < 24; tick++)
      store.write(
        'cpu',
        { namespace: 'shop', app: `app-${String(pod % 100)}`, pod: `pod-${String(pod)}` },
        tick,
        at(tick * 15),
      );
  const text = 'sum by (namespace, app) (rate(cpu{namespace=~"shop|pay"}[5m]))';
  expect(answer(store, text, 360)).toHaveLength(100);
  const rounds = Array.from({ length: 15 }, () => {
    const started = performance.now();
    queryInstant(store, text, at(360));
    return performance.now() - started;
  });
  // the best of all, since other work may hold the processor
  expect(Math.min(...rounds)).toBeLessThan(20);
});
