// explain --policy: every value of the policy in force for a target, with the place that it comes from.
import { expect, it } from 'vitest';
import { effectivePolicy } from '../../src/cli/explain/effective-policy.ts';
import { policyText, policyValues } from '../../src/cli/explain/policy-text.ts';
import { loadFiles } from '../../src/config/load.ts';
import { goodTexts, inMemory } from '../config/files.ts';

const calendarText = `apiVersion: springtide/v1
kind: Calendar
metadata: { name: bank-cn }
spec:
  timeZone: Asia/Shanghai
  windows:
    office: { days: [mon-fri], start: "08:00", end: "20:00" }
`;
const podsText = `apiVersion: springtide/v1
kind: PodPolicy
metadata: { name: all, namespace: shop }
spec:
  targets: { kind: Deployment, selector: { matchLabels: { tier: front } } }
  replicas: { max: 40 }
  metrics:
    - name: requests
      query: sum by (namespace, app) (rate(http_requests_total[1m]))
      split: { namespace: namespace, app: name }
      target: { averageValue: 100 }
  behavior:
    scaleDown: { stabilizationWindowSeconds: 120 }
  schedule:
    - { name: office, use: office, min: 10 }
  overrides:
    - match: { name: web }
      replicas: { min: 3 }
      metrics: { requests: { target: { averageValue: 50 } } }
    - match: { name: other }
      replicas: { min: 9 }
  mode: act
`;
const texts = { ...goodTexts, 'policies/all.yaml': podsText, 'calendar.yaml': calendarText };
const loaded = loadFiles(inMemory(texts));
const target = { kind: 'Deployment', namespace: 'shop', name: 'web' };
const effective = effectivePolicy(loaded.inForce, { namespace: 'shop', name: 'all' }, target);
const values = effective === null ? [] : policyValues(effective);
const valueAt = (path: string) => values.find((one) => one.path === path);

it('loads what is asked about', () =>
  expect(loaded.problems.filter(({ file }) => file === 'policies/all.yaml')).toEqual([]));

it.each([
  { path: 'spec.target.name', value: 'web', origin: { kind: 'file', file: 'policies/all.yaml', line: 5 } },
  { path: 'spec.replicas.max', value: 40, origin: { kind: 'file', line: 6 } },
  { path: 'spec.replicas.min', value: 3, origin: { kind: 'override', number: 1, line: 18 } },
  { path: 'spec.metrics[0].target.averageValue', value: 50, origin: { kind: 'override', number: 1, line: 19 } },
  { path: 'spec.metrics[0].maxAge', value: '2m', origin: { kind: 'default' } },
  { path: 'spec.metrics[0].unknown', value: 'hold', origin: { kind: 'default' } },
  { path: 'spec.behavior.scaleDown.stabilizationWindowSeconds', value: 120, origin: { kind: 'file', line: 13 } },
  { path: 'spec.behavior.scaleDown.bounds', value: 'gradual', origin: { kind: 'default' } },
  { path: 'spec.behavior.scaleUp.policies[1].type', value: 'Percent', origin: { kind: 'default' } },
  { path: 'spec.behavior.scaleUp.policies[0].period', value: '15s', origin: { kind: 'default' } },
  { path: 'spec.tolerance.up', value: 0.1, origin: { kind: 'default' } },
  { path: 'spec.schedule[0].min', value: 10, origin: { kind: 'file', line: 15 } },
  { path: 'spec.schedule[0].start', value: '08:00', origin: { kind: 'calendar', name: 'bank-cn', line: 7 } },
  { path: 'spec.schedule[0].timeZone', value: 'Asia/Shanghai', origin: { kind: 'calendar', line: 5 } },
  { path: 'spec.mode', value: 'act', origin: { kind: 'file' } },
])('$path is $value, from its place', ({ path, value, origin }) => {
  expect(valueAt(path)).toMatchObject({ path, value, origin });
});

it('shows neither the overrides nor the selection, nor a default beside its other spelling', () => {
  const paths = values.map(({ path }) => path);
  expect(paths.filter((path) => /overrides|targets|scaleDown\.stabilizationWindow$/.test(path))).toEqual([]);
});

it('is YAML with the origins in a column of comments', () => {
  const text = effective === null ? '' : policyText(['head'], effective);
  expect(text).toContain('# head\nspec:\n  target:\n');
  expect(text).toMatch(/^ {4}min: 3 +# override 1 \(policies\/all\.yaml:18\)$/m);
  expect(text).toMatch(/^ {4}- name: requests +# policies\/all\.yaml:8$/m);
  expect(text).toMatch(/^ {6}maxAge: 2m +# default$/m);
});
