// keda: asleep at zero or awake, beside the arithmetic of 1 to N: the metric asks for just what stands.
import { emptyMemory, emptyTargetMemory, type Memory, type TargetMemory } from '../../../../src/model/memory.ts';
import { targetKey } from '../../../../src/model/target.ts';
import { later, minutes, type Instant } from '../../../../src/model/units.ts';
import { decide } from '../../../../src/policies/decide.ts';
import { ago, now } from '../pods.ts';
import { adapter, type Fields, type VectorFile } from '../vector.ts';
import {
  annotationsOf,
  imported,
  pollingSeconds,
  prometheusTrigger,
  target,
  withoutHoles,
  type Imported,
} from './scaled-object.ts';
import { worldOf, type World } from './worlds.ts';

interface Input {
  readonly minReplicas: number | null;
  readonly maxReplicas?: number | null;
  readonly idleReplicas: number | null;
  readonly currentReplicas: number;
  readonly triggersActive: boolean;
  readonly triggerError: boolean;
  readonly annotations: Fields;
  readonly cooldownSeconds: number | null;
  readonly initialCooldownSeconds: number | null;
  readonly lastActiveSecondsAgo: number | null;
  readonly fallback: Fields | null;
  readonly policyAgeSeconds?: number | null;
}

const key = targetKey(target);
const aYear = 365 * 86_400;

/** Active: above its activation; inactive: at it. Either way it asks for the replicas that stand. */
function triggerOf({ currentReplicas, triggersActive }: Input) {
  const value = Math.max(currentReplicas, triggersActive ? 1 : 0);
  return { value, activationThreshold: triggersActive ? value - 1 : value };
}

function valuesOf(input: Input): World['values'] {
  const failing: World['values'] = input.triggerError ? { failing: null } : {};
  const { value } = triggerOf(input);
  return input.triggerError && !input.triggersActive ? failing : { load: value, ...failing };
}

function policyFor(input: Input, file: VectorFile): Imported {
  const defaults = (file['defaults'] ?? {}) as Readonly<Record<string, number>>;
  const { activationThreshold } = triggerOf(input);
  const load = prometheusTrigger({ name: 'load', threshold: 1, activationThreshold });
  const failing = prometheusTrigger({ name: 'failing', threshold: 1, activationThreshold });
  const alone = input.triggerError && !input.triggersActive;
  return imported({
    triggers: [...(alone ? [] : [load]), ...(input.triggerError ? [failing] : [])],
    spec: withoutHoles({
      pollingInterval: pollingSeconds,
      minReplicaCount: input.minReplicas ?? defaults['minReplicas'],
      maxReplicaCount: input.maxReplicas ?? defaults['maxReplicas'],
      idleReplicaCount: input.idleReplicas,
      cooldownPeriod: input.cooldownSeconds ?? defaults['cooldownSeconds'],
      initialCooldownPeriod: input.initialCooldownSeconds ?? defaults['initialCooldownSeconds'],
      // KEDA takes none without a threshold.
      fallback: input.fallback === null ? null : { failureThreshold: 3, ...input.fallback },
    }),
  });
}

function memoryOf(input: Input): Memory {
  const known: TargetMemory = {
    ...emptyTargetMemory,
    firstSeen: ago(input.policyAgeSeconds ?? aYear),
    ...(input.lastActiveSecondsAgo !== null && { lastActive: ago(input.lastActiveSecondsAgo) }),
    // Every zero of KEDA's is its own.
    ...(input.currentReplicas === 0 && { asleep: { at: ago(aYear), previous: 1 } }),
  };
  return { ...emptyMemory(), lastTick: ago(15), steadySince: ago(aYear), targets: { [key]: known } };
}

/** Long enough for every fallback to be due. */
const outage = minutes(4);

export const zeroCase = adapter<{ input: Input; expected: Fields }>((input, { activeCondition, ...rest }, file) => {
  const policy = policyFor(input, file);
  if (policy.status === 'refused') return { got: { error: true, why: policy.why } };
  const { config } = policy;
  // Who cannot sleep is never asked whether anything keeps it awake.
  const sleeps = policy.policy.spec.zero !== undefined;
  const worldFrom = (at: Instant) =>
    worldOf({
      at,
      replicas: input.currentReplicas,
      annotations: annotationsOf(input.annotations),
      values: valuesOf(input),
    });
  const { plan, memory } = decide(worldFrom(now), config, memoryOf(input), now);
  const [decision] = plan.pods;
  if (decision === undefined) throw new Error('the plan has nothing for the target');
  const active = memory.targets[key]?.lastActive === now;
  return {
    expected: sleeps && activeCondition !== undefined ? { ...rest, activeCondition } : rest,
    got: {
      replicas: decision.desired,
      activeCondition: active,
      lastActiveUpdated: active,
      activeReason: decision.reason === 'ZeroCooldown' ? 'ScalerCooldown' : decision.reason,
      ...readiness(),
    },
  };

  /** Whether there is anything to decide by, once an outage has lasted. */
  function readiness(): Fields {
    const then = later(now, outage);
    const [standing] = decide(worldFrom(then), config, memory, then).plan.pods;
    const deciding = standing?.conditions.find(({ type }) => type === 'ScalingActive');
    const ready = deciding?.status ?? 'True';
    return { ready, readyReason: standing?.reason === 'MetricUnknown' ? 'TriggerError' : standing?.reason };
  }
});
