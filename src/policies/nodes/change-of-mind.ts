// Drains that nobody wants any more: why a node goes back to work whatever is on it, and which reasons are no failure.
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { DrainRecord } from '../../model/drain-record.ts';
import type { KeptReason } from '../../model/reason.ts';
import { isDeleting } from '../pod-facts.ts';
import { forbiddenBy } from './candidates.ts';
import type { KnownGroup } from './group-state.ts';
import { isReady } from './membership.ts';
import { podName } from './movable.ts';
import type { PodNeeds } from './needed-nodes.ts';
import { actorsText } from './other-actors.ts';

const changesOfMind: ReadonlySet<string> = new Set<KeptReason>([
  'NeededAgain',
  'NoPlaceToMovePods',
  'ForbiddenByAnnotation',
  'NeededBySpringtide',
  'NeededByPrometheus',
  'NeededByDns',
  'AnotherAutoscaler',
  'PolicyOff',
  'SwitchedOff',
  'GroupAtMinimum',
  'NeverWindow',
  'OutsideShrinkWindow',
  'ScheduleHoldsNodes',
  'TooManyUnready',
  'PolicyRemoved',
  // What was in the way is told by the mark that failed; a process that died in between is no failure of a node.
  'BatchIncomplete',
  'GroupUnreadable',
]);
/** A drain was taken back because nobody wants it any more: nothing has failed. */
export const isChangeOfMind = (reason: string | undefined): boolean => changesOfMind.has(reason ?? '');

export interface MindInput {
  readonly group: KnownGroup;
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  /** why the cluster, or springtide itself, cannot do without a pod; null: it can */
  readonly needOf: PodNeeds['of'];
  /** nodes that pods which wait need the room of: they go back to work */
  readonly needed: ReadonlySet<string>;
  /** too many nodes of the cluster are not ready, in words; null: it is sound */
  readonly unready: string | null;
}

/** Nobody goes on with it: why, and which pods are still leaving by themselves meanwhile. */
export interface TakenBack {
  readonly reason: KeptReason;
  readonly by: string | null;
}

/** Under confirm it was allowed when it began: nobody is asked twice for one drain. */
const mayGoOn = ({ approval }: DrainRecord, { modes: { shrink } }: KnownGroup): boolean =>
  shrink === 'act' || (shrink === 'confirm' && approval !== undefined);

/** A pod that came while the taint was written, and that nobody may be without: had it been there, nothing would have begun. */
function newlyNeeded({ metadata }: Node, { podsOn, needOf }: MindInput): TakenBack | null {
  for (const pod of podsOn.get(metadata.name) ?? []) {
    const reason = isDeleting(pod) ? null : needOf(pod);
    if (reason !== null) return { reason, by: podName(pod) };
  }
  return null;
}

/** Why the node goes back to work, whatever is on it. A person's own drain is taken back by a person only. */
export function changedMind(node: Node, record: DrainRecord, input: MindInput): TakenBack | null {
  const { group, needed, unready } = input;
  if (record.request !== undefined) return null;
  if (group.others.length > 0) return { reason: 'AnotherAutoscaler', by: actorsText(group.others) };
  if (!mayGoOn(record, group)) return { reason: 'PolicyOff', by: group.document.metadata.name };
  if (group.memory.removal === 'refuted') return { reason: 'WrongServerLeft', by: group.policy.name };
  const forbidden = forbiddenBy(node);
  if (forbidden !== null) return { reason: 'ForbiddenByAnnotation', by: forbidden };
  const need = record.unready === true ? null : newlyNeeded(node, input);
  if (need !== null) return need;
  // It was to be replaced, not given back: once it answers its pods stay where they are, and before it has no room for any.
  const isWanted = record.unready === true ? isReady(node) : needed.has(node.metadata.name);
  if (isWanted) return { reason: 'NeededAgain', by: null };
  return unready === null ? null : { reason: 'TooManyUnready', by: unready };
}
