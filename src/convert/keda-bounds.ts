// The numbers of a ScaledObject and the annotations that pause it, as KEDA understands them.
import { booleanOf, fieldsOf, isGiven, textOf, wholeOf } from './read.ts';

/** null and absent mean the same, as in Kubernetes. */
export interface ReplicaCounts {
  readonly minReplicaCount?: number | null | undefined;
  readonly maxReplicaCount?: number | null | undefined;
  readonly idleReplicaCount?: number | null | undefined;
}

export const usualMax = 100;

export const countsOf = (spec: unknown): ReplicaCounts => {
  const { minReplicaCount, maxReplicaCount, idleReplicaCount } = fieldsOf(spec);
  return {
    minReplicaCount: wholeOf(minReplicaCount),
    maxReplicaCount: wholeOf(maxReplicaCount),
    idleReplicaCount: wholeOf(idleReplicaCount),
  };
};

export interface BoundsFault {
  readonly code: 'MinAboveMax' | 'IdleNotBelowMin';
  readonly facts: Readonly<Record<string, number>>;
  readonly text: string;
}

/** null: the numbers go together. */
export function boundsFault(counts: ReplicaCounts): BoundsFault | null {
  const min = counts.minReplicaCount ?? 0;
  const max = counts.maxReplicaCount ?? usualMax;
  const idle = counts.idleReplicaCount ?? null;
  if (min > max)
    return { code: 'MinAboveMax', facts: { min, max }, text: `minReplicaCount ${min} is above maxReplicaCount ${max}` };
  if (idle === null || idle < min) return null;
  const text = `idleReplicaCount ${idle} is not below minReplicaCount ${min}`;
  return { code: 'IdleNotBelowMin', facts: { idle, min }, text };
}

/** How many run while no trigger is active. */
export function restingReplicas({ idleReplicaCount, minReplicaCount }: ReplicaCounts): {
  readonly replicas: number;
  readonly isIdle: boolean;
} {
  const idle = idleReplicaCount ?? null;
  return idle === null ? { replicas: minReplicaCount ?? 0, isIdle: false } : { replicas: idle, isIdle: true };
}

const prefix = 'autoscaling.keda.sh/';

export type PausedReplicas =
  | { readonly kind: 'absent' }
  | { readonly kind: 'at'; readonly replicas: number }
  | { readonly kind: 'invalid'; readonly text: string };

export function pausedReplicas(annotations: unknown): PausedReplicas {
  const written = fieldsOf(annotations)[`${prefix}paused-replicas`];
  if (!isGiven(written)) return { kind: 'absent' };
  const replicas = wholeOf(written);
  if (replicas !== null && replicas >= 0) return { kind: 'at', replicas };
  return { kind: 'invalid', text: textOf(written) ?? '' };
}

const flags: Readonly<Record<string, string>> = {
  paused: 'paused',
  'paused-scale-in': 'paused-scale-down',
  'paused-scale-out': 'paused-scale-up',
  'force-activation': 'force-activation',
};

export interface TargetAnnotation {
  readonly was: string;
  readonly annotation: string;
}

/** What is to be written on the target itself; what is neither yes nor no is meant: whoever wrote it wanted a pause. */
export function targetAnnotations(annotations: unknown): TargetAnnotation[] {
  const given = fieldsOf(annotations);
  const raised = Object.entries(flags).flatMap(([flag, ours]) => {
    const written = given[prefix + flag];
    if (!isGiven(written) || booleanOf(written) === false) return [];
    return [{ was: `${prefix}${flag}`, annotation: `springtide.io/${ours}=true` }];
  });
  const at = pausedReplicas(annotations);
  switch (at.kind) {
    case 'absent':
    case 'invalid':
      return raised;
    case 'at':
      return [
        ...raised.filter(({ was }) => was !== `${prefix}paused`),
        { was: `${prefix}paused-replicas`, annotation: `springtide.io/paused-replicas=${at.replicas}` },
      ];
  }
}
