// The node tier's figures: by group and by closed words only, and nothing stays of what is gone.
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { PendingPods } from '../../src/model/plan.ts';
import { createNodeMetrics, reasonClassOf } from '../../src/server/node-metrics.ts';
import { aNodeDecision } from './samples.ts';

const waits = (more: Partial<PendingPods>): PendingPods => ({
  pod: { namespace: 'shop', name: 'web-1' },
  owner: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  pods: 3,
  names: ['web-1'],
  since: null,
  ordered: [],
  why: [],
  ...more,
});
const byGroup = { nodes: null, nodeGroup: 'burst', rule: 'group', detail: 'max 8', reason: 'PoolAtMaximum' } as const;
const byNodes = { nodes: 4, nodeGroup: null, rule: 'resource', detail: 'cpu' } as const;

describe('reasonClassOf', () => {
  it.each([
    [
      'what is ordered',
      waits({ ordered: [{ nodeGroup: 'a', nodes: 1, expected: null, latest: null }], why: [byGroup] }),
      'NodesOrdered',
    ],
    ['why no node comes', waits({ why: [byNodes, byGroup] }), 'PoolAtMaximum'],
    ['what refuses them', waits({ why: [byNodes] }), 'resource'],
    ['nothing that is known', waits({}), 'unknown'],
  ])('tells %s', (_, pending, expected) => {
    expect(reasonClassOf(pending)).toBe(expected);
  });
});

describe('createNodeMetrics', () => {
  it('counts pods that wait by why, drains by step, and forgets what is gone', async () => {
    const registry = new Registry();
    const record = createNodeMetrics(registry);
    const draining = aNodeDecision({
      remove: [{ node: 'w-1', serverId: 'x' }],
      drains: [{ step: 'wait', node: 'w-1', serverId: 'x', pods: [] }],
      bootTime: { p50Seconds: 90, p95Seconds: 300, of: 7 },
      reason: 'GroupBackedOff',
    });
    record({ nodes: [draining], pending: [waits({ why: [byGroup] }), waits({ why: [byGroup] })], pendingLeftOut: 5 });
    const text = await registry.metrics();
    for (const line of [
      'springtide_waiting_pods{reason="PoolAtMaximum"} 6',
      'springtide_waiting_pods{reason="NotExplained"} 5',
      'springtide_leaving_nodes{node_group="default-worker"} 1',
      'springtide_drains{node_group="default-worker",step="wait"} 1',
      'springtide_node_boot_seconds{node_group="default-worker",quantile="0.95"} 300',
      'springtide_node_group_backed_off{node_group="default-worker"} 1',
    ])
      expect(text).toContain(line);
    record({ nodes: [aNodeDecision({ nodeGroup: 'other' })] });
    const after = await registry.metrics();
    expect([after.includes('default-worker'), after.includes('PoolAtMaximum')]).toEqual([false, false]);
  });
});
