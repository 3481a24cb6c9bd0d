// Many targets: what selects, splits and overrides sensibly, and where each mistake is; then what the loader makes of it.
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../src/config/load.ts';
import { manyTargetsFindings } from '../../src/config/targets.ts';
import { goodTexts, inMemory } from './files.ts';

const targets = { kind: 'Deployment', selector: { matchLabels: { tier: 'front' } } };
const split = { namespace: 'namespace', app: 'name' };
const grouped = { name: 'load', query: 'sum by (namespace, app) (x)', split, target: { averageValue: 1 } };
const templated = { name: 'load', query: 'sum(x{app="{{name}}"})', target: { averageValue: 1 } };
const policy = (spec: object = {}): unknown => ({
  spec: { targets, replicas: { min: 2, max: 9 }, metrics: [grouped], ...spec },
});
const metric = (more: object, of: object = grouped): unknown => policy({ metrics: [{ ...of, ...more }] });
const overriding = (...overrides: object[]): unknown => policy({ overrides });

const told = (raw: unknown): string[] =>
  manyTargetsFindings(raw).map(
    ({ code, path, offset, severity }) =>
      `${code} ${path.slice(1).join('.')}${offset === undefined ? '' : `@${offset}`} ${severity ?? 'error'}`,
  );

describe('many targets', () => {
  it.each([
    ['a split query', policy()],
    ['a template', metric({}, templated)],
    ['patterns', policy({ targets: { ...targets, namespaces: ['pay-*', '*', 'shop'], expect: { min: 1, max: 1 } } })],
    ['a split by name alone in one namespace', metric({ split: { app: 'name' }, query: 'sum by (app) (x)' })],
    ['a coverage of the same split', metric({ coverage: { query: 'count by (namespace, app) (up)', atLeast: 0.9 } })],
    [
      'one number for all that is compared as it is',
      metric({ split: undefined, query: 'max(q)', target: { value: 5 } }),
    ],
    ['by pod', metric({ by: 'pod', query: 'sum by (namespace, app, pod) (x)' })],
    ['labels that cannot be known', metric({ query: 'label_replace(x, "app", "$1", "job", "(.*)")' })],
    [
      'an override',
      overriding({ match: { name: 'web-*' }, replicas: { min: 9 }, metrics: { load: { target: { value: 2 } } } }),
    ],
    ['one target', { spec: { target: {}, metrics: [{ name: 'a', query: 'up' }], overrides: [] } }],
    ['nonsense of other kinds', { spec: { targets: 7, metrics: [null, 8], overrides: ['x'] } }],
    ['nothing', null],
  ])('%s: right', (_what, raw) => {
    expect(told(raw)).toEqual([]);
  });

  it.each([
    [
      'a count that cannot be',
      policy({ targets: { ...targets, expect: { min: 3, max: 2 } } }),
      'WrongValue targets.expect.min error',
    ],
    ['no namespace', policy({ targets: { ...targets, namespaces: [] } }), 'WrongValue targets.namespaces error'],
    [
      'a wrong namespace',
      policy({ targets: { ...targets, namespaces: ['Shop'] } }),
      'WrongValue targets.namespaces.0 error',
    ],
    [
      'an empty selector',
      policy({ targets: { ...targets, selector: { matchLabels: {} } } }),
      'WrongValue targets.selector error',
    ],
    [
      'In without values',
      policy({ targets: { ...targets, selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } }),
      'WrongValue targets.selector.matchExpressions.0 error',
    ],
    ['a label that the query lacks', metric({ query: 'sum by (namespace) (x)' }), 'WrongQuery metrics.0.query error'],
    [
      'a label that the coverage lacks',
      metric({ coverage: { query: 'count(up)', atLeast: 0.9 } }),
      'WrongQuery metrics.0.coverage.query error',
    ],
    [
      'a wrong coverage',
      metric({ coverage: { query: 'count(', atLeast: 1 } }, templated),
      'WrongQuery metrics.0.coverage.query@5 error',
    ],
    ['a split without the name', metric({ split: { namespace: 'namespace' } }), 'WrongValue metrics.0.split error'],
    [
      'a split without the namespace',
      policy({ targets: { ...targets, namespaces: ['a', 'b'] }, metrics: [{ ...grouped, split: { app: 'name' } }] }),
      'WrongValue metrics.0.split error',
    ],
    [
      'two labels for one thing',
      metric({ split: { app: 'name', job: 'name' }, query: 'sum by (app, job) (x)' }),
      'WrongValue metrics.0.split error',
    ],
    ['a split of a resource', metric({ query: undefined, resource: 'cpu' }), 'WrongValue metrics.0.split error'],
    [
      'a split and placeholders',
      metric({ query: 'sum by (namespace, app) (x{a="{{name}}"})' }),
      'WrongQuery metrics.0.query@30 error',
    ],
    [
      'another placeholder',
      metric({ query: 'sum(x{app="{{app}}"})' }, templated),
      'WrongQuery metrics.0.query@11 error',
    ],
    ['the same for all', metric({ query: 'sum(x)' }, templated), 'WrongQuery metrics.0.query warning'],
    ['by pod of a resource', metric({ resource: 'cpu', by: 'pod' }, { name: 'cpu' }), 'WrongValue metrics.0.by error'],
    [
      'by pod with a value',
      metric({ by: 'pod', query: 'sum by (namespace, app, pod) (x)', target: { value: 1 } }),
      'WrongValue metrics.0.by error',
    ],
    ['by pod without pods', metric({ by: 'pod' }), 'WrongQuery metrics.0.query error'],
    [
      'overrides of one target',
      { spec: { target: {}, overrides: [{ match: { name: 'a' } }] } },
      'WrongValue overrides error',
    ],
    ['an override of everything', overriding({ match: {} }), 'WrongValue overrides.0.match error'],
    [
      'an override above max',
      overriding({ match: { name: 'a' }, replicas: { min: 10 } }),
      'WrongValue overrides.0.replicas error',
    ],
    [
      'an override of no metric',
      overriding({ match: { name: 'a' }, metrics: { laod: {} } }),
      'WrongValue overrides.0.metrics.laod error',
    ],
    [
      'an override of another measure',
      overriding({ match: { name: 'a' }, metrics: { load: { target: { utilization: 7 } } } }),
      'WrongValue overrides.0.metrics.load.target.utilization error',
    ],
  ])('%s: wrong', (_what, raw, finding) => {
    expect(told(raw)).toEqual([finding]);
  });
});

describe('a policy of many targets', () => {
  const load = (spec: string) => {
    const text = `apiVersion: springtide/v1\nkind: PodPolicy\nmetadata: {name: all, namespace: shop}\nspec: ${spec}\n`;
    return loadFiles(inMemory({ ...goodTexts, 'policies/all.yaml': text }));
  };
  const many = 'targets: {kind: Deployment, namespaces: [pay-*], selector: {matchLabels: {tier: front}}}';

  it('is compiled into an aim and questions', () => {
    const { config, problems } = load(
      `{${many}, replicas: {max: 9}, metrics: [{name: load, query: 'sum(x{namespace="{{namespace}}",app="{{name}}"})', target: {averageValue: 1}}]}`,
    );
    expect(problems).toEqual([]);
    const [policy] = config?.podPolicies ?? [];
    expect(policy?.aim).toMatchObject({ kind: 'many', targetKind: 'Deployment', namespaces: ['pay-*'], expect: null });
    const [metric] = policy?.spec.metrics ?? [];
    const split = { namespace: 'namespace', app: 'name' };
    expect(metric?.source).toMatchObject({
      question: {
        single: 'sum(x{namespace="{{namespace}}",app="{{name}}"})',
        grouped: { query: 'sum by (namespace, app) (x{namespace=~"pay-.*",app!=""})', split },
      },
    });
    expect(metric?.ages).toMatchObject([
      {
        single: 'time() - max(timestamp(x{namespace="{{namespace}}",app="{{name}}"}))',
        grouped: {
          query: 'time() - max by (namespace, app) (timestamp(x{namespace=~"pay-.*",app!=""}))',
          split,
        },
      },
    ]);
  });

  it('is split as it is written, its ages with it; a formula and its inputs are compiled too', () => {
    const { config, problems } = load(
      `{${many}, replicas: {max: 9}, metrics: [{name: q, query: "sum by (namespace, app) (x)", split: {namespace: namespace, app: name}, use: formula}, {name: load, formula: q * 2, target: {averageValue: 1}}]}`,
    );
    expect(problems).toEqual([]);
    const [q, formula] = config?.podPolicies[0]?.spec.metrics ?? [];
    expect(q?.target).toBeNull();
    expect(q?.ages).toMatchObject([
      { single: null, grouped: { query: 'time() - max by (namespace, app) (timestamp(x))' } },
    ]);
    expect(formula).toMatchObject({
      source: { kind: 'formula', formula: { inputs: ['q'] } },
      ages: [],
      coverage: null,
    });
  });
});
