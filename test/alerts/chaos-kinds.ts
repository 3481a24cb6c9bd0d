// The configurations that lives full of deaths are lived with, and what each promises to whom.
import type { AlertsDocument } from '../../src/model/config.ts';
import { later, minutes } from '../../src/model/units.ts';
import type { Instant } from '../../src/model/units.ts';
import { anAlertsDocument, start } from './builders.ts';

/** Written down here, not asked of the code that is judged. A way is a channel and a recipient. */
export interface ChaosRules {
  /** every alert is told by these */
  readonly told: readonly string[];
  /** who hears of no end, as he is configured */
  readonly noEnds: readonly string[];
  /** no message is made from the one instant to the other */
  readonly quiet?: { readonly from: Instant; readonly until: Instant };
}

export interface ChaosKind {
  readonly document: AlertsDocument;
  readonly rules: ChaosRules;
}

const documentOf = (groupBy: string, duty: string, most = 100_000): AlertsDocument =>
  anAlertsDocument(`
people:
  zhang: { sms: '+8613800000001' }
  li: { sms: '+8613800000002' }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
route: { receiver: duty, group_by: ['${groupBy}'], group_wait: 0s, group_interval: 20s, repeat_interval: 90d }
receivers:
  - name: duty
${duty}
limits: { messagesInMinute: ${most}, sms: { most: ${most} }, namedInMessage: 1000 }
flapping: { changes: 1000 }
`);

/** SMS and a webhook: each alert a group of its own; groups of ten; and groups of ten of which many come together in one message. */
const plain = `
    sms_configs: [{ to: [zhang, li], gateway: main }]
    webhook_configs: [{ url: 'http://127.0.0.1:1/' }]`;
const plainRules: ChaosRules = { told: ['sms zhang', 'sms li', 'webhook webhook 1'], noEnds: [] };

/** A mail is for several: some of them are refused, for good or not. */
const mail = `
    sms_configs: [{ to: [zhang], gateway: main }]
    email_configs:
      - { to: 'noc@bank.example, ops@bank.example', send_resolved: true }
      - { to: 'archive@bank.example', send_resolved: false }`;
const mailRules: ChaosRules = {
  told: ['sms zhang', 'email noc@bank.example', 'email ops@bank.example', 'email archive@bank.example'],
  noEnds: ['email archive@bank.example'],
};

/** Most alerts begin in the night, and many end in it: all are told in the morning, in one message a way. */
const night = `${plain}
    quietHours: { use: night, then: digest }
time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '02:02', end_time: '02:08' }] }] }]`;
const nightRules: ChaosRules = {
  ...plainRules,
  quiet: { from: later(start, minutes(2)), until: later(start, minutes(8)) },
};

const kinds: readonly ChaosKind[] = [
  { document: documentOf('...', plain), rules: plainRules },
  { document: documentOf('team', plain), rules: plainRules },
  { document: documentOf('team', plain, 3), rules: plainRules },
  { document: documentOf('...', mail), rules: mailRules },
  { document: documentOf('team', mail), rules: mailRules },
  { document: documentOf('...', night), rules: nightRules },
  { document: documentOf('team', night), rules: nightRules },
];

/** Lives that follow each other are of all kinds. */
export function kindOf(seed: number): ChaosKind {
  const kind = kinds[seed % kinds.length];
  if (kind === undefined) throw new Error('there are no kinds of lives');
  return kind;
}
