// The pipeline on a virtual clock against a real SMTP server and a real gateway.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmailChannel } from '../../src/alerts/channels/email.ts';
import { createSmsChannel } from '../../src/alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import type { AlertPipeline } from '../../src/alerts/pipeline-interface.ts';
import type { AlertsDocument } from '../../src/model/config.ts';
import type { PlanAlert } from '../../src/model/plan.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { aCondition, anAlertsDocument, catalogue, start } from './builders.ts';
import { startGateway, startMailServer } from './servers.ts';
import type { Gateway, MailServer } from './servers.ts';

let directory: string;
let mail: MailServer;
let gateway: Gateway;
let clock: VirtualClock;
let ledger: Ledger;
let pipeline: AlertPipeline;
let document: AlertsDocument;

const documentFor = (more = ''): AlertsDocument =>
  anAlertsDocument(`
global:
  labels: { cluster: bank-3 }
  smtp_smarthost: 127.0.0.1:${mail.port}
  smtp_from: Springtide <springtide@example.com>
  smtp_require_tls: false
people: { zhang: { sms: '+8613800000001' }, li: { sms: '+8613800000002' } }
sms_gateways:
  - name: main
    http: { url: 'http://127.0.0.1:${gateway.port}/sms', success: { path: code, equals: 0 }, idPath: id }
route:
  receiver: team
  group_by: [alertname]
  routes: [{ matchers: [severity="page"], receiver: duty }]
receivers:
  - name: team
    email_configs: [{ to: 'team@example.com, boss@example.com', send_resolved: true }]
  - name: duty
    sms_configs: [{ to: [zhang, li], gateway: main }]
${more}`);

async function restart(): Promise<void> {
  ledger = await openLedger(directory, { clock, fsync: false });
  pipeline = createAlertPipeline({
    config: () => document,
    texts: () => catalogue('en'),
    clock,
    ledger,
    channels: {
      email: createEmailChannel({ texts: () => catalogue('en') }),
      sms: createSmsChannel({ texts: () => catalogue('en') }),
      webhook: createWebhookChannel(),
    },
    random: () => 0.5,
  });
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  [mail, gateway] = await Promise.all([startMailServer(), startGateway()]);
  clock = new VirtualClock(start);
  document = documentFor();
  await restart();
});
afterEach(async () => {
  await pipeline.stop();
  await ledger.close();
  await Promise.all([mail.close(), gateway.close()]);
});

const tell = (...alerts: PlanAlert[]): ReturnType<AlertPipeline['tell']> => pipeline.tell(alerts, clock.now());

/** In small steps: time does not run ahead of the network. */
async function pass(span: Milliseconds, step: Milliseconds = span): Promise<void> {
  for (let passed = 0; passed < span; passed += step) {
    clock.advance(step);
    await pipeline.settle();
  }
}

const full = (changes: Parameters<typeof aCondition>[1] = {}): PlanAlert =>
  aCondition('SpringtidePoolAtMaximum', changes);
const informed = aCondition('SpringtideNodesOrdered', { labels: { severity: 'info' } });
const over = (alert: PlanAlert): PlanAlert => ({ ...alert, state: 'resolved' });

describe('telling', () => {
  it('waits for group_wait, tells once, and repeats after repeat_interval', async () => {
    expect(await tell(full())).toEqual({ accepted: 1, changed: 1, durable: true, fault: null });
    await pass(seconds(29));
    expect(gateway.taken).toEqual([]);
    await pass(seconds(1));
    expect(gateway.taken.map(({ to, text }) => ({ to, text }))).toEqual([
      { to: '+8613800000001', text: 'ALERT bank-3: SpringtidePoolAtMaximum' },
      { to: '+8613800000002', text: 'ALERT bank-3: SpringtidePoolAtMaximum' },
    ]);
    for (let round = 0; round < 47; round += 1) {
      expect((await tell(full())).changed).toBe(0);
      await pass(minutes(5));
    }
    expect(gateway.taken).toHaveLength(2);
    await tell(full());
    await pass(minutes(15), minutes(5));
    expect(gateway.taken).toHaveLength(4);
  });

  it('puts alerts of one group into one message, and tells what joins later', async () => {
    await tell(full({ labels: { group: 'a' } }), full({ labels: { group: 'b' } }));
    await pass(seconds(30));
    expect(gateway.taken[0]?.text).toBe('ALERT bank-3: SpringtidePoolAtMaximum; bank-3: SpringtidePoolAtMaximum');
    await tell(full({ labels: { group: 'c' } }));
    await pass(minutes(5));
    expect(gateway.taken).toHaveLength(4);
  });

  it('tells the end, and forgets the alert after that', async () => {
    await tell(full());
    await pass(seconds(30));
    await tell(over(full()));
    await pass(minutes(5));
    expect(gateway.taken.slice(2).map(({ text }) => text)).toEqual([
      'RESOLVED bank-3: SpringtidePoolAtMaximum',
      'RESOLVED bank-3: SpringtidePoolAtMaximum',
    ]);
    expect(pipeline.status()).toMatchObject({ firing: 0, groups: 0, owed: 0 });
    expect(ledger.state.alerts.size).toBe(0);
    expect((await tell(over(full()))).changed).toBe(0);
  });

  it('takes a long silence about a condition for its end, but not its own silence', async () => {
    await tell(full(), informed);
    await pass(minutes(30));
    await tell(informed);
    expect(pipeline.status().firing).toBe(2);
    await pass(minutes(3));
    await tell(informed);
    await pass(minutes(3));
    await tell(informed);
    expect(pipeline.status().firing).toBe(1);
  });

  it('mails one message to all, with the thread of its group', async () => {
    await tell(informed);
    await pass(seconds(30));
    expect(mail.mails).toHaveLength(1);
    const [{ raw, to, from } = { raw: '', to: [], from: '' }] = mail.mails;
    expect({ to, from }).toEqual({ to: ['team@example.com', 'boss@example.com'], from: 'springtide@example.com' });
    expect(raw).toContain('Subject: [ALERT] SpringtideNodesOrdered on bank-3');
    expect(raw).toMatch(/References: <group-[0-9a-f]{16}@example\.com>/);
    expect(raw).toContain('Content-Type: text/html; charset=utf-8');
    await tell(over(informed));
    await pass(minutes(5));
    expect(mail.mails[1]?.raw).toContain('Subject: [RESOLVED]');
    expect(pipeline.status().notifications.map(({ to, outcome, why }) => [to, outcome, why])).toEqual([
      ['boss@example.com', 'sent', 'AllResolved'],
      ['team@example.com', 'sent', 'AllResolved'],
      ['boss@example.com', 'sent', 'FirstNotification'],
      ['team@example.com', 'sent', 'FirstNotification'],
    ]);
  });

  it('follows a reload', async () => {
    await tell(informed);
    document = documentFor('  - { name: nobody }');
    document = { ...document, route: { ...document.route, receiver: 'nobody' } };
    await tell(informed);
    await pass(minutes(1));
    expect(mail.mails).toEqual([]);
  });
});

describe('when sending fails', () => {
  it('tries again after a 500, and the attempts stay in the ledger', async () => {
    gateway.script.push({ status: 500 }, { status: 500 });
    await tell(full());
    await pass(seconds(30));
    expect(gateway.taken).toEqual([]);
    expect(pipeline.status()).toMatchObject({ owed: 2 });
    await pass(seconds(1));
    expect(gateway.taken).toHaveLength(2);
    expect(new Set(gateway.asked.map(({ id }) => id)).size).toBe(2);
    expect(pipeline.status().notifications).toMatchObject([
      { outcome: 'sent', attempts: 2, maybeTwice: false },
      { outcome: 'sent', attempts: 2, maybeTwice: false },
    ]);
  });

  it('waits as long as Retry-After asks, over the next flush too', async () => {
    const busy = { status: 429, headers: { 'retry-after': '400' } };
    gateway.script.push(busy, busy);
    await tell(full());
    await pass(seconds(30));
    await tell(full(), full({ labels: { group: 'later' } }));
    await pass(minutes(5), minutes(1));
    expect(gateway.asked).toHaveLength(2);
    await pass(seconds(100));
    expect(gateway.taken).toHaveLength(2);
    expect(gateway.taken[0]?.text).toContain('; bank-3');
  });

  it('gives up on a final refusal until the next turn of the group, and says why', async () => {
    gateway.script.push({ status: 400, body: 'no such number' }, { status: 200, body: '{"code":7}' });
    await tell(full());
    await pass(minutes(4), minutes(1));
    expect(gateway.asked).toHaveLength(2);
    expect(
      pipeline
        .status()
        .notifications.map(({ reason, message }) => [reason, message])
        .sort(),
    ).toEqual([
      ['ClientError', 'the gateway answered 200: {"code":7}'],
      ['ClientError', 'the gateway answered 400: no such number'],
    ]);
    await pass(minutes(20), minutes(5));
    expect(gateway.asked).toHaveLength(4);
    expect(pipeline.status().notifications.filter(({ outcome }) => outcome === 'sent')).toHaveLength(2);
  });

  it('marks what may have arrived twice', async () => {
    gateway.script.push('hangUp', 'hangUp');
    await tell(full());
    await pass(seconds(30));
    await pass(seconds(1));
    expect(pipeline.status().notifications.map(({ outcome, maybeTwice }) => [outcome, maybeTwice])).toEqual([
      ['sent', true],
      ['sent', true],
    ]);
  });

  it('tells the others when one mail address is bad', async () => {
    mail.refusals.set('boss@example.com', { code: 550, text: 'no such user' });
    await tell(informed);
    await pass(minutes(11), seconds(30));
    expect(mail.mails.map(({ to }) => to)).toEqual([['team@example.com']]);
    expect(pipeline.status().notifications).toMatchObject([
      { to: 'boss@example.com', outcome: 'failed', reason: 'RecipientRefused', attempts: 1 },
      { to: 'team@example.com', outcome: 'sent' },
    ]);
  });

  it('sends a deferred address its copy later', async () => {
    mail.refusals.set('boss@example.com', { code: 451, text: 'greylisted' });
    await tell(informed);
    await pass(seconds(30));
    mail.refusals.clear();
    await pass(seconds(2));
    expect(mail.mails.map(({ to }) => to)).toEqual([['team@example.com'], ['boss@example.com']]);
    const [first, second] = mail.mails.map(({ raw }) => /Message-ID: (.*)/i.exec(raw)?.[1]);
    expect(first).toBe(second);
  });

  it('still tells of what began and ended while the gateway was down', async () => {
    const { port } = gateway;
    await gateway.close();
    await tell(full());
    await pass(seconds(30));
    await tell(over(full()));
    await pass(minutes(6), seconds(30));
    expect(pipeline.status()).toMatchObject({ owed: 2, firing: 0 });
    gateway = await startGateway(port);
    await pass(minutes(2), seconds(30));
    expect(gateway.taken.map(({ text }) => text)).toEqual([
      'RESOLVED bank-3: SpringtidePoolAtMaximum',
      'RESOLVED bank-3: SpringtidePoolAtMaximum',
    ]);
    expect(pipeline.status()).toMatchObject({ owed: 0, groups: 0 });
  });
});

describe('over a restart', () => {
  async function kill(): Promise<void> {
    await pipeline.stop(seconds(0));
    await ledger.close();
    await restart();
  }

  it('tells what was accepted before, at the time it was due', async () => {
    await tell(full());
    await pass(seconds(10));
    await kill();
    await pass(seconds(19));
    expect(gateway.taken).toEqual([]);
    await pass(seconds(1));
    expect(gateway.taken).toHaveLength(2);
  });

  it('goes on with what is owed, and does not tell again what was told', async () => {
    gateway.script.push({ status: 200 }, { status: 503 });
    await tell(full());
    await pass(seconds(30));
    const [told] = gateway.taken;
    await kill();
    await pass(minutes(6), seconds(30));
    expect(gateway.taken).toHaveLength(2);
    expect(gateway.taken[1]?.to).not.toBe(told?.to);
  });

  it('tells the end of what was told before', async () => {
    await tell(full());
    await pass(seconds(30));
    await kill();
    await tell(over(full()));
    await pass(minutes(5), minutes(1));
    expect(gateway.taken).toHaveLength(4);
  });
});
