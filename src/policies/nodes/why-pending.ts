// Why not: for every pod without a node what refuses it on today's nodes and on new ones of each group, and what is ordered for it.
import { quantile } from 'simple-statistics';
import { drainOf } from '../../model/drain-record-on.ts';
import type { OwnerReference, Pod } from '../../model/kubernetes.ts';
import type { AwaitedNodes, NodeDecision, PendingPods, PodRef, Preempts, Refusal } from '../../model/plan.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { targetKey, type TargetRef } from '../../model/target.ts';
import { instantOf, rfc3339, type Instant } from '../../model/units.ts';
import { conditionOf, controllerOf, isBound, isDeleting, isGated, isTerminal } from '../pod-facts.ts';
import { Simulation, type Misfit, type Needs } from './fit/simulation.ts';
import type { Pool } from './growth-options.ts';
import { isReady } from './membership.ts';
import type { Preempting } from './preempting.ts';
import { roomNamed } from './room.ts';
import { podsByNode, roomOf, takesPods } from './rooms.ts';

export type GroupVerdict = Pick<NodeDecision, 'nodeGroup' | 'reason' | 'action' | 'resize' | 'current' | 'facts'>;

export interface PendingInput {
  readonly facts: KubernetesFacts;
  readonly pools: readonly Pool[];
  readonly preempting: readonly Preempting[];
  readonly decisions: readonly GroupVerdict[];
  readonly now: Instant;
}

export interface WhyPending {
  readonly pending: readonly PendingPods[];
  /** pods that wait too and are not explained */
  readonly leftOut: number;
}

/** Pods of one controller: alike to the scheduler. */
export interface Waiting {
  readonly owner: TargetRef;
  /** the longest waiting first */
  readonly pods: readonly Pod[];
}

/** A plan is for people: nobody reads more. */
const mostExplained = 200;
/** Looks at a node for a pod in one tick: a full cluster of thousands of nodes costs a fraction of a second at most. */
const mostLooks = 200_000;
const mostNames = 20;
const mostRefusals = 12;
const objectsAStep = 4_096;
const looksAStep = 512;

const isWaiting = (pod: Pod): boolean => !isBound(pod) && !isTerminal(pod) && !isDeleting(pod) && !isGated(pod);

export const waitsSince = (pod: Pod): Instant | null => {
  const scheduled = conditionOf(pod, 'PodScheduled');
  const refused = scheduled?.status === 'False' ? instantOf(scheduled.lastTransitionTime) : null;
  return refused ?? instantOf(pod.metadata.creationTimestamp);
};

const nameOf = (kind: string, namespace: string, name: string): string => `${namespace}/${kind}/${name}`;

/** A ReplicaSet's pods are its Deployment's: that is the name people know. */
function ownersAbove(facts: KubernetesFacts, wanted: ReadonlySet<string>): ReadonlyMap<string, OwnerReference> {
  const above = new Map<string, OwnerReference>();
  for (const { metadata } of wanted.size === 0 ? [] : (facts.replicasets ?? [])) {
    const key = nameOf('ReplicaSet', metadata.namespace ?? '', metadata.name);
    const owner = wanted.has(key) ? metadata.ownerReferences?.find((one) => one.controller === true) : undefined;
    if (owner !== undefined) above.set(key, owner);
  }
  return above;
}

/** By controller, the one that waits longest first. */
export function* waitingPods(facts: KubernetesFacts): Generator<undefined, readonly Waiting[]> {
  const byController = new Map<string, { readonly own: TargetRef; readonly pods: Pod[] }>();
  let seen = 0;
  for (const pod of facts.pods ?? []) {
    if (++seen % objectsAStep === 0) yield;
    if (!isWaiting(pod)) continue;
    const { namespace = '', name } = pod.metadata;
    const { kind, name: owner } = controllerOf(pod) ?? { kind: 'Pod', name };
    const key = nameOf(kind, namespace, owner);
    const known = byController.get(key);
    if (known === undefined) byController.set(key, { own: { kind, namespace, name: owner }, pods: [pod] });
    else known.pods.push(pod);
  }
  const above = ownersAbove(facts, new Set(byController.keys()));
  const age = (pod: Pod | undefined): number => (pod === undefined ? Infinity : (waitsSince(pod) ?? Infinity));
  const byName = (one: Pod, other: Pod): number => (one.metadata.name < other.metadata.name ? -1 : 1);
  return [...byController]
    .map(([key, { own, pods }]): Waiting => {
      const { kind, name } = above.get(key) ?? own;
      pods.sort((one, other) => (age(one) === age(other) ? byName(one, other) : age(one) - age(other)));
      return { owner: { kind, namespace: own.namespace, name }, pods };
    })
    .sort((one, other) => {
      const [first, second] = [age(one.pods[0]), age(other.pods[0])];
      return first === second ? other.pods.length - one.pods.length : first - second;
    });
}

/** Hundreds of nodes refuse for the same few reasons: of a resource its name counts, not how much is free where. */
const detailOf = ({ rule, detail }: Misfit): string => (rule === 'resource' ? (detail.split(' ')[0] ?? '') : detail);

class Tally {
  readonly #refusals = new Map<string, { readonly refusal: Omit<Refusal, 'nodes'>; nodes: number }>();

  add(rule: Refusal['rule'], detail: string): void {
    const key = `${rule} ${detail}`;
    const known = this.#refusals.get(key);
    if (known === undefined) this.#refusals.set(key, { refusal: { nodeGroup: null, rule, detail }, nodes: 1 });
    else known.nodes += 1;
  }

  /** The most frequent first; where every node has a detail of its own, the rule alone is told. */
  list(): readonly Refusal[] {
    const all = [...this.#refusals.values()].sort((one, other) => other.nodes - one.nodes);
    if (all.length <= mostRefusals) return all.map(({ refusal, nodes }) => ({ ...refusal, nodes }));
    const byRule = new Map<Refusal['rule'], number>();
    for (const { refusal, nodes } of all) byRule.set(refusal.rule, (byRule.get(refusal.rule) ?? 0) + nodes);
    return [...byRule].map(([rule, nodes]) => ({ nodes, nodeGroup: null, rule, detail: '' }));
  }
}

/** Today's nodes as they are, nothing placed on them that does not run there; and the nodes that take nobody, by why. */
export class Today {
  readonly simulation: Simulation;
  readonly #closed = new Map<'notReady' | 'draining' | 'cordoned', number>();

  private constructor(facts: KubernetesFacts) {
    this.simulation = new Simulation(facts);
  }

  static *of(facts: KubernetesFacts): Generator<undefined, Today> {
    const today = new Today(facts);
    const podsOn = podsByNode(facts);
    yield;
    let seen = 0;
    for (const node of facts.nodes ?? []) {
      if (++seen % looksAStep === 0) yield;
      const pods = podsOn.get(node.metadata.name) ?? [];
      if (drainOf(node) !== null) today.#close('draining');
      else if (!isReady(node)) today.#close('notReady');
      else if (takesPods(node)) today.simulation.addRoom(roomOf(node), pods);
      else today.#close('cordoned');
    }
    return today;
  }

  #close(why: 'notReady' | 'draining' | 'cordoned'): void {
    this.#closed.set(why, (this.#closed.get(why) ?? 0) + 1);
  }

  *refusals(needs: Needs): Generator<undefined, readonly Refusal[]> {
    const tally = new Tally();
    const open: string[] = [];
    let seen = 0;
    for (const name of this.simulation.roomNames()) {
      if (++seen % looksAStep === 0) yield;
      const misfit = this.simulation.misfit(needs, name);
      if (misfit === null) open.push(name);
      else tally.add(misfit.rule, detailOf(misfit));
    }
    const room: readonly Refusal[] =
      open.length === 0
        ? []
        : [{ nodes: open.length, nodeGroup: null, rule: 'room', detail: open.slice(0, 3).join(', ') }];
    const closed = [...this.#closed].map(([rule, nodes]): Refusal => ({ nodes, nodeGroup: null, rule, detail: '' }));
    return [...room, ...tally.list(), ...closed];
  }

  /** What a new node of the group would say. */
  misfitOfNew(needs: Needs, { shape }: Pool): Misfit | null {
    if (shape === null) return null;
    const before = this.simulation.checkpoint();
    const name = `${shape.room.name}-asked`;
    this.simulation.addRoom(roomNamed(shape.room, name), shape.daemons);
    const misfit = this.simulation.misfit(needs, name);
    this.simulation.rollBack(before);
    return misfit;
  }
}

const after = (from: Instant, times: readonly number[], share: number): string | null =>
  times.length === 0 ? null : rfc3339((from + Math.round(quantile([...times], share))) as Instant);

function awaited({ group }: Pool, verdict: GroupVerdict | undefined, now: Instant): AwaitedNodes | null {
  const { ordered, bootTimes } = group.memory;
  const more = Math.max(0, (verdict?.resize?.to ?? 0) - (verdict?.current ?? 0));
  const nodes = group.upcoming + (verdict?.action === 'grow' ? more : 0);
  if (nodes === 0) return null;
  const from = group.upcoming > 0 ? (ordered[0]?.at ?? now) : now;
  return {
    nodeGroup: group.policy.name,
    nodes,
    expected: after(from, bootTimes, 0.5),
    latest: after(from, bootTimes, 0.95),
  };
}

/** "max 8": what stands behind the reason of a group that gets no node. */
function limitOf({ reason, facts }: GroupVerdict): string {
  switch (reason) {
    case 'PoolAtMaximum':
      return `max ${facts['max'] ?? ''}`.trim();
    case 'LimitReached':
    case 'QuotaExceeded':
      return `${facts['what'] ?? ''} ${facts['limit'] ?? ''}`.trim();
    default:
      return String(facts['by'] ?? facts['what'] ?? '');
  }
}

type Answer = { readonly awaited: AwaitedNodes } | { readonly refusal: Refusal };

function answerOf(needs: Needs, pool: Pool, today: Today, verdict: GroupVerdict | undefined, now: Instant): Answer {
  const nodeGroup = pool.group.policy.name;
  const refusal = (rule: Refusal['rule'], detail: string, reason?: Refusal['reason']): Answer => ({
    refusal: { nodes: null, nodeGroup, rule, detail, ...(reason === undefined ? {} : { reason }) },
  });
  if (pool.shape === null) return refusal('group', '', 'ShapeUnknown');
  const misfit = today.misfitOfNew(needs, pool);
  if (misfit !== null) return refusal(misfit.rule, misfit.detail);
  const coming = awaited(pool, verdict, now);
  if (coming !== null) return { awaited: coming };
  return verdict === undefined ? refusal('group', '', 'PoolFits') : refusal('group', limitOf(verdict), verdict.reason);
}

const reference = ({ metadata }: Pod): PodRef => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
});

const mostPlaces = 20;

/** By node: pods of one owner often push out the same ones. */
function preemptsOf(owner: TargetRef, preempting: readonly Preempting[]): readonly Preempts[] {
  const key = targetKey(owner);
  const byNode = new Map<
    string,
    { pods: number; readonly victims: Map<string, { target: TargetRef; pods: number }> }
  >();
  for (const { demand, room, pushesOut } of preempting) {
    if (demand.from !== 'waiting' || targetKey(demand.target) !== key) continue;
    const known = byNode.get(room) ?? { pods: 0, victims: new Map<string, { target: TargetRef; pods: number }>() };
    byNode.set(room, known);
    known.pods += 1;
    for (const target of pushesOut) {
      const victim = known.victims.get(targetKey(target)) ?? { target, pods: 0 };
      known.victims.set(targetKey(target), victim);
      victim.pods += 1;
    }
  }
  return [...byNode]
    .slice(0, mostPlaces)
    .map(([node, { pods, victims }]) => ({ node, pods, victims: [...victims.values()] }));
}

/** One owner's waiting pods explained, by the one that waits longest. */
export function* explainWaiting(
  { owner, pods }: Waiting,
  today: Today,
  { pools, preempting, decisions, now }: Omit<PendingInput, 'facts'>,
): Generator<undefined, PendingPods> {
  const [first] = pods;
  if (first === undefined) throw new Error(`nobody waits of ${owner.namespace}/${owner.name}`);
  const needs = today.simulation.needsOf(first);
  const refusals = yield* today.refusals(needs);
  const answers = pools.map((pool) => {
    const verdict = decisions.find(({ nodeGroup }) => nodeGroup === pool.group.policy.name);
    return answerOf(needs, pool, today, verdict, now);
  });
  // A group that cannot be read has no pool: it says itself why.
  const unread = decisions
    .filter(({ nodeGroup }) => !pools.some(({ group }) => group.policy.name === nodeGroup))
    .map((verdict): Refusal => ({
      nodes: null,
      nodeGroup: verdict.nodeGroup,
      rule: 'group',
      detail: limitOf(verdict),
      reason: verdict.reason,
    }));
  const since = waitsSince(first);
  const preempts = preemptsOf(owner, preempting);
  return {
    pod: reference(first),
    owner,
    pods: pods.length,
    names: pods.slice(0, mostNames).map(({ metadata }) => metadata.name),
    since: since === null ? null : rfc3339(since),
    ...(preempts.length === 0 ? {} : { preempts }),
    ordered: answers.flatMap((answer) => ('awaited' in answer ? [answer.awaited] : [])),
    why: [...refusals, ...answers.flatMap((answer) => ('refusal' in answer ? [answer.refusal] : [])), ...unread],
  };
}

/** Cheap while nothing waits: one look at each pod. */
export function* whyPending(input: PendingInput): Generator<undefined, WhyPending> {
  const waiting = yield* waitingPods(input.facts);
  if (waiting.length === 0) return { pending: [], leftOut: 0 };
  const nodes = Math.max(1, input.facts.nodes?.length ?? 0);
  const most = Math.max(1, Math.min(mostExplained, Math.floor(mostLooks / nodes)));
  const today = yield* Today.of(input.facts);
  const pending: PendingPods[] = [];
  for (const one of waiting.slice(0, most)) {
    pending.push(yield* explainWaiting(one, today, input));
    yield;
  }
  return { pending, leftOut: waiting.slice(most).reduce((sum, { pods }) => sum + pods.length, 0) };
}
