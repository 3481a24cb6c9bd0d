// The listener for alerts as a process of its own, with its ledger on disk and webhooks out: forked by the benchmark about alerts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { Channel } from '../dist/alerts/channels/channel.js';
import { createWebhookChannel } from '../dist/alerts/channels/webhook.js';
import { openLedger } from '../dist/alerts/ledger/ledger.js';
import { createAlertPipeline } from '../dist/alerts/pipeline.js';
import { systemClock } from '../dist/clock.js';
import { alertsDocument } from '../dist/config/schema/alerts.js';
import { shippedTexts } from '../dist/config/texts.js';
import { startAlertServer } from '../dist/server/alerts/listener.js';

const nobody: Channel<unknown> = {
  style: 'together',
  send: ({ to }) => Promise.resolve(to.map((one) => ({ to: one, status: 'sent' as const, providerId: null }))),
  close: () => undefined,
};

const directory = await mkdtemp(path.join(tmpdir(), 'springtide-bench-alerts-'));
const ledger = await openLedger(directory, { clock: systemClock });
const document = alertsDocument.parse(JSON.parse(process.argv[2] ?? '{}'));
const texts = shippedTexts('en');
const webhook = createWebhookChannel();
const pipeline = createAlertPipeline({
  config: () => document,
  texts: () => texts,
  clock: systemClock,
  ledger,
  channels: { email: nobody, sms: nobody, webhook },
});
const startedAt = systemClock.now();
const server = await startAlertServer({
  listen: '127.0.0.1:0',
  desk: { ...pipeline, document: () => document, now: () => systemClock.now(), startedAt, version: 'bench' },
  receipts: () => Promise.resolve({ status: 404, contentType: 'text/plain', body: '' }),
  words: () => ({ texts, people: [] }),
  token: () => Promise.resolve(null),
  log: pino({ level: 'silent' }),
});
process.send?.({ url: server.url });
process.on('disconnect', () => {
  void server
    .close()
    .then(() => pipeline.stop())
    .then(() => webhook.close())
    .then(() => ledger.close())
    .then(() => rm(directory, { recursive: true }))
    .then(() => process.exit(0));
});
