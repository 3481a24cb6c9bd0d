// The shape of a memory that is read from outside: every entry is checked, and what an older writer did not know is filled in.
import { z } from 'zod';
import { emptyGroupMemory, emptyTargetMemory, memorySchema } from '../model/memory.ts';
import type { ConditionMemory, GroupMemory, Memory, NodeMemory, TargetMemory } from '../model/memory.ts';
import type { Instant, Milliseconds } from '../model/units.ts';

/** Every field of it: what is not named here would be forgotten with each start. */
type FieldsOf<Kept> = { readonly [Field in keyof Required<Kept>]: z.ZodType };

const instant = z.number().transform((at) => at as Instant);
const length = z.number().transform((span) => span as Milliseconds);
const event = z.object({ at: instant, change: z.number() });
const history = z.object({
  ups: z.array(event).default([]),
  downs: z.array(event).default([]),
  turns: z.array(instant).optional(),
  lastWay: z.enum(['up', 'down']).optional(),
  standing: z.number().optional(),
});
const someFailure = z.object({ at: instant, code: z.string(), message: z.string() });
const failure = someFailure.nullable();
const why = z.object({ reason: z.string(), at: instant }).optional();
const texts = z.record(z.string(), z.string());
const victim = z.object({ node: z.string(), serverId: z.string(), unregistered: z.literal(true).optional() });

const target = z.object({
  firstSeen: instant.optional(),
  recommendations: z.array(z.object({ at: instant, replicas: z.number() })).default([]),
  acted: history.default(emptyTargetMemory.acted as z.infer<typeof history>),
  rehearsed: history.default(emptyTargetMemory.rehearsed as z.infer<typeof history>),
  written: z
    .object({ replicas: z.number(), resourceVersion: z.string().optional(), at: instant })
    .nullable()
    .default(null),
  unknownSince: z.record(z.string(), instant).default({}),
  recovered: instant.optional(),
  seen: z.number().optional(),
  foreign: z.array(z.object({ at: instant, from: z.number(), to: z.number(), by: z.string().nullable() })).optional(),
  lastActive: instant.optional(),
  asleep: z.object({ at: instant, previous: z.number() }).optional(),
  stoppedByHand: instant.optional(),
  lastValues: z.record(z.string(), z.number()).optional(),
  startTime: length.optional(),
  lowered: instant.optional(),
  failure: failure.default(null),
} satisfies FieldsOf<TargetMemory>);

const podGuard = z.object({
  removed: z.array(event).default([]),
  tripped: z
    .object({
      at: instant,
      guard: z.enum(['removed', 'targetsLowered']),
      count: z.number(),
      of: z.number(),
      percent: z.number(),
    })
    .nullable()
    .default(null),
});

const nodeGuard = z.object({
  removed: z.array(event).default([]),
  ordered: z.array(event).default([]),
  tripped: z
    .object({
      at: instant,
      guard: z.enum(['nodesRemoved', 'nodesOrdered']),
      count: z.number(),
      of: z.number(),
      allowed: z.number(),
    })
    .nullable()
    .default(null),
});

const group = z.object({
  lastGrowth: instant.nullable().default(null),
  lastShrink: instant.nullable().default(null),
  lastFailure: failure.default(null),
  drainFailure: failure.default(null),
  removalFailure: someFailure.optional(),
  backOff: z.object({ until: instant, length }).nullable().default(null),
  sent: z
    .object({
      at: instant,
      from: z.number(),
      to: z.number(),
      remove: z.array(victim),
      requestId: z.string().optional(),
      unanswered: z.literal(true).optional(),
      begun: z.boolean(),
    })
    .nullable()
    .default(null),
  ordered: z.array(z.object({ at: instant, count: z.number(), told: z.literal(true).optional() })).default([]),
  bootTimes: z.array(length).default([]),
  removal: z.enum(['unproven', 'proven', 'refuted']).default(emptyGroupMemory.removal),
  refutedAt: instant.optional(),
  updatingAt: instant.optional(),
  seenCount: z.number().optional(),
  seenFailure: z.string().nullable().optional(),
  foreignChanges: z.array(instant).optional(),
  nodeless: z.record(z.string(), z.object({ since: instant, toldAt: instant.optional() })).optional(),
  failedDrains: z
    .record(
      z.string(),
      z.object({
        at: instant,
        code: z.string(),
        message: z.string(),
        step: z.enum(['begin', 'rollBack']),
        times: z.number(),
      }),
    )
    .optional(),
  deniedEvictions: z.record(z.string(), z.object({ pods: z.array(z.string()).min(1), words: z.string() })).optional(),
  why,
} satisfies FieldsOf<GroupMemory>);

const node = z.object({
  unneededSince: instant.nullable().default(null),
  emptySince: instant.nullable().default(null),
  ready: z.boolean().default(false),
  wasReady: z.boolean().optional(),
  why,
} satisfies FieldsOf<NodeMemory>);

const condition = z.object({
  since: instant,
  labels: texts,
  annotations: texts,
  lastSeen: instant,
  lasts: length,
  fired: z.boolean(),
  ended: instant.nullable(),
} satisfies FieldsOf<ConditionMemory>);

const proposal = z.object({
  id: z.string(),
  subject: z.string(),
  way: z.enum(['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']),
  from: z.number(),
  to: z.number(),
  remove: z.array(victim).default([]),
});

export const memoryShape: z.ZodType<Memory> = z.object({
  schema: z.literal(memorySchema).default(memorySchema),
  lastTick: instant.nullable().default(null),
  steadySince: instant.nullable().default(null),
  targets: z.record(z.string(), target).default({}),
  groups: z.record(z.string(), group).default({}),
  nodes: z.record(z.string(), node).default({}),
  conditions: z.record(z.string(), condition).default({}),
  podGuard: podGuard.default({ removed: [], tripped: null }),
  nodeGuard: nodeGuard.optional(),
  peaks: z
    .object({
      at: instant,
      config: z.string(),
      shortfalls: z.array(
        z.object({
          namespace: z.string(),
          policy: z.string(),
          window: z.string(),
          start: instant,
          floor: z.number(),
          why: z.string(),
        }),
      ),
    })
    .optional(),
  proposals: z
    .object({
      asked: z.record(z.string(), proposal).default({}),
      used: z.array(z.object({ id: z.string(), at: z.string() })).default([]),
    })
    .optional(),
  saturatedSince: z.record(z.string(), instant).optional(),
  removalProof: z.object({ cluster: z.string(), group: z.string(), at: instant, by: z.string() }).optional(),
} satisfies FieldsOf<Memory>);
