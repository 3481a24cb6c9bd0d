// The process that the chaos test kills: takes alerts by the API and tells of them; told to drain it ends when nothing is owed any more.
import pino from 'pino';
import { createSmsChannel } from '../../src/alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';
import type { Texts } from '../../src/model/texts.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { startAlertServer } from '../../src/server/alerts/listener.ts';

const [, , directory = '', port = ''] = process.argv;
const texts: Texts = {
  language: 'en',
  sentences: { 'message.sms.firing': '{text}', 'message.sms.resolved': 'over: {text}' },
};
const document = alertsDocument.parse({
  sms_gateways: [{ name: 'main', http: { url: `http://127.0.0.1:${port}/sms`, idPath: 'id', timeout: '1s' } }],
  // Each alert is counted by its own message here: none is told together with others.
  limits: { messagesInMinute: 10_000, sms: { most: 10_000 } },
  route: { receiver: 'duty', group_by: ['...'], group_wait: '0', group_interval: '200ms' },
  receivers: [{ name: 'duty', sms_configs: [{ to: ['+8613800000001'], gateway: 'main', send_resolved: true }] }],
});
const ledger = await openLedger(directory, { clock: systemClock, maxSegmentBytes: 64 * 1024 });
const pipeline = createAlertPipeline({
  config: () => document,
  texts: () => texts,
  clock: systemClock,
  ledger,
  channels: {
    email: { style: 'together', send: () => Promise.resolve([]), close: () => undefined },
    sms: createSmsChannel({ texts: () => texts }),
    webhook: createWebhookChannel(),
  },
  // short waits between attempts
  random: () => -0.4,
});

const server = await startAlertServer({
  listen: '127.0.0.1:0',
  desk: {
    ...pipeline,
    document: () => document,
    now: () => systemClock.now(),
    startedAt: systemClock.now(),
    version: 'chaos',
  },
  receipts: () => Promise.resolve({ status: 404, contentType: 'text/plain', body: '' }),
  words: () => ({ texts, people: [] }),
  token: () => Promise.resolve(null),
  log: pino({ level: 'silent' }),
});
process.on('message', () => void drain());
process.send?.(server.url);

/** The test's own deadline ends this when somebody is never told. */
async function drain(): Promise<void> {
  while (pipeline.status(0).owed > 0 || ledger.state.alerts.size > 0) await sleep(systemClock, 20 as Milliseconds);
  await server.close();
  await pipeline.stop();
  await ledger.close();
  process.exit();
}
