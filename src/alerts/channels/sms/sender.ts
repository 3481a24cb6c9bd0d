// What each kind of SMS gateway is: something that takes one text to one number and says how it went.
import { createHttpClient } from '../../../clients/http/client.ts';
import { stampOf } from '../../../clients/http/tls.ts';
import type { TlsSettings } from '../../../clients/http/tls.ts';
import type { HttpClient } from '../../../clients/http/types.ts';
import type { Clock } from '../../../clock.ts';
import type { SmsGateway } from '../../../config/schema/sms-gateways.ts';
import type { Texts } from '../../../model/texts.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Notice } from '../../render.ts';
import type { SendResult } from '../channel.ts';
import type { Receipt } from './receipt.ts';

export interface SmsMessage {
  /** as the configuration names the person */
  readonly to: string;
  /** as it is written, without what stands between the digits */
  readonly number: string;
  /** its country, and the number, without a plus */
  readonly whole: string;
  readonly text: string;
  /** of the notification */
  readonly id: string;
  /** of this message, the same at every attempt */
  readonly reference: string;
  readonly notice: Notice;
  readonly signal: AbortSignal;
}

export interface SmsSender {
  send(message: SmsMessage): Promise<SendResult>;
  /** Connects before anything is to be sent, where receipts come over the connection. */
  open?(): void;
  close(): void;
}

export interface SmsTools {
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  readonly texts: () => Texts;
  /** For gateways that report over the connection itself. True when it is durable, or nobody's; else it should come again. */
  readonly onReceipt: (receipt: Receipt) => Promise<boolean>;
}

interface Transport {
  readonly timeout: Milliseconds;
  readonly tls?: object | undefined;
  readonly proxy?: string | undefined;
}

/** One keep-alive client a gateway. It never repeats by itself: the ledger counts attempts. */
export const gatewayClient = (name: string, { timeout, tls, proxy }: Transport): HttpClient =>
  createHttpClient({
    name: `SMS gateway ${name}`,
    deadline: timeout,
    maxBodyBytes: 256 * 1024,
    retry: { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds },
    breaker: false,
    ...(tls !== undefined && { tls: definedOnly(tls) }),
    ...(proxy !== undefined && { proxy }),
  });

/** Another one for each file of the TLS settings that was replaced: a client has read them when it was made. */
export const stampOfFiles = ({ aliyun, tencent, twilio, http }: SmsGateway): readonly string[] => {
  const tls = (aliyun ?? tencent ?? twilio ?? http)?.tls;
  return tls === undefined ? [] : stampOf(definedOnly(tls));
};

const definedOnly = (tls: object): TlsSettings =>
  Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
