// The policies of the pod stories: which daemon has which, and how each is called.
import { shop } from '../support/workloads.ts';

const atOnce = [{ type: 'Pods', value: 100, period: '1s' }];

interface Behavior {
  readonly up?: readonly unknown[];
  readonly down?: readonly unknown[];
  readonly window?: string;
}

const behavior = ({ up = atOnce, down = atOnce, window = '2s' }: Behavior): unknown => ({
  scaleUp: { policies: up },
  scaleDown: { stabilizationWindow: window, policies: down },
});

/** One replica for every hundred of its load. */
const perHundred = (name: string, options: Behavior = {}, more: Readonly<Record<string, unknown>> = {}): unknown => ({
  target: { kind: 'Deployment', name },
  replicas: { min: 1, max: 20 },
  metrics: [{ name: 'load', query: `max(load{app="${name}"})`, target: { averageValue: 100 } }],
  behavior: behavior(options),
  mode: 'act',
  ...more,
});

export const many = ['many-1', 'many-2', 'many-3'] as const;
export const upPeriodMs = 12_000;
export const downPeriodMs = 6_000;

export const awake = {
  limited: perHundred('limited', {
    up: [{ type: 'Pods', value: 2, period: `${upPeriodMs}ms` }],
    down: [{ type: 'Pods', value: 1, period: `${downPeriodMs}ms` }],
    window: '10s',
  }),
  rollout: perHundred('rollout', { up: [{ type: 'Pods', value: 2, period: '4s' }] }),
  surging: perHundred(
    'surging',
    {},
    { metrics: [{ name: 'load', query: 'max(load{app="surging"})', target: { value: 100 } }] },
  ),
  beside: perHundred('beside'),
  crowded: perHundred('crowded'),
  contested: perHundred('contested'),
  steady: perHundred('steady', { up: [{ type: 'Pods', value: 1, period: '3s' }] }),
  ring: perHundred('ring', {}, { target: { apiVersion: 'test.springtide.io/v1', kind: 'Ring', name: 'ring' } }),
  many: {
    targets: {
      kind: 'Deployment',
      namespaces: [shop],
      selector: { matchLabels: { many: 'yes' } },
      expect: { min: 3, max: 3 },
    },
    replicas: { min: 1, max: 20 },
    metrics: [{ name: 'load', query: 'max(load{app="{{name}}"})', target: { averageValue: 100 } }],
    behavior: behavior({}),
    mode: 'act',
  },
};

const idle = {
  replicas: { min: 0, max: 10 },
  zero: { after: '6s' },
};
const waking = (name: string): unknown => [
  { name: 'load', query: `max(load{app="${name}"})`, target: { averageValue: 100 }, activation: 5 },
];

export const sleepy = {
  idle: perHundred('idle', {}, { ...idle, metrics: waking('idle') }),
  stopped: perHundred('stopped', {}, { ...idle, metrics: waking('stopped') }),
};

export const outageWindowMs = 8_000;
export const blinded = { blind: perHundred('blind', { window: `${outageWindowMs}ms` }) };
