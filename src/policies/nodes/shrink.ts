// Which nodes are no longer needed, since when, and which of them begin to drain now; every other node says why it stays.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { Memory } from '../../model/memory.ts';
import type { DrainStep, KeptNode } from '../../model/plan.ts';
import type { KeptReason } from '../../model/reason.ts';
import { later, rfc3339, type Instant } from '../../model/units.ts';
import { isMirror, isOfDaemonSet, isTerminal, requestsOf, type Requests } from '../pod-facts.ts';
import type { GroupState } from './group-state.ts';
import { serverIdOf } from './membership.ts';
import { movabilityOf, type MovableRules } from './movable.ts';
import { unmodelledRule } from './unmodelled.ts';
import { allocatableOf, giveBack, hasRoomFor, mayRunOn, take, type Room } from './room.ts';

const noScaleDown = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';
const doNotDisrupt = 'karpenter.sh/do-not-disrupt';

export interface ShrinkInput {
  readonly group: GroupState;
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  /** free room of the nodes that stay; taken from as nodes are found unneeded, so that removals are judged together */
  readonly rooms: Map<string, Room>;
  /** pods of nodes already found unneeded, by the node that they were given a place on: they leave with it again */
  readonly moved: Map<string, Pod[]>;
  readonly rules: MovableRules;
  readonly memory: Memory;
  /** why nothing of this group may begin to leave now, whatever its nodes look like */
  readonly barrier: { readonly reason: KeptReason; readonly by: string | null; readonly until: Instant | null } | null;
  readonly now: Instant;
}

export interface Shrinking {
  readonly begin: readonly DrainStep[];
  readonly kept: readonly KeptNode[];
  readonly unneededSince: ReadonlyMap<string, Instant>;
}

export const shrinkRules = (group: GroupState): ShrinkPolicy => ({
  ...group.document.spec.shrink,
  ...Object.fromEntries(Object.entries(group.policy.shrink ?? {}).filter(([, value]) => value !== undefined)),
});

/** GPUs and the like: named by a domain that is not Kubernetes' own. */
const isExtended = (resource: string): boolean => resource.includes('/') && !/(?:^|\.)kubernetes\.io\//.test(resource);

/** The larger of cpu and memory requested, DaemonSet and mirror pods aside on both sides; of a node with an extended resource: that one. */
export function utilizationOf(node: Node, pods: readonly Pod[]): number {
  const allocatable = allocatableOf(node);
  const share = (resource: string): number => {
    let own = 0;
    let others = 0;
    for (const pod of pods) {
      if (isTerminal(pod)) continue;
      const milli = requestsOf(pod.spec)[resource] ?? 0;
      if (isOfDaemonSet(pod) || isMirror(pod)) own += milli;
      else others += milli;
    }
    const usable = (allocatable[resource] ?? 0) - own;
    return usable > 0 ? others / usable : 1;
  };
  const extended = Object.entries(allocatable).flatMap(([name, amount]) =>
    isExtended(name) && amount > 0 ? [name] : [],
  );
  return Math.max(...(extended.length > 0 ? extended : ['cpu', 'memory']).map(share));
}

interface Move {
  readonly pod: Pod;
  readonly room: Room;
  readonly requests: Requests;
}

/** Finds every pod another place, all of them or none; answers the moves, or the first pod that has none. */
function findPlaces(pods: readonly Pod[], rooms: Iterable<Room>): readonly Move[] | { readonly stuck: Pod } {
  const moves: Move[] = [];
  const candidates = [...rooms];
  for (const pod of pods) {
    const requests = requestsOf(pod.spec);
    const room = candidates.find((one) => mayRunOn(pod.spec, one) && hasRoomFor(requests, one));
    if (room === undefined) {
      for (const move of moves) giveBack(move.requests, move.room);
      return { stuck: pod };
    }
    take(requests, room);
    moves.push({ pod, room, requests });
  }
  return moves;
}

type Verdict =
  | { readonly needed: true; readonly reason: KeptReason; readonly by: string | null }
  | { readonly needed: false; readonly empty: boolean };

/** May this node go as far as it alone is concerned? Its pods' new places are taken when it may. */
function judge(node: Node, input: ShrinkInput, rules: ShrinkPolicy): Verdict {
  const keep = (reason: KeptReason, by: string | null = null): Verdict => ({ needed: true, reason, by });
  const { name } = node.metadata;
  const annotations = node.metadata.annotations ?? {};
  if (annotations[noScaleDown] === 'true') return keep('ForbiddenByAnnotation', noScaleDown);
  if (annotations[doNotDisrupt] === 'true') return keep('ForbiddenByAnnotation', doNotDisrupt);
  if (serverIdOf(node) === null) return keep('ServerUnknown', node.spec?.providerID ?? null);
  const pods = input.podsOn.get(name) ?? [];
  const utilization = utilizationOf(node, pods);
  if (utilization >= rules.utilizationBelow)
    return keep(
      'NotUnderutilized',
      `${Math.round(utilization * 100)} % of ${Math.round(rules.utilizationBelow * 100)} %`,
    );
  const evicting: Pod[] = [];
  for (const pod of pods) {
    const movability = movabilityOf(pod, input.rules);
    if (movability.move === 'blocked') return keep(movability.reason, movability.by);
    if (movability.move !== 'evict') continue;
    const rule = unmodelledRule(pod.spec);
    if (rule !== null)
      return keep('NoPlaceToMovePods', `${pod.metadata.namespace ?? ''}/${pod.metadata.name} (${rule})`);
    evicting.push(pod);
  }
  const moving = [...evicting, ...(input.moved.get(name) ?? [])];
  const own = input.rooms.get(name);
  input.rooms.delete(name);
  const moves = findPlaces(moving, input.rooms.values());
  if ('stuck' in moves) {
    if (own !== undefined) input.rooms.set(name, own);
    return keep('NoPlaceToMovePods', `${moves.stuck.metadata.namespace ?? ''}/${moves.stuck.metadata.name}`);
  }
  for (const { pod, room } of moves) input.moved.set(room.name, [...(input.moved.get(room.name) ?? []), pod]);
  return { needed: false, empty: evicting.length === 0 };
}

export function planShrink(input: ShrinkInput): Shrinking {
  const { group, memory, now } = input;
  const rules = shrinkRules(group);
  const begin: DrainStep[] = [];
  const kept: KeptNode[] = [];
  const unneededSince = new Map<string, Instant>();
  const keep = (
    node: Node,
    reason: KeptReason,
    by: string | null,
    since: Instant | null,
    until: Instant | null,
  ): void => {
    kept.push({
      node: node.metadata.name,
      reason,
      by,
      since: since === null ? null : rfc3339(since),
      until: until === null ? null : rfc3339(until),
    });
  };
  const candidates = group.nodes
    .filter((node) => !group.draining.includes(node))
    .map((node) => ({ node, utilization: utilizationOf(node, input.podsOn.get(node.metadata.name) ?? []) }))
    .sort(
      (one, other) =>
        one.utilization - other.utilization || (one.node.metadata.name < other.node.metadata.name ? -1 : 1),
    );
  // Magnum's count is told of a removal only when the drain is over: until then the drains count as gone.
  let standing = group.count - group.draining.length;
  let atOnce = group.draining.length;

  for (const { node } of candidates) {
    const { name } = node.metadata;
    if (!group.ready.includes(node)) {
      keep(node, 'NotReady', null, null, null);
      continue;
    }
    const verdict = judge(node, input, rules);
    if (verdict.needed) {
      keep(node, verdict.reason, verdict.by, null, null);
      continue;
    }
    const since = memory.nodes[name]?.unneededSince ?? now;
    unneededSince.set(name, since);
    const due = later(since, rules.unneededFor);
    const most = verdict.empty ? rules.atOnce.empty : rules.atOnce.drained;
    const serverId = serverIdOf(node);
    if (now < due) keep(node, 'UnneededTooShort', null, since, due);
    else if (input.barrier !== null) keep(node, input.barrier.reason, input.barrier.by, since, input.barrier.until);
    else if (standing <= group.min) keep(node, 'GroupAtMinimum', `min ${group.min}`, since, null);
    else if (atOnce >= most) keep(node, 'AtOnceReached', `${most} at once`, since, null);
    else if (serverId !== null) {
      begin.push({ step: 'begin', node: name, serverId, nodeGroup: group.policy.name });
      standing -= 1;
      atOnce += 1;
    }
  }
  return { begin, kept, unneededSince };
}
