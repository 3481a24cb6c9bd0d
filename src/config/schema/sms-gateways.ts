// SMS gateways: how a text reaches a telephone.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { positiveDuration, secretReference, tls } from './scalars.ts';

const httpGateway = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'write an address that begins with http:// or https://' }),
  method: z.enum(['POST', 'GET', 'PUT']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  bearer: secretReference.optional(),
  /** {{to}} {{text}} {{id}} are filled in, JSON-escaped where the body is JSON */
  body: z.string().default('{"to":"{{to}}","text":"{{text}}","id":"{{id}}"}'),
  contentType: z.string().default('application/json'),
  success: z
    .strictObject({
      status: z.array(z.int()).default([200, 201, 202]),
      path: z.string().optional(),
      equals: z.union([z.string(), z.number()]).optional(),
    })
    .prefault({}),
  idPath: z.string().optional(),
  retryStatus: z.array(z.int()).default([429, 500, 502, 503, 504]),
  timeout: positiveDuration.default(10_000 as Milliseconds),
  tls: tls.optional(),
});

export const smsGateway = z.strictObject({ name: z.string().min(1), http: httpGateway });

export type HttpGateway = z.infer<typeof httpGateway>;
