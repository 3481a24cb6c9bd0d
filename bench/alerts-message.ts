// One message for 10,000 groups, and one for 50,000 alerts of one group: the most that the main thread works in one go while it is made, sent and written down, and at the start after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Channel } from '../dist/alerts/channels/channel.js';
import { createWebhookChannel } from '../dist/alerts/channels/webhook.js';
import { openLedger, type Ledger } from '../dist/alerts/ledger/ledger.js';
import { createAlertPipeline } from '../dist/alerts/pipeline.js';
import { sleep, systemClock } from '../dist/clock.js';
import { alertsDocument } from '../dist/config/schema/alerts.js';
import { shippedTexts } from '../dist/config/texts.js';
import { rfc3339, seconds } from '../dist/model/units.js';
import type { Figure } from './report.ts';
import { watchWork } from './thread-time.ts';

const bar = 100;
const batch = 250;

export interface Mass {
  readonly name: string;
  readonly alerts: number;
  readonly groupBy: readonly string[];
  readonly groupWait: string;
  /** before the last message, which is for all the others */
  readonly messages: number;
}

export const masses: readonly Mass[] = [
  { name: '10,000 groups', alerts: 10_000, groupBy: ['instance'], groupWait: '5s', messages: 10 },
  { name: '50,000 alerts of one group', alerts: 50_000, groupBy: ['cluster'], groupWait: '2m', messages: 0 },
];

const nobody: Channel<unknown> = {
  style: 'together',
  send: ({ to }) => Promise.resolve(to.map((one) => ({ to: one, status: 'sent' as const, providerId: null }))),
  close: () => undefined,
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(systemClock, seconds(0.1));
}

const sent = ({ state }: Ledger): number => state.recent.length;

/** `hearer`: who is told by webhook. */
export async function messageFor(mass: Mass, hearer: string): Promise<readonly Figure[]> {
  const { name, groupBy, groupWait, messages } = mass;
  const document = alertsDocument.parse({
    route: { receiver: 'all', group_by: groupBy, group_wait: groupWait },
    receivers: [{ name: 'all', webhook_configs: [{ url: hearer, timeout: '1m' }] }],
    limits: { messagesInMinute: 10 },
  });
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-bench-message-'));
  const webhook = createWebhookChannel();
  const texts = shippedTexts('en');
  const begin = (ledger: Ledger): ReturnType<typeof createAlertPipeline> =>
    createAlertPipeline({
      config: () => document,
      texts: () => texts,
      clock: systemClock,
      ledger,
      channels: { email: nobody, sms: nobody, webhook },
    });
  const ledger = await openLedger(directory, { clock: systemClock });
  const pipeline = begin(ledger);
  const now = rfc3339(systemClock.now());
  for (let first = 0; first < mass.alerts; first += batch)
    await pipeline.push(
      Array.from({ length: batch }, (_, index) => ({
        labels: { alertname: `Alert${index % 50}`, cluster: 'pay-sh-07', instance: `node-${first + index}:9100` },
        annotations: { summary: 'the disk of this instance will be full in four hours' },
        startsAt: now,
      })),
    );
  await until(
    () => sent(ledger) === messages && ledger.state.held.size === (messages === 0 ? 0 : mass.alerts - messages),
  );
  const telling = watchWork();
  await until(() => sent(ledger) > messages);
  await pipeline.settle();
  await sleep(systemClock, seconds(1));
  const told = telling.end();
  await pipeline.stop();
  await ledger.close();
  const opening = watchWork();
  const again = await openLedger(directory, { clock: systemClock });
  await sleep(systemClock, seconds(0.1));
  const opened = opening.end();
  const starting = watchWork();
  const next = begin(again);
  await sleep(systemClock, seconds(0.1));
  const started = starting.end();
  await next.stop();
  await again.close();
  webhook.close();
  await rm(directory, { recursive: true });
  return [
    { name: `a message for ${name}: work in one go`, value: told, unit: 'ms', bar },
    { name: 'the same, while the ledger is read at the next start', value: opened, unit: 'ms', bar },
    { name: 'the same, when all is put in its place after that', value: started, unit: 'ms' },
  ];
}
