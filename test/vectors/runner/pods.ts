// Pods, ages and numbers of the vectors as the API and the product say them.
import type { Pod } from '../../../src/model/kubernetes.ts';
import { rfc3339, seconds, type Instant } from '../../../src/model/units.ts';

/** Every case happens at one instant. */
export const now = Date.parse('2026-11-20T12:00:00Z') as Instant;
export const ago = (secondsAgo: number): Instant => (now - secondsAgo * 1000) as Instant;

export interface VectorPod {
  readonly name: string;
  readonly phase: string;
  readonly ready?: boolean;
  /** null: the pod has none */
  readonly readyCondition?: { readonly status: string; readonly changedSecondsAgo: number } | null;
  readonly readyConditionChangedSecondsAgo?: number;
  readonly startedSecondsAgo: number | null;
  readonly deleting: boolean;
  readonly requestsMilli?: Readonly<Record<string, number | null>>;
}

const readyConditionOf = (pod: VectorPod): VectorPod['readyCondition'] =>
  pod.readyCondition === undefined
    ? { status: pod.ready === true ? 'True' : 'False', changedSecondsAgo: pod.readyConditionChangedSecondsAgo ?? 0 }
    : pod.readyCondition;

export const containerOf = (name: string, milli: number | null | undefined, resource: string) => ({
  name,
  resources: milli === null || milli === undefined ? {} : { requests: { [resource]: `${milli}m` } },
});

/** `more`: its namespace and labels. A container that no request is told of has none. */
export function podOf(pod: VectorPod, resource = 'cpu', more: Partial<Pod['metadata']> = {}): Pod {
  const condition = readyConditionOf(pod);
  const started = pod.startedSecondsAgo === null ? {} : { startTime: rfc3339(ago(pod.startedSecondsAgo)) };
  return {
    metadata: {
      name: pod.name,
      creationTimestamp: rfc3339(ago(pod.startedSecondsAgo ?? 86_400)),
      ...(pod.deleting ? { deletionTimestamp: rfc3339(now) } : {}),
      ...more,
    },
    spec: {
      containers: Object.entries(pod.requestsMilli ?? {}).map(([name, milli]) => containerOf(name, milli, resource)),
    },
    status: {
      phase: pod.phase,
      ...started,
      conditions:
        condition === null || condition === undefined
          ? []
          : [
              {
                type: 'Ready',
                status: condition.status,
                lastTransitionTime: rfc3339(ago(condition.changedSecondsAgo)),
              },
            ],
    },
  };
}

export interface VectorReadiness {
  readonly cpuInitializationPeriodSeconds: number;
  readonly initialReadinessDelaySeconds: number;
}
export const readinessOf = (rules: VectorReadiness) => ({
  cpuInitializationPeriod: seconds(rules.cpuInitializationPeriodSeconds),
  initialReadinessDelay: seconds(rules.initialReadinessDelaySeconds),
});

export interface VectorTolerance {
  readonly tolerance: { readonly scaleUp: number; readonly scaleDown: number };
}
export const toleranceOf = ({ tolerance }: VectorTolerance) => ({ up: tolerance.scaleUp, down: tolerance.scaleDown });

/** Thousandths; beyond 2^53 they are written as text. */
export type Milli = number | string;

/** "1234" thousandths as "1.234", by its digits: nothing is lost on the way to the product. */
export function decimalOf(milli: Milli): string {
  const digits = BigInt(milli);
  const [sign, whole] = digits < 0n ? ['-', -digits] : ['', digits];
  return `${sign}${whole / 1000n}.${String(whole % 1000n).padStart(3, '0')}`;
}
