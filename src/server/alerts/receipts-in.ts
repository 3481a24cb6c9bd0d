// Delivery reports of SMS vendors: each is checked and answered as its vendor wants it.
import express, { type Router } from 'express';
import { bodyAtMost } from '../body.ts';

export interface VendorRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface VendorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type TakeReceipts = (gateway: string, request: VendorRequest) => Promise<VendorAnswer>;

const longestBody = 1024 * 1024;

export function receiptsIn(take: TakeReceipts): Router {
  const router = express.Router();
  router.use(bodyAtMost(longestBody), express.text({ limit: longestBody, type: () => true }));
  router.post('/:gateway', async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
    );
    const query = Object.fromEntries(
      Object.entries(request.query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    const body: unknown = request.body;
    const answer = await take(request.params.gateway, { headers, query, body: typeof body === 'string' ? body : '' });
    response.status(answer.status).set('Content-Type', answer.contentType).send(answer.body);
  });
  return router;
}
