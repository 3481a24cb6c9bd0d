// A shop whose load rises and falls like a tide, as tick reports: what the page is shown in tests.
import type { Outcome } from '../../src/model/outcome.ts';
import type { NodeDecision, PodDecision } from '../../src/model/plan.ts';
import type { InboxItem, TickReport } from '../../src/model/report.ts';
import { targetKey } from '../../src/model/target.ts';
import { later, rfc3339, seconds, type Instant, type Replicas } from '../../src/model/units.ts';
import { aNodeDecision, aPodDecision, aReport } from '../server/samples.ts';

interface Shop {
  web: number;
  vms: number;
  ready: number;
  order: { readonly from: number; readonly to: number } | null;
}

const perReplica = 100;
const podsPerVm = 6;

function webDecision(load: number, current: number): PodDecision {
  const wanted = Math.max(2, Math.ceil(load / perReplica));
  const desired = Math.max(
    2,
    Math.min(40, wanted > current ? Math.min(wanted, current * 2) : Math.max(wanted, current - 1)),
  );
  const facts = { metric: 'requests', value: load, current, target: perReplica, proposal: wanted, desired };
  const metrics: PodDecision['metrics'] = [
    { name: 'requests', value: load, target: perReplica, ageSeconds: 9, proposal: wanted, state: 'ok' },
    {
      name: 'cpu',
      value: Math.round((6200 * load) / perReplica / current) / 100,
      target: 70,
      ageSeconds: 12,
      proposal: wanted,
      state: 'ok',
    },
  ];
  const common = { current: current as Replicas, desired: desired as Replicas, metrics, facts };
  if (desired === current)
    return aPodDecision({
      ...common,
      action: 'hold',
      reason: 'DesiredWithinRange',
      message: `${current} replicas are what the metrics ask for`,
    });
  const up = desired > current;
  return aPodDecision({
    ...common,
    action: 'scale',
    reason: up ? 'MetricAboveTarget' : 'MetricBelowTarget',
    limitedBy: up && desired < wanted ? ['ScaleUpLimit'] : [],
    message: `requests ${load} over ${current} replicas: ${wanted} wanted, ${desired} in this step`,
  });
}

const checkout = (tick: number): PodDecision => {
  const unknown = tick % 16 > 10;
  return aPodDecision({
    policy: { namespace: 'shop', name: 'checkout' },
    target: { kind: 'StatefulSet', namespace: 'shop', name: 'checkout' },
    mode: 'dryRun',
    current: 3 as Replicas,
    desired: 3 as Replicas,
    action: 'hold',
    reason: unknown ? 'MetricUnknown' : 'WithinTolerance',
    facts: unknown ? { unknown: 'latency', current: 3 } : { metric: 'latency', value: 182.4, target: 200, current: 3 },
    metrics: [
      {
        name: 'latency',
        value: unknown ? null : 182.4,
        target: 200,
        ageSeconds: unknown ? null : 14,
        proposal: unknown ? null : 3,
        state: unknown ? 'unknown' : 'ok',
      },
    ],
    message: 'checkout stays',
  });
};

function nodes(shop: Shop, pods: number): NodeDecision {
  const needed = Math.max(2, Math.min(10, Math.ceil((pods + 3) / podsPerVm)));
  const group = 'default-worker';
  if (shop.order !== null)
    return aNodeDecision({
      current: shop.vms,
      desired: shop.vms,
      action: 'hold',
      reason: 'NodesUpcoming',
      upcoming: shop.vms - shop.ready,
      facts: { count: shop.vms - shop.ready, group },
      for: [],
      message: 'nodes are on their way',
    });
  if (needed > shop.vms) {
    const count = needed - shop.vms;
    const facts = { pods: count * 4, count, flavor: 'm1.large', group, current: shop.vms, desired: needed };
    return aNodeDecision({ current: shop.vms, desired: needed, facts, message: `${count} more VM` });
  }
  return aNodeDecision({
    current: shop.vms,
    desired: shop.vms,
    action: 'none',
    reason: 'PoolFits',
    for: [],
    facts: { group, current: shop.vms },
    message: 'everything fits',
    kept: [
      { node: 'worker-1', reason: 'NotUnderutilized', by: null, since: null, until: null },
      { node: 'worker-2', reason: 'NotUnderutilized', by: null, since: null, until: null },
      { node: 'worker-3', reason: 'BlockedByPDB', by: 'shop/web', since: null, until: null },
    ],
  });
}

export interface Tide {
  next(): TickReport;
  readonly inbox: readonly InboxItem[];
  /** beside what the story brings */
  receive(...items: readonly InboxItem[]): void;
}

export function aTide(start: Instant): Tide {
  const shop: Shop = { web: 4, vms: 3, ready: 3, order: null };
  const inbox: InboxItem[] = [];
  let tick = 0;
  let orderedAt = 0;
  return {
    inbox,
    receive: (...items) => void inbox.push(...items),
    next: () => {
      tick += 1;
      const time = rfc3339(later(start, seconds(15 * tick)));
      if (shop.order !== null && tick - orderedAt >= 6) {
        shop.ready = shop.vms;
        shop.order = null;
      }
      const wave = 1 - Math.cos((tick * 2 * Math.PI) / 90);
      const load = Math.round((320 + 900 * wave + 40 * Math.sin(tick * 2.1)) * 10) / 10;
      const web = webDecision(load, shop.web);
      const node = nodes(shop, (web.desired ?? 0) + 3);
      const outcomes: Outcome[] = [];
      if (web.action === 'scale')
        outcomes.push({
          kind: 'scale',
          target: web.target,
          from: shop.web,
          to: web.desired ?? 0,
          status: 'succeeded',
          at: time,
        });
      if (node.action === 'grow') {
        outcomes.push({
          kind: 'resize',
          nodeGroup: 'default-worker',
          from: shop.vms,
          to: node.desired ?? 0,
          remove: [],
          status: 'succeeded',
          at: time,
        });
        const text = `pay-sh-07: default-worker grows ${shop.vms} to ${node.desired ?? 0} VM`;
        inbox.push({ at: time, channel: 'sms', to: '+8613800001234', text, outcome: 'received' });
        inbox.push({
          at: time,
          channel: 'email',
          to: 'ops@bank.example',
          subject: `[FIRING] ${text}`,
          text: `${node.message}\n${web.message}`,
          outcome: 'received',
        });
        shop.order = { from: shop.vms, to: node.desired ?? 0 };
        orderedAt = tick;
      }
      const pendingPods = shop.order === null ? 0 : Math.max(0, (web.desired ?? 0) + 3 - shop.ready * podsPerVm);
      const report = aReport({
        number: tick,
        time,
        plan: { time, configHash: 'c0ffee', pods: [web, checkout(tick)], nodes: [node], alerts: [] },
        outcomes,
        pendingPods,
        readyNodes: shop.ready,
        nodeCount: shop.vms,
        targets: {
          [targetKey(web.target)]: {
            ready: shop.web,
            min: 2,
            max: 40,
            load: { metric: 'requests', value: load, capacity: perReplica * shop.web },
          },
          'shop/StatefulSet/checkout': { ready: 3, min: 2, max: 9, load: null },
        },
        groups: { 'default-worker': { ready: shop.ready, min: 2, max: 10 } },
      });
      shop.web = web.desired ?? shop.web;
      shop.vms = node.desired ?? shop.vms;
      return report;
    },
  };
}
