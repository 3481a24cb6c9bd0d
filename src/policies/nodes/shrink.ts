// Which nodes are no longer needed, since when, and which of them begin to drain now; every other node says why it stays.
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { Memory } from '../../model/memory.ts';
import type { DrainStep, KeptNode } from '../../model/plan.ts';
import { later, rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';
import { candidateOf, isKept, type Candidate, type CandidateRules, type Kept } from './candidates.ts';
import { budgetName, type Disruptions } from './disruptions.ts';
import type { Needs } from './fit/simulation.ts';
import type { GroupState } from './group-state.ts';
import { serverIdOf } from './membership.ts';
import type { MovedUse, Mover } from './moved-use.ts';
import { doubleBudgetIn, podName, spentBudget } from './movable.ts';
import { scheduledOf, type ScheduledGroup } from './node-schedule.ts';
import { setAsideOf } from './set-aside.ts';
import { lookAheadOf, type Guest, type Places } from './shrink-places.ts';

/** What all groups of a tick share while they are judged: places that are given away are gone for the next one too. */
export interface ShrinkPass {
  readonly places: Places;
  readonly disruptions: Disruptions;
  /** where a pod of its kind went last: the next one of its kind is tried there first */
  readonly hints: Map<Needs, string>;
  /** how many groups share the tick */
  readonly groups: number;
  /** what comes to nodes that take pods in; null: no policy lets nodes go for their low use */
  readonly moved: MovedUse | null;
}

export interface ShrinkInput {
  readonly group: GroupState;
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  readonly pass: ShrinkPass;
  readonly rules: CandidateRules;
  readonly memory: Memory;
  /** why nothing of this group may begin to leave now, whatever its nodes look like */
  readonly barrier: Kept | null;
  /** the same for nodes that do not answer: pods that wait are no reason to keep them */
  readonly barrierOfUnready: Kept | null;
  /** why none is let go for its low use now; null: the use of the others is what it will be */
  readonly unsettled: Kept | null;
  /** servers that leave in this tick and never were nodes */
  readonly servers: number;
  /** why no node comes in the place of one that does not answer; null: one may */
  readonly stopped: string | null;
  readonly interval: Milliseconds;
  readonly now: Instant;
}

export interface Shrinking {
  readonly begin: readonly DrainStep[];
  readonly kept: readonly KeptNode[];
  readonly unneededSince: ReadonlyMap<string, Instant>;
}

export const keptNode = (node: string, { reason, by, since, until }: Kept): KeptNode => ({
  node,
  reason,
  by,
  since: since === undefined || since === null ? null : rfc3339(since),
  until: until === undefined || until === null ? null : rfc3339(until),
});

const soon = { schedule: 'ScheduledSoon', forecast: 'ForecastSoon' } as const;

/** Takes the node out of the simulation and finds its pods another place, all of them or none. null: it may go. */
export function tryWithout(
  { node, moving, unreadySince }: Pick<Candidate, 'node' | 'moving' | 'unreadySince'>,
  { places, hints }: Pick<ShrinkPass, 'places' | 'hints'>,
  mover: Mover | null = null,
): Kept | null {
  const { simulation, guests } = places;
  const { name } = node.metadata;
  const before = simulation.checkpoint();
  const displaced = guests.get(name) ?? [];
  // A node that does not answer takes no pods: nobody was given a place there.
  if (simulation.has(name)) simulation.removeRoom(name);
  const settled: { readonly room: string; readonly guest: Guest }[] = [];
  const allows = mover?.allows;
  const settle = (guest: Guest): boolean => {
    const hint = hints.get(guest.needs);
    const room = simulation.placeAnywhere(guest.needs, { hint, allows });
    if (room === null) return false;
    if (room !== hint) hints.set(guest.needs, room);
    settled.push({ room, guest });
    return true;
  };
  const stuck = (guest: Guest): Kept => {
    simulation.rollBack(before);
    const nowhere = allows === undefined ? 'NoPlaceToMovePods' : 'UsageNoRoom';
    return { reason: guest.coming === null ? nowhere : soon[guest.coming], by: guest.by };
  };
  for (const pod of moving) {
    const guest = { needs: simulation.needsOf(pod), by: podName(pod), coming: null };
    // What ran on a node that does not answer comes up again wherever there is room, or orders a node.
    if (!settle(guest) && unreadySince === null) return stuck(guest);
  }
  for (const guest of displaced) if (!settle(guest)) return stuck(guest);
  guests.delete(name);
  for (const { room, guest } of settled) {
    const others = guests.get(room);
    if (others === undefined) guests.set(room, [guest]);
    else others.push(guest);
  }
  if (mover !== null) for (const room of new Set(settled.map((one) => one.room))) mover.came(room);
  return null;
}

interface Sorted {
  readonly candidate: Candidate;
  readonly since: Instant | null;
}

/** Those that do not answer, the empty ones, those that were found unneeded before, then the least used; always in the same order. */
function inOrder(one: Sorted, other: Sorted): number {
  const rank = ({ candidate: { moving, unreadySince }, since }: Sorted): number => {
    if (unreadySince !== null) return 0;
    return moving.length === 0 ? 1 : since === null ? 3 : 2;
  };
  return (
    rank(one) - rank(other) ||
    one.candidate.utilization - other.candidate.utilization ||
    (one.candidate.node.metadata.name < other.candidate.node.metadata.name ? -1 : 1)
  );
}

/** Where not all can be tried in one tick, the next one begins further down, so that each has its turn. */
function withTurns(sorted: readonly Sorted[], tries: number, now: Instant, interval: Milliseconds): readonly Sorted[] {
  const known = sorted.filter(
    ({ candidate, since }) => since !== null || candidate.moving.length === 0 || candidate.unreadySince !== null,
  );
  const fresh = sorted.slice(known.length);
  const turns = tries - known.length;
  if (fresh.length <= turns || turns <= 0) return sorted;
  const from = (Math.floor(now / Math.max(interval, 1)) * turns) % fresh.length;
  return [...known, ...fresh.slice(from), ...fresh.slice(0, from)];
}

/** Since when it counts, and when it may go. */
export function timerOf(
  { unreadySince }: Pick<Candidate, 'unreadySince'>,
  { rules: { shrink }, now }: Pick<ShrinkInput, 'rules' | 'now'>,
  before: Instant | null,
): { readonly since: Instant; readonly due: Instant } {
  const since = before ?? now;
  if (unreadySince === null) return { since, due: later(since, shrink.unneededFor) };
  const counted = since > unreadySince ? since : unreadySince;
  return { since, due: later(counted, shrink.unready.after) };
}

/** What the group keeps, also what its schedule asks for while a new node would still be booting. */
export function floorOf(
  group: GroupState,
  now: Instant,
): { readonly scheduled: ScheduledGroup; readonly floor: number } {
  const scheduled = scheduledOf(group.document, group.policy, now, lookAheadOf(group));
  return { scheduled, floor: Math.max(scheduled.min, group.min) };
}

export const atMinimum = (floor: number, stopped: string | null): Kept => ({
  reason: 'GroupAtMinimum',
  by: `min ${floor}${stopped === null ? '' : `, ${stopped}`}`,
});

const nodesAStep = 32;
/** Nodes that are tried may carry one pod or hundreds: places are what takes time. */
const podsAStep = 64;
/** Nodes with pods on them that are tried in one tick, over all groups: those that are found unneeded come first the next time. */
const triesATick = 100;
/** A group that lets many go at once has as many waiting for their turn. */
const triesForEach = 10;

export function* planShrink(input: ShrinkInput): Generator<undefined, Shrinking> {
  const { group, memory, pass, rules, now } = input;
  const { shrink } = rules;
  const begin: DrainStep[] = [];
  const kept: KeptNode[] = [];
  const unneededSince = new Map<string, Instant>();
  const keep = (node: Node, why: Kept): void => {
    kept.push(keptNode(node.metadata.name, why));
  };

  const draining = new Set(group.draining);
  const arriving = new Set(group.arriving);
  const sorted: Sorted[] = [];
  let looked = 0;
  for (const node of group.nodes) {
    if (draining.size > 0 && draining.has(node)) continue;
    looked += 1;
    if (looked % nodesAStep === 0) yield;
    if (arriving.size > 0 && arriving.has(node)) {
      keep(node, { reason: 'NotReady', by: null });
      continue;
    }
    const setAside = setAsideOf(node, group.memory, shrink, now);
    const candidate = setAside ?? candidateOf(node, input.podsOn.get(node.metadata.name) ?? [], rules);
    if (isKept(candidate)) keep(node, candidate);
    else sorted.push({ candidate, since: memory.nodes[node.metadata.name]?.unneededSince ?? null });
  }
  yield;
  sorted.sort(inOrder);

  const { scheduled, floor } = floorOf(group, now);
  // Magnum’s count is told of a removal only when the drain is over, and of servers that were never made not at all.
  let standing = group.count - group.lost - group.draining.length - input.servers;
  // Those that are to be replaced bear nothing: nobody else leaves in their place.
  let unanswering = sorted.filter(({ candidate }) => candidate.unreadySince !== null).length;
  // Servers that never became nodes are counted by Magnum and bear nothing either.
  let bearing = draining.size === 0 ? group.ready.length : group.ready.filter((node) => !draining.has(node)).length;
  let atOnce = group.draining.length + input.servers;
  let placed = 0;
  let tries = Math.max(Math.ceil(triesATick / pass.groups), triesForEach * shrink.atOnce.drained);

  for (const { candidate, since: before } of withTurns(sorted, tries, now, input.interval)) {
    const { node, moving } = candidate;
    const { name } = node.metadata;
    const empty = moving.length === 0;
    if (!empty && tries <= 0) {
      keep(node, { reason: 'OthersFirst', by: null });
      continue;
    }
    const evicts = !empty && candidate.unreadySince === null;
    const double = evicts ? doubleBudgetIn(moving, rules.movable) : null;
    if (double !== null) {
      keep(node, { reason: 'MoreThanOneBudget', by: double });
      continue;
    }
    const spent = evicts ? spentBudget(moving, rules.movable) : null;
    if (spent !== null) {
      keep(node, { reason: 'BlockedByPDB', by: spent });
      continue;
    }
    if (!empty) tries -= 1;
    const stuck = tryWithout(candidate, pass, pass.moved?.mover(node, candidate.byUse, rules.usage) ?? null);
    placed += 1 + moving.length;
    if (placed >= podsAStep) {
      placed = 0;
      yield;
    }
    if (stuck !== null) {
      keep(node, stuck);
      continue;
    }
    const { since, due } = timerOf(candidate, input, before);
    unneededSince.set(name, since);
    const most = empty ? shrink.atOnce.empty : shrink.atOnce.drained;
    const serverId = serverIdOf(node);
    const answers = candidate.unreadySince === null;
    const exhausted = pass.disruptions.blocker(answers ? moving : []);
    const barrier = answers ? input.barrier : input.barrierOfUnready;
    const left = answers ? Math.min(standing - unanswering, bearing) : standing;
    if (now < due)
      keep(node, {
        reason: answers ? 'UnneededTooShort' : 'NotReady',
        by: null,
        since,
        until: due,
      });
    else if (barrier !== null) keep(node, { ...barrier, since });
    else if (candidate.byUse && input.unsettled !== null) keep(node, { ...input.unsettled, since });
    else if (
      left <= floor &&
      scheduled.minBy !== null &&
      left > Math.max(group.policy.min, group.magnum.min_node_count ?? 0)
    )
      keep(node, { reason: 'ScheduledSoon', by: scheduled.minBy.window, since, until: scheduled.minBy.until });
    else if (left <= floor) keep(node, { ...atMinimum(floor, answers ? null : input.stopped), since });
    else if (atOnce >= most) keep(node, { reason: 'AtOnceReached', by: `${most} at once`, since });
    else if (exhausted !== null) keep(node, { reason: 'BlockedByPDB', by: budgetName(exhausted), since });
    else if (serverId !== null) {
      const unready = answers ? {} : { unready: true as const };
      begin.push({ step: 'begin', node: name, serverId, nodeGroup: group.policy.name, ...unready });
      if (answers) {
        pass.disruptions.take(moving);
        bearing -= 1;
      } else unanswering -= 1;
      standing -= 1;
      atOnce += 1;
    }
  }
  return { begin, kept, unneededSince };
}
