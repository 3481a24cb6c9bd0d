// What is asked of Prometheus for the targets of a tick: once for many where that is the same, and nothing twice.
import { describe, expect, it } from 'vitest';
import type { PodPolicy, Question } from '../../src/model/config.ts';
import type { Workload } from '../../src/model/kubernetes.ts';
import type { QueryText } from '../../src/model/units.ts';
import { questionsOf, textFor } from '../../src/targets/questions.ts';
import { selectTargets } from '../../src/targets/select.ts';
import { aConfig, aNodePolicy, aPodPolicy } from '../builders.ts';

const deployments: Workload[] = ['web', 'api', 'cron'].map((name) => ({
  metadata: { namespace: 'shop', name, labels: { tier: name === 'cron' ? 'batch' : 'front' } },
}));
const target = { averageValue: 1 };
const templated = { name: 'load', query: 'sum(rate(x{namespace="{{namespace}}",app="{{name}}"}[1m]))', target };
const batched = 'sum by (namespace, app) (rate(x{namespace!="",app!=""}[1m]))';
const narrowed = 'sum by (namespace, app) (rate(x{namespace=~"shop",app!=""}[1m]))';
const fronts = { targets: { kind: 'Deployment', selector: { matchLabels: { tier: 'front' } } } };
const batch = { targets: { kind: 'Deployment', selector: { matchLabels: { tier: 'batch' } } } };

function asked(...policies: PodPolicy[]): readonly string[] {
  const config = aConfig(policies, [aNodePolicy()]);
  return questionsOf(config, selectTargets(config.podPolicies, { deployments }).bound);
}
const filled = (name: string): string => `sum(rate(x{namespace="shop",app="${name}"}[1m]))`;

describe('what is asked', () => {
  it.each<[string, PodPolicy[], string[]]>([
    ['a text without placeholders once for all', [aPodPolicy('web'), aPodPolicy('api')], ['requests']],
    ['a template for one target by its own text', [aPodPolicy('web', { metrics: [templated] })], [filled('web')]],
    [
      'a template for several policies in one',
      [aPodPolicy('web', { metrics: [templated] }), aPodPolicy('api', { metrics: [templated] })],
      [batched],
    ],
    ['a template for many targets in one', [aPodPolicy('all', { ...fronts, metrics: [templated] })], [narrowed]],
    ['a selection of one as that one', [aPodPolicy('all', { ...batch, metrics: [templated] })], [filled('cron')]],
    [
      'a template that no one query can stand for, for each',
      [aPodPolicy('all', { ...fronts, metrics: [{ ...templated, query: 'topk(1, x{app="{{name}}"})' }] })],
      ['topk(1, x{app="api"})', 'topk(1, x{app="web"})'],
    ],
    [
      'a split text always, with its coverage and ages',
      [
        aPodPolicy(
          'web',
          {
            metrics: [
              {
                name: 'load',
                query: 'sum by (app) (x)',
                split: { app: 'name' },
                target,
                coverage: { query: 'count by (app) (up)', atLeast: 0.9 },
              },
            ],
          },
          { load: ['age by (app)'] },
        ),
      ],
      ['sum by (app) (x)', 'age by (app)', 'count by (app) (up)'],
    ],
    [
      'a resource by the query of the Daemon, a formula not at all',
      [
        aPodPolicy('web', {
          metrics: [
            { name: 'cpu', resource: 'cpu', target: { utilization: 70 } },
            { name: 'queue', query: 'queue', use: 'formula' },
            { name: 'load', formula: 'queue * 2', target },
          ],
        }),
      ],
      ['usage of cpu', 'queue'],
    ],
    [
      'nothing for a selection of none',
      [aPodPolicy('none', { targets: { kind: 'StatefulSet', selector: { matchLabels: { a: 'b' } } } })],
      [],
    ],
  ])('%s', (_what, policies, expected) => {
    expect(asked(...policies)).toEqual(expected);
  });

  it('the same list while nothing changed', () => {
    const config = aConfig([aPodPolicy('web')]);
    const { bound } = selectTargets(config.podPolicies, { deployments });
    expect(questionsOf(config, bound)).toBe(questionsOf(config, bound));
    expect(questionsOf(aConfig([]), bound)).not.toBe(questionsOf(config, bound));
  });

  it('saturation of node policies too, and how old it is', () => {
    const saturation = [{ query: 'max(load)', above: 1, for: '3m' }];
    const config = aConfig([], [aNodePolicy({ growth: { saturation } })]);
    expect(questionsOf(config, [])).toEqual(['max(load)', 'time() - max(timestamp(load))']);
  });
});

describe('the text for one target', () => {
  const shop = { namespace: 'shop', name: 'web' };
  it.each<[Question, string | null]>([
    [{ single: 'up' as QueryText, grouped: null }, 'up'],
    [{ single: 'up{app="{{name}}"}' as QueryText, grouped: null }, 'up{app="web"}'],
    [{ single: null, grouped: { query: 'up' as QueryText, split: { app: 'name' } } }, null],
  ])('%j is %s', (question, text) => {
    expect(textFor(question, shop)).toBe(text);
  });
});
