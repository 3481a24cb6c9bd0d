// Rule files: read as Prometheus reads them, refused file by file.
import { describe, expect, it } from 'vitest';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import { reloadFiles } from '../../src/config/watch.ts';
import { goodTexts, inMemory, type FileTexts } from './files.ts';

const loaded = (texts: FileTexts): LoadResult => loadFiles(inMemory({ ...goodTexts, ...texts }));

const shop = `
groups:
  - name: shop
    interval: 30s
    query_offset: 1m
    limit: 10
    labels: {team: pay, tier: 2}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 1h30m
        labels: {team: shop, version: 1.10, on: true}
        annotations: {summary: '{{ $labels.instance }} is down'}
  - name: always
    rules:
      - {alert: Always, expr: 1}
`;

describe('a rule file', () => {
  it('that is loaded again as it was has the same groups', () => {
    const read = inMemory({
      ...goodTexts,
      'rules/shop.yaml': 'groups: [{ name: shop, rules: [{ alert: A, expr: up }] }]',
    });
    const [first, again] = [loadFiles(read), loadFiles({ ...read, files: [...read.files] })];
    expect(first.config?.rules).toHaveLength(1);
    expect(again.config?.rules[0]).toBe(first.config?.rules[0]);
  });

  it('becomes groups of alerting rules, texts as they are written', () => {
    const { config, problems } = loaded({ 'rules/shop.yaml': shop });
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['RecordingRule', 'warning']]);
    expect(config?.rules).toEqual([
      {
        file: 'rules/shop.yaml',
        name: 'shop',
        interval: 30_000,
        queryOffset: 60_000,
        limit: 10,
        rules: [
          {
            alert: 'Down',
            expr: 'up == 0',
            for: 300_000,
            keepFiringFor: 5_400_000,
            labels: { team: 'shop', tier: '2', version: '1.10', on: 'true' },
            annotations: { summary: '{{ $labels.instance }} is down' },
          },
        ],
      },
      {
        file: 'rules/shop.yaml',
        name: 'always',
        interval: null,
        queryOffset: 0,
        limit: 0,
        rules: [{ alert: 'Always', expr: '1', for: 0, keepFiringFor: 0, labels: {}, annotations: {} }],
      },
    ]);
  });

  it('has rules that learn, with numbers as numbers', () => {
    const rules = `
groups:
  - name: own
    rules:
      - {alert: Odd, anomaly: {query: sum(load)}, for: 2m}
      - {alert: Odder, anomaly: {query: sum(load), sensitivity: 1, series: 7}}
      - {alert: Full, forecast: {query: free, within: 1d, below: 10e9}}
      - {alert: Over, forecast: {query: used, within: 90m, above: -1.5, confidence: 0.8, series: 7}}
`;
    const { config, problems } = loaded({ 'rules/own.yaml': rules });
    expect(problems).toEqual([]);
    const full = { kind: 'forecast', within: 86_400_000, side: 'below', limit: 10e9, confidence: 0.9, series: 100 };
    const over = { kind: 'forecast', within: 5_400_000, side: 'above', limit: -1.5, confidence: 0.8, series: 7 };
    expect(config?.rules[0]?.rules).toMatchObject([
      { alert: 'Odd', expr: 'sum(load)', for: 120_000, learns: { kind: 'anomaly', sensitivity: 0.5, series: 100 } },
      { alert: 'Odder', expr: 'sum(load)', learns: { kind: 'anomaly', sensitivity: 1, series: 7 } },
      { alert: 'Full', expr: 'free', learns: full },
      { alert: 'Over', expr: 'used', learns: over },
    ]);
  });

  it('may be empty, and changes the hash where it is not', () => {
    const without = loaded({});
    expect(loaded({ 'rules/a.yaml': '# nothing yet\n' }).problems).toEqual([]);
    expect(loaded({ 'rules/a.yaml': 'groups:\n' }).problems).toEqual([]);
    expect(loaded({ 'rules/a.yaml': 'groups: []\n' }).config?.hash).toBe(without.config?.hash);
    expect(loaded({ 'rules/a.yaml': shop }).config?.hash).not.toBe(without.config?.hash);
  });

  it('has the same group name as another one', () => {
    const { config, problems } = loaded({ 'rules/b.yaml': shop, 'rules/a.yaml': shop });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(config?.rules.map(({ file }) => file)).toEqual([
      'rules/a.yaml',
      'rules/a.yaml',
      'rules/b.yaml',
      'rules/b.yaml',
    ]);
  });

  it('keeps its last good version when it is refused, the others go on', () => {
    const first = loaded({ 'rules/shop.yaml': shop, 'rules/other.yaml': 'groups: [{name: x}]' });
    const broken = { ...goodTexts, 'rules/shop.yaml': shop.replace('up == 0', 'up =='), 'rules/other.yaml': 'groups:' };
    const { result, refused } = reloadFiles(inMemory(broken), {}, first);
    expect(refused).toBe(false);
    expect(result.config?.rules.map(({ name }) => name)).toEqual(['shop', 'always']);
    expect(result.config?.rules[0]?.rules[0]?.expr).toBe('up == 0');
    expect(result.documents.filter(({ kind }) => kind === 'Rules')).toEqual([
      { kind: 'Rules', file: 'rules/shop.yaml', status: 'refused' },
      { kind: 'Rules', file: 'rules/other.yaml', status: 'accepted' },
      { kind: 'Rules', file: 'rules/shop.yaml', status: 'kept' },
    ]);
    const mended = reloadFiles(inMemory({ ...goodTexts }), {}, result);
    expect(mended.result.config?.rules).toEqual([]);
  });
});

describe('a rule file as Prometheus takes it', () => {
  const places = (rules: string): string[] =>
    loaded({ 'rules/a.yaml': rules }).problems.map(
      ({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`,
    );
  const one = (rule: string): string => `groups: [{name: g, rules: [${rule}]}]`;

  it('takes a key with nothing behind it for none, and a label or an annotation for empty', () => {
    const { config, problems } = loaded({
      'rules/a.yaml': `
groups:
  - name: g
    interval:
    limit:
    labels:
    rules:
      - alert: A
        record:
        expr: up == 0
        for:
        keep_firing_for: ~
        labels: {severity: page, team: }
        annotations:
          description:
  - name: nothing
    rules:
`,
    });
    expect(problems).toEqual([]);
    expect(config?.rules).toMatchObject([
      {
        name: 'g',
        interval: null,
        limit: 0,
        rules: [
          {
            alert: 'A',
            for: 0,
            keepFiringFor: 0,
            labels: { severity: 'page', team: '' },
            annotations: { description: '' },
          },
        ],
      },
      { name: 'nothing', rules: [] },
    ]);
  });

  it('takes over what a merge key names, as it is written', () => {
    const { config, problems } = loaded({
      'rules/a.yaml': `
groups:
  - name: g
    rules:
      - {alert: A, expr: up, labels: &base {severity: page, version: 1.10}}
      - {alert: B, expr: up, labels: {<<: *base, severity: warning}}
`,
    });
    expect(problems).toEqual([]);
    expect(config?.rules[0]?.rules[1]?.labels).toEqual({ severity: 'warning', version: '1.10' });
  });

  it.each([
    ['{alert: A, expr: }', ['error MissingKey 1:45']],
    ['{alert: A, expr: up, fore: }', ['error UnknownKey 1:49']],
    ['{alert: A, anomaly: {query: up, series: }}', ['error WrongType 1:68']],
    ['{alert: A, anomaly: }', ['error WrongType 1:48']],
  ])('has keys of which none is unknown, and none of springtide empty: %s', (rule, wanted) => {
    expect(places(one(rule))).toEqual(wanted);
  });

  it.each([
    ['{record: a, expr: up, for: 0s, keep_firing_for: 0, annotations: {}}', []],
    ['{record: a, expr: up, for: 5m}', ['warning WrongValue 1:50']],
    ['{record: a, expr: up, annotations: {b: c}}', ['warning WrongValue 1:50']],
    ['{record: a, expr: "up[5m]"}', ['warning WrongQuery 1:46']],
    ['{record: a, expr: "up["}', ['warning WrongQuery 1:49']],
    ['{record: a}', ['error MissingKey 1:28']],
    ['{record: a, anomaly: {query: up}}', ['error WrongValue 1:40']],
    ['{record: a, expr: up, on: b}', ['error UnknownKey 1:50']],
  ])('holds no alert up for its recording rules: %s', (rule, wanted) => {
    expect(places(one(rule)).filter((place) => !place.includes('RecordingRule'))).toEqual(wanted);
  });
});
