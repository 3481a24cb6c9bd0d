// Alerts in virtual time: what each event does, what is printed, and how a line that cannot be read is refused.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RuleGroup } from '../../src/model/rule.ts';
import { minutes, seconds, type QueryText } from '../../src/model/units.ts';
import { readAlertEvents } from '../../src/simulate/alert-events.ts';
import { billOf, lineOf, lineSchema } from '../../src/simulate/alert-line.ts';
import { simulateAlerts } from '../../src/simulate/alerts.ts';
import { simulationSchemas } from '../../src/simulate/schemas.ts';
import { anAlertsDocument, catalogue } from '../alerts/builders.ts';

const header = '{"start": "2026-11-11T02:00:00Z", "seed": 1}';
const document = anAlertsDocument(`
people: { zhang: { sms: '+8613800000001' }, chief: { sms: '+8613800000002' } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms', sign: 银行 } }]
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
route: { receiver: duty, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h }
receivers:
  - name: duty
    escalation:
      - sms: { person: zhang }
      - { unacknowledgedFor: 10m, sms: { person: chief } }
  - name: wall
    webhook_configs: [{ url: 'http://127.0.0.1:1/' }]
`);

async function play(...events: readonly object[]) {
  const text = [header, ...events.map((event) => JSON.stringify(event))].join('\n');
  const read = readAlertEvents(text, 'events.jsonl');
  const wall = { ...document, route: { ...document.route, receiver: 'wall' } };
  const { attempts, problems } = await simulateAlerts(document, catalogue('en'), read, {
    until: minutes(30),
    documentIn: () => wall,
  });
  const told = attempts.map(
    ({ at, to, attempt, outcome, delivery }) =>
      `${(at - read.start) / 1000} ${to} ${outcome}${attempt > 1 ? ` ${attempt}` : ''}:${delivery.notice.alerts
        .map(({ labels, ended }) => ` ${ended === null ? '' : '-'}${labels['alertname'] ?? ''}`)
        .join('')}`,
  );
  return { told, problems, lines: attempts.map((attempt) => lineOf(attempt, read.start)) };
}

const down = { at: '0s', op: 'push', alerts: [{ labels: { alertname: 'Down' }, startsAt: '0s', endsAt: '24h' }] };
const over = { at: '20m', op: 'push', alerts: [{ labels: { alertname: 'Down' }, startsAt: '0s', endsAt: '20m' }] };

describe('a simulation of alerts', () => {
  it('prints who is told what and when', async () => {
    const { lines } = await play(down, over);
    for (const line of lines) expect(lineSchema.parse(line)).toEqual(line);
    expect(lines[0]).toEqual({
      at: '2026-11-11T02:00:30Z',
      offset: 30,
      receiver: 'duty',
      channel: 'sms',
      to: 'zhang',
      status: 'firing',
      alerts: [{ labels: { alertname: 'Down' }, status: 'firing' }],
      groupKey: '{}:{alertname="Down"}',
      attempt: 1,
      outcome: 'sent',
      text: expect.stringMatching(/^【银行】.*Down/) as string,
      segments: 1,
    });
  });

  it('says what the messages would cost, where a gateway has a price', async () => {
    const priced = anAlertsDocument(`
people: { zhang: { sms: '+8613800000001' } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms', sign: 银行 }, price: { perSegment: 0.045, currency: CNY } }]
route: { receiver: duty, group_wait: 0s, group_interval: 1m }
receivers: [{ name: duty, sms_configs: [{ to: [zhang], gateway: main, send_resolved: true }] }]
`);
    const failing = { at: '0s', op: 'fail', for: '10s' };
    const text = [header, ...[failing, down, over].map((event) => JSON.stringify(event))].join('\n');
    const bill = async (document: typeof priced): Promise<string | null> =>
      billOf(
        (await simulateAlerts(document, catalogue('en'), readAlertEvents(text, 'events'), { until: minutes(30) }))
          .attempts,
      );
    expect(await bill(priced)).toBe('2 SMS segments, 0.09 CNY');
    expect(await bill(document)).toBeNull();
  });

  it('tells people while the one that it forwards to does not answer', async () => {
    const forwarding = anAlertsDocument(`
forwardTo: { url: 'http://central:9093' }
route: { receiver: wall, group_wait: 30s }
receivers: [{ name: wall, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
`);
    const events = [down, { at: '10m', op: 'central', answers: false }, { at: '15m', op: 'central', answers: true }];
    const read = readAlertEvents([header, ...events.map((event) => JSON.stringify(event))].join('\n'), 'events.jsonl');
    const { attempts } = await simulateAlerts(forwarding, catalogue('en'), read, { until: minutes(30) });
    const [only, ...others] = attempts.map(({ at }) => at - read.start);
    expect(others).toEqual([]);
    expect(only).toBeGreaterThan(minutes(11));
    expect(only).toBeLessThanOrEqual(minutes(12));
  });

  it.each<[string, readonly object[], readonly string[], readonly string[]]>([
    ['goes its way without more', [over], ['30 zhang sent: Down', '630 chief sent: Down'], []],
    [
      'stops at an acknowledgement',
      [{ at: '5m', op: 'ack', labels: { alertname: 'Down' } }],
      ['30 zhang sent: Down'],
      [],
    ],
    [
      'knows when nobody fires',
      [{ at: '1m', op: 'ack', labels: { alertname: 'Up' } }],
      ['30 zhang sent: Down', '630 chief sent: Down'],
      ['line 3: nothing that fires is meant'],
    ],
    [
      'is silent, and speaks when the silence is taken back',
      [
        { at: '10s', op: 'silence', id: 'mine', matchers: ['alertname="Down"'], endsAt: '1h' },
        { at: '6m', op: 'unsilence', id: 'mine' },
      ],
      ['630 zhang sent: Down', '1230 chief sent: Down'],
      [],
    ],
    [
      'tries again where a recipient fails for a while',
      [{ at: '0s', op: 'fail', to: 'zhang', for: '32s' }],
      ['30 zhang retry: Down', '30.5 zhang retry 2: Down', '31.25 zhang retry 3: Down', '32.375 zhang sent 4: Down'],
      [],
    ],
    [
      'fails for what is pushed at the same instant and due at once',
      [
        { at: '1m', op: 'push', alerts: [{ labels: { alertname: 'Old' }, startsAt: '-1h', endsAt: '24h' }] },
        { at: '1m', op: 'fail', answer: 'refused', for: '1s' },
      ],
      ['30 zhang sent: Down', '60 chief failed: Old', '60 zhang failed: Old'],
      [],
    ],
    [
      'goes on at once where a receipt says that nothing arrived',
      [{ at: '2m', op: 'receipt', to: 'zhang', status: 'failed', code: 'UNDELIV' }],
      ['30 zhang sent: Down', '120 chief sent: Down'],
      [],
    ],
    [
      'tells nobody twice over a restart',
      [{ at: '3m', op: 'restart' }],
      ['30 zhang sent: Down', '630 chief sent: Down'],
      [],
    ],
    [
      'tells others by other routes after a reload',
      [{ at: '3m', op: 'reload', config: 'other' }],
      ['30 zhang sent: Down', '180 webhook 1 sent: Down'],
      [],
    ],
    [
      'says which failures nothing was sent to meet, as a misspelt receiver',
      [
        { at: '0s', op: 'fail', receiver: 'dooty', for: '5m' },
        { at: '0s', op: 'fail', to: 'zhang', for: '31s' },
        { at: '0s', op: 'fail', channel: 'webhook' },
      ],
      ['30 zhang retry: Down', '30.5 zhang retry 2: Down', '31.25 zhang sent 3: Down'],
      ['line 3: nothing was sent that it means', 'line 5: nothing was sent that it means'],
    ],
    [
      'says what could not be',
      [
        { at: '1m', op: 'push', alerts: [{ labels: {} }] },
        { at: '2m', op: 'unsilence', id: 'nobody' },
        { at: '3h', op: 'restart' },
      ],
      ['30 zhang sent: Down', '630 chief sent: Down'],
      [
        'line 3: alert 0: at least one label pair required',
        'line 4: there is no silence "nobody"',
        'line 5: it is after the end of the play, as are later events',
      ],
    ],
  ])('%s', async (_, events, told, problems) => {
    const played = await play(down, ...events);
    expect(played.problems).toEqual(problems);
    expect(played.told.slice(0, told.length)).toEqual(told);
  });

  it('is the same each time, whatever the order of the file', async () => {
    expect((await play(over, down)).lines).toEqual((await play(down, over)).lines);
  });
});

describe('a simulation of rules', () => {
  const shop: RuleGroup = {
    file: 'rules/shop.yaml',
    name: 'shop',
    interval: seconds(30),
    queryOffset: seconds(0),
    limit: 0,
    rules: [
      {
        alert: 'QueueLong',
        expr: 'queue_depth > 100' as QueryText,
        for: minutes(3),
        keepFiringFor: seconds(0),
        labels: { severity: 'page' },
        annotations: {
          sms: '{{ $labels.queue }} {{ $value }} of {{ with query "count(up)" }}{{ . | first | value }}{{ end }}',
        },
      },
    ],
  };
  const quiet: RuleGroup = { ...shop, rules: [] };
  const wall = anAlertsDocument(`
route: { receiver: wall, group_wait: 0s, group_interval: 1m }
receivers: [{ name: wall, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
`);
  async function playRules(...events: readonly object[]) {
    const text = [header, ...events.map((event) => JSON.stringify(event))].join('\n');
    const read = readAlertEvents(text, 'events.jsonl');
    const { attempts, problems } = await simulateAlerts(wall, catalogue('en'), read, {
      until: minutes(60),
      documentIn: () => wall,
      rulesIn: (config) => [config === 'quiet' ? quiet : shop],
    });
    const told = attempts.map(({ at, delivery }) => ({
      minute: (at - read.start) / 60_000,
      alerts: delivery.notice.alerts.map(
        ({ annotations, ended }) => `${ended === null ? 'firing' : 'over'} ${annotations['sms'] ?? ''}`,
      ),
    }));
    return { told, problems };
  }
  const long = { op: 'rule', alert: 'QueueLong', answer: [{ labels: { queue: 'orders' }, value: 900 }] };
  const short = { op: 'rule', alert: 'QueueLong', answer: [] };
  const up = { at: '0s', op: 'rule', query: 'count(up)', answer: [{ value: 7 }] };
  const within = (minute: number, from: number): void => {
    expect(minute).toBeGreaterThanOrEqual(from);
    expect(minute).toBeLessThanOrEqual(from + 1.5);
  };

  it('waits for as long as the rule says, fills in its texts, and tells the end', async () => {
    const { told, problems } = await playRules(up, { at: '5m', ...long }, { at: '20m', ...short });
    expect(problems).toEqual([]);
    expect(told.map(({ alerts }) => alerts)).toEqual([['firing orders 900 of 7'], ['over orders 900 of 7']]);
    within(told[0]?.minute ?? 0, 8);
    within(told[1]?.minute ?? 0, 20);
  });

  it('takes what an event says of a rule that learns for what is active', async () => {
    const [rule] = shop.rules;
    if (rule === undefined) throw new Error('no rule');
    const text = [header, JSON.stringify({ at: '5m', ...long })].join('\n');
    const learning = { ...rule, learns: { kind: 'anomaly', sensitivity: 0.5, series: 100 } } as const;
    const { attempts } = await simulateAlerts(wall, catalogue('en'), readAlertEvents(text, 'events.jsonl'), {
      until: minutes(60),
      rulesIn: () => [{ ...shop, rules: [learning] }],
    });
    expect(attempts.map(({ delivery }) => delivery.notice.alerts.length)).toEqual([1]);
  });

  it('tells nobody of what was over before its time', async () => {
    expect(await playRules({ at: '5m', ...long }, { at: '7m', ...short })).toEqual({ told: [], problems: [] });
  });

  it('ends nothing while there is no answer, and forgets nothing over a restart', async () => {
    const { told } = await playRules(
      up,
      { at: '5m', ...long },
      { at: '15m', op: 'rule', alert: 'QueueLong', error: 'nobody answers' },
      { at: '25m', op: 'restart' },
      { at: '40m', ...short },
    );
    expect(told).toHaveLength(2);
    within(told[0]?.minute ?? 0, 8);
    within(told[1]?.minute ?? 0, 40);
  });

  it('ends what a reload takes out, and says which rule there is not', async () => {
    const { told, problems } = await playRules(
      { at: '1m', ...long },
      { at: '10m', op: 'reload', config: 'quiet' },
      { at: '30m', ...long },
    );
    expect(problems).toEqual(['line 4: there is no rule "QueueLong"']);
    expect(told).toHaveLength(2);
    within(told[1]?.minute ?? 0, 10);
  });
});

describe('a file of events', () => {
  it.each([
    ['', 'events.jsonl: there is no event'],
    ['{"at": "1s", "op": "restart"}', 'events.jsonl:1: start: Invalid input'],
    [`${header}\nrestart`, 'events.jsonl:2: it is no JSON'],
    [`${header}\n\n{"at": "1s", "op": "explode"}`, 'events.jsonl:3: op: Invalid'],
    [`${header}\n{"at": "soon", "op": "restart"}`, 'events.jsonl:2: at: write an offset from the start: 90s'],
    [`${header}\n{"at": "1s", "op": "rule", "answer": []}`, 'events.jsonl:2: name what is asked by exactly one of'],
    [`${header}\n{"at": "1s", "op": "rule", "alert": "A"}`, 'events.jsonl:2: say what is answered by exactly one of'],
    [`${header}\n{"at": "1s", "op": "rule", "query": "up", "answer": [{"value": "big"}]}`, 'answer: 0: value: Invalid'],
    [`${header}\n{"at": "1s", "op": "ack"}`, 'events.jsonl:2: name what somebody is on by exactly one of'],
    [`${header}\n{"at": "1s", "op": "silence", "matchers": ["a=~("], "endsAt": "1h"}`, 'events.jsonl:2: '],
  ])('%j is refused', (text, message) => {
    expect(() => readAlertEvents(text, 'events.jsonl')).toThrow(message);
  });
});

describe('the schemas', () => {
  it.each([...simulationSchemas()])('%s is what its source says', (file, text) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toBe(text);
  });
});
