// validate --live: what is right by itself and does not fit the world, named at its place in the files.
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../src/config/load.ts';
import { liveProblems, liveQueries, type LiveLook } from '../../src/doctor/live-problems.ts';
import type { Right } from '../../src/doctor/rights.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import type { PrometheusAnswer, Snapshot } from '../../src/model/snapshot.ts';
import { decide } from '../../src/policies/decide.ts';
import { aDeployment, aNode, aNodeGroup, aSnapshot, answered, noon } from '../builders.ts';
import { goodTexts, inMemory, type FileTexts } from '../config/files.ts';

const requests = 'sum(rate(http_requests_total{namespace="shop",app="web"}[1m]))';
const group = aNodeGroup('default-worker', 2);
const sound = () =>
  aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(2))
    .groups(group)
    .answering('vector(1)', 1)
    .answering(requests, 150);
const answers: LiveLook['answers'] = { server: 'https://api', rights: [], keystone: null };

function found(snapshot: Snapshot, texts: FileTexts = {}, more: Partial<LiveLook['answers']> = {}) {
  const { config, inForce, problems } = loadFiles(inMemory({ ...goodTexts, ...texts }));
  if (config === null) throw new Error(JSON.stringify(problems));
  const { plan } = decide(snapshot, config, emptyMemory(), noon);
  return liveProblems(inForce, { config, snapshot, plan, answers: { ...answers, ...more } });
}
const brief = (problems: ReturnType<typeof found>): readonly string[] =>
  problems
    .filter(({ message }) => !message.includes('"cpu"'))
    .map(
      ({ file, line, column, severity, code, message }) => `${file}:${line}:${column} ${severity} ${code} ${message}`,
    );

const many = `apiVersion: springtide/v1
kind: PodPolicy
metadata: {name: all, namespace: shop}
spec:
  targets: {kind: Deployment, namespaces: [shop], selector: {matchLabels: {tier: front}}, expect: {min: 5, max: 9}}
  replicas: {min: 1, max: 5}
  metrics: [{name: load, query: 'sum by (app) (load)', split: {app: name}, target: {averageValue: 1}}]
`;
const rules = `groups:
  - name: shop
    rules:
      - alert: Slow
        expr: latency > 1
`;

describe('a configuration and the world', () => {
  it('fit where targets, groups and answers are there', () => {
    expect(brief(found(sound().build()))).toEqual([]);
  });

  it.each<[string, Snapshot, FileTexts, string]>([
    [
      'a target that is not there',
      sound().deployments(aDeployment('shop', 'api')).build(),
      {},
      'policies/web.yaml:9:11 error TargetMissing Deployment shop/web is not in the cluster, or has no scale',
    ],
    [
      'a metric without an answer',
      sound().answering(requests, answered(null)).build(),
      {},
      'policies/web.yaml:14:7 warning MetricUnanswered the metric "requests" has no usable value for shop/web: an empty result',
    ],
    [
      'a query that Prometheus refuses',
      sound().answering(requests, { status: 'error', errorType: 'execution', error: 'many-to-many' }).build(),
      {},
      'policies/web.yaml:14:7 error MetricUnanswered the metric "requests" has no usable value for shop/web: many-to-many',
    ],
    [
      'a node group that Magnum does not have',
      sound().groups(aNodeGroup('other', 2)).build(),
      {},
      'policies/workers.yaml:7:13 error NodeGroupMissing Magnum has no group "default-worker"; it has other',
    ],
    [
      'a node group of masters',
      sound()
        .groups({ ...group, role: 'master' })
        .build(),
      {},
      'policies/workers.yaml:7:13 error NodeGroupMissing the group "default-worker" holds the masters and is never touched',
    ],
    [
      'a selector that finds other than is expected',
      sound().build(),
      { 'policies/all.yaml': many },
      'policies/all.yaml:5:91 error TargetsUnexpected 0 targets are found, 5 to 9 are expected: all of them hold',
    ],
    [
      'a selector that finds nothing',
      sound().build(),
      { 'policies/all.yaml': many.replace(', expect: {min: 5, max: 9}', '') },
      'policies/all.yaml:5:3 warning TargetsUnexpected the selector finds nothing in the cluster',
    ],
    [
      'an alerting rule that Prometheus refuses',
      sound().answering('latency > 1', { status: 'error', errorType: 'bad_data', error: 'parse error' }).build(),
      { 'rules/shop.yaml': rules },
      'rules/shop.yaml:5:15 error MetricUnanswered Prometheus refuses the expression: parse error',
    ],
    [
      'a list of Kubernetes',
      sound().without('deployments').build(),
      {},
      'springtide.yaml:3:1 error SourceUnreachable Kubernetes (https://api) cannot be read: deployments: no answer',
    ],
    [
      'a Magnum that is silent',
      sound().withoutMagnum('no answer').build(),
      {},
      'springtide.yaml:8:3 error SourceUnreachable Magnum cannot be read: nodegroups: no answer',
    ],
  ])('%s is named', (_, snapshot, texts, expected) => {
    expect(brief(found(snapshot, texts))).toEqual([expected]);
  });

  it('a silent Prometheus is named once, and not again for each metric', () => {
    const silent = aSnapshot()
      .deployments(aDeployment('shop', 'web'))
      .groups(group)
      .failing({ source: 'prometheus', what: requests, code: 'Unreachable', message: 'refused' })
      .build();
    expect(brief(found(silent))).toEqual([
      'springtide.yaml:7:10 error SourceUnreachable Prometheus cannot be read: refused',
    ]);
  });

  it('a missing right is told with the rules to add, one that it can do without as a warning', () => {
    const right = (verb: string, resource: string, more: Partial<Right> = {}): Right => ({
      ...{ verb, group: 'apps', resource, name: null, namespace: null, optional: false, allowed: false },
      ...more,
    });
    const rights = [
      right('get', 'deployments/scale'),
      right('update', 'deployments/scale'),
      right('get', 'configmaps', {
        group: '',
        name: 'cluster-autoscaler-status',
        namespace: 'kube-system',
        optional: true,
      }),
      right('list', 'pods', { allowed: true }),
      right('watch', 'pods', { allowed: null }),
    ];
    const told = found(sound().build(), {}, { rights }).filter(({ code }) => code === 'RightMissing');
    expect(told.map(({ severity, mend }) => [severity, mend])).toEqual([
      [
        'error',
        'add to the rules of a role that is bound to it: - {apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get", "update"]}',
      ],
      [
        'warning',
        'add to the rules of a role that is bound to it: - {apiGroups: [""], resources: ["configmaps"], resourceNames: ["cluster-autoscaler-status"], verbs: ["get"]}',
      ],
    ]);
  });

  describe('queries of a NodePolicy', () => {
    const workers = (goodTexts['policies/workers.yaml'] ?? '').replace(
      '  shrink:\n',
      `  growth:
    saturation: [{query: full, above: 0.8, for: 5m}]
  shrink:
    usage: {cpu: {query: used, holdAbove: 0.6}}
`,
    );
    const grouped = workers.replace(
      '      max: 10\n',
      '      max: 10\n      shrink: {usage: {memory: {query: held, holdAbove: 0.6}}}\n',
    );
    const used = (...names: readonly string[]): PrometheusAnswer => ({
      status: 'success',
      data: {
        resultType: 'vector',
        result: names.map((node) => ({ metric: { node }, value: [noon / 1000, '0.1'] as const })),
      },
    });
    const refused: PrometheusAnswer = { status: 'error', error: 'parse error' };
    const nodes = [aNode('w-1').build(), aNode('w-2').build()];
    const world = (full: PrometheusAnswer | number, ofNodes: PrometheusAnswer, held = ofNodes) =>
      sound()
        .nodes(...nodes)
        .answering('full', full)
        .answering('used', ofNodes)
        .answering('held', held)
        .build();
    const told = (snapshot: Snapshot, text = workers) =>
      brief(found(snapshot, { 'policies/workers.yaml': text })).filter((line) => line.includes('workers'));

    it.each<[string, Snapshot, string, readonly RegExp[]]>([
      ['that answer are right', world(0.5, used('w-1', 'w-2')), workers, []],
      [
        'that are refused are errors, each at its place',
        world(refused, refused),
        workers,
        [
          /^policies\/workers.yaml:11:26 error MetricUnanswered the saturation has no usable value: .*parse error/,
          /^policies\/workers.yaml:13:26 error MetricUnanswered the cpu that nodes use is unknown for 2 of 2: w-1: .*parse error/,
        ],
      ],
      [
        'that say nothing, or not of every node, are warnings',
        world(answered(null), used('w-2')),
        workers,
        [
          /:11:26 warning MetricUnanswered the saturation has no usable value/,
          /:13:26 warning MetricUnanswered the cpu that nodes use is unknown for 1 of 2: w-1: no series/,
        ],
      ],
      [
        'of a group are asked of its own nodes',
        world(0.5, used('w-1', 'w-2'), refused),
        grouped,
        [/:10:40 error MetricUnanswered the memory that nodes use is unknown for 2 of 2: w-1: .*parse error/],
      ],
    ])('%s', (_, snapshot, text, expected) => {
      const lines = told(snapshot, text);
      expect(lines).toHaveLength(expected.length);
      for (const [index, line] of lines.entries()) expect(line).toMatch(expected[index] ?? /never/);
    });

    it('are not told one by one where Prometheus itself does not answer', () => {
      expect(told({ ...world(refused, refused), prometheus: {} })).toEqual([]);
    });
  });

  it('two selectors on one target are named at both', () => {
    const front = aDeployment('shop', 'front').build();
    const snapshot = sound()
      .deployments(aDeployment('shop', 'web').replicas(2), {
        ...front,
        metadata: { ...front.metadata, labels: { tier: 'front' } },
      })
      .build();
    const one = many.replace(', expect: {min: 5, max: 9}', '');
    const texts = { 'policies/a.yaml': one, 'policies/b.yaml': one.replace('name: all', 'name: more') };
    const told = found(snapshot, texts).filter(({ code }) => code === 'TargetUnusable');
    expect(told.map(({ file, message }) => [file, message])).toEqual(
      ['policies/a.yaml', 'policies/b.yaml'].map((file) => [
        file,
        'shop/front is meant by several policies: shop/all, shop/more; all of them hold',
      ]),
    );
  });
});

it('asks for the expressions of alerting rules beside what a tick asks', () => {
  const { config } = loadFiles(inMemory({ ...goodTexts, 'rules/shop.yaml': rules }));
  expect(config === null ? [] : liveQueries(config)).toEqual(['vector(1)', 'latency > 1']);
});
