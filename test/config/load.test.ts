// Loading: what comes into force, what stays, and that hostile files end quickly.
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { maximumFileSize, readConfigFiles } from '../../src/config/files.ts';
import { loadConfig, loadConfigOrThrow, loadFiles, type LoadResult } from '../../src/config/load.ts';
import { SpringtideError } from '../../src/model/errors.ts';
import { fillText } from '../../src/model/texts.ts';
import { goodTexts, inMemory, newDirectory, writeTexts, type FileTexts } from './files.ts';

const load = (texts: FileTexts): LoadResult => loadFiles(inMemory(texts));
const codesOf = ({ problems }: LoadResult): string[] => problems.map(({ code }) => code);
const web = goodTexts['policies/web.yaml'] ?? '';
const names = ({ config }: LoadResult): string[] => (config?.podPolicies ?? []).map(({ metadata }) => metadata.name);

describe('a good directory', () => {
  it('compiles metrics with the question after their age', () => {
    const [policy] = load(goodTexts).config?.podPolicies ?? [];
    expect(policy?.spec.metrics.map(({ source, ages }) => [source.kind, ages.map(({ single }) => single)])).toEqual([
      ['query', ['time() - max(timestamp(http_requests_total{namespace="shop",app="web"}))']],
      ['resource', ['time() - max(timestamp(container_cpu_usage_seconds_total{container!="",container!="POD"}))']],
    ]);
  });

  it('has a hash of what it says, not of how it is written', () => {
    const { config } = load(goodTexts);
    const rewritten = Object.fromEntries(
      Object.entries(goodTexts)
        .reverse()
        .map(([file, text]) => [file, `# new\n${text}`]),
    );
    expect(config?.hash).toMatch(/^[0-9a-f]{12}$/);
    expect(load(rewritten).config?.hash).toBe(config?.hash);
    expect(load({ ...goodTexts, 'policies/web.yaml': web.replace('max: 40', 'max: 41') }).config?.hash).not.toBe(
      config?.hash,
    );
  });

  it('may be one flat directory of several documents a file, as a ConfigMap mounts it', () => {
    const { 'springtide.yaml': daemon = '', 'policies/web.yaml': policy = '', 'alerts.yaml': alerts = '' } = goodTexts;
    const flat = load({ 'all.yaml': `${daemon}---\n${policy}`, 'alerts.yaml': alerts });
    expect([names(flat), flat.problems]).toEqual([['web'], []]);
  });

  it('puts the name of its cluster on every alert, whoever sends it, where no other one is written', () => {
    const cluster = (alerts: string): string | undefined =>
      load({ ...goodTexts, 'alerts.yaml': alerts }).config?.alerts.global.labels['cluster'];
    const written = goodTexts['alerts.yaml'] ?? '';
    expect(cluster(written)).toBe(load(goodTexts).config?.daemon.cluster);
    const receiver = 'route: { receiver: a }\nreceivers: [{ name: a }]';
    expect(cluster(`global: { labels: { cluster: north, site: b } }\n${receiver}`)).toBe('north');
  });

  it('is the one that ships', async () => {
    const config = await loadConfigOrThrow('config');
    expect(config.podPolicies[0]?.spec.mode).toEqual({ up: 'act', down: 'act' });
  });

  it('takes quantities for the target of a metric', () => {
    const text = web.replace('averageValue: 100', 'averageValue: 500m');
    const [policy] = load({ ...goodTexts, 'policies/web.yaml': text }).config?.podPolicies ?? [];
    expect(policy?.spec.metrics[0]?.target).toEqual({ kind: 'averageValue', amount: 0.5 });
  });
});

describe('the unit of refusal', () => {
  const api = web.replaceAll('name: web', 'name: api');

  it('is the document: its neighbours in the file load', () => {
    const result = load({ ...goodTexts, 'policies/web.yaml': `${web.replace('max: 40', 'max: forty')}---\n${api}` });
    expect([names(result), codesOf(result)]).toEqual([['api'], ['WrongType']]);
  });

  it('leaves no Config only where the Daemon is refused', () => {
    const result = load({ ...goodTexts, 'springtide.yaml': 'kind: Daemon\napiVersion: springtide/v1\nspec: {}\n' });
    expect([result.config, codesOf(result)]).toEqual([null, ['MissingKey', 'MissingKey']]);
  });

  it('tells all mistakes of all files at once, in the order of reading', () => {
    const result = load({
      ...goodTexts,
      'policies/web.yaml': web
        .replace('min: 2', 'min: two')
        .replace('kind: Deployment', 'knd: Deployment')
        .replace('mode: act', 'mode: no'),
      'policies/workers.yaml':
        'apiVersion: springtide/v1\nkind: NodePolicy\nmetadata: {name: workers}\nspec: {nodeGroups: []}\n',
      'alerts.yaml': 'route: {receiver: a}\n',
    });
    expect(result.problems.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
      'alerts.yaml:1 MissingKey',
      'alerts.yaml:1 UnknownReceiver',
      'policies/web.yaml:8 UnknownKey',
      'policies/web.yaml:11 WrongType',
      'policies/web.yaml:25 WrongValue',
      'policies/workers.yaml:4 WrongValue',
    ]);
  });

  it('keeps the last good version of a refused document', () => {
    const first = load({ ...goodTexts, 'policies/api.yaml': api });
    const broken = { ...goodTexts, 'policies/api.yaml': api.replace('max: 40', 'max: none') };
    const second = loadFiles(inMemory(broken), {}, first.inForce);
    expect([names(second), codesOf(second)]).toEqual([['api', 'web'], ['WrongType']]);
    expect(second.config?.hash).toBe(first.config?.hash);
    expect(second.documents.map(({ status }) => status).sort()).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'accepted',
      'kept',
      'refused',
    ]);
  });

  it.each([
    ['a syntax error', api.replace('metadata:', 'metadata: {')],
    ['a text that does not even say its kind', '{{{'],
  ])('keeps all documents of a file with %s', (_, text) => {
    const first = load({ ...goodTexts, 'policies/api.yaml': api });
    const second = loadFiles(inMemory({ ...goodTexts, 'policies/api.yaml': text }), {}, first.inForce);
    expect(names(second)).toEqual(['api', 'web']);
  });

  it('drops a document that was taken out', () => {
    const many = Array.from({ length: 10 }, (_, index) => web.replaceAll('name: web', `name: shop-${index}`));
    const first = load({ ...goodTexts, 'policies/api.yaml': api, 'policies/many.yaml': many.join('---\n') });
    const second = loadFiles(inMemory({ ...goodTexts, 'policies/many.yaml': many.join('---\n') }), {}, first.inForce);
    expect([names(first).length - names(second).length, names(second).includes('api'), second.problems]).toEqual([
      1,
      false,
      [],
    ]);
  });

  it('never lets a new document take a target away from one that is in force', () => {
    const first = load(goodTexts);
    const rival = web.replace('name: web\n  namespace', 'name: a-rival\n  namespace');
    const second = loadFiles(inMemory({ 'policies/a.yaml': rival, ...goodTexts }), {}, first.inForce);
    expect([names(second), second.problems.map(({ file }) => file)]).toEqual([['web'], ['policies/a.yaml']]);
  });
});

describe('texts', () => {
  it('come in the language of the Daemon, with the sentences of the operator', () => {
    const daemon = (goodTexts['springtide.yaml'] ?? '').replace('interval', 'language: zh-CN\n  interval');
    const { config } = load({
      ...goodTexts,
      'springtide.yaml': daemon,
      'messages.zh-CN.yaml': "reason.PoolFits: '{group} 无需扩容'\n",
    });
    expect(config && fillText(config.texts, 'reason.PoolFits', { group: 'default-worker' })).toBe(
      'default-worker 无需扩容',
    );
    expect(config?.texts.sentences['reason.PolicyOff']).toMatch(/模式/);
  });

  it('may be asked for in another language', () => {
    expect(loadFiles(inMemory(goodTexts), { language: 'zh-CN' }).config?.texts.language).toBe('zh-CN');
  });
});

describe('secrets by environment', () => {
  const daemon = (goodTexts['springtide.yaml'] ?? '').replace(
    '  openstack',
    '    auth: {bearer: {env: PROM_TOKEN}}\n  openstack',
  );
  it.each([
    [{}, ['SecretMissing']],
    [{ PROM_TOKEN: 'x' }, []],
  ])('%j', (env, codes) => {
    expect(codesOf(loadFiles(inMemory({ ...goodTexts, 'springtide.yaml': daemon }), { env }))).toEqual(codes);
  });
});

describe('hostile files', () => {
  const texts: [string, string, string][] = [
    ['brackets', 'a: '.concat('['.repeat(200_000)), 'TooDeep'],
    ['dashes', '- '.repeat(100_000), 'TooDeep'],
    ['question marks', '? '.repeat(100_000), 'TooDeep'],
    ['indentation', Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''), 'TooDeep'],
    ['a prototype', 'apiVersion: springtide/v1\nkind: Calendar\n__proto__: {polluted: true}\n', 'UnknownKey'],
  ];
  it.each(texts)('of %s are turned away', (_, text, code) => {
    const result = load({ ...goodTexts, 'policies/hostile.yaml': text });
    expect(codesOf(result)).toContain(code);
    expect(names(result)).toEqual(['web']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('a directory', () => {
  it('that does not exist is named', async () => {
    const result = await loadConfig('/nowhere/at/all');
    expect([result.config, codesOf(result)]).toEqual([null, ['ConfigUnreadable']]);
    await expect(loadConfigOrThrow('/nowhere/at/all')).rejects.toThrow(SpringtideError);
  });

  it('is read through links, without hidden files and without going round in circles', async () => {
    const directory = await newDirectory();
    await writeTexts(
      directory,
      Object.fromEntries(Object.entries(goodTexts).map(([file, text]) => [`..one/${file}`, text])),
    );
    await symlink('..one', path.join(directory, '..data'));
    for (const name of ['springtide.yaml', 'alerts.yaml', 'policies'])
      await symlink(`..data/${name}`, path.join(directory, name));
    await symlink('.', path.join(directory, '..one/policies/again'));
    const result = await loadConfig(directory);
    expect(new Set(result.documents.map(({ kind }) => kind))).toEqual(
      new Set(['Alerts', 'Daemon', 'NodePolicy', 'PodPolicy']),
    );
  });

  it('warns of rules that are not read because of the name of their file, and still misses what is missing', async () => {
    const directory = await newDirectory();
    const others = Object.fromEntries(Object.entries(goodTexts).filter(([name]) => name !== 'alerts.yaml'));
    await writeTexts(directory, { ...others, 'rules/node.rules': 'groups: []', 'rules/README.md': '# ours' });
    const { problems } = loadFiles(await readConfigFiles(directory));
    expect(problems.map(({ code, severity, file }) => [code, severity, file])).toEqual([
      ['AlertsMissing', 'warning', 'alerts.yaml'],
      ['PassedOver', 'warning', 'rules/node.rules'],
    ]);
  });

  it('with a file above 1 MiB says so and reads the others', async () => {
    const directory = await newDirectory();
    await writeTexts(directory, { ...goodTexts, 'policies/huge.yaml': '#'.repeat(maximumFileSize + 1) });
    const read = await readConfigFiles(directory);
    expect(read.problems.map(({ code, file }) => [code, file])).toEqual([['FileTooLarge', 'policies/huge.yaml']]);
    expect(names(loadFiles(read))).toEqual(['web']);
  });
});

it('what has not changed is not judged again: rules, and alerts with their templates', () => {
  const rules = 'groups: [{ name: shop, rules: [{ alert: Down, expr: up == 0 }] }]';
  const read = inMemory({
    ...goodTexts,
    'alerts.yaml': `${goodTexts['alerts.yaml'] ?? ''}\ntemplates: ['*.tmpl']\n`,
    'mail.tmpl': '{{ define "greeting" }}hello{{ end }}',
    'rules/shop.yaml': rules,
  });
  const sourcesOf = (files: typeof read): Map<string | null, unknown> =>
    new Map(loadFiles(files).inForce.map(({ key, source }) => [key, source]));
  const first = sourcesOf(read);
  const again = sourcesOf({ ...read, files: [...read.files] });
  const keys = ['Alerts', 'Rules/rules/shop.yaml'];
  for (const key of keys) expect(again.get(key)).toBe(first.get(key));
  expect(keys.map((key) => first.has(key))).toEqual([true, true]);
  const changed = (name: string, change: (text: string) => string) =>
    loadFiles({
      ...read,
      files: read.files.map((file) =>
        file.path === name
          ? { ...file, bytes: new TextEncoder().encode(change(new TextDecoder().decode(file.bytes))) }
          : file,
      ),
    }).config?.alerts;
  const alerts = loadFiles(read).config?.alerts;
  expect(changed('policies/web.yaml', (text) => `${text}\n# another\n`)).toBe(alerts);
  const elsewhere = changed('springtide.yaml', (text) => text.replace(/cluster: .*/, 'cluster: another'));
  expect(elsewhere?.global.labels).toMatchObject({ cluster: 'another' });
  const broken = read.files.map((file) =>
    file.path === 'mail.tmpl' ? { ...file, bytes: new TextEncoder().encode('{{ define }}') } : file,
  );
  expect(loadFiles({ ...read, files: broken }).problems).toMatchObject([{ file: 'mail.tmpl', code: 'WrongTemplate' }]);
});
