// ConfigMaps beside the directory: whose they are, what they may say, and where a mistake in them is.
import { describe, expect, it } from 'vitest';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import {
  filesOfConfigMaps,
  together,
  unreadConfigMaps,
  type ConfigMapObject,
} from '../../src/config/sources/config-maps.ts';
import { goodTexts, inMemory } from './files.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const api = web.replaceAll('name: web', 'name: api');

const configMap = (place: string, data: Readonly<Record<string, string>>): ConfigMapObject => {
  const [namespace = '', name = ''] = place.split('/');
  return { metadata: { namespace, name, uid: place }, data };
};
const load = (objects: readonly ConfigMapObject[], previous?: LoadResult): LoadResult =>
  loadFiles(
    together([inMemory(goodTexts), { files: filesOfConfigMaps(objects, 'springtide'), problems: [] }]),
    {},
    previous?.inForce ?? [],
  );
const first = ({ problems }: LoadResult): string => problems.map((one) => formatProblem(one).split('\n')[0]).join('\n');
const names = ({ config }: LoadResult): readonly string[] =>
  (config?.podPolicies ?? []).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe('a ConfigMap', () => {
  it('of a tenant gives policies for its namespace, each key a file, whatever its name', () => {
    const result = load([
      configMap('shop/policies', { 'api.yaml': api, plain: api.replaceAll('name: api', 'name: cart') }),
    ]);
    expect([result.problems, names(result)]).toEqual([[], ['shop/api', 'shop/cart', 'shop/web']]);
  });

  it('has its mistakes at its own place', () => {
    const result = load([configMap('shop/policies', { 'api.yaml': api.replace('max: 40', 'max: many') })]);
    expect(first(result)).toBe(
      'configmap shop/policies: api.yaml:12:10: error WrongType: "max" is the text "many", expected a whole number',
    );
  });

  const calendar =
    'apiVersion: springtide/v1\nkind: Calendar\nmetadata: {name: bank}\nspec: {timeZone: Asia/Shanghai}\n';
  it.each([
    [
      'a policy for another namespace',
      { 'a.yaml': api.replace('namespace: shop', 'namespace: pay') },
      'is for the namespace pay',
    ],
    [
      'targets in other namespaces',
      {
        'a.yaml': api.replace(
          / {2}target:\n(?: {4}.*\n)+/,
          "  targets: {kind: Deployment, namespaces: [shop, 'pay-*'], selector: {matchLabels: {a: b}}}\n",
        ),
      },
      'its targets are in "pay-*"',
    ],
    ['a NodePolicy', { 'a.yaml': goodTexts['policies/workers.yaml'] ?? '' }, 'this is a NodePolicy'],
    ['a broken Daemon', { 'a.yaml': 'kind: Daemon\nspec: [' }, 'this is a Daemon'],
    ['a Calendar', { 'a.yaml': calendar }, 'this is a Calendar'],
    ['alerts', { 'alerts.yaml': goodTexts['alerts.yaml'] ?? '' }, 'alerts are not taken from here'],
    ['rules', { 'rules.yaml': 'groups: []' }, 'rules are not taken from here'],
  ])('of a tenant may not hold %s', (_, data, what) => {
    const before = load([]);
    const result = load([configMap('shop/policies', data)], before);
    expect(result.problems.filter(({ code }) => code === 'NotAllowedHere').map(({ message }) => message)).toEqual([
      expect.stringContaining(what),
    ]);
    expect([result.config?.hash, result.problems.every(({ file }) => file.startsWith('configmap shop/'))]).toEqual([
      before.config?.hash,
      true,
    ]);
  });

  it("of springtide's own namespace may hold all of them", () => {
    const rules = 'groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]';
    const result = load([
      configMap('springtide/more', { 'calendar.yaml': calendar, 'rules-own.yaml': rules, 'a.yaml': api }),
    ]);
    expect([result.problems, result.config?.calendars.length, result.config?.rules.length]).toEqual([[], 1, 1]);
  });

  it('that repeats a document of the directory is refused, and both are named', () => {
    const result = load([configMap('shop/policies', { 'web.yaml': web.replace('max: 40', 'max: 99') })]);
    expect(first(result)).toBe(
      'configmap shop/policies: web.yaml:4:9: error DuplicateDocument: PodPolicy shop/web is here twice, first in policies/web.yaml',
    );
    expect(result.config?.podPolicies[0]?.spec.replicas.max).toBe(40);
  });

  it('with bytes that are no text is refused by its name', () => {
    const binaryData = { 'gbk.yaml': Buffer.from([0xb2, 0xdf, 0xc2, 0xd4]).toString('base64') };
    const result = load([{ metadata: { namespace: 'shop', name: 'policies' }, binaryData }]);
    expect(first(result)).toMatch(/^configmap shop\/policies: gbk\.yaml:1:1: error NotUtf8/);
  });

  it('whose policy is broken later keeps its last good version; one that is deleted does not', () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`p${index}`, api.replaceAll('name: api', `name: p${index}`)]),
    );
    const before = load([configMap('shop/a', { 'api.yaml': api }), configMap('shop/b', many)]);
    const broken = load(
      [configMap('shop/a', { 'api.yaml': api.replace('spec:', 'spec: [') }), configMap('shop/b', many)],
      before,
    );
    expect(names(broken)).toContain('shop/api');
    expect(names(load([configMap('shop/b', many)], broken))).not.toContain('shop/api');
  });

  it.each([null, 'shop'])('that cannot be listed (%s) keeps what came from it', (namespace) => {
    const before = load([configMap('shop/a', { 'api.yaml': api })]);
    const result = loadFiles(
      together([inMemory(goodTexts), { files: [], problems: [unreadConfigMaps(namespace, 'no answer')] }]),
      {},
      before.inForce,
    );
    expect([names(result), result.problems.map(({ code }) => code)]).toEqual([
      ['shop/api', 'shop/web'],
      ['ConfigUnreadable'],
    ]);
  });
});
