// Of one alert: who was told of it and who was not, and why.
import express, { type Router } from 'express';
import { problem } from '../guard.ts';
import type { AlertDesk } from './desk.ts';

export function explainApi(desk: AlertDesk): Router {
  const router = express.Router();
  router.get('/', (request, response) => {
    const { fingerprint } = request.query;
    if (typeof fingerprint !== 'string' || fingerprint === '') {
      problem(response, 400, 'FingerprintMissing', 'name the alert: ?fingerprint=, as GET /api/v2/alerts shows it');
      return;
    }
    const explanation = desk.explain(fingerprint);
    if (explanation === null) problem(response, 404, 'UnknownAlert', `no alert ${fingerprint} is remembered`);
    else response.json(explanation);
  });
  return router;
}
