// What amtool reads of alerts.yaml: Alertmanager's own words, no secrets, nothing that Alertmanager would refuse.
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { alertmanagerText } from '../../src/server/alerts/alertmanager-text.ts';
import { anAlertsDocument } from '../alerts/builders.ts';

const shown = (text: string): unknown => parse(alertmanagerText(anAlertsDocument(text)));

describe('the configuration as amtool sees it', () => {
  it('says the defaults, and leaves out what is empty', () => {
    expect(shown('{ route: { receiver: duty }, receivers: [{ name: duty }] }')).toEqual({
      global: { resolve_timeout: '5m' },
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
    expect(alertmanagerText(anAlertsDocument(written))).not.toMatch(/equalPresent|grave|labels/);
  });

  it('keeps back how people are reached', () => {
    const text = alertmanagerText(
      anAlertsDocument(`
global: { smtp_auth_password: hush }
people: { zhang: { sms: '+8613800000001' } }
route: { receiver: duty }
receivers: [{ name: duty, webhook_configs: [{ url: 'http://127.0.0.1/hush' }], sms_configs: [{ to: [zhang] }] }]
`),
    );
    expect(text).not.toMatch(/hush|\+86|zhang/);
  });
});
