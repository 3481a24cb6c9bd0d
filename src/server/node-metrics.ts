// The node tier's figures: who waits and why, what is leaving, how long VMs take. Labels are groups and closed sets of words.
import { Gauge, type Registry } from 'prom-client';
import type { NodeDecision, PendingPods, Plan } from '../model/plan.ts';

/** Why pods of one owner wait, in one word: what is on its way, else why no node comes, else what refuses them. */
export function reasonClassOf({ ordered, why }: PendingPods): string {
  if (ordered.length > 0) return 'NodesOrdered';
  const group = why.find(({ rule }) => rule === 'group');
  if (group?.reason !== undefined) return group.reason;
  return why[0]?.rule ?? 'unknown';
}

export type RecordNodes = (plan: Pick<Plan, 'nodes' | 'pending' | 'pendingLeftOut'>) => void;

export function createNodeMetrics(registry: Registry): RecordNodes {
  const gauge = <Name extends string>(name: string, help: string, labelNames: readonly Name[]) =>
    new Gauge({ name: `springtide_${name}`, help, labelNames, registers: [registry] });
  const waiting = gauge('waiting_pods', 'Pods without a node, by why.', ['reason']);
  const leaving = gauge('leaving_nodes', 'Nodes on their way out.', ['node_group']);
  const drains = gauge('drains', 'Drains under way, by what comes next.', ['node_group', 'step']);
  const boot = gauge('node_boot_seconds', 'How long ordered VMs took until they were Ready.', [
    'node_group',
    'quantile',
  ]);
  const backedOff = gauge('node_group_backed_off', '1 while nothing is ordered after a failed growth.', ['node_group']);
  const modes = gauge('node_group_mode', '1 for the mode of the group.', ['node_group', 'mode']);

  function recordGroup({ nodeGroup, remove, drains: steps, bootTime, reason, mode }: NodeDecision): void {
    leaving.set({ node_group: nodeGroup }, remove.length);
    for (const { step } of steps) drains.inc({ node_group: nodeGroup, step });
    backedOff.set({ node_group: nodeGroup }, reason === 'GroupBackedOff' ? 1 : 0);
    modes.set({ node_group: nodeGroup, mode }, 1);
    if (bootTime === undefined) return;
    boot.set({ node_group: nodeGroup, quantile: '0.5' }, bootTime.p50Seconds);
    boot.set({ node_group: nodeGroup, quantile: '0.95' }, bootTime.p95Seconds);
  }

  return ({ nodes, pending = [], pendingLeftOut = 0 }) => {
    // What is gone leaves no series behind.
    for (const one of [waiting, leaving, drains, boot, backedOff, modes]) one.reset();
    for (const decision of nodes) recordGroup(decision);
    for (const one of pending) waiting.inc({ reason: reasonClassOf(one) }, one.pods);
    if (pendingLeftOut > 0) waiting.inc({ reason: 'NotExplained' }, pendingLeftOut);
  };
}
