// keda: what stands in for a trigger that fails. KEDA counts polls, ours measures the time that they took.
import type { TargetMemory } from '../../../../src/model/memory.ts';
import { seconds } from '../../../../src/model/units.ts';
import { ago, now } from '../pods.ts';
import { adapter, type Fields } from '../vector.ts';
import { measuredIn } from './measured.ts';
import { imported, pollingSeconds, prometheusTrigger } from './scaled-object.ts';
import { worldOf } from './worlds.ts';

export interface FallbackInput {
  readonly fallback: Fields | null;
  readonly consecutiveFailuresBefore: number | null;
  readonly healthBefore: string | null;
  readonly poll: { readonly ok: boolean; readonly value?: number; readonly error?: string };
  readonly targetType: 'AverageValue' | 'Value';
  readonly targetValue: number;
  readonly currentReplicas: number | null;
  readonly readyReplicas?: number | null;
}

const query = 'load';

export const fallbackCase = adapter<{ input: FallbackInput; expected: object }>((input) => {
  const { poll, targetType, targetValue } = input;
  const result = imported({
    triggers: [prometheusTrigger({ name: query, threshold: targetValue, metricType: targetType })],
    spec: { pollingInterval: pollingSeconds, ...boundsFor(input), fallback: input.fallback },
  });
  // Nothing of a refused policy is in force.
  if (result.status === 'refused') return { got: { error: true, fallbackActive: false, fallbackCondition: false } };
  const current = input.currentReplicas ?? 1;
  const ready = input.readyReplicas ?? current;
  const world = worldOf({
    at: now,
    replicas: current,
    readyReplicas: ready,
    values: { [query]: poll.ok ? (poll.value ?? 0) : null },
  });
  // One poll an interval: the first of so many failures was so many intervals ago.
  const before = input.consecutiveFailuresBefore ?? 0;
  const unknownSince: TargetMemory['unknownSince'] = before === 0 ? {} : { [query]: ago(before * pollingSeconds) };
  const { readings, combined } = measuredIn(world, result.policy, current, unknownSince);
  const reading = readings.get(query);
  const { largest } = combined;
  const active = largest?.standIn === 'fallback';
  const since = combined.unknownSince[query];
  const failures = since === undefined ? 0 : (now - since) / seconds(pollingSeconds) + 1;
  return {
    got: {
      value: active ? normalised(largest.replicas, targetType, targetValue, ready) : (reading?.value ?? null),
      error: !active && reading?.state !== 'ok',
      fallbackActive: active,
      fallbackCondition: active,
      failuresAfter: failures,
      healthAfter: failures === 0 ? 'Happy' : 'Failing',
    },
  };
});

/** Wide enough for the fallback: what it may ask for is another question. */
function boundsFor({ fallback, currentReplicas }: FallbackInput): Fields {
  const replicas = Number(fallback?.['replicas'] ?? 1);
  return { minReplicaCount: replicas === 0 ? 0 : 1, maxReplicaCount: Math.max(100, replicas, currentReplicas ?? 0) };
}

/** The value that would make the HPA ask for so many replicas. */
function normalised(replicas: number, type: FallbackInput['targetType'], target: number, ready: number): number {
  switch (type) {
    case 'AverageValue':
      return replicas * target;
    case 'Value':
      return ready === 0 ? Infinity : (replicas * target) / ready;
  }
}
