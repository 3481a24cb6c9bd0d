// A line that a simulation of alerts prints: one attempt to tell one recipient.
import { z } from 'zod';
import { isFiring } from '../alerts/render.ts';
import { statusOf } from '../alerts/webhook-payload.ts';
import { rfc3339, since, type Instant } from '../model/units.ts';
import type { Attempt } from './alerts.ts';

const status = z.enum(['firing', 'resolved']);

export const lineSchema = z.strictObject({
  at: z.string().meta({ description: 'when the attempt began, RFC 3339' }),
  offset: z.number().meta({ description: 'the same in seconds from the start' }),
  receiver: z.string(),
  channel: z.enum(['email', 'sms', 'webhook']),
  to: z.string().meta({ description: 'as the configuration names the recipient' }),
  status: status.meta({ description: 'firing as long as one of the alerts is' }),
  alerts: z.array(z.strictObject({ labels: z.record(z.string(), z.string()), status })),
  groupKey: z.string(),
  attempt: z.int().positive().meta({ description: '1 for the first of a notification' }),
  outcome: z.enum(['sent', 'retry', 'failed']).meta({ description: 'retry: it is tried again; failed: it is not' }),
  text: z.string().meta({ description: 'of an SMS as it arrives, of a mail its subject and plain text' }),
  segments: z.int().positive().nullable().meta({ description: 'in how many parts an SMS travels; null for others' }),
});

export function lineOf(attempt: Attempt, start: Instant): z.infer<typeof lineSchema> {
  const { at, channel, to, outcome, text, segments, delivery } = attempt;
  const { receiver, alerts, groupKey } = delivery.notice;
  return {
    at: rfc3339(at),
    offset: since(start, at) / 1000,
    receiver,
    channel,
    to,
    status: statusOf(alerts),
    alerts: alerts.map((alert) => ({ labels: alert.labels, status: isFiring(alert) ? 'firing' : 'resolved' })),
    groupKey,
    attempt: attempt.attempt,
    outcome,
    text,
    segments,
  };
}

/** "14 SMS segments, 0.63 CNY": what the messages that were sent would cost; null where no gateway has a price. */
export function billOf(attempts: readonly Attempt[]): string | null {
  const priced = attempts.filter(({ outcome, cost }) => outcome === 'sent' && cost !== null);
  const sums = new Map<string, number>();
  for (const { cost } of priced)
    if (cost !== null) sums.set(cost.currency, (sums.get(cost.currency) ?? 0) + cost.amount);
  if (sums.size === 0) return null;
  const segments = priced.reduce((sum, one) => sum + (one.segments ?? 0), 0);
  const amounts = [...sums].map(([currency, amount]) => `${Math.round(amount * 10_000) / 10_000} ${currency}`);
  return `${segments} SMS segments, ${amounts.join(', ')}`;
}
