// What a group's decision says of the way up: it grows and for whom, or something stops it, or something is missing that nobody dies of.
import type { NodeReason, Facts } from '../../model/reason.ts';
import type { UndescribedNodes } from './group-decision.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { targetName } from '../../model/target.ts';
import type { SourcedDemand } from './demand.ts';
import type { GroupState } from './group-state.ts';
import { podsOf } from './fit/pack.ts';
import type { Growth } from './growth.ts';
import type { Allowed } from './limits.ts';
import type { Met } from './meet-demand.ts';

export interface GrowthVerdict {
  readonly action: 'grow' | 'hold';
  readonly reason: NodeReason;
  readonly facts: Facts;
  readonly until: Instant | null;
  readonly for: UndescribedNodes['for'];
  /** the count that is to be sent; null: nothing is */
  readonly to: number | null;
}

function servedTargets(demands: readonly SourcedDemand[]): UndescribedNodes['for'] {
  const byName = new Map<string, { target: SourcedDemand['target']; pods: number }>();
  for (const demand of demands) {
    const key = `${demand.target.kind}/${targetName(demand.target)}`;
    const known = byName.get(key);
    byName.set(key, { target: demand.target, pods: (known?.pods ?? 0) + demand.pods });
  }
  return [...byName.values()];
}

/** Who needs it most gives the reason: replicas just decided on, then pods that wait, then those that others push out, then what is asked for ahead of them. */
function reasonOf(group: GroupState, growth: Growth): NodeReason {
  const serves = (from: SourcedDemand['from']): boolean => growth.for.some((demand) => demand.from === from);
  if (serves('decided')) return 'ReplicasWillNotFit';
  if (serves('waiting')) return 'PodsUnschedulable';
  if (serves('displaced')) return 'PodsDisplaced';
  if (serves('scheduled')) return 'ScheduleWillNotFit';
  if (serves('forecast')) return 'ForecastWillNotFit';
  if (serves('headroom')) return 'HeadroomShort';
  if (growth.trigger.kind === 'saturated') return 'Saturated';
  if (isReplacing(group)) return 'NodesReplaced';
  return isScheduled(group) ? 'ScheduledNodes' : 'BelowMinimum';
}

/** The count would be enough, were they all nodes that answer. */
const isReplacing = ({ count, lost, min, replaceable }: GroupState): boolean =>
  replaceable.length > 0 && count - lost >= min;

const isScheduled = ({ scheduled, min }: GroupState): boolean => scheduled.minBy !== null && scheduled.min === min;

/** A sentence for people: the plan's `for` has them all. */
const namedAtMost = 6;

function namesOf(served: UndescribedNodes['for']): string {
  const names = served.slice(0, namedAtMost).map(({ target }) => targetName(target));
  const more = served.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')}, +${more}`;
}

function whyOf(group: GroupState, { trigger }: Growth, served: UndescribedNodes['for']): Facts {
  if (served.length > 0) return { by: namesOf(served) };
  if (trigger.kind === 'saturated') {
    const { query, value, above } = trigger.by;
    return { by: `${query} = ${value}`, what: query, limit: above };
  }
  if (isReplacing(group)) return { by: group.replaceable.join(', ') };
  return { by: isScheduled(group) ? (group.scheduled.minBy?.window ?? '') : `min ${group.min}` };
}

export function growing(group: GroupState, { growth }: Met): GrowthVerdict | null {
  const grown = growth.byGroup.get(group.policy.name);
  if (grown === undefined || grown.add === 0) return null;
  // What a failed update has counted and not made needs no higher count, only the same one sent again.
  const to = group.count + Math.max(0, grown.add - group.lost);
  const served = servedTargets(grown.for);
  const facts = { desired: to, count: grown.add, pods: podsOf(grown.for), ...whyOf(group, grown, served) };
  return { action: 'grow', reason: reasonOf(group, grown), facts, until: null, for: served, to };
}

const hold = (reason: NodeReason, facts: Facts, until: Instant | null, served: readonly SourcedDemand[]) =>
  ({ action: 'hold', reason, facts, until, for: servedTargets(served), to: null }) satisfies GrowthVerdict;

function untilOf(group: GroupState, { reason }: Allowed): Instant | null {
  if (reason === 'GroupBackedOff') return group.memory.backOff?.until ?? null;
  return reason === 'SwitchedOff' ? instantOf(group.switches.grow?.until) : null;
}

/** Pods wait, or nodes are missing, and this is why none comes. */
export function stoppedBy(group: GroupState, { growth }: Met): GrowthVerdict | null {
  const stopped = growth.stopped.get(group.policy.name);
  const unserved = podsOf(growth.unserved);
  if (stopped === undefined || (unserved === 0 && group.count - group.lost >= group.min)) return null;
  const facts = { by: stopped.by, what: stopped.what ?? stopped.by, limit: stopped.limit ?? '', pods: unserved };
  return hold(stopped.reason, facts, untilOf(group, stopped), growth.unserved);
}

const noShape = ({ kind, namespace, name }: SourcedDemand['target']): string =>
  `${kind} ${namespace}/${name} has no template and no pod yet`;

/** No VM is ordered on purpose, although somebody might expect one. */
export function withheld(group: GroupState, { demands }: Met): GrowthVerdict | null {
  if (group.modes.grow === 'off') return null;
  const { held, shapeless } = demands;
  if (held !== null && held.pods > 0)
    return hold('TooManyUnready', { by: held.by, pods: held.pods, what: held.by }, null, []);
  const [first] = shapeless;
  if (first === undefined) return null;
  const by = shapeless.map(noShape).join(', ');
  return hold('ShapeUnknown', { by, what: by }, null, []);
}

/** A query of the group's policy that says nothing now: no VM is ordered by it, whatever it would say. */
export function unaskedOf(group: GroupState, { unasked }: Met): Facts | null {
  if (group.modes.grow === 'off') return null;
  const found = unasked.find(({ document }) => document === group.document);
  return found === undefined ? null : { by: found.query, what: found.why, why: found.why };
}

/** Nodes that this group would have ahead of the load, and may not. Nobody waits for them. */
export function withoutHeadroom(group: GroupState, { growth }: Met): GrowthVerdict | null {
  const stopped = growth.headroomStopped.get(group.policy.name);
  if (stopped === undefined) return null;
  const short = growth.unservedHeadroom;
  const facts = { by: stopped.by, what: stopped.what ?? stopped.by, limit: stopped.limit ?? '', pods: podsOf(short) };
  const isShort = (source: SourcedDemand['from']): boolean => short.some(({ from }) => from === source);
  const reason = isShort('scheduled')
    ? 'ScheduleWillNotFit'
    : isShort('forecast')
      ? 'ForecastWillNotFit'
      : 'HeadroomShort';
  return hold(reason, facts, untilOf(group, stopped), short);
}
