// keda: formulas over named triggers.
import { adapter, type Fields } from '../vector.ts';
import { measuredIn } from './measured.ts';
import { imported, pollingSeconds, prometheusTrigger } from './scaled-object.ts';
import { worldOf } from './worlds.ts';
import { now } from '../pods.ts';

interface Fallback extends Fields {
  readonly failureThreshold: number;
}
interface Input {
  readonly formula: string | null;
  readonly values: Readonly<Record<string, number | null>>;
  readonly consecutiveFailures: Readonly<Record<string, number>>;
  readonly fallback: Fallback | null;
  readonly target?: number;
}

/** A trigger that KEDA has given up on has no value of its own any more: in ours its query fails. */
const hasFailed = (trigger: string, { consecutiveFailures, fallback }: Input): boolean =>
  fallback !== null && (consecutiveFailures[trigger] ?? 0) > fallback.failureThreshold;

export const formulaCase = adapter<{ input: Input; expected: object }>((input) => {
  const { formula, values, target = 1 } = input;
  const triggers = Object.keys(values);
  const result = imported({
    // What an empty answer counts as is another file's question.
    triggers: triggers.map((name) => prometheusTrigger({ name, threshold: 1, ignoreNullValues: false })),
    spec: {
      minReplicaCount: 1,
      pollingInterval: pollingSeconds,
      advanced: { scalingModifiers: { formula, target: String(target) } },
    },
  });
  if (result.status === 'refused') return { got: { error: true, why: result.why } };
  const asked = triggers.map((name) => [name, hasFailed(name, input) ? null : values[name]] as const);
  const world = worldOf({ at: now, replicas: 1, values: Object.fromEntries(asked) as Input['values'] });
  const { readings } = measuredIn(world, result.policy, 1);
  const composite = [...readings.values()].find(({ name }) => !triggers.includes(name));
  const valueOf = (name: string): number | null => {
    const reading = readings.get(name);
    return reading?.state === 'ok' ? reading.value : null;
  };
  return {
    got: {
      triggerValueSeenByFormula: Object.fromEntries(triggers.map((name) => [name, valueOf(name)])),
      compositeValue: composite?.state === 'ok' ? composite.value : null,
      error: composite === undefined || composite.state !== 'ok',
    },
  };
});
