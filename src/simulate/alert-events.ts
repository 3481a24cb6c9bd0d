// The events of a simulation of alerts: JSON Lines, a header first, each checked at its line.
import { z } from 'zod';
import type { PushedAlert } from '../alerts/ingest.ts';
import { parseDuration, positiveDuration } from '../config/schema/scalars.ts';
import { MatcherError, parseMatchers, type Matcher } from '../matching/matchers.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { instantOf, later, rfc3339, type Instant, type Milliseconds } from '../model/units.ts';

/** "-1h" as milliseconds; null where it is none. */
function offsetOf(text: string): Milliseconds | null {
  const length = parseDuration(text.replace(/^[+-]/, ''));
  return length === null ? null : ((text.startsWith('-') ? -1 * length : length) as Milliseconds);
}

const offset = z
  .string()
  .refine((text) => offsetOf(text) !== null && !text.startsWith('-'), { error: 'write an offset from the start: 90s' })
  .meta({ description: 'an offset from the start: 90s, 1h30m, 500ms' });
const time = z
  .string()
  .refine((text) => instantOf(text) !== null || offsetOf(text) !== null, {
    error: 'write an offset from the start (90s, -1h) or an instant (2026-11-11T02:00:00Z)',
  })
  .meta({ description: 'an offset from the start (90s, -1h), or RFC 3339' });
const labels = z.record(z.string(), z.string());
const channel = z.enum(['email', 'sms', 'webhook']);
const sampleValue = z
  .union([z.number(), z.enum(['NaN', '+Inf', '-Inf']).transform((text) => Number(text.replace('Inf', 'Infinity')))])
  .meta({ description: 'a number, "NaN", "+Inf" or "-Inf"' });

const alert = z
  .object({
    labels,
    annotations: labels.optional(),
    startsAt: time.optional(),
    endsAt: time.optional(),
    generatorURL: z.string().optional(),
  })
  .meta({ description: "an alert of Alertmanager's API v2; other fields of it are not looked at" });
const matcher = z.union([
  z.string().meta({ description: 'matchers as a text: severity="page"' }),
  z.object({
    name: z.string(),
    value: z.string(),
    isRegex: z.boolean().default(false),
    isEqual: z.boolean().default(true),
  }),
]);

export const headerSchema = z.strictObject({
  start: z.string().refine((text) => instantOf(text) !== null, { error: 'write RFC 3339: 2026-11-11T02:00:00Z' }),
  seed: z.int().default(1),
  startDelay: positiveDuration
    .optional()
    .meta({ description: 'nothing that others send in is told before: what the daemon does without a ledger (30s)' }),
});

export const eventSchema = z.discriminatedUnion('op', [
  z.strictObject({ at: offset, op: z.literal('push'), alerts: z.array(alert) }),
  z.strictObject({
    at: offset,
    op: z.literal('silence'),
    id: z.string().optional().meta({ description: 'by which it is ended or changed later in this file' }),
    matchers: z.array(matcher).min(1),
    startsAt: time.optional(),
    endsAt: time,
    createdBy: z.string().default('simulation'),
    comment: z.string().default(''),
  }),
  z.strictObject({ at: offset, op: z.literal('unsilence'), id: z.string() }),
  z.strictObject({
    at: offset,
    op: z.literal('ack'),
    labels: labels.optional().meta({ description: 'of the alerts that somebody is on: all that have these pairs' }),
    fingerprint: z.string().optional(),
    groupKey: z.string().optional(),
    receiver: z.string().optional().meta({ description: 'with groupKey: of this receiver only' }),
    by: z.string().default('simulation'),
  }),
  z.strictObject({
    at: offset,
    op: z.literal('receipt'),
    receiver: z.string().optional(),
    channel: channel.optional(),
    to: z.string().optional(),
    status: z.enum(['delivered', 'failed', 'unknown']),
    code: z.string().optional().meta({ description: "the vendor's own word" }),
  }),
  z.strictObject({
    at: offset,
    op: z.literal('fail'),
    receiver: z.string().optional(),
    channel: channel.optional(),
    to: z.string().optional(),
    until: offset.optional().meta({ description: 'an offset from the start; without until and for: to the end' }),
    for: positiveDuration.optional(),
    answer: z
      .enum(['error', 'timeout', 'refused'])
      .default('error')
      .meta({ description: 'error and timeout are tried again, refused is final' }),
    takes: positiveDuration.optional().meta({ description: 'how long an attempt lasts before it fails' }),
    retryAfter: positiveDuration.optional(),
  }),
  z.strictObject({
    at: offset,
    op: z.literal('central'),
    answers: z.boolean().meta({ description: 'whether the one of forwardTo takes what it is sent; at first it does' }),
  }),
  z.strictObject({ at: offset, op: z.literal('restart') }),
  z.strictObject({
    at: offset,
    op: z.literal('reload'),
    config: z.string().optional().meta({ description: 'another configuration directory, as seen from this file' }),
  }),
  z.strictObject({
    at: offset,
    op: z.literal('rule'),
    alert: z
      .string()
      .optional()
      .meta({ description: 'of the rules of this name: what their expressions are answered' }),
    query: z.string().optional().meta({ description: 'an expression as it stands in a rule or in a template of one' }),
    answer: z
      .array(z.strictObject({ labels: labels.default({}), value: sampleValue.default(1) }))
      .optional()
      .meta({ description: 'from now on; none: nothing is found. Before the first event that is so for every rule' }),
    error: z.string().optional().meta({ description: 'in place of an answer, from now on: why there is none' }),
  }),
]);

type Checked = z.infer<typeof eventSchema>;
type Silencing = Omit<Extract<Checked, { op: 'silence' }>, 'matchers' | 'startsAt' | 'endsAt' | 'at'> & {
  readonly matchers: readonly Matcher[];
  readonly startsAt: Instant | null;
  readonly endsAt: Instant;
};
type Other = Exclude<Checked, { op: 'push' | 'silence' | 'fail' }>;
type Without<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

export type AlertEvent = { readonly at: Instant; /** of its file */ readonly line: number } & (
  | { readonly op: 'push'; readonly alerts: readonly PushedAlert[] }
  | Silencing
  | (Omit<Extract<Checked, { op: 'fail' }>, 'at' | 'until' | 'for'> & { readonly until: Instant })
  | Without<Other>
);

export interface AlertEvents {
  readonly start: Instant;
  readonly seed: number;
  readonly startDelay: Milliseconds;
  /** by time; at one instant in the order of the file */
  readonly events: readonly AlertEvent[];
}

const always = Number.POSITIVE_INFINITY as Instant;

/** Throws at the first line that cannot be read. */
export function readAlertEvents(text: string, file: string): AlertEvents {
  const lines = text.split(/\r?\n/).flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]));
  const [first, ...rest] = lines;
  const mend = 'the first line is a header: {"start": "2026-11-11T02:00:00Z", "seed": 1}';
  if (first === undefined) throw refused(file, 'there is no event', mend);
  const header = checked(headerSchema, first.line, `${file}:${first.number}`, mend);
  const start = instantOf(header.start) ?? always;
  const events = rest.map(({ line, number }) => {
    const where = `${file}:${number}`;
    return eventOf(checked(eventSchema, line, where), start, number, where);
  });
  return {
    start,
    seed: header.seed,
    startDelay: header.startDelay ?? (0 as Milliseconds),
    events: events.toSorted((one, other) => one.at - other.at),
  };
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  line: string,
  where: string,
  mend?: string,
): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw refused(where, `it is no JSON: ${messageOf(error)}`, mend ?? 'write one event a line');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const what = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(': ')).join('; ');
  throw refused(where, what, mend);
}

const refused = (where: string, what: string, mend?: string): SpringtideError =>
  new SpringtideError({ code: 'UsageInvalid', where, what, ...(mend !== undefined && { mend }) });

function eventOf(event: Checked, start: Instant, line: number, where: string): AlertEvent {
  const instantAt = (written: string): Instant => {
    const from = offsetOf(written);
    return from === null ? (instantOf(written) ?? start) : later(start, from);
  };
  const place = { at: instantAt(event.at), line };
  switch (event.op) {
    case 'push':
      return {
        ...place,
        op: 'push',
        alerts: event.alerts.map(({ startsAt, endsAt, ...alert }) => ({
          ...alert,
          ...(startsAt !== undefined && { startsAt: rfc3339(instantAt(startsAt)) }),
          ...(endsAt !== undefined && { endsAt: rfc3339(instantAt(endsAt)) }),
        })),
      };
    case 'silence':
      return {
        ...event,
        ...place,
        matchers: matchersOf(event.matchers, where),
        startsAt: event.startsAt === undefined ? null : instantAt(event.startsAt),
        endsAt: instantAt(event.endsAt),
      };
    case 'fail': {
      const { until, for: span, ...rest } = event;
      const end = until !== undefined ? instantAt(until) : span !== undefined ? later(place.at, span) : always;
      return { ...rest, ...place, until: end };
    }
    case 'ack':
      if ([event.labels, event.fingerprint, event.groupKey].filter((one) => one !== undefined).length !== 1)
        throw refused(where, 'name what somebody is on by exactly one of labels, fingerprint and groupKey');
      return { ...event, ...place };
    case 'rule':
      if ((event.alert === undefined) === (event.query === undefined))
        throw refused(where, 'name what is asked by exactly one of alert and query');
      if ((event.answer === undefined) === (event.error === undefined))
        throw refused(
          where,
          'say what is answered by exactly one of answer and error',
          'nothing is found: "answer": []',
        );
      return { ...event, ...place };
    default:
      return { ...event, ...place };
  }
}

function matchersOf(written: readonly z.infer<typeof matcher>[], where: string): readonly Matcher[] {
  try {
    return written.flatMap((one) => {
      if (typeof one === 'string') return parseMatchers(one);
      const { name, value, isRegex, isEqual } = one;
      const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
      return [{ name, value, operator } as const];
    });
  } catch (error) {
    if (error instanceof MatcherError) throw refused(where, error.message);
    throw error;
  }
}
