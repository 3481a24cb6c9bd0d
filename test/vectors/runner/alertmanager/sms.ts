// alertmanager/sms_providers and sms_segments: signatures, answers, receipts and weights through the SMS channels.
import type { SendResult } from '../../../../src/alerts/channels/channel.ts';
import { answerOf as aliyunAnswer } from '../../../../src/alerts/channels/sms/aliyun.ts';
import { takeReceipts } from '../../../../src/alerts/channels/sms/receipts.ts';
import { mainlandSegments, weighMainland, weighSms } from '../../../../src/alerts/channels/sms/segments.ts';
import {
  acs3CanonicalRequest,
  acs3HashedRequest,
  acs3Signature,
} from '../../../../src/alerts/channels/sms/sign-acs3.ts';
import { rpcSignature, rpcStringToSign } from '../../../../src/alerts/channels/sms/sign-aliyun-rpc.ts';
import { tc3HashedPayload, tc3HashedRequest, tc3Signature } from '../../../../src/alerts/channels/sms/sign-tc3.ts';
import { loadSmpp } from '../../../../src/alerts/channels/sms/smpp-package.ts';
import { answerOf as tencentAnswer } from '../../../../src/alerts/channels/sms/tencent.ts';
import { answerOf as twilioAnswer } from '../../../../src/alerts/channels/sms/twilio.ts';
import { twilioSignature } from '../../../../src/alerts/channels/sms/twilio-signature.ts';
import { resultOfVendor } from '../../../../src/alerts/channels/sms/vendor-call.ts';
import type { VendorCall } from '../../../../src/alerts/channels/sms/vendor-call.ts';
import { smsGateway } from '../../../../src/config/schema/sms-gateways.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Fields, type VectorFile } from '../vector.ts';

type Texts = Readonly<Record<string, string>>;

/** What the case says of it, of the things that we can say. */
const said = (whole: object, got: Fields): { readonly expected: Fields; readonly got: Fields } => ({
  expected: Object.fromEntries(Object.entries(whole).filter(([name]) => name in got)),
  got,
});

interface RpcVector {
  readonly method: string;
  readonly params: Texts;
  readonly secret: string;
}

export const rpcCase = wholeAdapter<{ whole: RpcVector }>((whole) => {
  const { method, params, secret } = whole;
  return said(whole, {
    string_to_sign: rpcStringToSign(method, params),
    signature: rpcSignature(method, params, secret),
  });
});

interface Acs3Vector {
  readonly method: string;
  readonly path?: string;
  readonly query?: Texts;
  readonly url?: string;
  readonly headers: Texts;
  readonly body?: string;
  readonly secret: string;
}

export const acs3Case = wholeAdapter<{ whole: Acs3Vector }>((whole) => {
  const { method, path, query, url = '/', headers, body = '', secret } = whole;
  const asked = new URL(url, 'http://host');
  const request = {
    method,
    path: path ?? asked.pathname,
    query: query ?? Object.fromEntries(asked.searchParams),
    headers,
    body,
  };
  return said(whole, {
    canonical_request: acs3CanonicalRequest(request),
    hashed_canonical_request: acs3HashedRequest(request),
    signature: acs3Signature(request, secret),
  });
});

interface Tc3Vector {
  readonly secret_key: string;
  readonly timestamp: number;
  readonly service: string;
  readonly signed_headers: readonly string[];
  readonly headers: Texts;
  readonly body: string;
}

export const tc3Case = wholeAdapter<{ whole: Tc3Vector }>((whole) => {
  const { headers, signed_headers: signedHeaders, body, secret_key: secretKey, timestamp, service } = whole;
  const request = { headers, signedHeaders, body };
  return said(whole, {
    hashed_payload: tc3HashedPayload(body),
    hashed_canonical_request: tc3HashedRequest(request),
    signature: tc3Signature(request, { secretKey, timestamp, service }),
  });
});

interface CallbackVector {
  readonly auth_token: string;
  readonly url: string;
  readonly params: Texts;
}

export const callbackCase = wholeAdapter<{ whole: CallbackVector }>((whole) =>
  said(whole, { signature: twilioSignature(whole.auth_token, whole.url, whole.params) }),
);

const now = Date.parse('2026-11-21T01:00:00Z') as Instant;

/** In the words of the file's error_classes. */
function classOf(result: SendResult): string {
  if (result.status === 'sent') return 'accepted';
  if (result.status === 'failed') return 'permanent';
  switch (result.reason) {
    case 'RateLimited':
      return 'rate_limited_retry_later';
    case 'AccountRefused':
      return 'account';
    default:
      return 'transient';
  }
}

type Vendor = 'aliyun' | 'tencent' | 'twilio';
const readers: Readonly<Record<Vendor, VendorCall['read']>> = {
  aliyun: aliyunAnswer,
  tencent: (answer) => tencentAnswer(answer, '+8618511122233'),
  twilio: twilioAnswer,
};

const outcome = (vendor: Vendor, status: number, json: unknown): string =>
  classOf(
    resultOfVendor(
      vendor,
      'somebody',
      readers[vendor],
      { status, headers: {}, body: JSON.stringify(json), json: () => json },
      now,
    ),
  );

interface ErrorCode {
  readonly code: string;
  readonly class: string;
}

/** "isv.X (what it is)", "21611 (…)", "AuthFailure.*": the code is the first word. */
function codesIn(classes: unknown): readonly ErrorCode[] {
  return Object.entries(classes as Readonly<Record<string, unknown>>).flatMap(([name, codes]) =>
    !Array.isArray(codes) || name.startsWith('delivery')
      ? []
      : codes.map((code) => ({
          code: (String(code).split(' ')[0] ?? '').replace('*', 'Anything'),
          class: name.replace('permanent_config', 'permanent'),
        })),
  );
}

export const errorCodes = (element: unknown): readonly unknown[] => codesIn(element);

const answerWith: Readonly<Record<Vendor, (code: string) => readonly [status: number, json: unknown]>> = {
  aliyun: (Code) => [200, { Code, Message: '', RequestId: 'r' }],
  tencent: (Code) => [200, { Response: { SendStatusSet: [{ SerialNo: '', Code, Message: '' }], RequestId: 'r' } }],
  twilio: (code) => [code === '20429' ? 429 : 400, { code: Number(code), message: '' }],
};

export const errorCodeCase = (vendor: Vendor) =>
  wholeAdapter<{ whole: ErrorCode }>((whole) => ({
    expected: { class: whole.class },
    got: { class: outcome(vendor, ...answerWith[vendor](whole.code)) },
  }));

interface VendorAnswer {
  readonly http: number;
  readonly json: Fields;
}

const codeIn: Readonly<Record<Vendor, (json: Fields) => string | undefined>> = {
  aliyun: (json) => json['Code'] as string,
  tencent: ({ Response: response }) => {
    const { Error: error, SendStatusSet: set } = response as {
      Error?: { Code: string };
      SendStatusSet?: readonly { Code: string }[];
    };
    return error?.Code ?? set?.[0]?.Code;
  },
  twilio: ({ code }) => (typeof code === 'number' ? String(code) : 'OK'),
};

/** What the file itself says of the code; one that it does not name is permanent. */
export const answerCase = (vendor: Vendor) =>
  wholeAdapter<{ whole: VendorAnswer; file: VectorFile }>(({ http, json }, file) => {
    const code = codeIn[vendor](json) ?? '';
    const classes = (file[vendor] as Fields)['error_classes'];
    const named = codesIn(classes).find((one) => new RegExp(`^${one.code.replace('Anything', '.*')}$`).test(code));
    const expected = /^ok$/i.test(code) ? 'accepted' : (named?.class ?? 'permanent');
    return { expected: { class: expected }, got: { class: outcome(vendor, http, json) } };
  });

interface ReceiptPush {
  readonly body: readonly Fields[];
  readonly expected_reply: Fields;
}

const token = 'secret';
const gateways = {
  aliyun: { accessKeyId: 'a', accessKeySecretFile: 'f', sign: 's', template: 't' },
  tencent: { secretId: 'a', secretKeyFile: 'f', appId: '1', sign: 's', template: 't' },
};

/** How each writes that a message has arrived, and its identifier. */
const receiptFacts = {
  aliyun: (report: Fields) => ({
    providerId: report['biz_id'],
    delivered: report['success'],
    code: report['err_code'],
  }),
  tencent: (report: Fields) => ({
    providerId: report['sid'],
    delivered: report['report_status'] === 'SUCCESS',
    code: report['errmsg'],
  }),
};

export const receiptCase = (vendor: 'aliyun' | 'tencent') =>
  wholeAdapter<{ whole: ReceiptPush }>(({ body, expected_reply: reply }) => {
    const gateway = smsGateway.parse({ name: 'main', [vendor]: gateways[vendor] });
    const request = { headers: {}, query: { token }, body: JSON.stringify(body) };
    const { receipts, answer } = takeReceipts(gateway, request, token);
    return {
      expected: { reply, receipts: body.map(receiptFacts[vendor]) },
      got: {
        reply: JSON.parse(answer.body) as Fields,
        receipts: receipts.map(({ providerId, status, code }) => ({
          providerId,
          delivered: status === 'delivered',
          code,
        })),
      },
    };
  });

interface PduVector {
  readonly pdu: string;
  readonly destination_addr: string;
  readonly short_message: string;
}

export const pduCase = wholeAdapter<{ whole: PduVector }>((whole) => {
  const { pdu, destination_addr: to, short_message: text } = whole;
  const written = new (loadSmpp().PDU)(pdu, { destination_addr: to, short_message: text });
  return said(whole, { hex: written.toBuffer().toString('hex') });
});

export const segmentsCase = wholeAdapter<{ whole: { readonly text: string } }>((whole) =>
  said(whole, { ...weighSms(whole.text) }),
);

interface MainlandVector {
  readonly signature?: string;
  readonly body_chars?: number;
  readonly body?: string;
  readonly total_chars?: number;
}

export const mainlandCase = wholeAdapter<{ whole: MainlandVector }>((whole) => {
  const { signature, body_chars: count = 0, body = '告'.repeat(count), total_chars: total = 0 } = whole;
  if (signature === undefined) return said(whole, { billed: mainlandSegments(total) });
  const { units, segments } = weighMainland(body, signature);
  return said(whole, { total_chars: units, billed: segments });
});
