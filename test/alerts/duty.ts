// What stories of alerts begin with: a document with people, a gateway and one receiver on duty, and alerts that are sent in.
import type { PushOutcome } from '../../src/alerts/intake.ts';
import { later, minutes, rfc3339 } from '../../src/model/units.ts';
import { start } from './builders.ts';
import type { Story } from './recorder.ts';

/** Who may be told, and by which gateway. */
const people = `
people:
  zhang: { sms: '+8613800000001', email: zhang@bank.cn }
  li: { sms: '+8613800000002' }
  chief: { sms: '+8613800000003' }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
`;
/** One group by name, and one receiver on duty. */
export const dutyDocument = (receiver: string, more = '', route = ''): string => `${people}
route: { receiver: duty, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, ${route} }
receivers:
  - name: duty
${receiver
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
  - { name: boss, email_configs: [{ to: boss@bank.cn, send_resolved: true }] }
${more}`;

/** As a sender would: what is not over ends in a far future. */
export const pushDown = (
  story: Story,
  ...alerts: readonly {
    readonly name?: string;
    readonly instance?: string;
    readonly over?: boolean;
    readonly more?: object;
  }[]
): Promise<PushOutcome> =>
  story.pipeline.push(
    alerts.map(({ name = 'Down', instance = 'a', over = false, more = {} }) => ({
      labels: { alertname: name, instance, ...more },
      startsAt: rfc3339(start),
      endsAt: rfc3339(over ? story.clock.now() : later(start, minutes(100_000))),
    })),
  );
