// Forwarding to a central one that refuses some alerts: they are found, and all others are handed on.
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createForwarder } from '../../src/alerts/channels/forward.ts';
import type { ForwardResult } from '../../src/alerts/channels/forward.ts';
import type { Clock } from '../../src/clock.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import { anAlert, start } from './builders.ts';
import { listening } from './listening.ts';

const still: Clock = { now: () => start, after: () => () => undefined };

function forwarding(url: string, alerts: readonly Alert[], clock = still): Promise<ForwardResult> {
  const forwarder = createForwarder({ clock });
  onTestFinished(() => forwarder.close());
  const options = { validFor: minutes(5), signal: new AbortController().signal };
  return forwarder.forward(alerts, { url, silentAfter: minutes(2) }, options);
}

async function answering(answer: (body: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => answer(body, response));
  });
  return `http://127.0.0.1:${await listening(server)}/`;
}

const aFiring = anAlert({ summary: 'full' }, { alertname: 'Full', cluster: 'c1' });

/** Answers as a receiver that refuses some alerts: takes the others of a batch, or nothing of it. */
async function choosing(
  isRefused: (labels: Readonly<Record<string, string>>) => boolean,
  takesOthers: boolean,
): Promise<{ url: string; known: Set<string>; asked: () => number }> {
  const known = new Set<string>();
  let asked = 0;
  const url = await answering((body, response) => {
    asked += 1;
    const alerts = JSON.parse(body) as { labels: Record<string, string> }[];
    const bad = alerts.filter(({ labels }) => isRefused(labels));
    if (bad.length === 0 || takesOthers)
      for (const { labels } of alerts) if (!isRefused(labels)) known.add(labels['instance'] ?? '');
    response.writeHead(bad.length === 0 ? 200 : 400).end(bad.map(({ labels }) => labels['instance']).join());
  });
  return { url, known, asked: () => asked };
}

const numbered = (count: number): Alert[] =>
  Array.from({ length: count }, (_, index) => ({
    ...aFiring,
    fingerprint: String(index),
    labels: { ...aFiring.labels, instance: String(index) },
  }));
const isBad = ({ instance }: Readonly<Record<string, string>>): boolean => ['7', '8', '300'].includes(instance ?? '');

it.each([true, false])(
  'finds what is refused by itself, and hands on all others (they are taken: %s)',
  async (takes) => {
    const server = await choosing(isBad, takes);
    const result = await forwarding(server.url, numbered(400));
    expect(result).toMatchObject({
      status: 'sent',
      refused: ['7', '8', '300'].map((fingerprint) => ({
        fingerprint,
        labels: { instance: fingerprint },
        why: `forwardTo answered 400: ${fingerprint}`,
      })),
    });
    expect(server.known.size).toBe(397);
    // 256 take eight halvings to one: two of the first portion beside each other, one of the second
    expect(server.asked()).toBeLessThan(45);
  },
);

it.each([
  ['everything, an empty batch too', () => ({ status: 404 }), 2, undefined],
  ['whoever asks', () => ({ status: 401 }), 1, undefined],
  ['each alert', (body: string) => ({ status: body === '[]' ? 200 : 422 }), 4, 2],
])('one that refuses %s', async (_, answer: (body: string) => { status: number }, asked, refused) => {
  let count = 0;
  const url = await answering((body, response) => {
    count += 1;
    response.writeHead(answer(body).status).end();
  });
  const result = await forwarding(url, numbered(2));
  expect([result.status, result.refused?.length, count]).toEqual([
    refused === undefined ? 'failed' : 'sent',
    refused,
    asked,
  ]);
});

it('looks no longer for what is refused than half of silentAfter, and goes on the next time', async () => {
  const server = await choosing(() => true, false);
  let now = start;
  const result = await forwarding(server.url, numbered(200), { ...still, now: () => (now = later(now, seconds(0.2))) });
  expect(result.status).toBe('failed');
  expect(result.refused?.length).toBeGreaterThan(0);
  expect(result.refused?.length).toBeLessThan(60);
});
