// Tick reports for the server's tests: a shop with a queue worker on one node group, as the daemon would tell of them.
import type { Outcome } from '../../src/model/outcome.ts';
import type { NodeDecision, Plan, PodDecision } from '../../src/model/plan.ts';
import type { TickReport } from '../../src/model/report.ts';
import { rfc3339, type Instant, type Replicas } from '../../src/model/units.ts';

export const start = Date.parse('2026-11-20T08:00:00Z') as Instant;
export const webKey = 'shop/Deployment/web';

export const aPodDecision = (over: Partial<PodDecision> = {}): PodDecision => ({
  policy: { namespace: 'shop', name: 'web' },
  target: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
  mode: 'act',
  current: 4 as Replicas,
  desired: 8 as Replicas,
  action: 'scale',
  reason: 'MetricAboveTarget',
  limitedBy: [],
  conditions: [],
  steps: [],
  metrics: [{ name: 'requests', value: 812.4, target: 100, ageSeconds: 11, proposal: 9, state: 'ok' }],
  until: null,
  governedBy: null,
  facts: { metric: 'requests', value: 812.4, current: 4, target: 100, proposal: 9, desired: 8 },
  message: 'requests 812.4 over 4 replicas, target 100: 9 wanted, 8 in this step',
  ...over,
});

export const aNodeDecision = (over: Partial<NodeDecision> = {}): NodeDecision => ({
  policy: { name: 'workers' },
  nodeGroup: 'default-worker',
  mode: 'act',
  current: 3,
  desired: 4,
  action: 'grow',
  reason: 'ReplicasWillNotFit',
  for: [{ target: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods: 3 }],
  remove: [],
  resize: { to: 4, remove: [], over: 'nothing' },
  drains: [],
  kept: [],
  upcoming: 0,
  until: null,
  facts: { pods: 3, count: 1, flavor: 'm1.large', group: 'default-worker', current: 3, desired: 4 },
  message: '3 new pods will not fit: 1 more VM of m1.large, default-worker from 3 to 4',
  ...over,
});

export const aPlan = (over: Partial<Plan> = {}): Plan => ({
  time: rfc3339(start),
  configHash: 'c0ffee',
  pods: [aPodDecision()],
  nodes: [aNodeDecision()],
  alerts: [],
  ...over,
});

export const scaled = (over: Partial<Extract<Outcome, { kind: 'scale' }>> = {}): Outcome => ({
  kind: 'scale',
  target: aPodDecision().target,
  from: 4,
  to: 8,
  status: 'succeeded',
  at: rfc3339(start),
  ...over,
});

export const aReport = (over: Partial<TickReport> = {}): TickReport => ({
  number: 1,
  time: rfc3339(start),
  plan: aPlan(),
  outcomes: [scaled()],
  stages: {
    collect: { milliseconds: 120 },
    decide: { milliseconds: 8 },
    act: { milliseconds: 60 },
    tell: { milliseconds: 2 },
  },
  lateness: 3,
  errors: [],
  pendingPods: 3,
  readyNodes: 3,
  nodeCount: 3,
  targets: { [webKey]: { ready: 4, min: 2, max: 40, load: { metric: 'requests', value: 812.4, capacity: 400 } } },
  groups: { 'default-worker': { ready: 3, min: 2, max: 10 } },
  ...over,
});
