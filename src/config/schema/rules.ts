// rules/*.yaml: Prometheus's own format of rule files.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { durationOf } from '../../promql/literals.ts';

/** Prometheus takes any scalar where it wants a text: `expr: 1`, `severity: 2`. */
const text = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ description: 'a text' })
  .transform((value) => String(value));

const ruleDuration = z
  .union([z.string(), z.number()])
  .meta({ description: 'a duration: 30s, 5m, 1h30m, 7d', examples: ['5m', '1h30m'] })
  .transform((written, context): Milliseconds => {
    const length = String(written) === '0' ? (0 as Milliseconds) : durationOf(String(written));
    if (length !== null) return length;
    const message = `"${written}" is no duration: write 30s, 5m or 1h30m, the longer units first`;
    context.issues.push({ code: 'custom', input: written, message });
    return z.NEVER;
  });

const texts = z.record(z.string(), text);
const none = 0 as Milliseconds;

const rule = z.strictObject({
  alert: text.optional(),
  record: text.optional(),
  expr: text,
  for: ruleDuration.default(none),
  keep_firing_for: ruleDuration.default(none),
  labels: texts.nullish(),
  annotations: texts.nullish(),
});

const group = z.strictObject({
  name: text.refine((name) => name !== '', { error: '"name" is empty' }),
  interval: ruleDuration.default(none),
  query_offset: ruleDuration.default(none),
  limit: z.int().default(0),
  labels: texts.nullish(),
  rules: z.array(rule).nullish(),
});

export const rulesDocument = z.strictObject({ groups: z.array(group).nullish() });

export type RulesDocument = z.infer<typeof rulesDocument>;
export type WrittenGroup = z.infer<typeof group>;
export type WrittenRule = z.infer<typeof rule>;
