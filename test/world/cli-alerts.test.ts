// springtide alerts as a process: which routes an alert takes, and events played in virtual time. No network, no daemon.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineSchema } from '../../src/simulate/alert-line.ts';
import { springtide } from './command-line.ts';

const config = fileURLToPath(new URL('../../config', import.meta.url));
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-alerts-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const events = [
  { start: '2026-11-11T02:00:00Z', seed: 1 },
  {
    at: '0s',
    op: 'push',
    alerts: [{ labels: { alertname: 'Down', severity: 'page' }, startsAt: '0s', endsAt: '5m' }],
  },
  { at: '0s', op: 'fail', channel: 'sms', for: '11s' },
  { at: '3m', op: 'reload', config },
];
const lines = (list: readonly object[]): string => list.map((one) => JSON.stringify(one)).join('\n');

describe('springtide alerts', () => {
  it('says which routes an alert takes', async () => {
    const { code, out } = await springtide([
      ...['alerts', 'route', '--config', config, 'severity=page', 'service=web', '--output', 'json'],
    ]);
    expect([code, JSON.parse(out)]).toEqual([0, [{ receiver: 'duty-page', route: [0], continue: false }]]);
  });

  it('reads labels as they are written in Alertmanager, says whom they lead to, and takes no pattern for a label', async () => {
    const route = (...words: string[]) => springtide(['alerts', 'route', '--config', config, ...words]);
    const [english, chinese, pattern, other] = await Promise.all([
      route('Down', 'severity="page"'),
      route('severity=page', '--lang', 'zh-CN'),
      route('severity=~page'),
      route('Down', 'page'),
    ]);
    expect(english.out).toBe('duty-page  by {severity="page"}  [0]\n    sms duty\n    email duty@example.com\n');
    expect(chinese.out).toContain('duty-page  经由 {severity="page"}  [0]\n');
    expect([pattern.code, other.code]).toEqual([2, 2]);
    expect(pattern.err).toContain(
      'severity=~ is no label of an alert (write LABEL=VALUE, as the alert has it: severity=page)',
    );
    expect(other.err).toContain('(write LABEL=VALUE: severity=page)');
  });

  it('plays events from a file, and from standard input the same', async () => {
    const file = path.join(directory, 'events.jsonl');
    await writeFile(file, lines(events));
    const words = ['alerts', 'simulate', '--config', config, '--until', '1h', '--events'];
    const [read, given] = await Promise.all([
      springtide([...words, file]),
      // an editor has put a byte order mark before them
      springtide([...words, '-'], {}, `\uFEFF${lines(events)}`),
    ]);
    expect([read.code, read.err, given.out]).toEqual([0, '', read.out]);
    const printed = read.out
      .trim()
      .split('\n')
      .map((line) => lineSchema.parse(JSON.parse(line)));
    expect(
      printed.map(({ offset, channel, attempt, outcome, status }) => [offset, channel, attempt, outcome, status]),
    ).toEqual([
      [10, 'email', 1, 'sent', 'firing'],
      [10, 'sms', 1, 'retry', 'firing'],
      [10.5, 'sms', 2, 'retry', 'firing'],
      [11.25, 'sms', 3, 'sent', 'firing'],
      [310, 'email', 1, 'sent', 'resolved'],
      [310, 'sms', 1, 'sent', 'resolved'],
    ]);
  });

  it('evaluates the rules of the directory over the answers that the events give', async () => {
    const orders = { op: 'rule', alert: 'OrdersWaiting' };
    const text = lines([
      ...events.slice(0, 1),
      { at: '0s', ...orders, answer: [{ labels: { namespace: 'shop', queue: 'orders' }, value: 1234 }] },
      { at: '20m', ...orders, answer: [] },
    ]);
    const words = ['alerts', 'simulate', '--config', config, '--until', '1h', '--events', '-'];
    const { code, out, err } = await springtide(words, {}, text);
    expect([code, err]).toEqual([0, '']);
    const printed = out
      .trim()
      .split('\n')
      .map((line) => lineSchema.parse(JSON.parse(line)))
      .filter(({ channel }) => channel === 'sms');
    expect(printed.map(({ status }) => status)).toEqual(['firing', 'resolved']);
    expect(printed[0]?.text).toContain('1.234k orders wait in orders');
    expect(printed[0]?.offset).toBeGreaterThanOrEqual(600);
  });

  it('refuses a line that it cannot read, with its place', async () => {
    const text = `${lines(events.slice(0, 1))}\n{"at": "1s", "op": "rule"}`;
    const { code, err } = await springtide(['alerts', 'simulate', '--config', config, '--events', '-'], {}, text);
    expect(code).toBe(2);
    expect(err).toContain('UsageInvalid: -:2: name what is asked by exactly one of alert and query');
  });
});
