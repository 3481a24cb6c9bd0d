// One group's decision put together: growth before removal, removal before drains, and the reason why it is none of them.
import type { Config } from '../../model/config.ts';
import type { NodeDecision } from '../../model/plan.ts';
import type { Facts, NodeReason } from '../../model/reason.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetName } from '../../model/target.ts';
import { rfc3339, type Instant } from '../../model/units.ts';
import { mostCautious } from '../pods/decide-target.ts';
import type { SourcedDemand } from './demand.ts';
import type { DrainsUnderWay } from './drains.ts';
import { isOwnUpdate, type GroupState, type Unusable } from './group-state.ts';
import { growthBarrier, type GrowthPlan } from './growth.ts';
import { drainOf, looksLikeUuid, nodeGroupLabel } from './membership.ts';
import type { Shrinking } from './shrink.ts';

export type UndescribedNodes = Omit<NodeDecision, 'message'>;

const servedTargets = (demands: readonly SourcedDemand[]): UndescribedNodes['for'] => {
  const byName = new Map<string, { target: SourcedDemand['target']; pods: number }>();
  for (const demand of demands) {
    const key = `${demand.target.kind}/${targetName(demand.target)}`;
    const known = byName.get(key);
    byName.set(key, { target: demand.target, pods: (known?.pods ?? 0) + demand.pods });
  }
  return [...byName.values()];
};

/** Heat's driver is known to remove whom it is told to; any other one has to prove it first. */
function removalIsProven(group: GroupState, snapshot: Snapshot): boolean {
  const { removal } = group.document.spec.shrink;
  if (removal === 'byServerId' || group.memory.removal === 'proven') return true;
  const stack = snapshot.magnum.cluster?.stack_id;
  const labelled = group.nodes.some((node) => node.metadata.labels?.[nodeGroupLabel] !== undefined);
  return labelled && (stack === undefined || stack === null || looksLikeUuid(stack));
}

interface Verdict {
  readonly action: NodeDecision['action'];
  readonly reason: NodeReason;
  readonly facts: Facts;
  readonly until?: Instant | null;
}

export function decisionOf(
  group: GroupState,
  growth: GrowthPlan,
  underWay: DrainsUnderWay,
  shrink: Shrinking,
  snapshot: Snapshot,
  now: Instant,
): UndescribedNodes {
  const { name } = group.policy;
  const current = group.count;
  const grown = growth.byGroup.get(name);
  const victims = [
    ...group.draining.flatMap((node) => {
      const record = drainOf(node);
      const leaving = !underWay.steps.some((step) => step.node === node.metadata.name && step.step === 'rollBack');
      return record === null || !leaving ? [] : [{ node: node.metadata.name, serverId: record.serverId }];
    }),
    ...shrink.begin.flatMap((step) => (step.step === 'begin' ? [{ node: step.node, serverId: step.serverId }] : [])),
  ];
  const removing = group.draining.filter((node) => drainOf(node)?.step === 'removing').length;

  const decision = (verdict: Verdict, parts: Partial<UndescribedNodes> = {}): UndescribedNodes => ({
    policy: { name: group.document.metadata.name },
    nodeGroup: name,
    mode:
      verdict.action === 'grow'
        ? group.modes.grow
        : verdict.action === 'shrink'
          ? group.modes.shrink
          : mostCautious(group.modes.grow, group.modes.shrink),
    current,
    desired: current,
    action: verdict.action,
    reason: verdict.reason,
    for: [],
    remove: victims,
    resize: null,
    drains: [...underWay.steps, ...shrink.begin],
    kept: shrink.kept,
    upcoming: group.upcoming,
    until: verdict.until === undefined || verdict.until === null ? null : rfc3339(verdict.until),
    ...parts,
    facts: { group: name, current, min: group.min, max: group.max, count: 0, pods: 0, ...verdict.facts },
  });

  if (grown !== undefined && grown.add > 0) {
    const to = current + grown.add;
    const reason: NodeReason = grown.for.some((demand) => demand.from === 'decided')
      ? 'ReplicasWillNotFit'
      : grown.for.length > 0
        ? 'PodsUnschedulable'
        : 'BelowMinimum';
    const served = servedTargets(grown.for);
    const facts = {
      desired: to,
      count: grown.add,
      pods: grown.for.reduce((sum, demand) => sum + demand.pods, 0),
      by: served.map((one) => targetName(one.target)).join(', '),
    };
    return decision(
      { action: 'grow', reason, facts },
      { desired: to, for: served, resize: { to, remove: [] }, drains: underWay.steps },
    );
  }

  const stopped = growth.stopped.get(name);
  const unserved = growth.unserved.reduce((sum, demand) => sum + demand.pods, 0);
  if (stopped !== undefined && (unserved > 0 || current < group.min)) {
    const { backOff } = group.memory;
    return decision(
      {
        action: 'hold',
        reason: stopped.reason,
        until: stopped.reason === 'GroupBackedOff' ? (backOff?.until ?? null) : null,
        facts: { limit: stopped.by, by: stopped.by, what: stopped.by, pods: unserved },
      },
      { for: servedTargets(growth.unserved) },
    );
  }

  if (underWay.remove.length > 0) {
    const to = current - underWay.remove.length;
    const facts = {
      desired: to,
      count: underWay.remove.length,
      node: underWay.remove.map((one) => one.node).join(', '),
    };
    const barrier = growthBarrier(group, snapshot.magnum.cluster?.status ?? '', now);
    if (barrier !== null || group.updating)
      return decision({
        action: 'hold',
        reason: barrier?.reason ?? (isOwnUpdate(group) ? 'ResizeUnderWay' : 'UpdateByOthers'),
        facts: { ...facts, by: barrier?.by ?? group.magnum.status ?? '', what: barrier?.by ?? '' },
      });
    if (!removalIsProven(group, snapshot)) return decision({ action: 'refused', reason: 'RemovalNotProven', facts });
    if (to < group.min)
      return decision({ action: 'hold', reason: 'LimitReached', facts: { ...facts, limit: `min ${group.min}` } });
    return decision(
      { action: 'shrink', reason: 'NodesUnneeded', facts },
      { desired: to, resize: { to, remove: underWay.remove } },
    );
  }
  if (shrink.begin.length > 0) {
    const facts = {
      desired: current - victims.length,
      count: shrink.begin.length,
      node: shrink.begin.map((step) => step.node).join(', '),
    };
    if (!removalIsProven(group, snapshot))
      return decision({ action: 'refused', reason: 'RemovalNotProven', facts }, { remove: [], drains: underWay.steps });
    return decision(
      { action: 'shrink', reason: 'NodesUnneeded', facts },
      { desired: current - victims.length + removing },
    );
  }
  if (victims.length > 0)
    return decision({
      action: 'hold',
      reason: 'DrainUnderWay',
      facts: { count: victims.length, node: victims.map((one) => one.node).join(', ') },
    });
  if (group.upcoming > 0)
    return decision({ action: 'none', reason: 'NodesUpcoming', facts: { count: group.upcoming } });
  return decision({ action: 'none', reason: 'PoolFits', facts: {} });
}

/** A group that cannot be judged: nothing is done to it, and its neighbours go on. */
export function unusableDecision(state: Unusable, config: Config): UndescribedNodes {
  const { mode } = state.document.spec;
  return {
    policy: { name: state.document.metadata.name },
    nodeGroup: state.policy.name,
    mode: mostCautious(config.daemon.mode, mode.grow, mode.shrink),
    current: null,
    desired: null,
    action: state.reason === 'GroupIsMaster' || state.reason === 'GroupNotFound' ? 'refused' : 'hold',
    reason: state.reason,
    for: [],
    remove: [],
    resize: null,
    drains: [],
    kept: [],
    upcoming: 0,
    until: null,
    facts: { group: state.policy.name, what: state.why },
  };
}
