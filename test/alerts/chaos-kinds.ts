// The configurations that lives full of deaths are lived with, and what each promises to whom.
import type { AlertsDocument } from '../../src/model/config.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { anAlertsDocument, start } from './builders.ts';
import type { BudgetRules } from './chaos-budgets.ts';
import type { CallRules } from './chaos-calls.ts';
import type { ForwardRules } from './chaos-forwarding.ts';
import type { WaysOf } from './chaos-reloads.ts';

/** Written down here, not asked of the code that is judged. */
export interface ChaosRules {
  /** every alert is told by one way of each of these */
  readonly told: readonly (readonly string[])[];
  /** who hears of no end, as he is configured */
  readonly noEnds: readonly string[];
  /** no message is made from the one instant to the other */
  readonly quiet?: { readonly from: Instant; readonly until: Instant };
  /** some are called where nobody is on it */
  readonly calls?: CallRules;
  /** so many to one telephone */
  readonly budget?: BudgetRules;
  /** who is told over there need not be told here */
  readonly forwards?: ForwardRules;
  /** who is told beside those, by each configuration */
  readonly waysOf?: WaysOf;
}

export interface ChaosKind {
  /** the first is in force at the beginning, the others at random instants */
  readonly documents: readonly [AlertsDocument, ...AlertsDocument[]];
  readonly rules: ChaosRules;
  /** which label names the group of an alert; null: each is one */
  readonly groupedBy: 'team' | null;
  /** of each step of time, that somebody says that he is on something */
  readonly acknowledged: number;
  /** by then all is said, and that it is over */
  readonly lasts: Milliseconds;
}

type GroupBy = 'team' | '...';

const documentOf = (groupBy: GroupBy, duty: string, most = 100_000, route = '', more = ''): AlertsDocument =>
  anAlertsDocument(`
people:
  zhang: { sms: '+8613800000001', email: zhang@bank.example }
  li: { sms: '+8613800000002', email: li@bank.example }
  chief: { sms: '+8613800000003' }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
route: { receiver: duty, group_by: ['${groupBy}'], group_wait: 0s, group_interval: 20s, repeat_interval: 90d, ${route} }
receivers:
  - name: duty
${duty}
limits: { messagesInMinute: ${most}, sms: { most: ${most} }, namedInMessage: 1000 }
flapping: { changes: 1000 }
${more}
`);

/** SMS and a webhook: each alert a group of its own; groups of ten; and groups of ten of which many come together in one message. */
const plain = `
    sms_configs: [{ to: [zhang, li], gateway: main }]
    webhook_configs: [{ url: 'http://127.0.0.1:1/' }]`;
const plainRules: ChaosRules = {
  told: [['sms zhang'], ['sms li'], ['webhook http://127.0.0.1:1/']],
  noEnds: [],
};

/** A mail is for several: some of them are refused, for good or not. */
const mail = `
    sms_configs: [{ to: [zhang], gateway: main }]
    email_configs:
      - { to: 'noc@bank.example, ops@bank.example', send_resolved: true }
      - { to: 'archive@bank.example', send_resolved: false }`;
const mailRules: ChaosRules = {
  told: [['sms zhang'], ['email noc@bank.example'], ['email ops@bank.example'], ['email archive@bank.example']],
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

/** The later ones are called where nobody is on it, and hear the end of what they were called for. */
const calls = `
    escalation:
      - { sms: { person: zhang, gateway: main } }
      - { unacknowledgedFor: 40s, sms: { person: li, gateway: main } }
      - { unacknowledgedFor: 80s, sms: { person: chief, gateway: main }, email: { to: noc@bank.example } }`;
const callRules: ChaosRules = {
  told: [['sms zhang']],
  noEnds: [],
  calls: {
    first: 'sms zhang',
    later: [
      { way: 'sms li', after: seconds(40) },
      { way: 'sms chief', after: seconds(80) },
    ],
    slack: seconds(20),
  },
};

/** What is too much for a telephone is mailed at once, and comes as a digest later, when all is over. */
const anHour = 6;
const budget = `
    sms_configs: [{ to: [zhang, li], gateway: main }]`;
const budgetRules: ChaosRules = {
  told: [
    ['sms zhang', 'email zhang'],
    ['sms li', 'email li'],
  ],
  noEnds: [],
  budget: { ways: ['sms zhang', 'sms li'], anHour },
};

/** A person is taken away and put back, so is a webhook; a route is moved; groups are others. */
const isMoved = (team: string): boolean => team.startsWith('t1');
const moved = `routes: [{ matchers: ['team=~"t1.*"'], receiver: second }]`;
/** In files: of what stands in the configuration itself, and is gone from it, a start knows nothing more. */
const hook = '/secrets/hook';
const otherHook = '/secrets/other-hook';
const plainAnd = (sms: string, webhooks: string): string => `
    sms_configs: [{ to: ${sms}, gateway: main }]
    webhook_configs: [${webhooks}]
  - name: second
    sms_configs: [{ to: [li], gateway: main }]
    webhook_configs: [{ url_file: ${otherHook} }]`;
const all = plainAnd('[zhang, li]', `{ url_file: ${hook} }`);
const allWays = ['sms zhang', 'sms li', `webhook ${hook}`];
const reloadKind = (groupBy: GroupBy, most?: number): ChaosKind => ({
  documents: [
    documentOf(groupBy, all, most),
    documentOf(groupBy, plainAnd('[zhang]', `{ url_file: ${hook} }`), most),
    documentOf(groupBy, plainAnd('[li, zhang]', ''), most),
    documentOf(groupBy === 'team' ? '...' : 'team', all, most),
    documentOf(groupBy, all, most, moved),
  ],
  rules: {
    told: [],
    noEnds: [],
    waysOf: [
      () => allWays,
      () => ['sms zhang', `webhook ${hook}`],
      () => ['sms zhang', 'sms li'],
      () => allWays,
      (team) => (isMoved(team) ? ['sms li', `webhook ${otherHook}`] : allWays),
    ],
  },
  groupedBy: groupBy === 'team' ? groupBy : null,
  acknowledged: 0,
  lasts: minutes(65),
});

interface More {
  readonly acknowledged?: number;
  readonly text?: string;
  readonly lasts?: Milliseconds;
}

const kindBy =
  (receiver: string, rules: ChaosRules, { acknowledged = 0, text, lasts = minutes(65) }: More = {}) =>
  (groupBy: GroupBy, most?: number): ChaosKind => ({
    documents: [documentOf(groupBy, receiver, most, '', text)],
    rules,
    groupedBy: groupBy === 'team' ? groupBy : null,
    acknowledged,
    lasts,
  });

/** A central one that is silent at times, and takes all but a few. */
const silentAfter = seconds(25);
const ofForwarding = kindBy(
  plain,
  { ...plainRules, forwards: { silentAfter, refuses: (number) => number % 17 === 3 } },
  { text: `forwardTo: { url: 'http://central.example:9093/', silentAfter: ${silentAfter / 1000}s }` },
);

const ofPlain = kindBy(plain, plainRules);
const ofMail = kindBy(mail, mailRules);
const ofNight = kindBy(night, nightRules);
const ofBudget = kindBy(budget, budgetRules, {
  text: `budgets: { sms: { perNumber: { hour: ${anHour} } } }`,
  lasts: minutes(180),
});

/** Each family has a thousand seeds: what was found by the others can be played again. */
const families: readonly (readonly ChaosKind[])[] = [
  [ofPlain('...'), ofPlain('team'), ofPlain('team', 3), ofMail('...'), ofMail('team'), ofNight('...'), ofNight('team')],
  [kindBy(calls, callRules, { acknowledged: 0.8 })('...'), kindBy(calls, callRules, { acknowledged: 0.15 })('team')],
  [ofBudget('...'), ofBudget('team')],
  [reloadKind('...'), reloadKind('team'), reloadKind('team', 3)],
  [ofForwarding('...'), ofForwarding('team'), ofForwarding('team', 3)],
];

/** Lives that follow each other are of all kinds of their family. */
export function kindOf(seed: number): ChaosKind {
  const kinds = families[Math.floor((seed - 1) / 1000)] ?? [];
  const kind = kinds[seed % kinds.length];
  if (kind === undefined) throw new Error('there are no kinds of lives');
  return kind;
}
