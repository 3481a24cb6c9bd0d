// 20,000 targets under policies of several kinds, as people write them: one policy each, one a namespace, or one for all.
import { compileConfig } from '../dist/config/compile.js';
import { readCalendars, resolveSchedule } from '../dist/config/schedules.js';
import { daemon } from '../dist/config/schema/daemon.js';
import { podPolicy } from '../dist/config/schema/pod-policy.js';
import { shippedTexts } from '../dist/config/texts.js';
import type { Config } from '../dist/model/config.js';
import { nameOf, namespaceOf } from './pods-world.ts';

export type Shape = 'explicit' | 'namespaces' | 'one';

const requests = {
  name: 'requests',
  query: 'sum(rate(http_requests_total{namespace="{{namespace}}",app="{{name}}"}[1m]))',
  target: { averageValue: 100 },
};
const queue = {
  name: 'queue',
  query: 'sum by (namespace, app) (queue_depth)',
  split: { namespace: 'namespace', app: 'name' },
  target: { value: 500 },
  unknown: { treatAs: 0 },
};
const cpu = { name: 'cpu', resource: 'cpu', target: { utilization: 80 } };
const coverage = { query: 'count(up{namespace="{{namespace}}",app="{{name}}"} == 1)', of: 'readyPods', atLeast: 0.9 };
const load = { name: 'load', formula: 'requests + 0.2 * (queue ?? last)', target: { averageValue: 120 } };

const behaviors: readonly object[] = [
  {},
  { scaleDown: { stabilizationWindow: '2m', policies: [{ type: 'Percent', value: 10, period: '1m' }] } },
  { scaleUp: { stabilizationWindow: '30s', policies: [{ type: 'Pods', value: 2, period: '30s' }] } },
  { scaleUp: { selectPolicy: 'Min' }, scaleDown: { bounds: 'atOnce', selectPolicy: 'Min' } },
];
const schedules: readonly (readonly object[])[] = [
  [],
  [],
  [
    {
      name: 'day',
      start: '08:00',
      end: '20:00',
      days: ['mon-fri'],
      timeZone: 'Asia/Shanghai',
      min: 3,
      readyBefore: '5m',
    },
  ],
  [],
  [{ name: 'night', start: '22:00', end: '06:00', days: ['all'], timeZone: 'Asia/Shanghai', scaleDown: 'off' }],
];
const metricSets: readonly (readonly object[])[] = [
  [requests],
  [requests, cpu],
  [requests, queue],
  [{ ...requests, coverage }, cpu],
  [requests, queue, load],
];

const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

/** Every combination of metrics, behavior and schedule comes up. */
const specOf = (index: number): object => ({
  replicas: { min: 2, max: 20 },
  metrics: pick(metricSets, index),
  behavior: pick(behaviors, Math.floor(index / 5)),
  schedule: pick(schedules, Math.floor(index / 20)),
  ...(index % 7 === 0 ? { flapBudget: { changes: 4, per: '1h' } } : {}),
  ...(index % 11 === 0 ? { fallback: { after: '2m', replicas: 10 } } : {}),
  mode: index % 50 === 0 ? 'dryRun' : 'act',
});

const document = (namespace: string, name: string, spec: object): unknown => ({
  apiVersion: 'springtide/v1',
  kind: 'PodPolicy',
  metadata: { namespace, name },
  spec,
});

function documentsOf(shape: Shape, namespaces: number, appsEach: number): unknown[] {
  const all = Array.from({ length: namespaces }, (_, index) => namespaceOf(index));
  const targets = { kind: 'Deployment', selector: { matchLabels: { tier: 'web' } } };
  switch (shape) {
    case 'explicit':
      return all.flatMap((namespace, outer) =>
        Array.from({ length: appsEach }, (_, inner) => {
          const spec = { ...specOf(outer * appsEach + inner), target: { kind: 'Deployment', name: nameOf(inner) } };
          return document(namespace, nameOf(inner), spec);
        }),
      );
    case 'namespaces':
      return all.map((namespace, index) => document(namespace, 'all', { ...specOf(index * 3 + 1), targets }));
    case 'one':
      return [document('platform', 'all', { ...specOf(13), targets: { ...targets, namespaces: ['team-*'] } })];
  }
}

/** Through the schema and the compiler, as from files; only the text of the files is left out. */
export function configOf(shape: Shape, namespaces: number, appsEach: number): Config {
  const calendars = readCalendars([], []);
  const settings = daemon.parse({
    apiVersion: 'springtide/v1',
    kind: 'Daemon',
    spec: { cluster: 'bench', prometheus: { url: 'http://127.0.0.1:9090' }, state: { directory: '.springtide' } },
  });
  const policies = documentsOf(shape, namespaces, appsEach).map((raw) => {
    const value = podPolicy.parse(raw);
    return { kind: 'PodPolicy', value, schedule: resolveSchedule(value.spec.schedule, calendars).windows } as const;
  });
  const config = compileConfig({
    documents: [{ kind: 'Daemon', value: settings }, ...policies],
    texts: shippedTexts('en'),
    overrides: {},
  });
  if (config === null) throw new Error('there is no Daemon');
  return config;
}
