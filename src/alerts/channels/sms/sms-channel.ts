// The SMS channel: finds the gateway and the number, and hands the text to whatever kind of gateway it is.
import { createHash } from 'node:crypto';
import type { SmsGateway } from '../../../config/schema/sms-gateways.ts';
import { systemClock } from '../../../clock.ts';
import type { AlertsDocument } from '../../../model/config.ts';
import { wholeNumber } from '../../../model/addresses.ts';
import { messageOf } from '../../../model/errors.ts';
import { failed, retry } from '../channel.ts';
import type { Channel, Delivery, SendResult } from '../channel.ts';
import { homeOf, phoneNumberOf } from '../people.ts';
import { createAliyunSender } from './aliyun.ts';
import { createHttpSender } from './http.ts';
import { createSmppSender } from './smpp.ts';
import { createTencentSender } from './tencent.ts';
import { createTwilioSender } from './twilio.ts';
import { stampOfFiles } from './sender.ts';
import type { SmsMessage, SmsSender, SmsTools } from './sender.ts';

/** What of them a sending needs. */
export interface SmsPlaces {
  readonly to: readonly string[];
  /** the first gateway, where none is named */
  readonly gateway?: string | undefined;
}

export interface SmsChannel extends Channel<SmsPlaces> {
  /** Connections that must stand before a message is sent: receipts come over them. After each reload as well. */
  prepare(document: AlertsDocument): void;
}

interface Sender {
  /** the settings that it was made for */
  readonly written: string;
  readonly sender: SmsSender;
  underWay: number;
  isRetired: boolean;
}

export type SmsOptions = Pick<SmsTools, 'texts'> & Partial<SmsTools>;

export function createSmsChannel(options: SmsOptions): SmsChannel {
  const tools: SmsTools = {
    clock: systemClock,
    random: Math.random,
    onReceipt: () => Promise.resolve(false),
    ...options,
  };
  // one sender a gateway, made anew when a reload changed it, or a file of its TLS settings was replaced
  const senders = new Map<string, Sender>();

  function senderOf(gateway: SmsGateway): Sender {
    const written = JSON.stringify([gateway, stampOfFiles(gateway)]);
    const known = senders.get(gateway.name);
    if (known?.written === written) return known;
    if (known !== undefined) retire(gateway.name, known);
    const made: Sender = { written, sender: createSender(gateway, tools), underWay: 0, isRetired: false };
    senders.set(gateway.name, made);
    return made;
  }

  /** What is on its way is not cut: it may have arrived, and would be sent again. */
  function retire(name: string, one: Sender): void {
    senders.delete(name);
    one.isRetired = true;
    if (one.underWay === 0) one.sender.close();
  }

  async function sendBy(one: Sender, message: SmsMessage): Promise<SendResult> {
    one.underWay += 1;
    try {
      return await one.sender.send(message);
    } finally {
      one.underWay -= 1;
      if (one.isRetired && one.underWay === 0) one.sender.close();
    }
  }

  async function sendTo(to: string, delivery: Delivery, settings: SmsPlaces): Promise<SendResult> {
    const gateway = gatewayOf(delivery.document, settings);
    if (gateway === undefined)
      return failed(to, 'Misconfigured', `there is no SMS gateway "${settings.gateway ?? ''}"`);
    const found = await phoneNumberOf(to, delivery.document);
    if ('problem' in found) return found.problem;
    const { id, text, notice, signal } = delivery;
    const message = {
      to,
      number: found.address,
      whole: wholeNumber(found.address, homeOf(delivery.document)),
      text,
      id,
      reference: `${id}-${placeOf(to, settings)}`,
      notice,
      signal,
    };
    try {
      const result = await sendBy(senderOf(gateway), message);
      return result.status === 'sent' ? { ...result, gateway: gateway.name } : result;
    } catch (error) {
      return retry(to, 'Misconfigured', `SMS gateway ${gateway.name} cannot be used yet: ${messageOf(error)}`);
    }
  }

  return {
    style: 'apart',
    prepare(document) {
      for (const [name, one] of senders)
        if (!document.sms_gateways.some((gateway) => gateway.name === name)) retire(name, one);
      for (const gateway of document.sms_gateways) if (gateway.smpp !== undefined) senderOf(gateway).sender.open?.();
    },
    send: (delivery, settings) => Promise.all(delivery.to.map((to) => sendTo(to, delivery, settings))),
    close() {
      senders.forEach(({ sender }) => sender.close());
      senders.clear();
    },
  };
}

export const gatewayOf = (document: AlertsDocument, settings: Pick<SmsPlaces, 'gateway'>): SmsGateway | undefined =>
  settings.gateway === undefined
    ? document.sms_gateways[0]
    : document.sms_gateways.find(({ name }) => name === settings.gateway);

/** Tells the messages of one notification apart: by place in the list; whoever came by the rota, by name. */
function placeOf(to: string, settings: SmsPlaces): string {
  const place = settings.to.indexOf(to);
  return place >= 0 ? String(place) : createHash('sha256').update(to).digest('hex').slice(0, 8);
}

function createSender(gateway: SmsGateway, tools: SmsTools): SmsSender {
  const { name, aliyun, tencent, twilio, smpp, http } = gateway;
  if (aliyun !== undefined) return createAliyunSender(name, aliyun, tools);
  if (tencent !== undefined) return createTencentSender(name, tencent, tools);
  if (twilio !== undefined) return createTwilioSender(name, twilio, tools);
  if (smpp !== undefined) return createSmppSender(name, smpp, tools);
  if (http !== undefined) return createHttpSender(name, http, tools);
  throw new Error('it is of no kind');
}
