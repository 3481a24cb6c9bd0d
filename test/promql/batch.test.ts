// Templates as one query for many targets, and the proof that every target gets the answer of its own query.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/model/units.ts';
import { ageQuestionsOf, batchOf, missingSplitLabels, type LabelSplit } from '../../src/promql/batch.ts';
import { parsePromql } from '../../src/promql/parse.ts';
import { holdsSeries } from '../../src/sandbox/prometheus/format.ts';
import { queryInstant } from '../../src/sandbox/prometheus/query.ts';
import { SeriesStore } from '../../src/sandbox/prometheus/store.ts';

const own = 'namespace="{{namespace}}",app="{{name}}"';
const all = 'namespace!="",app!=""';
const by = 'by (namespace, app)';

describe('batchOf', () => {
  it.each([
    [`sum(rate(x{${own}}[1m]))`, `sum ${by} (rate(x{${all}}[1m]))`],
    [`SUM(x{a="b",${own},c=~"d"})`, `SUM ${by} (x{a="b",${all},c=~"d"})`],
    [
      `2 * (sum(x{${own}}) / max(y{${own}} offset 5m)) > 3`,
      `2 * (sum ${by} (x{${all}}) / max ${by} (y{${all}} offset 5m)) > 3`,
    ],
    [`quantile(0.9, {__name__="x",${own}} @ 60)`, `quantile ${by} (0.9, {__name__="x",${all}} @ 60)`],
    [`max(sum by (pod) (x{${own}}))`, `max ${by} (sum by (namespace, app, pod) (x{${all}}))`],
    [`max(sum(x{${own}}) by (pod, app))`, `max ${by} (sum(x{${all}}) by (namespace, pod, app))`],
    [`max(quantile by () (time(), x{${own}}))`, `max ${by} (quantile by (namespace, app) (time(), x{${all}}))`],
    [`sum by (app) (x{${own}})`, `sum by (namespace, app) (x{${all}})`],
    [`sum(x{${own}} / y{${own}})`, `sum ${by} (x{${all}} / y{${all}})`],
    [`-sum(max_over_time(rate(x{${own}}[1m])[10m:1m]))`, `-sum ${by} (max_over_time(rate(x{${all}}[1m])[10m:1m]))`],
    [`time() - max(timestamp(x{${own}}))`, `time() - max ${by} (timestamp(x{${all}}))`],
    [`clamp_min(avg(x{${own}}), 1)`, `clamp_min(avg ${by} (x{${all}}), 1)`],
    [
      `histogram_quantile(0.99, sum by (le) (rate(x{${own}}[5m])))`,
      `histogram_quantile(0.99, sum by (namespace, app, le) (rate(x{${all}}[5m])))`,
    ],
    [`sum # by (x) "{{name}}"\n  (x{${own}, # c\n a="#"})`, `sum ${by} \n  (x{${all}, \n a="#"})`],
  ])('%s', (template, query) => {
    expect(batchOf(template)).toEqual({ query, split: { namespace: 'namespace', app: 'name' } });
    expect(parsePromql(query).kind).toBe('ok');
  });

  it('splits by the labels that the placeholders stand at', () => {
    expect(batchOf('sum(x{"k8s.ns"="{{namespace}}"})')).toEqual({
      query: 'sum by ("k8s.ns") (x{"k8s.ns"!=""})',
      split: { 'k8s.ns': 'namespace' },
    });
    expect(batchOf("count(x{ job = '{{ name }}' })")).toEqual({
      query: 'count by (job) (x{ job!="" })',
      split: { job: 'name' },
    });
  });

  it.each([
    [['shop'], 'namespace=~"shop"'],
    [['shop', 'pay-*', 'shop'], 'namespace=~"shop|pay-.*"'],
    [['a.b', '**-x'], 'namespace=~"a[.]b|.*-x"'],
    [['shop', '*'], 'namespace!=""'],
    [[], 'namespace!=""'],
  ])('asks for the namespaces %j only', (namespaces, matcher) => {
    expect(batchOf(`sum(x{${own}})`, { namespaces })?.query).toBe(`sum ${by} (x{${matcher},app!=""})`);
  });

  it.each([
    ['no placeholder', 'sum(x)'],
    ['no query', `sum(x{${own}}`],
    ['a part of a value', 'sum(x{app="{{name}}-web"})'],
    ['a regular expression', 'sum(x{app=~"{{name}}"})'],
    ['all others', 'sum(x{app!="{{name}}"})'],
    ['a name of a metric', 'sum({"{{name}}",a="{{namespace}}"})'],
    ['a string', `sum(label_replace(x{${own}}, "a", "{{name}}", "", ""))`],
    ['one label for both', 'sum(x{a="{{name}}",a="{{namespace}}"})'],
    ['one placeholder at two labels', 'sum(x{a="{{name}}",b="{{name}}"})'],
    ['a label of its own kind', 'sum(x{le="{{name}}"})'],
    ['any metric', `sum(rate({__name__=~"x|y",${own}}[1m]))`],
    ['a selector of all targets', `sum(x{${own}}) / sum(y)`],
    ['selectors with other labels', `sum(x{${own}}) / sum(y{namespace="{{namespace}}",name="{{name}}"})`],
    ['no aggregation', `x{${own}}`],
    ['no aggregation at one side', `sum(x{${own}}) / y{${own}}`],
    ['several series', `sum by (pod) (x{${own}})`],
    ['other labels at the sides', `sum(sum by (pod) (x{${own}}) / sum by (app) (y{${own}}))`],
    ['or', `sum(x{${own}}) or vector(0)`],
    ['and', `sum(x{${own}} and y{${own}})`],
    ['unless', `sum(x{${own}}) unless sum(y{${own}})`],
    ['on', `sum(x{${own}} / on(pod) y{${own}})`],
    ['ignoring', `sum(x{${own}} / ignoring(a) y{${own}})`],
    ['fill', `sum(x{${own}}) + fill(0) sum(y{${own}})`],
    ['without', `sum without (pod) (x{${own}})`],
    ['without, inside', `sum(sum without (app) (x{${own}}))`],
    ['topk', `topk(1, x{${own}})`],
    ['topk, inside', `sum(topk(1, x{${own}}))`],
    ['count_values', `count_values("a", x{${own}})`],
    ['absent', `sum(absent(x{${own}}))`],
    ['scalar', `sum(x{${own}}) * scalar(sum(y{${own}}))`],
    ['a parameter that differs', `quantile(scalar(y{${own}}), x{${own}})`],
    ['the time', 'sum(day_of_week())'],
  ])('leaves alone what reads %s', (_, template) => {
    expect(batchOf(template)).toBeNull();
  });

  it('leaves alone what would be longer than a query may be', () => {
    const namespaces = Array.from({ length: 10_000 }, (_, index) => `namespace-${index}`);
    expect(batchOf(`sum(x{${own}})`, { namespaces })).toBeNull();
  });
});

describe('ages', () => {
  it.each([
    ['sum(rate(x[1m])) / sum(x) + y', null, ['time() - max(timestamp(x))', 'time() - max(timestamp(y))']],
    ['sum by (a, b) (x)', { a: 'namespace', b: 'name' }, ['time() - max by (a, b) (timestamp(x))']],
    [`sum(x{${own}}) # {{name}}`, null, [`time() - max(timestamp(x{${own}}))`]],
    [`sum(x{a=~'{{ name }}-.*'})`, null, ['time() - max(timestamp(x{a=~"{{ name }}-.*"}))']],
    ['vector(1)', null, []],
  ] satisfies [string, LabelSplit | null, string[]][])('of %s split by %j', (query, split, wanted) => {
    expect(ageQuestionsOf(query, split)).toEqual(wanted);
    for (const question of wanted) expect(parsePromql(question).kind).toBe('ok');
  });
});

it.each([
  ['sum by (namespace, app) (x)', []],
  ['sum by (app) (x)', ['namespace']],
  ['sum(x)', ['namespace', 'app']],
  ['x', []],
  ['sum without (app) (x)', []],
  ['sum(', []],
])('%s surely lacks %j', (query, missing) => {
  expect(missingSplitLabels(query, { namespace: 'namespace', app: 'name' })).toEqual(missing);
});

describe('every target gets the answer of its own query', () => {
  const namespaces = ['shop', 'pay'];
  const names = ['web', 'api'];
  const targets = namespaces.flatMap((namespace) => names.map((name) => ({ namespace, name })));
  const now = 300_000 as Instant;

  const extras = ['', ',pod!="p0"', ',le=~"1|2"', ',app!="api"', ',namespace="shop"'];
  const number = fc.constantFrom('2', '0.5', '-1', 'time()');
  const { vector } = fc.letrec<{ vector: string }>((tie) => ({
    vector: fc.oneof(
      { maxDepth: 4 },
      fc
        .tuple(
          fc.constantFrom('x', 'y'),
          fc.constantFrom(...extras),
          fc.constantFrom('@', '@', 'rate(@[2m])', 'max_over_time(@[1m])', '@ offset 30s', 'timestamp(@)'),
        )
        .map(([name, extra, form]) => form.replace('@', `${name}{${own}${extra}}`)),
      fc
        .tuple(
          fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'stddev', 'group', 'topk'),
          fc.constantFrom('', '', ' by (pod)', ' by (le)', ' by (app, pod)', ' by ()', ' without (pod)'),
          tie('vector'),
          fc.boolean(),
        )
        .map(([operator, grouping, inner, behind]) => {
          const body = operator === 'topk' ? `(1, ${inner})` : `(${inner})`;
          return behind ? `${operator}${body}${grouping}` : `${operator}${grouping}${body}`;
        }),
      fc
        .tuple(tie('vector'), fc.constantFrom('+', '/', '-', '> bool', '<', 'or', 'and'), tie('vector'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(tie('vector'), fc.constantFrom('+', '*', '>', '%'), number).map((parts) => `(${parts.join(' ')})`),
      fc
        .tuple(
          tie('vector'),
          fc.constantFrom('abs(@)', '-@', 'clamp_min(@, 3)', 'absent(@)', 'histogram_quantile(0.5, @)', 'sort(@)'),
        )
        .map(([inner, form]) => form.replace('@', inner)),
      tie('vector').map((inner) => `max_over_time((${inner})[2m:30s])`),
    ),
  }));
  const template = fc
    .tuple(fc.constantFrom('sum(@)', 'avg(@)', 'max(@) * 2', '@'), vector)
    .map(([form, inner]) => form.replace('@', inner));

  const store = fc
    .array(
      fc.record({
        name: fc.constantFrom('x', 'y'),
        namespace: fc.constantFrom(...namespaces, 'else', ''),
        app: fc.constantFrom(...names, 'else', ''),
        pod: fc.constantFrom('', 'p0', 'p1'),
        le: fc.constantFrom('', '1', '2', '+Inf'),
        values: fc.array(fc.nat(100), { minLength: 1, maxLength: 20 }),
      }),
      { minLength: 5, maxLength: 40 },
    )
    .map((list) => {
      const kept = new SeriesStore();
      const seen = new Set<string>();
      for (const { name, values, ...labels } of list) {
        const key = JSON.stringify([name, labels]);
        if (seen.has(key)) continue;
        seen.add(key);
        // an empty label is no label
        const given = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
        for (const [index, value] of values.entries())
          kept.write(name, given, value, (now - (values.length - 1 - index) * 15_000) as Instant);
      }
      return kept;
    });

  function answer(from: SeriesStore, query: string): { labels: Readonly<Record<string, string>>; value: number }[] {
    const data = queryInstant(from, query, now);
    if (!holdsSeries(data)) throw new Error(`${query} answers a scalar`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value?.[1]) }));
  }

  const nearlySame = (one: number, other = Infinity): boolean =>
    Object.is(one, other) || Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));
  const filled = (text: string, { namespace, name }: (typeof targets)[number]): string =>
    text.replaceAll('{{namespace}}', namespace).replaceAll('{{name}}', name);

  it('whatever the template and the series', () => {
    let batched = 0;
    fc.assert(
      fc.property(template, store, fc.constantFrom([], ['shop', 'p*']), (text, series, narrowed) => {
        const batch = batchOf(text, { namespaces: narrowed });
        if (batch === null) return;
        batched++;
        const together = answer(series, batch.query);
        for (const target of targets) {
          const alone = answer(series, filled(text, target)).map(({ value }) => value);
          const mine = together.filter(({ labels }) =>
            Object.entries(batch.split).every(([label, what]) => labels[label] === target[what]),
          );
          expect(mine).toHaveLength(alone.length);
          for (const [index, { value }] of mine.entries()) expect(nearlySame(value, alone[index])).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
    expect(batched).toBeGreaterThan(50);
  });
});
