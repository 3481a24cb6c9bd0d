// What a person has asked for on the target itself: annotations that pause it, in one direction or both.
import { previousReplicasAnnotation, stoppedByHandAnnotation } from '../../model/annotations.ts';
import type { ObjectMeta } from '../../model/kubernetes.ts';

export const annotations = {
  paused: 'springtide.io/paused',
  pausedReplicas: 'springtide.io/paused-replicas',
  pausedScaleDown: 'springtide.io/paused-scale-down',
  pausedScaleUp: 'springtide.io/paused-scale-up',
  forceActivation: 'springtide.io/force-activation',
  /** written by springtide: the replicas before its own zero */
  previousReplicas: previousReplicasAnnotation,
  /** written by springtide: since when a zero is a person's */
  stoppedByHand: stoppedByHandAnnotation,
} as const;

export type Pause =
  | { readonly kind: 'none'; readonly down: boolean; readonly up: boolean; readonly forceActivation: boolean }
  | { readonly kind: 'paused' }
  | { readonly kind: 'pausedAt'; readonly replicas: number }
  /** what is meant cannot be told: nothing changes before it is mended */
  | { readonly kind: 'invalid'; readonly annotation: string; readonly value: string };

type Flag = boolean | 'invalid';

const notPaused: Pause = { kind: 'none', down: false, up: false, forceActivation: false };

function flagOf(text: string | undefined): Flag {
  switch (text?.trim().toLowerCase()) {
    case undefined:
    case 'false':
      return false;
    case 'true':
      return true;
    default:
      return 'invalid';
  }
}

export function pauseOf(meta: Pick<ObjectMeta, 'annotations'>): Pause {
  const given = meta.annotations;
  if (given === undefined) return notPaused;
  const invalid = (annotation: string): Pause => ({ kind: 'invalid', annotation, value: given[annotation] ?? '' });
  const replicas = given[annotations.pausedReplicas];
  if (replicas !== undefined)
    return /^\d{1,9}$/.test(replicas.trim())
      ? { kind: 'pausedAt', replicas: Number(replicas) }
      : invalid(annotations.pausedReplicas);
  const flags: Record<'paused' | 'pausedScaleDown' | 'pausedScaleUp' | 'forceActivation', boolean> = {
    paused: false,
    pausedScaleDown: false,
    pausedScaleUp: false,
    forceActivation: false,
  };
  for (const name of Object.keys(flags) as (keyof typeof flags)[]) {
    const flag = flagOf(given[annotations[name]]);
    if (flag === 'invalid') return invalid(annotations[name]);
    flags[name] = flag;
  }
  if (flags.paused) return { kind: 'paused' };
  return { kind: 'none', down: flags.pausedScaleDown, up: flags.pausedScaleUp, forceActivation: flags.forceActivation };
}

/** A person's zero, signed in an earlier tick. */
export const isStoppedByHand = (meta: Pick<ObjectMeta, 'annotations'>): boolean =>
  meta.annotations?.[annotations.stoppedByHand] !== undefined;

/** The mark of our own zero: what stood before it; null: there is none. */
export function previousReplicasOf(meta: Pick<ObjectMeta, 'annotations'>): number | null {
  const text = meta.annotations?.[annotations.previousReplicas];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
