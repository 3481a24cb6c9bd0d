// How a template becomes one query for many targets: narrowed to a policy's namespaces, unless other policies ask the same.
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/config/compile.ts';
import { daemon } from '../../src/config/schema/daemon.ts';
import { podPolicy } from '../../src/config/schema/pod-policy.ts';
import { shippedTexts } from '../../src/config/texts.ts';

const settings = daemon.parse({
  apiVersion: 'springtide/v1',
  kind: 'Daemon',
  spec: { cluster: 'test', prometheus: { url: 'http://prometheus' } },
});
const query = 'sum(rate(requests_total{namespace="{{namespace}}",app="{{name}}"}[1m]))';
const policy = (namespace: string) =>
  podPolicy.parse({
    apiVersion: 'springtide/v1',
    kind: 'PodPolicy',
    metadata: { namespace, name: 'all' },
    spec: {
      targets: { kind: 'Deployment', selector: { matchLabels: { tier: 'web' } } },
      replicas: { max: 9 },
      metrics: [{ name: 'requests', query, target: { averageValue: 100 } }],
    },
  });

function groupedQueries(...namespaces: readonly string[]): (string | undefined)[] {
  const config = compileConfig({
    documents: [
      { kind: 'Daemon', value: settings },
      ...namespaces.map((one) => ({ kind: 'PodPolicy', value: policy(one), schedule: [] }) as const),
    ],
    texts: shippedTexts('en'),
    overrides: {},
  });
  return (config?.podPolicies ?? []).flatMap(({ spec }) =>
    spec.metrics.map(({ source }) => (source.kind === 'query' ? source.question.grouped?.query : undefined)),
  );
}

describe('a template', () => {
  it('of one policy asks for its namespaces only', () => {
    expect(groupedQueries('shop')).toEqual([
      'sum by (namespace, app) (rate(requests_total{namespace=~"shop",app!=""}[1m]))',
    ]);
  });

  it('of policies in several namespaces is one query for all of them', () => {
    const all = 'sum by (namespace, app) (rate(requests_total{namespace!="",app!=""}[1m]))';
    expect(groupedQueries('shop', 'pay')).toEqual([all, all]);
  });
});
