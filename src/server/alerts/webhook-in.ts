// What an Alertmanager sends to a webhook receiver (version 4): the same alerts as by its API, in other words.
import express, { type Router } from 'express';
import { z } from 'zod';
import type { PushedAlert } from '../../alerts/ingest.ts';
import { sentInstant } from '../../model/sent-instant.ts';
import { later, minutes, rfc3339 } from '../../model/units.ts';
import type { Instant } from '../../model/units.ts';
import { problem } from '../guard.ts';
import { noPlace } from './desk.ts';
import type { AlertDesk } from './desk.ts';
import { labelSet } from './label-set.ts';

const payload = z.object({
  version: z.literal('4'),
  groupKey: z.string().default(''),
  receiver: z.string().default(''),
  truncatedAlerts: z.int().nonnegative().default(0),
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: labelSet,
      annotations: labelSet.nullish().transform((set) => set ?? {}),
      startsAt: z.string(),
      endsAt: z.string().optional(),
      generatorURL: z.string().optional(),
    }),
  ),
});

type Sent = z.infer<typeof payload>['alerts'][number];

export function webhookIn(desk: AlertDesk): Router {
  const router = express.Router();
  router.post('/', async (request, response) => {
    const parsed = payload.safeParse(request.body);
    if (!parsed.success) {
      problem(response, 400, 'BadPayload', `this is no webhook of version 4: ${z.prettifyError(parsed.error)}`);
      return;
    }
    const { alerts, groupKey, receiver, truncatedAlerts: count } = parsed.data;
    // by what the sender calls its group: another receiver of his is sent a group of its own
    const truncated = count === 0 ? undefined : { of: JSON.stringify([receiver, groupKey]), count };
    const { problems, durable, fault, leftOut } = await desk.push(
      alerts.map((alert) => ({ ...pushed(alert, desk.now()), truncated })),
    );
    if (!durable)
      problem(response.set('Retry-After', '5'), 503, fault?.code ?? 'LedgerUnwritable', fault?.message ?? '');
    // before what is wrong with the others: a 400 is final for its sender
    else if (leftOut > 0) problem(response.set('Retry-After', '60'), 503, 'AlertsLeftOut', noPlace(leftOut));
    else if (problems.length > 0)
      problem(response, 400, 'BadAlerts', problems.map((one) => `alert ${one.index}: ${one.problem}`).join('; '));
    else response.json({ accepted: alerts.length });
  });
  return router;
}

/** What fires is repeated seldom, and its end is said: only a sender that is gone for good is silent for so long. */
const longestSilence = minutes(7 * 24 * 60);

function pushed({ status, startsAt, endsAt, ...alert }: Sent, now: Instant): PushedAlert {
  switch (status) {
    case 'firing':
      return { ...alert, startsAt, endsAt: rfc3339(later(now, longestSilence)) };
    case 'resolved':
      // said once and never again: where it ends later than now, or nowhere, a clock is wrong and it is over all the same
      return { ...alert, startsAt: noLater(startsAt, now), endsAt: noLater(endsAt, now) ?? rfc3339(now) };
  }
}

/** Undefined where nothing is said; what is no instant stays as it is, to be refused. */
function noLater(text: string | undefined, now: Instant): string | undefined {
  const at = sentInstant(text);
  if (at === null) return undefined;
  return at === 'unreadable' || at <= now ? text : rfc3339(now);
}
