// Drains under way: what comes next for each node on its way out. Where a drain stands is read off the node itself.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { DrainRecord } from '../../model/drain-record.ts';
import type { DrainStep, NodeRemoval, PodRef } from '../../model/plan.ts';
import { minutes, seconds, type Instant } from '../../model/units.ts';
import { isDeleting, isMirror, isOfDaemonSet } from '../pod-facts.ts';
import { isUnsettled, standingOfRemoval, type RemovalInput, type Standing } from './announced-removal.ts';
import { batchesOf, type Batches } from './batches.ts';
import { changedMind, type MindInput, type TakenBack } from './change-of-mind.ts';
import { isDenied, remaining } from './denied-evictions.ts';
import type { GroupState } from './group-state.ts';
import { evictabilityOf, type MovableRules } from './movable.ts';
import { windowBarrier } from './shrink-barrier.ts';
import { shrinkRules } from './shrink-rules.ts';

/** After the taint: the scheduler's work in flight ends, then everything is looked at once more. */
const lookAgainAfter = seconds(5);
/** Drained nodes wait this long for the others of their batch. */
const batchWait = minutes(1);

export interface DrainInput extends MindInput, RemovalInput {
  readonly group: GroupState;
  readonly rules: MovableRules;
  /** nodes whose pods have no other place any more, with one of these pods: none of them is evicted */
  readonly stuck: ReadonlyMap<string, string>;
}

export interface DrainsUnderWay {
  readonly steps: readonly DrainStep[];
  /** drained, and to be given back in one resize now */
  readonly remove: readonly NodeRemoval[];
  readonly emptySince: ReadonlyMap<string, Instant>;
}

const reference = (pod: Pod): PodRef => ({
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name,
  ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }),
});

/** A pod whose budget is spent, or that somebody else lets nobody evict, is tried again after 5 s, and then each time twice as long after; in between it is left alone. */
function isTimeToRetry(startedAt: Instant, { memory, now }: DrainInput): boolean {
  const before = (memory.lastTick ?? startedAt) - startedAt;
  const attempts = (elapsed: number): number =>
    elapsed < lookAgainAfter ? 0 : 1 + Math.floor(Math.log2(elapsed / lookAgainAfter));
  return attempts(now - startedAt) > attempts(before);
}

function standingOfDrain(node: Node, record: DrainRecord, batches: Batches, input: DrainInput): Standing {
  const { group, rules, now } = input;
  const { name } = node.metadata;
  const { serverId } = record;
  const step = (next: DrainStep): Standing => ({ stands: 'step', step: next });
  const rollBack = ({ reason, by }: TakenBack): Standing => step({ step: 'rollBack', node: name, reason, by });

  const mind = changedMind(node, record, input);
  if (mind !== null) return rollBack(mind);
  // A start in the future is of another clock: what counts then is how long this one has watched.
  const startedAt = record.startedAt > now ? (input.memory.steadySince ?? now) : record.startedAt;
  if (now < startedAt + lookAgainAfter) return { stands: 'busy' };
  const isOfPerson = record.request !== undefined;
  const { shrink: off } = group.switches;
  const isOverdue = !isOfPerson && now - startedAt > shrinkRules(group).drainTimeout;
  const batch = batches(record);
  // Whoever marked them died, or lost the lease, in between: nobody was evicted, and the batch is chosen anew.
  if (batch.standing === 'half') return rollBack({ reason: 'BatchIncomplete', by: batch.by });
  if (batch.standing === 'whole') {
    if (isOverdue) return rollBack({ reason: 'BatchIncomplete', by: 'it could not be sealed' });
    return off === null ? step({ step: 'seal', node: name, serverId, batch: batch.id }) : { stands: 'busy' };
  }
  const window = isOfPerson ? null : windowBarrier(group, now);
  // Nothing runs there that could be waited for: it goes as soon as it may, or back.
  if (record.unready === true) return window === null ? { stands: 'empty' } : rollBack(window);

  // Held for longer than a whole drain may take, the node goes back to work: its pods' places are wanted.
  if (off !== null && isOverdue) return rollBack({ reason: 'SwitchedOff', by: off.by });

  const evict: PodRef[] = [];
  const leaving: PodRef[] = [];
  const held: PodRef[] = [];
  let budget: string | null = null;
  const denied = group.memory.deniedEvictions?.[name];
  for (const pod of input.podsOn.get(name) ?? []) {
    if (isMirror(pod) || isOfDaemonSet(pod)) continue;
    const movability = evictabilityOf(pod, rules);
    if (movability.move === 'ignore') continue;
    if (isDeleting(pod)) leaving.push(reference(pod));
    else if (off !== null || window !== null) continue;
    else if (movability.move !== 'blocked') (isDenied(pod, denied) ? held : evict).push(reference(pod));
    else if (movability.reason === 'BlockedByPDB') {
      // A budget that is spent now may have room in the next moment: the Eviction API decides.
      budget = movability.by;
      held.push(reference(pod));
    } else if (!isOfPerson) return rollBack({ reason: movability.reason, by: movability.by });
    else held.push(reference(pod));
  }
  // The eviction in flight ends, none begins, and the node goes back to work.
  if (window !== null && leaving.length === 0) return rollBack(window);
  // Switched off: evictions in flight end, none begins, and what is empty stays.
  if (off !== null && leaving.length === 0) return { stands: 'busy' };
  if (held.length > 0 && isTimeToRetry(startedAt, input)) evict.push(...held);
  const waited = [...leaving, ...held];
  if (evict.length + waited.length === 0)
    return record.request?.then === 'keep' ? { stands: 'kept' } : { stands: 'empty' };
  if (isOverdue)
    return budget === null
      ? rollBack({ reason: 'DrainTimedOut', by: remaining([...waited, ...evict].map(fullName), denied) })
      : rollBack({ reason: 'BlockedByPDB', by: budget });
  const stuck = isOfPerson ? undefined : input.stuck.get(name);
  if (stuck !== undefined && evict.length + held.length > 0)
    return rollBack({ reason: 'NoPlaceToMovePods', by: stuck });
  return step(
    evict.length > 0
      ? { step: 'evict', node: name, serverId, pods: evict }
      : { step: 'wait', node: name, serverId, pods: waited },
  );
}

const fullName = ({ namespace, name }: PodRef): string => `${namespace}/${name}`;

/** The others of its batch wait for it. */
const takesTime: ReadonlySet<DrainStep['step']> = new Set(['seal', 'evict', 'wait', 'reopen']);

const isRollBack = (standing: Standing): boolean => standing.stands === 'step' && standing.step.step === 'rollBack';

export function continueDrains(input: DrainInput): DrainsUnderWay {
  const steps: DrainStep[] = [];
  const ready: NodeRemoval[] = [];
  const emptySince = new Map<string, Instant>();
  let busy = 0;
  let unsettled = false;
  const { group } = input;
  const batches = batchesOf(group.draining);
  // Removals that Magnum's count does not show yet are part of what may still go before the minimum is reached.
  let spare = group.count - group.lost - group.min;
  for (const node of group.draining) {
    const record = drainOf(node);
    if (record === null) continue;
    let standing =
      record.step === 'draining'
        ? standingOfDrain(node, record, batches, input)
        : standingOfRemoval(node, record, input);
    const counted =
      record.request?.then !== 'keep' &&
      (record.step === 'draining' || group.magnum.node_count > (record.countAfter ?? 0));
    if (counted && !isRollBack(standing)) {
      spare -= 1;
      if (spare < 0 && record.step === 'draining')
        standing = {
          stands: 'step',
          step: { step: 'rollBack', node: node.metadata.name, reason: 'GroupAtMinimum', by: `min ${group.min}` },
        };
    }
    switch (standing.stands) {
      case 'step':
        steps.push(standing.step);
        if (takesTime.has(standing.step.step)) busy += 1;
        break;
      case 'kept':
        break;
      case 'busy':
        if (record.step === 'draining') busy += 1;
        unsettled ||= isUnsettled(record, input);
        break;
      case 'empty':
        ready.push({ node: node.metadata.name, serverId: record.serverId });
        emptySince.set(node.metadata.name, input.memory.nodes[node.metadata.name]?.emptySince ?? input.now);
        break;
    }
  }
  const waited = [...emptySince.values()].some((at) => input.now - at >= batchWait);
  return { steps, remove: !unsettled && (busy === 0 || waited) ? ready : [], emptySince };
}
