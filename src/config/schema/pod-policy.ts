// PodPolicy: how many replicas a target gets, and why.
import { z } from 'zod';
import { mostTurns } from '../../model/memory.ts';
import type { Milliseconds } from '../../model/units.ts';
import { dayNames } from './calendar-days.ts';
import {
  amount,
  clockTime,
  count,
  duration,
  instant,
  labels,
  labelSelector,
  mode,
  objectName,
  positiveCount,
  positiveDuration,
  ratio,
  timeZone,
  wholeSeconds,
} from './scalars.ts';

const target = z.strictObject({
  apiVersion: z.string().default('apps/v1'),
  kind: z.string(),
  name: objectName,
});

const targets = z.strictObject({
  apiVersion: z.string().default('apps/v1'),
  kind: z.string(),
  namespaces: z.array(z.string()).optional(),
  selector: labelSelector.refine((selector) => Object.keys(selector).length > 0, {
    error: 'an empty selector would claim every workload: name at least one label',
  }),
  expect: z.strictObject({ min: count, max: count }).optional(),
});

const metricTarget = z
  .strictObject({
    averageValue: amount.optional(),
    value: amount.optional(),
    utilization: z.number().positive().optional(),
  })
  .transform((given, context) => {
    const [first, ...others] = (['averageValue', 'value', 'utilization'] as const).flatMap((kind) => {
      const wanted = given[kind];
      return wanted === undefined ? [] : [{ kind, amount: wanted }];
    });
    if (first !== undefined && others.length === 0) return first;
    context.issues.push({
      code: 'custom',
      input: given,
      message: 'a metric has exactly one target: averageValue, value or utilization',
    });
    return z.NEVER;
  });

const unknownRule = z
  .union([
    z.enum(['hold', 'fallback']),
    z.strictObject({ treatAs: z.number() }),
    z.strictObject({ atLeast: z.int().nonnegative() }),
  ])
  .default('hold');

const metric = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'a metric name has letters, digits and _ only' }),
  query: z.string().optional(),
  resource: z.enum(['cpu', 'memory']).optional(),
  container: z.string().optional(),
  formula: z.string().optional(),
  use: z.literal('formula').optional(),
  split: z.record(z.string(), z.enum(['namespace', 'name'])).optional(),
  by: z.literal('pod').optional(),
  target: metricTarget.optional(),
  coverage: z
    .strictObject({
      query: z.string(),
      of: z.enum(['readyPods', 'pods']).default('readyPods'),
      atLeast: ratio,
    })
    .optional(),
  maxAge: positiveDuration.default(120_000 as Milliseconds),
  unknown: unknownRule,
  activation: z.number().optional(),
});

const scalingPolicy = z
  .strictObject({
    type: z.enum(['Pods', 'Percent']),
    value: positiveCount,
    periodSeconds: wholeSeconds.optional(),
    period: positiveDuration.optional(),
  })
  .transform((given, context) => {
    const period = given.period ?? given.periodSeconds;
    if (period !== undefined && (given.period === undefined || given.periodSeconds === undefined))
      return { type: given.type, value: given.value, period };
    context.issues.push({
      code: 'custom',
      input: given,
      message: 'a scaling policy has one of period and periodSeconds',
    });
    return z.NEVER;
  });
export type ScalingPolicy = z.infer<typeof scalingPolicy>;

const scalingRulesShape = {
  stabilizationWindow: duration.optional(),
  stabilizationWindowSeconds: wholeSeconds.optional(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
  policies: z.array(scalingPolicy).min(1).optional(),
};

export interface ScalingRules {
  readonly window: Milliseconds;
  readonly select: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
}

const fifteenSeconds = 15_000 as Milliseconds;
const defaultUp: readonly ScalingPolicy[] = [
  { type: 'Pods', value: 4, period: fifteenSeconds },
  { type: 'Percent', value: 100, period: fifteenSeconds },
];
const defaultDown: readonly ScalingPolicy[] = [{ type: 'Percent', value: 100, period: fifteenSeconds }];

const scaleUp = z.strictObject(scalingRulesShape).transform((given): ScalingRules => ({
  window: given.stabilizationWindow ?? given.stabilizationWindowSeconds ?? (0 as Milliseconds),
  select: given.selectPolicy,
  policies: given.policies ?? defaultUp,
}));
const scaleDown = z
  .strictObject({
    ...scalingRulesShape,
    bounds: z.enum(['gradual', 'atOnce']).default('gradual'),
    victim: z.strictObject({ query: z.string(), by: z.literal('pod') }).optional(),
  })
  .transform((given) => ({
    window: given.stabilizationWindow ?? given.stabilizationWindowSeconds ?? (300_000 as Milliseconds),
    select: given.selectPolicy,
    policies: given.policies ?? defaultDown,
    bounds: given.bounds,
    ...(given.victim !== undefined && { victim: given.victim }),
  }));

const fallback = z.strictObject({
  after: duration,
  replicas: count,
  behavior: z
    .enum(['currentReplicasIfHigher', 'currentReplicasIfLower', 'currentReplicas', 'static'])
    .default('currentReplicasIfHigher'),
});

const scheduleEntry = z.strictObject({
  name: z.string().min(1),
  from: instant.optional(),
  until: instant.optional(),
  start: clockTime.optional(),
  end: clockTime.optional(),
  days: dayNames.optional(),
  cron: z.strictObject({ start: z.string(), end: z.string() }).optional(),
  timeZone: timeZone.optional(),
  use: z.string().optional(),
  min: count.optional(),
  max: count.optional(),
  replicas: count.optional(),
  scaleDown: z.literal('off').optional(),
  readyBefore: duration.optional(),
  priority: z.int().default(0),
});

const podMode = z.union([mode, z.strictObject({ up: mode, down: mode })]).default('dryRun');

const podPolicySpec = z.strictObject({
  target: target.optional(),
  targets: targets.optional(),
  replicas: z.strictObject({
    min: count.default(1),
    max: positiveCount,
    whenActive: positiveCount.optional(),
  }),
  metrics: z.array(metric).default([]),
  tolerance: z
    .strictObject({ up: z.number().min(0).default(0.1), down: ratio.default(0.1) })
    .default({ up: 0.1, down: 0.1 }),
  behavior: z.strictObject({ scaleUp: scaleUp.prefault({}), scaleDown: scaleDown.prefault({}) }).prefault({}),
  fallback: fallback.optional(),
  schedule: z.array(scheduleEntry).default([]),
  forecast: z
    .strictObject({
      metric: z.string(),
      mode: z.enum(['preview', 'act']).default('act'),
      fallbackUtilization: z.number().positive().max(1).default(0.7),
    })
    .optional(),
  zero: z
    .strictObject({
      after: duration.default(300_000 as Milliseconds),
      initialCooldown: duration.default(0 as Milliseconds),
    })
    .optional(),
  flapBudget: z.strictObject({ changes: positiveCount.max(mostTurns), per: duration }).optional(),
  overrides: z
    .array(
      z.strictObject({
        match: z.strictObject({ namespace: z.string().optional(), name: z.string().optional() }),
        replicas: z.strictObject({ min: count.optional(), max: positiveCount.optional() }).optional(),
        metrics: z.record(z.string(), z.strictObject({ target: metricTarget.optional() })).optional(),
      }),
    )
    .default([]),
  advanced: z
    .strictObject({
      cpuInitializationPeriod: duration.default(300_000 as Milliseconds),
      initialReadinessDelay: duration.default(30_000 as Milliseconds),
    })
    .prefault({}),
  mode: podMode.transform((given) => (typeof given === 'string' ? { up: given, down: given } : given)),
});

export const podPolicy = z.strictObject({
  apiVersion: z.literal('springtide/v1'),
  kind: z.literal('PodPolicy'),
  metadata: z.strictObject({
    name: objectName,
    namespace: objectName,
    labels: labels.optional(),
    annotations: labels.optional(),
  }),
  spec: podPolicySpec,
});

export type PodPolicyDocument = z.infer<typeof podPolicy>;
export type PodPolicySpec = PodPolicyDocument['spec'];
export type MetricDocument = z.infer<typeof metric>;
export type MetricTarget = z.infer<typeof metricTarget>;
