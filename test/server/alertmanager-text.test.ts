// What amtool reads of alerts.yaml: Alertmanager's own words, no secrets, what Alertmanager would refuse as a comment.
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { alertmanagerText } from '../../src/server/alerts/alertmanager-text.ts';
import { anAlertsDocument } from '../alerts/builders.ts';

const shown = (text: string): unknown => parse(alertmanagerText(anAlertsDocument(text)));
/** What amtool passes over. */
const ownPart = (text: string): unknown =>
  parse(
    alertmanagerText(anAlertsDocument(text))
      .split('\n')
      .filter((line) => line.startsWith('# '))
      .slice(1)
      .map((line) => line.slice(2))
      .join('\n'),
  );

const everything = `
global:
  labels: { cluster: bank-3 }
  smtp_smarthost: mail:25
  smtp_from: a@b.cn
  smtp_auth_password: hush
  slack_api_url: https://slack/hush
people: { zhang: { sms: '+8613800000001', email: zhang@bank.cn }, li: { smsFile: /secrets/li } }
sms_gateways:
  - name: main
    http: { url: 'http://u:hush@sms:8080/hush?key=hush', headers: { to: hush }, bearer: { file: /secrets/sms }, body: 'hush', timeout: 5s }
  - { name: other, smpp: { host: smsc, systemId: us, password: { env: SMSC } } }
oncall: [{ name: pay, handover: '0 9 * * 1', rotation: [zhang, li], since: 2026-01-05T09:00:00Z }]
route: { receiver: duty }
receivers:
  - name: duty
    email_configs: [{ to: duty@bank.cn, auth_password: hush, headers: { Subject: '{{ .GroupLabels }}' }, threading: {} }]
    sms_configs: [{ to: [zhang, '+8613800000002'], gateway: main }]
    webhook_configs:
      - { url: 'http://u:hush@chat:9000/hush', http_config: { basic_auth: { username: us, password: hush }, http_headers: { X-Key: { values: [hush], files: [/x] } } } }
      - { url_file: /secrets/url }
      - { url: 'http://plain:1/' }
  - { name: chief, escalation: [{ sms: { oncall: pay } }, { unacknowledgedFor: 10m, sms: { person: li } }] }
  - { name: chat, wechat_configs: [{ api_secret: hush, corp_id: hush }] }
unsupportedReceivers: { use: duty }
forwardTo: { url: 'https://central:9093/hush', silentAfter: 90s }
`;

describe('the configuration as amtool sees it', () => {
  it('says the defaults, and leaves out what is empty', () => {
    expect(shown('{ route: { receiver: duty }, receivers: [{ name: duty }] }')).toEqual({
      global: { resolve_timeout: '5m', smtp_hello: 'localhost', smtp_require_tls: true },
      route: { receiver: 'duty', group_wait: '30s', group_interval: '5m', repeat_interval: '4h' },
      receivers: [{ name: 'duty' }],
    });
  });

  it('keeps routes, inhibition and hours, in words that Alertmanager knows', () => {
    const written = `
route:
  receiver: duty
  labels: { by: us }
  routes: [{ matchers: [team="pay"], group_wait: 0s, repeat_interval: 1h30m, continue: true, active_time_intervals: [noon] }]
receivers: [{ name: duty }]
inhibit_rules: [{ name: grave, source_matchers: [a=b], target_match: { c: d }, equal: [job], equalPresent: [job] }]
time_intervals: [{ name: noon, time_intervals: [{ times: [{ start_time: '12:00', end_time: '13:00' }] }] }]
`;
    expect(shown(written)).toMatchObject({
      route: {
        routes: [
          {
            matchers: ['team="pay"'],
            group_wait: '0s',
            repeat_interval: '1h30m',
            continue: true,
            active_time_intervals: ['noon'],
          },
        ],
      },
      inhibit_rules: [{ source_matchers: ['a=b'], target_match: { c: 'd' }, equal: ['job'] }],
      time_intervals: [{ name: 'noon', time_intervals: [{ times: [{ start_time: '12:00', end_time: '13:00' }] }] }],
    });
    expect(JSON.stringify(shown(written))).not.toMatch(/equalPresent|grave|labels/);
    expect(ownPart(written)).toMatchObject({ inhibit_rules: [{ name: 'grave', equalPresent: ['job'] }] });
  });

  it('shows receivers as Alertmanager does, with the secrets kept back', () => {
    expect(shown(everything)).toEqual({
      global: {
        smtp_smarthost: 'mail:25',
        smtp_from: 'a@b.cn',
        smtp_hello: 'localhost',
        smtp_auth_password: '<secret>',
        smtp_require_tls: true,
        resolve_timeout: '5m',
      },
      route: { receiver: 'duty', group_wait: '30s', group_interval: '5m', repeat_interval: '4h' },
      receivers: [
        {
          name: 'duty',
          email_configs: [
            {
              to: 'duty@bank.cn',
              auth_password: '<secret>',
              headers: { Subject: '{{ .GroupLabels }}' },
              send_resolved: false,
            },
          ],
          webhook_configs: [
            {
              url: 'http://chat:9000/<secret>',
              send_resolved: true,
              max_alerts: 0,
              http_config: { basic_auth: { username: 'us', password: '<secret>' } },
            },
            { url: 'http://plain:1', send_resolved: true, max_alerts: 0 },
          ],
        },
        { name: 'chief' },
        { name: 'chat' },
      ],
    });
  });

  it('says the rest in a comment, which amtool passes over', () => {
    expect(ownPart(everything)).toMatchObject({
      global: { labels: { cluster: 'bank-3' }, slack_api_url: '<secret>' },
      people: { zhang: { sms: '<secret>', email: 'zhang@bank.cn' }, li: { smsFile: '/secrets/li' } },
      sms_gateways: [
        {
          name: 'main',
          http: {
            url: 'http://sms:8080/<secret>',
            headers: { to: '<secret>' },
            bearer: { file: '/secrets/sms' },
            body: '<secret>',
            timeout: '5s',
          },
        },
        { name: 'other', smpp: { host: 'smsc', systemId: 'us', password: { env: 'SMSC' }, port: 2775 } },
      ],
      oncall: [{ name: 'pay', rotation: ['zhang', 'li'], since: '2026-01-05T09:00:00Z' }],
      receivers: [
        {
          name: 'duty',
          email_configs: [{ threading: { enabled: true, thread_by_date: 'daily' } }],
          sms_configs: [{ to: ['zhang', '<secret>'], gateway: 'main' }],
          webhook_configs: [
            { http_config: { http_headers: { 'X-Key': '<secret>' } } },
            { url_file: '/secrets/url', timeout: '10s' },
            { timeout: '10s' },
          ],
        },
        {
          name: 'chief',
          escalation: [{ sms: { oncall: 'pay' } }, { unacknowledgedFor: '10m', sms: { person: 'li' } }],
        },
        { name: 'chat', wechat_configs: [{ api_secret: '<secret>', corp_id: '<secret>' }] },
      ],
      forwardTo: { url: 'https://central:9093/<secret>', silentAfter: '1m30s' },
    });
  });

  it('keeps back every secret and every number', () => {
    expect(alertmanagerText(anAlertsDocument(everything))).not.toMatch(/hush|\+86/);
  });
});
