// A test message to one receiver, and how each recipient's channel took it.
import express, { type Router } from 'express';
import { z } from 'zod';
import { problem } from '../guard.ts';
import type { AlertDesk } from './desk.ts';

const wanted = z.strictObject({ receiver: z.string().min(1) });

export function sendTestApi(desk: AlertDesk): Router {
  const router = express.Router();
  router.post('/', async (request, response) => {
    const parsed = wanted.safeParse(request.body);
    if (!parsed.success) {
      problem(response, 400, 'BadRequest', z.prettifyError(parsed.error));
      return;
    }
    const { receiver } = parsed.data;
    const results = await desk.sendTest(receiver);
    if (results === null) {
      const names = desk.document().receivers.map(({ name }) => name);
      problem(response, 404, 'UnknownReceiver', `there is no receiver "${receiver}": ${names.join(', ')}`);
    } else response.json({ receiver, results });
  });
  return router;
}
