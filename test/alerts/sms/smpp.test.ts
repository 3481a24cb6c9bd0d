// SMPP against a centre of the same protocol: texts on the wire, refusals, limits, silence, and coming back.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../../src/alerts/channels/channel.ts';
import { createSmsChannel } from '../../../src/alerts/channels/sms/sms-channel.ts';
import type { SmsMessage, SmsSender } from '../../../src/alerts/channels/sms/sender.ts';
import { loadSmpp } from '../../../src/alerts/channels/sms/smpp-package.ts';
import { createSmppSender, submitsOf } from '../../../src/alerts/channels/sms/smpp.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Clock } from '../../../src/clock.ts';
import { smsGateway } from '../../../src/config/schema/sms-gateways.ts';
import type { SmppGateway } from '../../../src/config/schema/sms-gateways.ts';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue, start } from '../builders.ts';
import { startCentre } from './smsc.ts';
import type { Centre } from './smsc.ts';
import { eventually } from '../eventually.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

process.env['SPRINGTIDE_TEST_SMPP'] = 'secret';
const texts = catalogue('en');

const settingsOf = (port: number, more: object = {}): SmppGateway => {
  const smppSettings = {
    host: '127.0.0.1',
    port,
    systemId: 'bank',
    password: { env: 'SPRINGTIDE_TEST_SMPP' },
    ...more,
  };
  const { smpp: settings } = smsGateway.parse({ name: 'carrier', smpp: smppSettings });
  if (settings === undefined) throw new Error('no settings');
  return settings;
};

const messageOf = (text: string, signal = new AbortController().signal): SmsMessage => ({
  to: 'zhang',
  number: '+8613800000001',
  whole: '8613800000001',
  text,
  id: 'n1',
  reference: 'n1-0',
  notice: aNotice(anAlert({})),
  signal,
});

async function centreAndSender(
  more: object = {},
  clock: Clock = systemClock,
): Promise<{ centre: Centre; sender: SmsSender }> {
  const centre = await startCentre();
  closing.push(() => centre.close());
  const sender = createSmppSender('carrier', settingsOf(centre.port, more), {
    clock,
    random: () => 0,
    texts: () => texts,
    onReceipt: () => Promise.resolve(true),
  });
  closing.push(() => sender.close());
  return { centre, sender };
}

const send = (sender: SmsSender, text = 'pool full'): Promise<SendResult> => sender.send(messageOf(text));
const payloads = (centre: Centre): Buffer[] =>
  centre.submits.map(({ short_message: message }) => {
    const { message: text, udh } = message as { message: string; udh?: Buffer[] };
    return Buffer.concat([...(udh ?? []), Buffer.from(text)]);
  });

describe('a submit on the wire', () => {
  it('is what the package writes for the published octets', () => {
    const file = new URL('../../vectors/alertmanager/sms_providers.json', import.meta.url);
    const { smpp: facts } = JSON.parse(readFileSync(file, 'utf8')) as {
      smpp: { vector: { destination_addr: string; short_message: string; hex: string } };
    };
    const { destination_addr: to, short_message: text, hex } = facts.vector;
    const pdu = new (loadSmpp().PDU)('submit_sm', { destination_addr: to, short_message: text });
    expect(pdu.toBuffer().toString('hex')).toBe(hex);
  });

  it('carries GSM-7 where it can, else UCS-2, and long texts in parts that belong together', () => {
    const settings = settingsOf(2775);
    const [short] = submitsOf(settings, messageOf('a€'));
    expect(short).toMatchObject({
      data_coding: 0,
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '8613800000001',
      registered_delivery: 1,
    });
    expect(short?.['short_message']).toEqual(Buffer.from([97, 0x1b, 0x65]));
    const parts = submitsOf(settings, messageOf('告'.repeat(135)));
    expect(parts.map(({ data_coding: coding, esm_class: esm }) => [coding, esm])).toEqual([
      [8, 0x40],
      [8, 0x40],
      [8, 0x40],
    ]);
    const bodies = parts.map((part) => part['short_message'] as Buffer);
    const series = bodies[0]?.[3];
    expect(bodies.map((body) => [...body.subarray(0, 6)])).toEqual([1, 2, 3].map((part) => [5, 0, 3, series, 3, part]));
    expect(bodies.map(({ length }) => length)).toEqual([140, 140, 8]);
    expect(submitsOf(settings, messageOf('告'.repeat(135)))).toEqual(parts);
    const [payload, ...none] = submitsOf({ ...settings, longMessages: 'payload' }, messageOf('告'.repeat(135)));
    expect(none).toEqual([]);
    expect((payload?.['message_payload'] as Buffer).length).toBe(270);
    expect(submitsOf({ ...settings, dataCoding: 'ucs2' }, messageOf('a'))[0]).toMatchObject({ data_coding: 8 });
    expect(submitsOf(settings, { ...messageOf('a'), number: '13800000001' })[0]).toMatchObject({ dest_addr_ton: 0 });
  });
});

describe('a centre', () => {
  it('is bound to once, takes texts, and is told good-bye', async () => {
    const { centre, sender } = await centreAndSender({
      systemType: 'alerts',
      sourceAddress: { address: '10690', ton: 3 },
    });
    const results = await Promise.all([send(sender), send(sender, '池满 [workers]')]);
    expect(results).toEqual([
      { to: 'zhang', status: 'sent', providerId: 'a0' },
      { to: 'zhang', status: 'sent', providerId: 'a1' },
    ]);
    expect(centre.binds).toHaveLength(1);
    expect(centre.binds[0]).toMatchObject({
      system_id: 'bank',
      password: 'secret',
      system_type: 'alerts',
      interface_version: 0x34,
    });
    expect(centre.submits[0]).toMatchObject({ source_addr: '10690', source_addr_ton: 3 });
    expect(payloads(centre).map(String)).toEqual(['pool full', '池满 [workers]']);
    sender.close();
    await eventually(() => expect(centre.unbinds).toHaveLength(1));
    await eventually(() => expect(centre.sessions.size).toBe(0));
    expect(await send(sender)).toMatchObject({ status: 'retry', reason: 'Interrupted' });
  });

  it.each([
    [0x58, { status: 'retry', reason: 'RateLimited', retryAfter: 5000, uncertain: false }],
    [0x14, { status: 'retry', reason: 'RateLimited' }],
    [0x08, { status: 'retry', reason: 'ServerError' }],
    [0x0b, { status: 'failed', reason: 'RecipientRefused' }],
    [0x65, { status: 'failed', reason: 'ClientError', message: 'the SMS centre answered 0x00000065' }],
  ])('may refuse a text with %i', async (status, expected) => {
    const clock = new VirtualClock(start);
    const { centre, sender } = await centreAndSender({}, clock);
    centre.script.push(status);
    expect(await send(sender)).toMatchObject(expected);
    // one that is throttled gets a second of rest
    const next = send(sender);
    clock.advance(1000 as Milliseconds);
    expect(await next).toMatchObject({ status: 'sent' });
  });

  it('that takes the first part only leaves a doubt', async () => {
    const { centre, sender } = await centreAndSender();
    centre.script.push(0, 0x58);
    expect(await send(sender, '告'.repeat(100))).toMatchObject({
      status: 'retry',
      reason: 'RateLimited',
      uncertain: true,
    });
  });

  it.each([
    [0x0e, { status: 'failed', reason: 'AuthRefused' }],
    [0x05, { status: 'retry', reason: 'AuthRefused', uncertain: false }],
  ])('may refuse the bind with %i', async (status, expected) => {
    const { centre, sender } = await centreAndSender();
    centre.bindStatus = status;
    expect(await send(sender)).toMatchObject(expected);
    expect(centre.submits).toHaveLength(0);
  });

  it('that is silent is left, and what was under way is in doubt', async () => {
    const clock = new VirtualClock(start);
    const { centre, sender } = await centreAndSender({ timeout: '5s' }, clock);
    centre.script.push('hang');
    const sending = send(sender);
    await eventually(() => expect(centre.submits).toHaveLength(1));
    clock.advance(5000 as Milliseconds);
    expect(await sending).toMatchObject({ status: 'retry', reason: 'Timeout', uncertain: true });
    await eventually(() => expect(centre.sessions.size).toBe(0));
  });

  it('whose connection is cut is bound to again, with patience', async () => {
    const clock = new VirtualClock(start);
    const { centre, sender } = await centreAndSender({}, clock);
    centre.script.push('hangUp');
    expect(await send(sender)).toMatchObject({ status: 'retry', reason: 'Unreachable', uncertain: true });
    // nobody tries for a moment
    expect(await send(sender)).toMatchObject({
      status: 'retry',
      reason: 'Unreachable',
      uncertain: false,
      retryAfter: 500,
    });
    expect(centre.binds).toHaveLength(1);
    clock.advance(500 as Milliseconds);
    await eventually(() => expect(centre.binds).toHaveLength(2));
    expect(await send(sender)).toMatchObject({ status: 'sent' });
  });

  it('that is not there is asked less and less often', async () => {
    const clock = new VirtualClock(start);
    const { centre, sender } = await centreAndSender({ registeredDelivery: false, bind: 'transmitter' }, clock);
    await centre.close();
    closing.splice(0, 1);
    const waits: unknown[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      expect(await send(sender)).toMatchObject({ status: 'retry', reason: 'Unreachable', uncertain: false });
      const next = await send(sender);
      const wait = next.status === 'retry' ? next.retryAfter : null;
      waits.push(wait);
      clock.advance((wait ?? 0) as Milliseconds);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is asked whether it is still there', async () => {
    const clock = new VirtualClock(start);
    const { centre, sender } = await centreAndSender({}, clock);
    sender.open?.();
    await eventually(() => expect(centre.binds).toHaveLength(1));
    await eventually(() => {
      clock.advance(30_000 as Milliseconds);
      expect(centre.enquiries.length).toBeGreaterThan(0);
    });
  });

  it('is not flooded', async () => {
    const clock = new VirtualClock(start);
    const { centre, sender } = await centreAndSender({ perSecond: 2 }, clock);
    const sending = Promise.all([send(sender), send(sender), send(sender)]);
    await eventually(() => expect(centre.submits).toHaveLength(2));
    clock.advance(1000 as Milliseconds);
    expect((await sending).map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
  });

  it.each([
    ['its turn', 0],
    ['a connection', 'hangUp'],
  ] as const)('keeps nobody waiting for %s by a clock that was set back by an hour', async (_, last) => {
    let back = 0;
    const steady = new VirtualClock(start);
    const clock: Clock = {
      now: () => (steady.now() - back) as Instant,
      after: (delay, run) => steady.after(delay, run),
    };
    const { centre, sender } = await centreAndSender({ perSecond: 2, registeredDelivery: false }, clock);
    centre.script.push(0, last);
    await send(sender);
    await send(sender);
    steady.advance(1000 as Milliseconds);
    back = 3_600_000;
    const sending = send(sender);
    await eventually(() => {
      steady.advance(1000 as Milliseconds);
      expect(centre.submits).toHaveLength(3);
    });
    expect(await sending).toMatchObject({ status: 'sent' });
    expect(steady.now() - start).toBeLessThan(60_000);
  });

  it('is left in the middle when the daemon stops', async () => {
    const { centre, sender } = await centreAndSender();
    centre.script.push('hang');
    const stopping = new AbortController();
    const sending = sender.send(messageOf('a', stopping.signal));
    await eventually(() => expect(centre.submits).toHaveLength(1));
    stopping.abort();
    expect(await sending).toMatchObject({ status: 'retry', reason: 'Interrupted', uncertain: true });
  });

  it('gets nothing that was given up while it was waited for', async () => {
    const { centre, sender } = await centreAndSender();
    let answer: () => void = () => undefined;
    centre.beforeBind = new Promise((resolve) => (answer = resolve));
    const stopping = new AbortController();
    const sending = sender.send(messageOf('late', stopping.signal));
    await eventually(() => expect(centre.binds).toHaveLength(1));
    stopping.abort();
    expect(await sending).toMatchObject({ status: 'retry', reason: 'Interrupted' });
    answer();
    expect(await send(sender, 'next')).toMatchObject({ status: 'sent' });
    expect(payloads(centre).map(String)).toEqual(['next']);
  });

  it('may talk nonsense without harm', async () => {
    const { centre, sender } = await centreAndSender();
    await send(sender);
    const [session] = centre.sessions;
    session?.socket.write(Buffer.from('48545450', 'hex'));
    await eventually(() => expect(centre.sessions.size).toBe(0));
  });
});

describe('the channel', () => {
  it('keeps a session for receipts, anew where its settings changed, and ends it where the gateway is gone', async () => {
    const centre = await startCentre();
    closing.push(() => centre.close());
    const channel = createSmsChannel({ texts: () => texts });
    closing.push(() => channel.close());
    const document = (gateways: string) =>
      anAlertsDocument(`{ sms_gateways: [${gateways}], route: { receiver: x }, receivers: [{ name: x }] }`);
    const carrier = (systemId: string): string =>
      `{ name: carrier, smpp: { host: 127.0.0.1, port: ${centre.port}, systemId: ${systemId}, password: { env: SPRINGTIDE_TEST_SMPP } } }`;
    channel.prepare(document(carrier('one')));
    await eventually(() => expect(centre.binds).toHaveLength(1));
    // whoever answers it has heard that the bind was granted
    await centre.receipt('nobody', 'DELIVRD');
    channel.prepare(document(carrier('one')));
    channel.prepare(document(carrier('two')));
    await eventually(() => expect(centre.unbinds).toHaveLength(1));
    await eventually(() => expect(centre.binds.map((pdu) => pdu['system_id'])).toEqual(['one', 'two']));
    channel.prepare(document(''));
    await eventually(() => expect(centre.sessions.size).toBe(0));
    expect(centre.binds).toHaveLength(2);
  });
});
