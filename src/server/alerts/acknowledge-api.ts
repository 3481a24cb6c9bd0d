// Somebody says at the command line, or by a tool of his own, that he is on it.
import express, { type Router } from 'express';
import { z } from 'zod';
import type { AcknowledgeOutcome, AcknowledgeTarget } from '../../alerts/acknowledger.ts';
import { messageOf } from '../../model/errors.ts';
import { rfc3339 } from '../../model/units.ts';
import { problem } from '../guard.ts';
import type { AlertDesk } from './desk.ts';

const wanted = z
  .strictObject({
    fingerprint: z.string().optional(),
    groupKey: z.string().optional(),
    receiver: z.string().optional(),
    /** as it stands in a message: #k7m2p9qx */
    code: z.string().optional(),
    by: z.string().trim().min(1).max(100),
  })
  .refine((given) => [given.fingerprint, given.groupKey, given.code].filter((one) => one !== undefined).length === 1, {
    error: 'name exactly one of fingerprint, groupKey and code',
  });

function targetOf({ fingerprint, groupKey = '', receiver, code }: z.infer<typeof wanted>): AcknowledgeTarget {
  if (code !== undefined) return { code };
  return fingerprint === undefined ? { groupKey, receiver } : { fingerprint };
}

export function acknowledgeApi(desk: AlertDesk): Router {
  const router = express.Router();
  router.post('/', async (request, response) => {
    const parsed = wanted.safeParse(request.body);
    if (!parsed.success) {
      problem(response, 400, 'BadAcknowledgement', z.prettifyError(parsed.error));
      return;
    }
    let outcome: AcknowledgeOutcome;
    try {
      outcome = await desk.acknowledge(targetOf(parsed.data), parsed.data.by);
    } catch (error) {
      problem(response.set('Retry-After', '5'), 503, 'LedgerUnwritable', messageOf(error));
      return;
    }
    response.json('at' in outcome ? { ...outcome, at: rfc3339(outcome.at) } : outcome);
  });
  return router;
}
