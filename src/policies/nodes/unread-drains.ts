// Drains of groups that cannot be read: nobody else is evicted meanwhile, and who need not leave any more goes back to work.
import { drainOf } from '../../model/drain-record-on.ts';
import type { DrainStep } from '../../model/plan.ts';
import type { Node } from '../../model/kubernetes.ts';
import { isDeleting } from '../pod-facts.ts';
import { changedMind, type MindInput, type TakenBack } from './change-of-mind.ts';
import type { Unusable } from './group-state.ts';
import { needsOf } from './needed-nodes.ts';
import type { NodeTick } from './node-tick.ts';
import { unreadyIn, windowBarrier } from './shrink-barrier.ts';
import { shrinkRules } from './shrink-rules.ts';

/** One that was announced to Magnum may have left already, and a person's own drain is a person's: both wait. */
function takenBack(node: Node, state: Unusable, tick: NodeTick, input: MindInput): TakenBack | null {
  const { memory, now } = tick;
  const record = drainOf(node);
  if (record === null || record.step === 'removing' || record.request !== undefined) return null;
  const mind = changedMind(node, record, input);
  if (mind !== null) return mind;
  const window = windowBarrier(state, now);
  const isLeaving = (tick.podsOn.get(node.metadata.name) ?? []).some(isDeleting);
  if (window !== null && !isLeaving) return window;
  // One that does not answer has no room that anybody could want.
  if (record.unready === true) return null;
  // No VM can be ordered either: nodes are not kept idle until Magnum answers, though they are empty by now.
  const startedAt = record.startedAt > now ? (memory.steadySince ?? now) : record.startedAt;
  const isOverdue = now - startedAt > shrinkRules(state).drainTimeout;
  return isOverdue ? { reason: 'GroupUnreadable', by: state.why } : null;
}

export function unreadDrains(state: Unusable, tick: NodeTick, needed: ReadonlySet<string>): readonly DrainStep[] {
  const { snapshot, config, podsOn } = tick;
  if (state.draining.length === 0) return [];
  const needs = needsOf(snapshot.kubernetes.pods ?? [], config.daemon.prometheus.url);
  const input: MindInput = { group: state, podsOn, needOf: needs.of, needed, unready: unreadyIn(tick) };
  return state.draining.flatMap((node) => {
    const back = takenBack(node, state, tick, input);
    if (back === null) return [];
    const { reason, by } = back;
    return [{ step: 'rollBack', node: node.metadata.name, reason, by }];
  });
}
