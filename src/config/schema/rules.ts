// rules/*.yaml: Prometheus's own format of rule files, and two kinds of rules beside its own.
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

/** What a rule has that does not say otherwise: in the middle. */
const defaultSensitivity = 0.5;

const texts = z.record(z.string(), text);
const none = 0 as Milliseconds;

const series = z
  .int()
  .min(1)
  .max(1000)
  .default(100)
  .meta({ description: 'how many series are learnt; those beyond are left out, and springtide says so' });

const anomaly = z
  .strictObject({
    query: text.meta({ description: 'the PromQL of the series for which what is usual is learnt' }),
    sensitivity: z
      .number()
      .min(0)
      .max(1)
      .default(defaultSensitivity)
      .meta({ description: 'a number from 0 (hardly ever) to 1 (at the slightest doubt)' }),
    series,
  })
  .meta({ description: 'of springtide: the alert is active while a series is unlike its past; in place of expr' });

const forecast = z
  .strictObject({
    query: text.meta({ description: 'the PromQL of the series that are forecast' }),
    within: ruleDuration.meta({ description: 'how far ahead: 5m to 4d' }),
    above: z.number().optional().meta({ description: 'what it may not rise above' }),
    below: z.number().optional().meta({ description: 'what it may not fall below' }),
    confidence: z
      .number()
      .min(0.5)
      .max(0.99)
      .default(0.9)
      .meta({ description: 'how likely the crossing must be, judged by how its forecasts came true' }),
    series,
  })
  .meta({
    description: 'of springtide: the alert is active while a series is expected to cross a limit; in place of expr',
  });

const rule = z.strictObject({
  alert: text.optional(),
  record: text.optional(),
  expr: text.optional(),
  anomaly: anomaly.optional(),
  forecast: forecast.optional(),
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
