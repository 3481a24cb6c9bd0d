// One group's decision put together: growth before removal, removal before drains, and the reason why it is none of them.
import type { Config } from '../../model/config.ts';
import type { Mode, NodeDecision } from '../../model/plan.ts';
import type { Facts, NodeReason } from '../../model/reason.ts';
import { targetName } from '../../model/target.ts';
import type { ControlFacts, Snapshot } from '../../model/snapshot.ts';
import { instantOf, later, rfc3339, type Instant } from '../../model/units.ts';
import { mostCautious } from '../pods/target-look.ts';
import type { SourcedDemand } from './demand.ts';
import type { DrainsUnderWay } from './drains.ts';
import { isOwnUpdate, type GroupState, type Unusable } from './group-state.ts';
import { statusBarrier, type GrowthPlan } from './growth.ts';
import { drainOf, looksLikeUuid, nodeGroupLabel } from './membership.ts';
import { latestFailure } from './observe.ts';
import { shrinkRules, type Shrinking } from './shrink.ts';

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
  if (group.memory.removal === 'refuted') return false;
  if (removal === 'byServerId' || group.memory.removal === 'proven') return true;
  const stack = snapshot.magnum.cluster?.stack_id;
  const labelled = group.nodes.some((node) => node.metadata.labels?.[nodeGroupLabel] !== undefined);
  return labelled && (stack === undefined || stack === null || looksLikeUuid(stack));
}

const untilOf = (control: ControlFacts | null): Instant | null => instantOf(control?.until);

/** Why drained servers may not be given back now. Whether the group may grow is no matter here. */
function removalBarrier(
  group: GroupState,
  clusterStatus: string,
  now: Instant,
): { readonly reason: NodeReason; readonly by: string; readonly until?: Instant | null } | null {
  const { shrink: off } = group.switches;
  if (off !== null) return { reason: 'SwitchedOff', by: off.by, until: untilOf(off) };
  const busy = statusBarrier(group, clusterStatus);
  if (busy !== null) return busy;
  if (group.updating)
    return {
      reason: isOwnUpdate(group) ? 'ResizeUnderWay' : 'UpdateByOthers',
      by: group.magnum.status ?? '',
    };
  const lastFailure = latestFailure(group.memory);
  const again = lastFailure === null ? now : later(lastFailure.at, shrinkRules(group).afterFailure);
  return now < again ? { reason: 'GroupBackedOff', by: lastFailure?.message ?? '', until: again } : null;
}

/** Drains are the shrinking's; one that is taken back because shrinking was switched off is still taken back. */
function modeOf(action: NodeDecision['action'], group: GroupState, underWay: DrainsUnderWay): Mode {
  const { grow, shrink, daemon } = group.modes;
  if (action === 'grow') return grow;
  if (shrink !== 'act' && underWay.steps.some((step) => step.step === 'rollBack')) return daemon;
  return action === 'shrink' || underWay.steps.length > 0 ? shrink : mostCautious(grow, shrink);
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
  // Beginnings that are only rehearsed do not ride along with drains that are really taken back.
  const begin = group.modes.shrink !== 'act' && underWay.steps.length > 0 ? [] : shrink.begin;
  const victims = [
    ...group.draining.flatMap((node) => {
      const record = drainOf(node);
      const leaving = !underWay.steps.some((step) => step.node === node.metadata.name && step.step === 'rollBack');
      return record === null || !leaving ? [] : [{ node: node.metadata.name, serverId: record.serverId }];
    }),
    ...begin.flatMap((step) => (step.step === 'begin' ? [{ node: step.node, serverId: step.serverId }] : [])),
  ];
  const removing = group.draining.filter((node) => drainOf(node)?.step === 'removing').length;

  const decision = (verdict: Verdict, parts: Partial<UndescribedNodes> = {}): UndescribedNodes => ({
    policy: { name: group.document.metadata.name },
    nodeGroup: name,
    mode: modeOf(verdict.action, group, underWay),
    current,
    desired: current,
    action: verdict.action,
    reason: verdict.reason,
    for: [],
    remove: victims,
    resize: null,
    drains: [...underWay.steps, ...begin],
    kept: shrink.kept,
    upcoming: group.upcoming,
    until: verdict.until === undefined || verdict.until === null ? null : rfc3339(verdict.until),
    ...parts,
    facts: {
      group: name,
      current,
      desired: current,
      min: group.min,
      max: group.max,
      count: 0,
      pods: 0,
      by: '',
      what: '',
      limit: '',
      why: (group.switches.grow ?? group.switches.shrink)?.why ?? '',
      flavor: group.magnum.flavor_id ?? 'its flavor',
      until: verdict.until === undefined || verdict.until === null ? '' : rfc3339(verdict.until),
      ...verdict.facts,
    },
  });

  // A growth that is only rehearsed does not keep real drains from going on.
  const drainsFirst = group.modes.grow !== 'act' && group.modes.shrink === 'act' && underWay.steps.length > 0;
  if (grown !== undefined && grown.add > 0 && !drainsFirst) {
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
        until:
          stopped.reason === 'GroupBackedOff'
            ? (backOff?.until ?? null)
            : stopped.reason === 'SwitchedOff'
              ? untilOf(group.switches.grow)
              : null,
        facts: { by: stopped.by, what: stopped.what ?? stopped.by, limit: stopped.limit ?? '', pods: unserved },
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
    const barrier = removalBarrier(group, snapshot.magnum.cluster?.status ?? '', now);
    if (barrier !== null)
      return decision({
        action: 'hold',
        reason: barrier.reason,
        until: barrier.until ?? null,
        facts: { ...facts, by: barrier.by, what: barrier.by },
      });
    if (!removalIsProven(group, snapshot)) return decision({ action: 'refused', reason: 'RemovalNotProven', facts });
    if (to < group.min)
      return decision({ action: 'hold', reason: 'BelowMinimum', facts: { ...facts, desired: current } });
    return decision(
      { action: 'shrink', reason: 'NodesUnneeded', facts },
      { desired: to, resize: { to, remove: underWay.remove } },
    );
  }
  if (begin.length > 0) {
    const facts = {
      desired: current - victims.length,
      count: begin.length,
      node: begin.map((step) => step.node).join(', '),
    };
    if (!removalIsProven(group, snapshot))
      return decision({ action: 'refused', reason: 'RemovalNotProven', facts }, { remove: [], drains: underWay.steps });
    return decision(
      { action: 'shrink', reason: 'NodesUnneeded', facts },
      { desired: current - victims.length + removing },
    );
  }
  const { shrink: off } = group.switches;
  const held = (nodes: readonly { readonly node: string }[]): Facts => ({
    count: nodes.length,
    node: nodes.map((one) => one.node).join(', '),
    by: off?.by ?? '',
  });
  if (victims.length > 0)
    return off === null
      ? decision({ action: 'hold', reason: 'DrainUnderWay', facts: held(victims) })
      : decision({ action: 'hold', reason: 'SwitchedOff', facts: held(victims), until: untilOf(off) });
  if (group.upcoming > 0)
    return decision({ action: 'none', reason: 'NodesUpcoming', facts: { count: group.upcoming } });
  const wouldLeave = shrink.kept.filter((node) => node.reason === 'SwitchedOff');
  if (wouldLeave.length > 0 && current > group.min)
    return decision({ action: 'hold', reason: 'SwitchedOff', facts: held(wouldLeave), until: untilOf(off) });
  return decision({ action: 'none', reason: 'PoolFits', facts: {} });
}

/** A group that cannot be judged: nothing is done to it, and its neighbours go on. */
export function unusableDecision(state: Unusable, config: Config): UndescribedNodes {
  const { mode } = state.document.spec;
  return {
    policy: { name: state.document.metadata.name },
    nodeGroup: state.policy.name,
    mode: mostCautious(config.daemon.mode, mostCautious(mode.grow, mode.shrink)),
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
