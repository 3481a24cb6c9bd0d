// Springtide's alert half on a free port, as the daemon puts it together: pipeline, ledger in files, webhooks out, the API in.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { createEmailChannel } from '../../../src/alerts/channels/email.ts';
import { createForwarder } from '../../../src/alerts/channels/forward.ts';
import { createSmsChannel } from '../../../src/alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from '../../../src/alerts/channels/webhook.ts';
import { openLedger } from '../../../src/alerts/ledger/ledger.ts';
import { createAlertPipeline } from '../../../src/alerts/pipeline.ts';
import type { AlertPipeline } from '../../../src/alerts/pipeline-interface.ts';
import { systemClock } from '../../../src/clock.ts';
import type { AlertsDocument } from '../../../src/model/config.ts';
import { startAlertServer } from '../../../src/server/alerts/listener.ts';
import { catalogue } from '../../alerts/builders.ts';
import { listAt, textAt } from '../servers/json.ts';

export interface Springtide {
  readonly url: string;
  readonly pipeline: AlertPipeline;
  close(): Promise<void>;
}

export async function startSpringtide(document: AlertsDocument, token: string): Promise<Springtide> {
  const clock = systemClock;
  const texts = (): ReturnType<typeof catalogue> => catalogue('en');
  const directory = mkdtempSync(join(tmpdir(), 'springtide-alerts-'));
  const ledger = await openLedger(directory, { clock });
  const channels = {
    email: createEmailChannel({ texts }),
    sms: createSmsChannel({ texts, clock }),
    webhook: createWebhookChannel({ clock }),
  };
  const forwarder = createForwarder({ clock });
  const pipeline = createAlertPipeline({ config: () => document, texts, clock, ledger, channels, forwarder });
  const server = await startAlertServer({
    listen: '127.0.0.1:0',
    desk: {
      ...pipeline,
      document: () => document,
      now: () => clock.now(),
      startedAt: clock.now(),
      version: '0.1.0',
    },
    receipts: () => Promise.resolve({ status: 404, contentType: 'text/plain', body: '' }),
    words: () => ({ texts: texts(), people: [] }),
    token: () => Promise.resolve(token),
    log: pino({ level: 'silent' }),
  });
  return {
    url: server.url,
    pipeline,
    close: async () => {
      await server.close();
      await pipeline.stop();
      await ledger.close();
      for (const channel of Object.values(channels)) channel.close();
      forwarder.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface Hearer {
  readonly url: string;
  /** What webhooks said of the alerts of this name, in order. */
  heard(alertname: string): readonly string[];
  close(): void;
}

/** A webhook receiver that takes everything. */
export async function startHearer(): Promise<Hearer> {
  const notifications: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((payload) => {
      notifications.push(payload);
      response.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    heard: (alertname) =>
      notifications
        .flatMap((payload) => listAt(payload, 'alerts'))
        .filter((alert) => textAt(alert, 'labels', 'alertname') === alertname)
        .map((alert) => textAt(alert, 'status')),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
