// alerts.yaml: Alertmanager's own format as far as its receivers are e-mail and webhook, with SMS, people and escalation beside it.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import type { TemplateFile } from '../../templates/template.ts';
import { budgets, person, rota } from './alerts-people.ts';
import { receiver } from './alerts-receivers.ts';
import { inhibitRule, namedIntervals, rootRoute } from './alerts-routes.ts';
import { httpConfig, tlsConfig } from './http-config.ts';
import { duration, httpUrl, positiveCount, positiveDuration, secretReference, timeZone } from './scalars.ts';
import { smsGateway } from './sms-gateways.ts';

/** Settings of receivers that are not there: an existing file may have them, nothing reads them. */
const ofOtherReceivers = Object.fromEntries(
  [
    'slack_api_url',
    'slack_api_url_file',
    'slack_app_token',
    'slack_app_token_file',
    'slack_app_url',
    'pagerduty_url',
    'opsgenie_api_url',
    'opsgenie_api_key',
    'opsgenie_api_key_file',
    'wechat_api_url',
    'wechat_api_secret',
    'wechat_api_secret_file',
    'wechat_api_corp_id',
    'victorops_api_url',
    'victorops_api_key',
    'victorops_api_key_file',
    'telegram_api_url',
    'telegram_bot_token',
    'telegram_bot_token_file',
    'webex_api_url',
    'jira_api_url',
    'rocketchat_api_url',
    'rocketchat_token',
    'rocketchat_token_file',
    'rocketchat_token_id',
    'rocketchat_token_id_file',
    'mattermost_webhook_url',
    'mattermost_webhook_url_file',
  ].map((name) => [name, z.unknown().optional()]),
);

const global = z.strictObject({
  labels: z.record(z.string(), z.string()).default({}),
  smtp_smarthost: z.string().optional(),
  smtp_from: z.string().optional(),
  smtp_hello: z.string().default('localhost'),
  smtp_auth_username: z.string().optional(),
  smtp_auth_password: z.string().optional(),
  smtp_auth_password_file: z.string().optional(),
  /** for CRAM-MD5, in place of the password or beside it */
  smtp_auth_secret: z.string().optional(),
  smtp_auth_secret_file: z.string().optional(),
  smtp_auth_identity: z.string().optional(),
  smtp_require_tls: z.boolean().default(true),
  smtp_force_implicit_tls: z.boolean().optional(),
  smtp_tls_config: tlsConfig.optional(),
  resolve_timeout: duration.default(300_000 as Milliseconds),
  http_config: httpConfig.optional(),
  /** in which mails and SMS write their times */
  timeZone: timeZone.default('UTC'),
  ...ofOtherReceivers,
});

export const alertsDocument = z.strictObject({
  global: global.prefault({}),
  people: z.record(z.string(), person).default({}),
  oncall: z.array(rota).default([]),
  sms_gateways: z.array(smsGateway).default([]),
  budgets: budgets.prefault({}),
  route: rootRoute,
  inhibit_rules: z.array(inhibitRule).default([]),
  time_intervals: z.array(namedIntervals).default([]),
  mute_time_intervals: z.array(namedIntervals).default([]),
  receivers: z.array(receiver).min(1),
  /** template files, relative to this one; `*` may stand for part of a name */
  templates: z.array(z.string()).default([]),
  /** of Alertmanager's own work: nothing reads it */
  tracing: z.unknown().optional(),
  /** what stands in for receiver kinds that are not there; without it they are refused */
  unsupportedReceivers: z.strictObject({ use: z.string() }).optional(),
  /** a central springtide or Alertmanager that tells people; ours are told by ourselves while it is silent */
  forwardTo: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }),
      http_config: httpConfig.optional(),
      silentAfter: positiveDuration.default(120_000 as Milliseconds),
    })
    .optional(),
  /** where people reach this page and API from their telephones, and what links are signed with */
  links: z.strictObject({ externalUrl: z.url({ protocol: /^https?$/ }), secret: secretReference }).optional(),
  /** an outside watcher that misses us when we are silent */
  heartbeat: z
    .strictObject({
      url: httpUrl.optional(),
      urlFile: z.string().optional(),
      every: positiveDuration.default(60_000 as Milliseconds),
    })
    .refine(({ url, urlFile }) => (url === undefined) !== (urlFile === undefined), {
      error: 'name the address by exactly one of url and urlFile',
    })
    .optional(),
  /** alerts that must keep coming in: their silence is the alert */
  watchdogs: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        matchers: z.array(z.string()).min(1),
        within: positiveDuration.default(300_000 as Milliseconds),
      }),
    )
    .default([]),
  /** an alert that begins so often in so long is told once, as flapping */
  flapping: z
    .strictObject({ changes: positiveCount.default(6), per: positiveDuration.default(3_600_000 as Milliseconds) })
    .prefault({}),
  limits: z
    .strictObject({
      /** alerts that are kept; beyond it new ones are only counted */
      alerts: positiveCount.default(50_000),
      /** alerts that a message names; the others are counted in it */
      namedInMessage: positiveCount.default(40),
      /** of one receiver by one channel; what comes beyond it in the same minute is told together */
      messagesInMinute: positiveCount.default(30),
      /** of one telephone, by whatever receivers; what comes beyond it meanwhile is told together */
      sms: z
        .strictObject({ most: positiveCount.default(3), within: positiveDuration.default(120_000 as Milliseconds) })
        .prefault({}),
    })
    .prefault({}),
});

export type AlertsDocument = z.infer<typeof alertsDocument> & {
  /** what the loader has read for `templates` */
  readonly templateFiles?: readonly TemplateFile[];
};
