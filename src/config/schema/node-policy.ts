// NodePolicy: which node groups may grow and shrink, how far and when.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { dayNames } from './calendar-days.ts';
import {
  clockTime,
  count,
  duration,
  instant,
  labels,
  mode,
  objectName,
  percent,
  positiveCount,
  positiveDuration,
  quantity,
  ratio,
  timeZone,
} from './scalars.ts';

const taint = z.strictObject({
  key: z.string(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

const shape = z.strictObject({
  cpu: quantity.optional(),
  memory: quantity.optional(),
  pods: positiveCount.optional(),
  ephemeralStorage: quantity.optional(),
  reserved: z
    .strictObject({ cpu: quantity.optional(), memory: quantity.optional(), ephemeralStorage: quantity.optional() })
    .optional(),
  resources: z.record(z.string(), quantity).optional(),
  labels: labels.optional(),
  taints: z.array(taint).optional(),
});

const window = z.strictObject({
  use: z.string().optional(),
  from: instant.optional(),
  until: instant.optional(),
  days: dayNames.optional(),
  start: clockTime.optional(),
  end: clockTime.optional(),
  timeZone: timeZone.optional(),
});

const usedResource = z.strictObject({
  query: z
    .string()
    .optional()
    .meta({ description: 'PromQL: the share of it that is used, 0 to 1, one series a node; absent: from cAdvisor' }),
  holdAbove: ratio.meta({ description: 'a share, 0 to 1: a node that uses more of it stays' }),
});

const usage = z.strictObject({
  cpu: usedResource.optional(),
  memory: usedResource.optional(),
  label: z.string().min(1).default('node').meta({ description: "the label that has the node's name or address" }),
  maxAge: positiveDuration.default(120_000 as Milliseconds),
  letGo: z
    .strictObject({
      requestsBelow: ratio.meta({ description: 'a share, 0 to 1: with more requested a node stays' }),
      cpuBelow: ratio,
      memoryBelow: ratio,
      afterRemoval: duration.default(600_000 as Milliseconds),
    })
    .optional(),
});

const atOnce = { empty: count, drained: count };
const unready = { after: duration, action: z.enum(['alert', 'remove']) };

const shrinkKeys = {
  utilizationBelow: ratio,
  unneededFor: duration,
  afterGrowth: duration,
  afterFailure: duration,
  drainTimeout: positiveDuration,
  only: z.array(window),
  never: z.array(window),
  removal: z.enum(['auto', 'byServerId', 'never']),
  localVolumes: z.enum(['block', 'safeToEvict']),
  minReplicas: count,
  systemPodAge: duration,
  protect: z.array(z.strictObject({ namespace: z.string() })),
  usage,
};

const shrink = z
  .strictObject({
    utilizationBelow: shrinkKeys.utilizationBelow.default(0.5),
    unneededFor: shrinkKeys.unneededFor.default(600_000 as Milliseconds),
    afterGrowth: shrinkKeys.afterGrowth.default(600_000 as Milliseconds),
    afterFailure: shrinkKeys.afterFailure.default(180_000 as Milliseconds),
    drainTimeout: shrinkKeys.drainTimeout.default(600_000 as Milliseconds),
    atOnce: z.strictObject({ empty: atOnce.empty.default(10), drained: atOnce.drained.default(1) }).prefault({}),
    only: shrinkKeys.only.optional(),
    never: shrinkKeys.never.default([]),
    unready: z
      .strictObject({
        after: unready.after.default(1_200_000 as Milliseconds),
        action: unready.action.default('alert'),
        stopAbove: z.strictObject({ percent: percent.default(20), nodes: count.default(3) }).prefault({}),
      })
      .prefault({}),
    removal: shrinkKeys.removal.default('auto'),
    localVolumes: shrinkKeys.localVolumes.default('block'),
    minReplicas: shrinkKeys.minReplicas.default(0),
    systemPodAge: shrinkKeys.systemPodAge.default(3_600_000 as Milliseconds),
    protect: shrinkKeys.protect.default([]),
    usage: shrinkKeys.usage.optional(),
  })
  .prefault({});

/** What a group says over its policy: any of the keys, and no defaults; `stopAbove` looks at the whole cluster. */
const groupShrink = z
  .strictObject({
    ...shrinkKeys,
    atOnce: z.strictObject(atOnce).partial(),
    unready: z.strictObject(unready).partial(),
  })
  .partial();

const nodeGroup = z.strictObject({
  name: z.string().min(1),
  min: count.default(0),
  max: positiveCount,
  prefer: positiveCount.default(1),
  shape: shape.optional(),
  nodeSelector: labels.optional(),
  ready: z
    .strictObject({ resources: z.array(z.string()).default([]), ignoreTaints: z.array(z.string()).default([]) })
    .optional(),
  shrink: groupShrink.optional(),
});

const growth = z
  .strictObject({
    headroom: z
      .strictObject({
        of: z.strictObject({ kind: z.string(), namespace: objectName, name: objectName }),
        pods: positiveCount,
      })
      .optional(),
    provisionTimeout: positiveDuration.default(900_000 as Milliseconds),
    saturation: z
      .array(
        z.strictObject({
          query: z.string(),
          above: z.number(),
          for: duration,
          maxAge: positiveDuration.default(120_000 as Milliseconds),
        }),
      )
      .default([]),
  })
  .prefault({});

const nodePolicySpec = z.strictObject({
  nodeGroups: z.array(nodeGroup).min(1),
  limits: z
    .strictObject({ nodes: count.optional(), cores: count.optional(), memory: quantity.optional() })
    .prefault({}),
  quota: z
    .strictObject({
      keepFree: z
        .strictObject({ instances: count.default(0), cores: count.default(0), ram: quantity.optional() })
        .prefault({}),
      share: z.strictObject({ percent }).optional(),
    })
    .prefault({}),
  growth,
  shrink,
  schedule: z
    .array(
      window.extend({
        name: z.string(),
        nodeGroup: z.string(),
        min: count.optional(),
        max: count.optional(),
        shrink: z.literal('off').optional(),
      }),
    )
    .default([]),
  coexist: z.array(z.string()).default([]),
  mode: z
    .union([mode, z.strictObject({ grow: mode, shrink: mode })])
    .default('dryRun')
    .transform((given) => (typeof given === 'string' ? { grow: given, shrink: given } : given)),
});

export const nodePolicy = z.strictObject({
  apiVersion: z.literal('springtide/v1'),
  kind: z.literal('NodePolicy'),
  metadata: z.strictObject({ name: objectName, labels: labels.optional(), annotations: labels.optional() }),
  spec: nodePolicySpec,
});

export type NodePolicyDocument = z.infer<typeof nodePolicy>;
export type WrittenUsage = z.infer<typeof usage>;
export type WrittenNodeGroup = NodePolicyDocument['spec']['nodeGroups'][number];
