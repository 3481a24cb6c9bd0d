// What is answered to those who send alerts in while this process does not lead.
import type { RequestListener } from 'node:http';

const tryAgainIn = 5;

/** Alertmanager's and Prometheus's own clients try again after a 503. */
export const answerNobodyLeads: RequestListener = (_request, response) => {
  const error = { code: 'NotLeading', message: 'this process does not lead, and knows nobody who does: try again' };
  response
    .writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': String(tryAgainIn) })
    .end(JSON.stringify({ error }));
};
