// alerts.yaml: Alertmanager's own format as far as it is acted on, with SMS beside e-mail.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { duration, positiveDuration, secretReference, tls } from './scalars.ts';

const minutesFive = 300_000 as Milliseconds;

/** Alertmanager's spelling. */
const tlsConfig = z.strictObject({
  ca_file: z.string().optional(),
  cert_file: z.string().optional(),
  key_file: z.string().optional(),
  server_name: z.string().optional(),
  insecure_skip_verify: z.boolean().default(false),
});

const emailConfig = z.strictObject({
  to: z.string().min(1),
  from: z.string().optional(),
  smarthost: z.string().optional(),
  hello: z.string().optional(),
  auth_username: z.string().optional(),
  auth_password_file: z.string().optional(),
  require_tls: z.boolean().optional(),
  tls_config: tlsConfig.optional(),
  send_resolved: z.boolean().default(false),
  headers: z.record(z.string(), z.string()).default({}),
});

const smsConfig = z.strictObject({
  to: z.array(z.string().min(1)).min(1),
  gateway: z.string(),
  send_resolved: z.boolean().default(true),
  /** what does not fit is counted, not cut: 2 segments are 306 Latin or 134 Chinese characters */
  max_segments: z.int().min(1).max(10).default(2),
});

const receiver = z.strictObject({
  name: z.string().min(1),
  email_configs: z.array(emailConfig).default([]),
  sms_configs: z.array(smsConfig).default([]),
});

const routeShape = {
  receiver: z.string().optional(),
  group_by: z.array(z.string()).optional(),
  group_wait: duration.optional(),
  group_interval: positiveDuration.optional(),
  repeat_interval: positiveDuration.optional(),
  matchers: z.array(z.string()).default([]),
  continue: z.boolean().default(false),
};

export interface RouteDocument {
  readonly receiver?: string | undefined;
  readonly group_by?: readonly string[] | undefined;
  readonly group_wait?: Milliseconds | undefined;
  readonly group_interval?: Milliseconds | undefined;
  readonly repeat_interval?: Milliseconds | undefined;
  readonly matchers: readonly string[];
  readonly continue: boolean;
  readonly routes: readonly RouteDocument[];
}

const route: z.ZodType<RouteDocument> = z.lazy(() =>
  z.strictObject({ ...routeShape, routes: z.array(route).default([]) }),
);

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

const gateway = z.strictObject({ name: z.string().min(1), http: httpGateway });

const person = z.strictObject({
  sms: z.string().optional(),
  smsFile: z.string().optional(),
  email: z.string().optional(),
});

export const alertsDocument = z.strictObject({
  global: z
    .strictObject({
      labels: z.record(z.string(), z.string()).default({}),
      smtp_smarthost: z.string().optional(),
      smtp_from: z.string().optional(),
      smtp_hello: z.string().default('localhost'),
      smtp_auth_username: z.string().optional(),
      smtp_auth_password_file: z.string().optional(),
      smtp_require_tls: z.boolean().default(true),
      smtp_tls_config: tlsConfig.optional(),
      resolve_timeout: duration.default(minutesFive),
    })
    .prefault({}),
  people: z.record(z.string(), person).default({}),
  sms_gateways: z.array(gateway).default([]),
  route: z.strictObject({
    receiver: z.string(),
    group_by: z.array(z.string()).default([]),
    group_wait: duration.default(30_000 as Milliseconds),
    group_interval: positiveDuration.default(minutesFive),
    repeat_interval: positiveDuration.default(14_400_000 as Milliseconds),
    routes: z.array(route).default([]),
  }),
  receivers: z.array(receiver).min(1),
});

export type AlertsDocument = z.infer<typeof alertsDocument>;
export type HttpGateway = z.infer<typeof httpGateway>;
