// What speaks to people and to others outside, asked by the fence: nothing begins while it is closed, nothing goes on when it closes.
import net, { type AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery, SendResult } from '../../src/alerts/channels/channel.ts';
import { createEmailChannel } from '../../src/alerts/channels/email.ts';
import { createForwarder } from '../../src/alerts/channels/forward.ts';
import { createSmsChannel } from '../../src/alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { fenced, fencedForwarder } from '../../src/alerts/fenced.ts';
import { createHeartbeat } from '../../src/alerts/heartbeat.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import { systemClock } from '../../src/clock.ts';
import { createFence, writesFor, type LeaseFence } from '../../src/leader/fence.ts';
import { minutes } from '../../src/model/units.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue, start } from './builders.ts';

/** Takes connections, greets as a mail server does, and never says anything more. */
interface Silent {
  readonly port: number;
  readonly taken: () => number;
  /** the first connection is there */
  readonly met: Promise<void>;
  /** every connection that was made is gone */
  readonly left: Promise<void>;
  close(): Promise<void>;
}

async function startSilent(greeting: string): Promise<Silent> {
  let taken = 0;
  let meet: () => void = () => undefined;
  let leave: () => void = () => undefined;
  const met = new Promise<void>((resolve) => (meet = resolve));
  const left = new Promise<void>((resolve) => (leave = resolve));
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    taken += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      if (open.size === 0) leave();
    });
    if (greeting !== '') socket.write(greeting);
    socket.on('data', () => meet());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    taken: () => taken,
    met,
    left,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        open.forEach((socket) => socket.destroy());
      }),
  };
}

let time: { now: number };
let fence: LeaseFence;
let server: Silent;
const closing: (() => void | Promise<void>)[] = [];
beforeEach(() => {
  time = { now: 1_000 };
  fence = createFence(() => time.now);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const documentFor = (port: number) =>
  anAlertsDocument(`
global: { smtp_smarthost: '127.0.0.1:${port}', smtp_from: springtide@example.com, smtp_require_tls: false }
people: { wang: { email: wang@example.com, sms: '+8613800000001' } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:${port}/sms' } }]
route: { receiver: duty }
receivers:
  - name: duty
    email_configs: [{ to: wang }]
    sms_configs: [{ to: [wang], gateway: main }]
    webhook_configs: [{ url: 'http://127.0.0.1:${port}/hook' }]
forwardTo: { url: 'http://127.0.0.1:${port}' }
heartbeat: { url: 'http://127.0.0.1:${port}/ping', every: 1m }`);

type Sending = () => Promise<readonly SendResult[]>;

interface Way {
  readonly greeting: string;
  /** it may have arrived all the same; of a mail nothing but the greeting was spoken */
  readonly uncertain: boolean;
  readonly sending: () => Sending;
}

/** Each way out of the process, as the daemon puts it together. */
const ways: Readonly<Record<string, Way>> = {
  'a mail': {
    greeting: '220 mail ESMTP\r\n',
    uncertain: false,
    sending: () => {
      const document = documentFor(server.port);
      const channel = fenced(createEmailChannel({ texts: () => catalogue('en') }), fence);
      const [config] = document.receivers[0]?.email_configs ?? [];
      if (config === undefined) throw new Error('no mail in the document');
      return () => channel.send(deliveryOf(document, ['wang']), config);
    },
  },
  'an SMS': {
    greeting: '',
    uncertain: true,
    sending: () => {
      const document = documentFor(server.port);
      const channel = createSmsChannel({ texts: () => catalogue('en') });
      closing.push(() => channel.close());
      const [config] = document.receivers[0]?.sms_configs ?? [];
      if (config === undefined) throw new Error('no SMS in the document');
      return () => fenced(channel, fence).send(deliveryOf(document, ['wang']), config);
    },
  },
  'a webhook': {
    greeting: '',
    uncertain: true,
    sending: () => {
      const document = documentFor(server.port);
      const channel = createWebhookChannel();
      closing.push(() => channel.close());
      const [config] = document.receivers[0]?.webhook_configs ?? [];
      if (config === undefined) throw new Error('no webhook in the document');
      return () => fenced(channel, fence).send(deliveryOf(document, ['hook']), config);
    },
  },
  'what is handed on to a central one': {
    greeting: '',
    uncertain: true,
    sending: () => {
      const { forwardTo } = documentFor(server.port);
      const forwarder = createForwarder();
      closing.push(() => forwarder.close());
      if (forwardTo === undefined) throw new Error('no forwardTo in the document');
      const options = { validFor: minutes(5), signal: new AbortController().signal };
      return async () => [await fencedForwarder(forwarder, fence).forward([alert], forwardTo, options)];
    },
  },
};

const alert = anAlert({ summary: 'workers full' });
const deliveryOf = (document: ReturnType<typeof documentFor>, to: readonly string[]): Delivery => ({
  id: 'n1',
  at: start,
  notice: aNotice(alert),
  text: 'workers full',
  to,
  document,
  signal: new AbortController().signal,
});

describe.each(Object.entries(ways))('%s', (_what, { greeting, uncertain, sending }) => {
  beforeEach(async () => {
    server = await startSilent(greeting);
    closing.push(() => server.close());
  });

  it.each(['never granted', 'granted too long ago', 'closed'])(
    'does not begin with a lease that was %s',
    async (how) => {
      if (how !== 'never granted') fence.renewed(time.now);
      if (how === 'granted too long ago') time.now += writesFor;
      if (how === 'closed') fence.close();
      expect(await sending()()).toMatchObject([{ status: 'retry', reason: 'Interrupted', uncertain: false }]);
      expect(server.taken()).toBe(0);
    },
  );

  it('is broken off when the lease is lost, and it is known whether it may have arrived', async () => {
    fence.renewed(time.now);
    const sent = sending()();
    await server.met;
    fence.close();
    expect(await sent).toMatchObject([{ status: 'retry', uncertain }]);
    await server.left;
  });
});

describe('the sign of life', () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  beforeEach(async () => {
    server = await startSilent('');
    closing.push(() => server.close());
  });

  it('is given by whoever leads, and by nobody else', async () => {
    const heartbeat = createHeartbeat({ clock: systemClock, log, permission: fence });
    closing.push(() => heartbeat.close());
    const settings = documentFor(server.port).heartbeat;
    heartbeat.beat(settings);
    await heartbeat.settle();
    expect(server.taken()).toBe(0);
    fence.renewed(time.now);
    heartbeat.beat(settings);
    await server.met;
    fence.close();
    await heartbeat.settle();
    await server.left;
  });
});

describe('a ledger in a directory that replicas share', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });

  it('is opened and written by whoever leads, and by nobody else', async () => {
    const open = () => openLedger(directory, { clock: systemClock, permission: fence });
    await expect(open()).rejects.toThrow(/does not hold the lease/);
    expect(await readdir(directory)).toEqual([]);
    fence.renewed(time.now);
    const ledger = await open();
    await ledger.append([{ kind: 'alert', alert }]);
    time.now += writesFor;
    const late = { ...alert, fingerprint: 'late' };
    await expect(ledger.append([{ kind: 'alert', alert: late }])).rejects.toMatchObject({ code: 'LedgerUnwritable' });
    await ledger.close();
    fence.renewed(time.now);
    const next = await open();
    expect([...next.state.alerts.keys()]).toEqual([alert.fingerprint]);
    await next.close();
  });
});
