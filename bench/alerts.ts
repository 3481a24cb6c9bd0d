// npm run bench -- alerts: routes that are matched, and alerts taken in by the listener at 10,000 a minute, on a file ledger.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { Channel } from '../dist/alerts/channels/channel.js';
import { openLedger } from '../dist/alerts/ledger/ledger.js';
import { createAlertPipeline } from '../dist/alerts/pipeline.js';
import { buildRoutes, routesOf } from '../dist/alerts/route.js';
import { systemClock } from '../dist/clock.js';
import { alertsDocument } from '../dist/config/schema/alerts.js';
import type { AlertsDocument } from '../dist/config/schema/alerts.js';
import { shippedTexts } from '../dist/config/texts.js';
import { startAlertServer } from '../dist/server/alerts/listener.js';
import { percentile, type Figure, type Report } from './report.ts';

const alertsAMinute = 10_000;
const batch = 50;
const minutes = 3;

const documentOf = (routes: number): AlertsDocument =>
  alertsDocument.parse({
    route: {
      receiver: 'all',
      group_by: ['alertname', 'cluster'],
      routes: Array.from({ length: routes }, (_, index) => ({
        receiver: 'all',
        matchers: [`team="team-${index}"`, index % 3 === 0 ? 'severity=~"page|critical"' : 'env!="test"'],
      })),
    },
    receivers: [{ name: 'all', webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }],
  });

const labelsOf = (index: number): Record<string, string> => ({
  alertname: `Alert${index % 50}`,
  cluster: 'pay-sh-07',
  instance: `10.0.${Math.floor(index / 250) % 250}.${index % 250}:9100`,
  severity: index % 2 === 0 ? 'page' : 'warning',
  team: `team-${index % 1000}`,
});

function routing(): Figure {
  const root = buildRoutes(documentOf(1000).route);
  const sets = Array.from({ length: 10_000 }, (_, index) => labelsOf(index));
  const before = performance.now();
  for (const labels of sets) routesOf(root, labels);
  return { name: '1,000 routes x 10,000 alerts', value: performance.now() - before, unit: 'ms', bar: 1000 };
}

const taken: Channel<unknown> = {
  style: 'together',
  send: ({ to }) => Promise.resolve(to.map((one) => ({ to: one, status: 'sent' as const, providerId: null }))),
  close: () => undefined,
};

/** In a process of its own, so that its memory is its own. */
async function listen(): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-bench-alerts-'));
  const ledger = await openLedger(directory, { clock: systemClock });
  const document = documentOf(20);
  const texts = shippedTexts('en');
  const pipeline = createAlertPipeline({
    config: () => document,
    texts: () => texts,
    clock: systemClock,
    ledger,
    channels: { email: taken, sms: taken, webhook: taken },
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
  process.on('message', (message) => {
    if (message === 'memory') {
      process.send?.({ rss: process.memoryUsage().rss / 1e6, firing: pipeline.status(0).firing });
      return;
    }
    void server
      .close()
      .then(() => pipeline.stop())
      .then(() => ledger.close())
      .then(() => rm(directory, { recursive: true }))
      .then(() => process.exit(0));
  });
}

type Said = { readonly url: string } | { readonly rss: number; readonly firing: number };

export async function alerts(): Promise<Report> {
  const figures: Figure[] = [routing()];
  const child = fork(new URL(import.meta.url), ['listen'], { stdio: 'inherit' });
  const next = (): Promise<Said> =>
    new Promise((resolve) => child.once('message', (message) => resolve(message as Said)));
  const begun = await next();
  if (!('url' in begun)) throw new Error('the listener did not begin');
  const times: number[] = [];
  const startsAt = new Date().toISOString();
  const batches = alertsAMinute / batch;
  for (let minute = 0; minute < minutes; minute += 1)
    for (let number = 0; number < batches; number += 1) {
      const due = performance.now() + 60_000 / batches;
      const body = JSON.stringify(
        Array.from({ length: batch }, (_, index) => ({
          labels: labelsOf(number * batch + index),
          annotations: { summary: 'the disk of this instance will be full in four hours' },
          startsAt,
          endsAt: new Date(Date.now() + 240_000).toISOString(),
        })),
      );
      const before = performance.now();
      const answer = await fetch(`${begun.url}/api/v2/alerts`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      await answer.text();
      if (!answer.ok) throw new Error(`the listener answered ${answer.status}`);
      times.push(performance.now() - before);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
  const reading = next();
  child.send('memory');
  const read = await reading;
  child.send('stop');
  if (!('rss' in read)) throw new Error('the listener did not tell its memory');
  return {
    bench: 'alerts',
    node: process.version,
    figures: [
      ...figures,
      { name: `a batch of ${batch} taken in, p50`, value: percentile(times, 0.5), unit: 'ms' },
      { name: `a batch of ${batch} taken in, p99`, value: percentile(times, 0.99), unit: 'ms', bar: 50 },
      { name: 'alerts that fire', value: read.firing, unit: '' },
      { name: 'resident memory of the listener', value: read.rss, unit: 'MB', bar: 300 },
    ],
  };
}

if (process.argv[2] === 'listen' && process.send !== undefined) await listen();
