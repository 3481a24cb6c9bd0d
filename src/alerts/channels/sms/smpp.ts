// SMS over SMPP 3.4 to a carrier's centre: parts with a header or as one payload, a window, a pace, receipts by deliver_sm.
import { createHash } from 'node:crypto';
import { sleep } from '../../../clock.ts';
import type { SmppGateway } from '../../../config/schema/sms-gateways.ts';
import { messageOf } from '../../../model/errors.ts';
import type { Milliseconds } from '../../../model/units.ts';
import { createLimiter } from '../../limiter.ts';
import { failed, retry } from '../channel.ts';
import type { SendResult } from '../channel.ts';
import { readCredential } from '../secrets.ts';
import { encodeGsm7 } from './gsm7.ts';
import { splitSms } from './segments.ts';
import type { SmsMessage, SmsSender, SmsTools } from './sender.ts';
import { LinkFailure, createSmppLink, inHex } from './smpp-link.ts';
import type { Pdu } from './smpp-package.ts';
import { smppReceiptOf } from './smpp-receipt.ts';

type Parameters = Readonly<Record<string, unknown>>;

export function createSmppSender(name: string, settings: SmppGateway, tools: SmsTools): SmsSender {
  const { clock } = tools;
  const limited = createLimiter(settings.window);
  let turns: number[] = [];
  let pausedUntil = 0;
  let lastAsked = clock.now();
  const link = createSmppLink({
    name: `SMS gateway ${name}`,
    settings,
    password: () => readCredential(settings, 'password'),
    clock,
    random: tools.random,
    onDeliver: async (pdu) => {
      const receipt = smppReceiptOf(pdu);
      return receipt === null || tools.onReceipt({ gateway: name, reference: null, at: clock.now(), ...receipt });
    },
  });

  /** So many in any second, each in its turn. */
  async function paced(signal: AbortSignal): Promise<void> {
    const now = clock.now();
    const back = lastAsked - now;
    lastAsked = now;
    if (back > 0) {
      // the clock was set back: nobody waits until it is there again
      turns = turns.map((at) => at - back);
      pausedUntil -= back;
    }
    const oldest = turns.length < settings.perSecond ? undefined : turns.shift();
    const at = Math.max(now, pausedUntil, oldest === undefined ? 0 : oldest + 1000);
    turns.push(at);
    if (at > now) await sleep(clock, (at - now) as Milliseconds, signal);
  }

  async function sendAll(message: SmsMessage): Promise<SendResult> {
    const { to, signal } = message;
    let begun = false;
    const ids = new Set<string>();
    for (const parameters of submitsOf(settings, message)) {
      await paced(signal);
      if (signal.aborted) return retry(to, 'Interrupted', 'the sending was interrupted', { uncertain: begun });
      let answer: Pdu;
      try {
        answer = await orAborted(link.submit(parameters, signal), signal);
      } catch (error) {
        return resultOfFailure(to, error, begun);
      }
      const { command_status: status, message_id: id } = answer;
      if (status !== 0) {
        if (isThrottled(status)) pausedUntil = clock.now() + 1000;
        return resultOfStatus(to, status, begun);
      }
      begun = true;
      if (typeof id === 'string' && id !== '') ids.add(id);
    }
    const [providerId = null] = ids;
    return { to, status: 'sent', providerId, ...(ids.size > 1 && { parts: [...ids] }) };
  }

  return {
    open: () => (settings.registeredDelivery ? link.open() : undefined),
    send: (message) => limited(() => sendAll(message)),
    close: () => link.close(),
  };
}

/** One submit_sm a part; all of it in one payload where the centre takes that. */
export function submitsOf(settings: SmppGateway, { number, text, reference }: SmsMessage): readonly Parameters[] {
  const { encoding, parts } = splitSms(text, settings.dataCoding);
  const encoded = (part: string): Buffer =>
    encoding === 'GSM-7' ? Buffer.from(encodeGsm7(part)) : Buffer.from(part, 'utf16le').swap16();
  const { address, ton, npi } = settings.sourceAddress;
  const international = number.startsWith('+');
  const common = {
    source_addr_ton: ton,
    source_addr_npi: npi,
    source_addr: address,
    dest_addr_ton: international ? 1 : 0,
    dest_addr_npi: 1,
    destination_addr: number.replace('+', ''),
    registered_delivery: settings.registeredDelivery ? 1 : 0,
    data_coding: encoding === 'GSM-7' ? 0 : 8,
  };
  if (parts.length === 1) return [{ ...common, short_message: encoded(text) }];
  if (settings.longMessages === 'payload')
    return [{ ...common, short_message: Buffer.alloc(0), message_payload: encoded(text) }];
  // the same at every attempt: a telephone that has a part already takes it for that one
  const [series = 0] = createHash('sha256').update(reference).digest();
  return parts.map((part, index) => ({
    ...common,
    esm_class: 0x40,
    short_message: Buffer.concat([Buffer.from([5, 0, 3, series, parts.length, index + 1]), encoded(part)]),
  }));
}

const isThrottled = (status: number): boolean => status === 0x58 || status === 0x14;

/** `begun`: parts of it are out already. */
function resultOfStatus(to: string, status: number, begun: boolean): SendResult {
  const message = `the SMS centre answered ${inHex(status)}`;
  const again = (reason: 'RateLimited' | 'ServerError' | 'AuthRefused', seconds: number): SendResult =>
    retry(to, reason, message, { uncertain: begun, retryAfter: (seconds * 1000) as Milliseconds });
  switch (status) {
    case 0x58: // ESME_RTHROTTLED
    case 0x14: // ESME_RMSGQFUL
      return again('RateLimited', 5);
    case 0x04: // ESME_RINVBNDSTS: bound otherwise than it wants
    case 0x08: // ESME_RSYSERR
    case 0x45: // ESME_RSUBMITFAIL
    case 0x64: // ESME_RX_T_APPN
    case 0xfe: // ESME_RDELIVERYFAILURE
    case 0xff: // ESME_RUNKNOWNERR
      return again('ServerError', 5);
    case 0x0b: // ESME_RINVDSTADR
    case 0x50: // ESME_RINVDSTTON
    case 0x51: // ESME_RINVDSTNPI
      return failed(to, 'RecipientRefused', message);
    default:
      return failed(to, 'ClientError', message);
  }
}

/** Statuses of a bind that no patience mends: password, system id, the bind itself. */
const finalBinds: ReadonlySet<number | null> = new Set([0x0d, 0x0e, 0x0f, 0x53]);

function resultOfFailure(to: string, error: unknown, begun: boolean): SendResult {
  if (!(error instanceof LinkFailure)) return retry(to, 'Interrupted', messageOf(error), { uncertain: true });
  const { kind, message, wait, status } = error;
  const again = { uncertain: begun || error.uncertain, retryAfter: wait };
  switch (kind) {
    case 'refused':
      return finalBinds.has(status) && !begun
        ? failed(to, 'AuthRefused', message)
        : retry(to, 'AuthRefused', message, again);
    case 'tls':
      return retry(to, 'TlsFailed', message, again);
    case 'timeout':
      return retry(to, 'Timeout', message, again);
    case 'lost':
    case 'unreachable':
      return retry(to, 'Unreachable', message, again);
    case 'closed':
      return retry(to, 'Interrupted', message, again);
  }
}

/** An answer that comes after the caller has gone is nobody's. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('the sending was interrupted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
