// The part of alerts.yaml that says who is told by which channel, and what happens while nobody answers.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { otherReceiverKinds } from '../../model/receiver-kinds.ts';
import { httpConfig, tlsConfig } from './http-config.ts';
import { clockTime, httpUrl, positiveDuration, timeZone } from './scalars.ts';

const emailConfig = z.strictObject({
  to: z.string().min(1),
  from: z.string().optional(),
  smarthost: z.string().optional(),
  hello: z.string().optional(),
  auth_username: z.string().optional(),
  auth_password: z.string().optional(),
  auth_password_file: z.string().optional(),
  /** for CRAM-MD5, in place of the password or beside it */
  auth_secret: z.string().optional(),
  auth_secret_file: z.string().optional(),
  auth_identity: z.string().optional(),
  require_tls: z.boolean().optional(),
  force_implicit_tls: z.boolean().optional(),
  tls_config: tlsConfig.optional(),
  send_resolved: z.boolean().default(false),
  headers: z.record(z.string(), z.string()).default({}),
  html: z.string().optional(),
  text: z.string().optional(),
  /** mails of one group are one thread; `daily` begins a new one each day */
  threading: z
    .strictObject({ enabled: z.boolean().default(true), thread_by_date: z.enum(['daily', 'none']).default('daily') })
    .optional(),
});

const smsConfig = z
  .strictObject({
    to: z.array(z.string().min(1)).default([]),
    /** whoever is on duty by this rota when the message is made */
    oncall: z.string().optional(),
    /** the first gateway, where none is named */
    gateway: z.string().optional(),
    send_resolved: z.boolean().default(true),
    /** what does not fit is counted, not cut: 2 segments are 306 Latin or 134 Chinese characters */
    max_segments: z.int().min(1).max(10).default(2),
    /** a template instead of the text that is built from facts */
    text: z.string().optional(),
  })
  .refine(({ to, oncall }) => to.length > 0 || oncall !== undefined, {
    error: 'name people in "to", or a rota in "oncall"',
  });

const webhookConfig = z
  .strictObject({
    url: httpUrl.optional(),
    url_file: z.string().optional(),
    send_resolved: z.boolean().default(true),
    http_config: httpConfig.optional(),
    /** 0: all of them */
    max_alerts: z.int().nonnegative().default(0),
    timeout: positiveDuration.default(10_000 as Milliseconds),
  })
  .refine(({ url, url_file: file }) => (url === undefined) !== (file === undefined), {
    error: 'name the address by exactly one of url and url_file',
  });

const stepTarget = z
  .strictObject({
    oncall: z.string().optional(),
    person: z.string().optional(),
    to: z.union([z.string(), z.array(z.string())]).optional(),
    gateway: z.string().optional(),
  })
  .refine(({ oncall, person, to }) => [oncall, person, to].filter((one) => one !== undefined).length === 1, {
    error: 'name whom by exactly one of oncall, person and to',
  });

const escalationStep = z
  .strictObject({
    /** counted from the moment at which a provider took the first message of all */
    unacknowledgedFor: positiveDuration.optional(),
    sms: stepTarget.optional(),
    email: stepTarget.optional(),
  })
  .refine(({ sms, email }) => sms !== undefined || email !== undefined, { error: 'a step names sms or email' });

const digest = z.strictObject({ at: z.array(clockTime).min(1), timeZone: timeZone.default('UTC') });

const quietHours = z.strictObject({
  /** one of time_intervals */
  use: z.string(),
  then: z.enum(['digest', 'email']).default('digest'),
  /** these are told at once all the same */
  except: z.string().default('severity=~"critical|page"'),
});

/** Takes over where this receiver could not tell somebody for so long, or was refused for good. */
const fallback = z.strictObject({
  receiver: z.string(),
  after: positiveDuration.default(300_000 as Milliseconds),
});

type OtherKey = `${(typeof otherReceiverKinds)[number]}_configs`;
const others = z.array(z.unknown()).optional();
const otherKeys = Object.fromEntries(otherReceiverKinds.map((kind) => [`${kind}_configs`, others])) as Record<
  OtherKey,
  typeof others
>;

export const receiver = z.strictObject({
  ...otherKeys,
  name: z.string().min(1),
  email_configs: z.array(emailConfig).default([]),
  sms_configs: z.array(smsConfig).default([]),
  webhook_configs: z.array(webhookConfig).default([]),
  escalation: z.array(escalationStep).default([]),
  digest: digest.optional(),
  quietHours: quietHours.optional(),
  fallback: fallback.optional(),
});
