// One group's decision put together: growth before removal, removal before drains, and the reason why it is none of them.
import { drainOf } from '../../model/drain-record-on.ts';
import type { MagnumCluster } from '../../model/openstack.ts';
import type { DrainStep, Mode, NodeDecision, NodeRemoval } from '../../model/plan.ts';
import type { Facts, NodeReason } from '../../model/reason.ts';
import type { ControlFacts, Snapshot } from '../../model/snapshot.ts';
import { instantOf, later, rfc3339, type Instant } from '../../model/units.ts';
import { mostCautious } from '../pods/target-look.ts';
import { bootTimeOf } from './boot-time.ts';
import type { DrainsUnderWay } from './drains.ts';
import { isOwnUpdate, resizedOver } from './foreign-update.ts';
import type { GivingBack } from './give-back.ts';
import type { GroupState, Unusable } from './group-state.ts';
import { statusBarrier } from './growth-barrier.ts';
import { growing, stoppedBy, unaskedOf, withheld, withoutHeadroom, type GrowthVerdict } from './growth-verdict.ts';
import type { Met } from './meet-demand.ts';
import { actorsText } from './other-actors.ts';
import { removalStanding } from './removal-proof.ts';
import { shrinkRules } from './shrink-rules.ts';

export type UndescribedNodes = Omit<NodeDecision, 'message'>;

const removalIsProven = (group: GroupState, snapshot: Snapshot): boolean => removalStanding(group, snapshot).proven;

/** Nodes that two groups could claim are named where people look for them: at each of the groups. */
const ambiguousNodes = (group: GroupState): UndescribedNodes['kept'] =>
  group.ambiguous.map(({ node, groups }) => ({
    node,
    reason: 'GroupAmbiguous',
    by: groups.join(', '),
    since: null,
    until: null,
  }));

const untilOf = (control: ControlFacts | null): Instant | null => instantOf(control?.until);

/** Why drained servers may not be given back now. Whether the group may grow is no matter here. */
function removalBarrier(
  group: GroupState,
  cluster: MagnumCluster | undefined,
  now: Instant,
): { readonly reason: NodeReason; readonly by: string; readonly until?: Instant | null } | null {
  const { shrink: off } = group.switches;
  if (off !== null) return { reason: 'SwitchedOff', by: off.by, until: untilOf(off) };
  const busy = statusBarrier(group, cluster);
  if (busy !== null) return busy;
  if (group.updating)
    return {
      reason: isOwnUpdate(group) ? 'ResizeUnderWay' : 'UpdateByOthers',
      by: group.magnum.status ?? '',
    };
  // An order that failed, or one node that could not be emptied, is no reason to keep those that are empty.
  const { removalFailure: failed } = group.memory;
  if (failed === undefined) return null;
  const again = later(failed.at, shrinkRules(group).afterFailure);
  return now < again ? { reason: 'GroupBackedOff', by: failed.message, until: again } : null;
}

/** One whose removal never began is drained again first: only then may it go back to work. */
const isTakingBack = ({ step }: DrainStep): boolean => step === 'rollBack' || step === 'reopen';

/** Drains are the shrinking's; one that is taken back because shrinking was switched off is still taken back. */
function modeOf(action: NodeDecision['action'], group: GroupState, underWay: DrainsUnderWay): Mode {
  const { grow, shrink, daemon } = group.modes;
  if (action === 'grow') return grow;
  if (shrink !== 'act' && underWay.steps.some(isTakingBack)) return withoutAsking(daemon);
  if (isUnderWay(underWay)) return withoutAsking(shrink);
  return action === 'shrink' ? shrink : mostCautious(grow, shrink);
}

/** Allowed when it began, asked for by a person, or taken back: none of it is asked again. */
const withoutAsking = (mode: Mode): Mode => (mode === 'confirm' ? 'act' : mode);
const isUnderWay = ({ steps, remove }: DrainsUnderWay): boolean => steps.length > 0 || remove.length > 0;

interface Verdict {
  readonly action: NodeDecision['action'];
  readonly reason: NodeReason;
  readonly facts: Facts;
  readonly until?: Instant | null;
}

export function decisionOf(
  group: GroupState,
  met: Met,
  givingBack: GivingBack,
  snapshot: Snapshot,
  now: Instant,
): UndescribedNodes {
  const { name } = group.policy;
  const current = group.count;
  const { drains: underWay, shrinking: shrink } = givingBack;
  // Beginnings that are only rehearsed do not ride along with drains that are really taken back.
  const mayBegin = group.modes.shrink === 'act' || !isUnderWay(underWay);
  const begin = mayBegin ? shrink.begin : [];
  const servers = mayBegin ? givingBack.servers : [];
  const leaving = [...underWay.remove, ...servers];
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
    kept: [...shrink.kept, ...ambiguousNodes(group)],
    upcoming: group.upcoming,
    ...bootTimeOf(group.memory),
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
      ...(group.foreign === null ? {} : { others: group.foreign }),
      ...verdict.facts,
    },
  });

  const proven = removalIsProven(group, snapshot);
  const over = resizedOver(group, snapshot.magnum.cluster);
  const said = ({ to, for: served, ...verdict }: GrowthVerdict): UndescribedNodes =>
    decision(verdict, {
      for: served,
      ...(to === null ? {} : { desired: to, resize: { to, remove: [], over } }),
      ...(to === null && proven ? {} : { drains: underWay.steps }),
    });

  if (group.others.length > 0) {
    const by = actorsText(group.others);
    // Drains of ours are still taken back: nobody else would do it.
    return decision({ action: 'refused', reason: 'AnotherAutoscaler', facts: { by, what: by } });
  }

  // A growth that is only rehearsed does not keep real drains from going on; one that is asked for is asked beside them.
  const drainsFirst =
    group.modes.grow !== 'act' &&
    group.modes.grow !== 'confirm' &&
    withoutAsking(group.modes.shrink) === 'act' &&
    underWay.steps.length > 0;
  const grows = drainsFirst ? null : growing(group, met);
  if (grows !== null) return said(grows);
  const stopped = stoppedBy(group, met);
  // Nodes that do not answer make room when they leave: only then is what stops the group no reason to wait.
  const isUnready = ({ node, unregistered }: NodeRemoval): boolean =>
    unregistered === true || group.draining.some((one) => one.metadata.name === node && drainOf(one)?.unready === true);
  const replaces = proven && leaving.length > 0 && leaving.every(isUnready);
  if (stopped !== null && !replaces) return said(stopped);

  if (leaving.length > 0) {
    const to = current - leaving.length;
    const facts = { desired: to, count: leaving.length, node: leaving.map((one) => one.node).join(', ') };
    const barrier = removalBarrier(group, snapshot.magnum.cluster, now);
    if (barrier !== null)
      return decision({
        action: 'hold',
        reason: barrier.reason,
        until: barrier.until ?? null,
        facts: { ...facts, by: barrier.by, what: barrier.by },
      });
    if (!proven) return decision({ action: 'refused', reason: 'RemovalNotProven', facts });
    if (to - group.lost < group.min)
      return decision({ action: 'hold', reason: 'BelowMinimum', facts: { ...facts, desired: current } });
    return decision(
      { action: 'shrink', reason: underWay.remove.length > 0 ? 'NodesUnneeded' : 'ServersNeverRegistered', facts },
      { desired: to, remove: [...victims, ...servers], resize: { to, remove: leaving, over } },
    );
  }
  if (begin.length > 0) {
    const facts = {
      desired: current - victims.length,
      count: begin.length,
      node: begin.map((step) => step.node).join(', '),
    };
    if (!proven)
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
  const without = withheld(group, met);
  if (without !== null) return said(without);
  if (group.upcoming > 0)
    return decision({ action: 'none', reason: 'NodesUpcoming', facts: { count: group.upcoming } });
  const wouldLeave = shrink.kept.filter((node) => node.reason === 'SwitchedOff');
  if (wouldLeave.length > 0 && current > group.min)
    return decision({ action: 'hold', reason: 'SwitchedOff', facts: held(wouldLeave), until: untilOf(off) });
  const short = withoutHeadroom(group, met);
  if (short !== null) return said(short);
  const unasked = unaskedOf(group, met);
  return unasked === null
    ? decision({ action: 'none', reason: 'PoolFits', facts: {} })
    : decision({ action: 'none', reason: 'SaturationUnknown', facts: unasked });
}

/** A group that cannot be judged: only drains are taken back in it, and its neighbours go on. */
export function unusableDecision(state: Unusable, drains: UndescribedNodes['drains']): UndescribedNodes {
  const { grow, shrink, daemon } = state.modes;
  return {
    policy: { name: state.document.metadata.name },
    nodeGroup: state.policy.name,
    mode: drains.length > 0 ? withoutAsking(daemon) : mostCautious(grow, shrink),
    current: null,
    desired: null,
    action: state.reason === 'GroupIsMaster' || state.reason === 'GroupNotFound' ? 'refused' : 'hold',
    reason: state.reason,
    for: [],
    remove: [],
    resize: null,
    drains,
    kept: [],
    upcoming: 0,
    until: null,
    facts: { group: state.policy.name, what: state.why },
  };
}
