// The process that the chaos test kills: accepts a new alert every few milliseconds and says which ones it holds for good.
import { createSmsChannel } from '../../src/alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';
import type { PlanAlert } from '../../src/model/plan.ts';
import type { Texts } from '../../src/model/texts.ts';
import { rfc3339 } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';

const [, , directory = '', port = '', first = '0', mode = 'accept'] = process.argv;
const texts: Texts = {
  language: 'en',
  sentences: { 'message.sms.firing': '{text}', 'message.sms.resolved': '{text}' },
};
const document = alertsDocument.parse({
  sms_gateways: [{ name: 'main', http: { url: `http://127.0.0.1:${port}/sms`, idPath: 'id', timeout: '1s' } }],
  route: { receiver: 'duty', group_by: ['...'], group_wait: '0', group_interval: '200ms' },
  receivers: [{ name: 'duty', sms_configs: [{ to: ['+8613800000001'], gateway: 'main', send_resolved: false }] }],
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

const conditionOf = (number: number): PlanAlert => ({
  labels: { alertname: 'Chaos', number: String(number) },
  annotations: { sms: `alert ${number}` },
  state: 'firing',
  since: rfc3339(systemClock.now()),
});

process.stdout.write('ready\n');
const pause = (length: number): Promise<void> => sleep(systemClock, length as Milliseconds);
if (mode === 'accept')
  for (let number = Number(first); ; number += 1) {
    const outcome = await pipeline.tell([conditionOf(number)], systemClock.now());
    if (outcome.durable) process.stdout.write(`accepted ${number}\n`);
    await pause(3);
  }
// the test's own deadline ends this when somebody is never told
while (pipeline.status().owed > 0 || ledger.state.told.size < ledger.state.alerts.size) await pause(20);
await pipeline.stop();
await ledger.close();
