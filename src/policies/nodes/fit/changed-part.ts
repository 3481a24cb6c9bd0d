// Where two lists of pods differ: of a node's pods few change from one tick to the next, and the others are not looked at.
import type { Pod } from '../../../model/kubernetes.ts';

/** What lies between what is the same at both ends. */
export interface Part {
  readonly from: number;
  /** the first behind it, in the list before and in the list now */
  readonly untilBefore: number;
  readonly until: number;
}

export const isNothing = ({ from, untilBefore, until }: Part): boolean => from === untilBefore && from === until;

export function changedPart(before: readonly Pod[], now: readonly Pod[]): Part {
  let [from, untilBefore, until] = [0, before.length, now.length];
  while (from < untilBefore && from < until && before[from] === now[from]) from += 1;
  while (untilBefore > from && until > from && before[untilBefore - 1] === now[until - 1]) {
    untilBefore -= 1;
    until -= 1;
  }
  return { from, untilBefore, until };
}
