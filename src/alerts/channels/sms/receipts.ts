// Delivery reports that vendors post: proved to be theirs, read, and answered as each of them wants it.
import { timingSafeEqual } from 'node:crypto';
import type { SmsGateway } from '../../../config/schema/sms-gateways.ts';
import type { Instant } from '../../../model/units.ts';
import type { Receipt } from './receipt.ts';
import { parsedJson, scalar, valueAt } from './template.ts';
import { twilioSignature } from './twilio-signature.ts';

export interface ReceiptRequest {
  /** names in lower case */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface ReceiptAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface ReceivedReceipts {
  readonly receipts: readonly Receipt[];
  readonly answer: ReceiptAnswer;
  /** why nothing was taken; null where all is well */
  readonly problem: string | null;
}

/** What the gateway's reports are checked against: Twilio's token, or the secret of its address; null: none is set. */
export function takeReceipts(gateway: SmsGateway, request: ReceiptRequest, secret: string | null): ReceivedReceipts {
  const { name, aliyun, tencent, twilio, http } = gateway;
  if (secret === null) return refused(404, `the gateway ${name} takes no receipts: set receipts.token`);
  if (twilio !== undefined) return fromTwilio(name, twilio.statusCallback ?? '', request, secret);
  const header = http?.receipts?.header;
  const shown = header === undefined ? request.query['token'] : request.headers[header.toLowerCase()];
  if (!sameSecret(shown ?? '', secret)) return refused(403, `a receipt of ${name} came without the right token`);
  // some send JSON and call it a form
  const body = parsedJson(request.body) ?? (http !== undefined && isForm(request) ? fieldsOf(request) : undefined);
  if (body === undefined) return refused(400, `a receipt of ${name} is no JSON`);
  if (aliyun !== undefined) return answered(listOf(body).flatMap(fromAliyun(name)), '{"code":0,"msg":"接收成功"}');
  if (tencent !== undefined) return answered(listOf(body).flatMap(fromTencent(name)), '{"result":0,"errmsg":"OK"}');
  if (http?.receipts !== undefined) {
    const { list, answer } = http.receipts;
    const reports = listOf(list === undefined ? body : valueAt(body, list));
    return answered(reports.flatMap(fromHttp(name, http.receipts)), answer);
  }
  return refused(404, `the gateway ${name} takes no receipts here`);
}

const json = 'application/json; charset=utf-8';

const refused = (status: number, problem: string): ReceivedReceipts => ({
  receipts: [],
  answer: { status, contentType: json, body: JSON.stringify({ code: status, message: problem }) },
  problem,
});

const answered = (receipts: readonly Receipt[], body: string): ReceivedReceipts => ({
  receipts,
  answer: { status: 200, contentType: body.startsWith('{') ? json : 'text/plain; charset=utf-8', body },
  problem: null,
});

const isForm = ({ headers }: ReceiptRequest): boolean =>
  /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');

/** One report, its fields as the places of the configuration name them. */
const fieldsOf = ({ body }: ReceiptRequest): unknown => Object.fromEntries(new URLSearchParams(body));

/** A batch has a bound as everything that comes in. */
const mostReports = 1000;
const listOf = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body.slice(0, mostReports) : [body]);

function sameSecret(shown: string, secret: string): boolean {
  const [one, other] = [Buffer.from(shown), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const textAt = (report: unknown, path: string): string | null => {
  const text = scalar(valueAt(report, path));
  return text === null || text === '' ? null : text.slice(0, 200);
};

/** 2017-01-01 00:00:00 by the clock of Beijing */
function beijingTime(text: string | null): Instant | null {
  if (text === null || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const at = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(at) ? null : (at as Instant);
}

const fromAliyun =
  (gateway: string) =>
  (report: unknown): Receipt[] => {
    const providerId = textAt(report, 'biz_id');
    const success = valueAt(report, 'success');
    if (providerId === null) return [];
    return [
      {
        gateway,
        providerId,
        reference: textAt(report, 'out_id'),
        to: textAt(report, 'phone_number'),
        status: success === true || success === 'true' ? 'delivered' : 'failed',
        code: textAt(report, 'err_code'),
        at: beijingTime(textAt(report, 'report_time')),
      },
    ];
  };

const fromTencent =
  (gateway: string) =>
  (report: unknown): Receipt[] => {
    const providerId = textAt(report, 'sid');
    if (providerId === null) return [];
    const country = textAt(report, 'nationcode');
    const mobile = textAt(report, 'mobile');
    return [
      {
        gateway,
        providerId,
        reference: null,
        to: mobile === null || country === null ? mobile : `+${country}${mobile}`,
        status: textAt(report, 'report_status') === 'SUCCESS' ? 'delivered' : 'failed',
        code: textAt(report, 'errmsg'),
        at: beijingTime(textAt(report, 'user_receive_time')),
      },
    ];
  };

const twilioStates: Readonly<Record<string, Receipt['status']>> = {
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/** Signed over the address as Twilio calls it: that is the one that we gave it. */
function fromTwilio(gateway: string, url: string, request: ReceiptRequest, token: string): ReceivedReceipts {
  const fields = Object.fromEntries(new URLSearchParams(request.body));
  const signature = request.headers['x-twilio-signature'] ?? '';
  if (url === '') return refused(404, `the gateway ${gateway} takes no receipts: set statusCallback`);
  if (!sameSecret(signature, twilioSignature(token, url, fields)))
    return refused(403, `a receipt of ${gateway} is not signed by Twilio for ${url}`);
  const providerId = fields['MessageSid'] ?? fields['SmsSid'];
  const state = fields['MessageStatus'] ?? fields['SmsStatus'] ?? '';
  const status = twilioStates[state];
  const done: ReceivedReceipts = {
    receipts: [],
    answer: { status: 204, contentType: 'text/plain', body: '' },
    problem: null,
  };
  // queued, sending, sent: on its way
  if (providerId === undefined || status === undefined) return done;
  const error = fields['ErrorCode'] ?? '';
  const code = error === '' ? state : `${state} ${error}`;
  return {
    ...done,
    receipts: [{ gateway, providerId, reference: null, to: fields['To'] ?? null, status, code, at: null }],
  };
}

type HttpReceipts = NonNullable<NonNullable<SmsGateway['http']>['receipts']>;

const fromHttp =
  (gateway: string, places: HttpReceipts) =>
  (report: unknown): Receipt[] => {
    const providerId = textAt(report, places.id);
    const state = textAt(report, places.status);
    if (providerId === null) return [];
    const among = (words: HttpReceipts['delivered']): boolean => words.some((word) => String(word) === state);
    return [
      {
        gateway,
        providerId,
        reference: null,
        to: places.to === undefined ? null : textAt(report, places.to),
        status: among(places.delivered) ? 'delivered' : among(places.failed) ? 'failed' : 'unknown',
        code: places.code === undefined ? state : textAt(report, places.code),
        at: null,
      },
    ];
  };
