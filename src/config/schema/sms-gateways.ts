// SMS gateways: how a text reaches a telephone, by a vendor's API, by a carrier's SMPP or by any HTTP gateway.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { httpUrl, positiveCount, positiveDuration, proxyUrl, secretReference, timeZone, tls } from './scalars.ts';

const text = z.string().min(1);

/** An identifier is no secret, and may be one all the same. */
const identifier = z.union([text, secretReference]).optional();
const secret = secretReference.optional();
const file = text.optional();

type Written = Readonly<Record<string, unknown>>;
const givenOnce = (settings: Written, name: string): boolean =>
  (settings[name] === undefined) !== (settings[`${name}File`] === undefined);
const onceEach =
  (...names: readonly string[]) =>
  (settings: Written, context: z.core.$RefinementCtx): void => {
    for (const name of names)
      if (!givenOnce(settings, name))
        context.addIssue({ code: 'custom', message: `write exactly one of ${name} and ${name}File` });
  };

/** What every gateway over HTTPS has. */
const transport = {
  timeout: positiveDuration.default(10_000 as Milliseconds),
  tls: tls.optional(),
  /** never taken from the environment */
  proxy: proxyUrl.optional(),
};

/** Reports are taken only with this secret in their address: …/receipts/NAME?token=SECRET */
const guardedReceipts = z.strictObject({ token: secretReference });

const fact = z
  .string()
  .regex(
    /^(?:status|alertname|severity|cluster|since|value|summary|count|groups|text|token|(?:labels|annotations)\..+)$/,
    {
      error:
        'a fact is status, alertname, severity, cluster, since, value, summary, count, groups, text, token, labels.NAME or annotations.NAME',
    },
  )
  .meta({
    description:
      'a fact: status, alertname, severity, cluster, since, value, summary, count, groups, text, token, labels.NAME',
  });

/** What fills a variable of an approved template. */
const templateParam = z.union([fact, z.strictObject({ fact, length: positiveCount.optional() })]);
export type TemplateParam = z.infer<typeof templateParam>;

/** What both vendors of the mainland ask for. */
const approved = {
  /** without 【】 */
  sign: text.regex(/^[^【】]+$/, { error: 'write the sign without 【】' }),
  template: text,
  /** the approved text with its variables: then segments are counted before sending */
  templateText: text.optional(),
  /** times in variables are told in this zone */
  timeZone: timeZone.default('Asia/Shanghai'),
};

const aliyun = z
  .strictObject({
    accessKeyId: identifier,
    accessKeyIdFile: file,
    accessKeySecret: secret,
    accessKeySecretFile: file,
    ...approved,
    templateParams: z
      .record(
        z.string().regex(/^[A-Za-z]\w*$/, { error: 'a variable has letters, digits and "_" only' }),
        templateParam,
      )
      .default({ status: 'status', name: 'alertname', cluster: 'cluster', since: 'since' }),
    variableLength: positiveCount.default(35),
    signature: z.enum(['acs3', 'rpc']).default('acs3'),
    endpoint: httpUrl.default('https://dysmsapi.aliyuncs.com/'),
    region: text.optional(),
    receipts: guardedReceipts.optional(),
    ...transport,
  })
  .superRefine(onceEach('accessKeyId', 'accessKeySecret'));

const tencent = z
  .strictObject({
    secretId: identifier,
    secretIdFile: file,
    secretKey: secret,
    secretKeyFile: file,
    appId: text,
    ...approved,
    /** in the order of {1} {2} … */
    templateParams: z.array(templateParam).default(['status', 'alertname', 'cluster', 'since']),
    variableLength: positiveCount.default(12),
    region: text.default('ap-guangzhou'),
    endpoint: httpUrl.default('https://sms.tencentcloudapi.com/'),
    receipts: guardedReceipts.optional(),
    ...transport,
  })
  .superRefine(onceEach('secretId', 'secretKey'));

const twilio = z
  .strictObject({
    accountSid: identifier,
    accountSidFile: file,
    authToken: secret,
    authTokenFile: file,
    from: text.optional(),
    messagingServiceSid: text.optional(),
    /** where Twilio posts what became of a message, as Twilio reaches it */
    statusCallback: httpUrl.optional(),
    endpoint: httpUrl.default('https://api.twilio.com/'),
    ...transport,
  })
  .superRefine(onceEach('accountSid', 'authToken'))
  .refine(({ from, messagingServiceSid: service }) => (from === undefined) !== (service === undefined), {
    error: 'name the sender by exactly one of from and messagingServiceSid',
  });

const octet = z.int().min(0).max(255);

const smpp = z
  .strictObject({
    host: text,
    port: z.int().min(1).max(65_535).default(2775),
    /** speak TLS: `tls: {}` trusts the system's authorities */
    tls: tls.optional(),
    systemId: text.max(15),
    password: secret,
    passwordFile: file,
    systemType: z.string().max(12).default(''),
    bind: z.enum(['transceiver', 'transmitter']).default('transceiver'),
    sourceAddress: z
      .strictObject({ address: z.string().max(20).default(''), ton: octet.default(0), npi: octet.default(0) })
      .prefault({}),
    /** auto: GSM-7 where the text has nothing else, else UCS-2 */
    dataCoding: z.enum(['auto', 'ucs2']).default('auto'),
    longMessages: z.enum(['udh', 'payload']).default('udh'),
    registeredDelivery: z.boolean().default(true),
    enquireLink: positiveDuration.default(30_000 as Milliseconds),
    timeout: positiveDuration.default(15_000 as Milliseconds),
    /** submits that may wait for their answer at a time */
    window: positiveCount.max(1000).default(10),
    perSecond: positiveCount.max(10_000).default(20),
  })
  .superRefine(onceEach('password'))
  .refine(({ bind, registeredDelivery: receipts }) => bind === 'transceiver' || !receipts, {
    error: 'a transmitter hears no receipts: write bind: transceiver, or registeredDelivery: false',
  });

const words = z.array(z.union([z.string(), z.number(), z.boolean()]));

/** Where a gateway's own report says what; paths as in idPath. */
const httpReceipts = z.strictObject({
  token: secretReference,
  /** the header that carries the token; in the address (?token=) where none is named */
  header: text.optional(),
  /** the list of reports in the body, where it carries several */
  list: z.string().optional(),
  id: text,
  status: text,
  delivered: words.min(1),
  failed: words.default([]),
  to: z.string().optional(),
  code: z.string().optional(),
  answer: z.string().default('{"code":0}'),
});

const isFilled = (template: string): boolean =>
  [...template.matchAll(/\{\{(.*?)\}\}/gs)].every(([, place = '']) => /^\s*(?:to|text|id|code)\s*$/.test(place));
/** Headers have no letters but Latin ones: the others would be left out. */
const hasNoText = (template: string): boolean => !/\{\{\s*text\s*\}\}/.test(template);
const noText = { error: 'a header carries no text: put {{text}} into the body or the address' };
const places = { error: 'only {{to}}, {{text}}, {{id}} and {{code}} are filled in' };

const httpGateway = z.strictObject({
  url: httpUrl.refine(isFilled, places),
  method: z.enum(['POST', 'GET', 'PUT']).default('POST'),
  headers: z.record(z.string(), z.string().refine(isFilled, places).refine(hasNoText, noText)).default({}),
  bearer: secretReference.optional(),
  /** {{to}} {{text}} {{id}} {{code}} are filled in, JSON-escaped where the body is JSON */
  body: z.string().refine(isFilled, places).default('{"to":"{{to}}","text":"{{text}}","id":"{{id}}"}'),
  contentType: z
    .string()
    .refine((type) => /^(?![^]*charset=)|charset="?utf-?8"?\s*(?:;|$)/i.test(type), {
      error: 'texts are sent in UTF-8',
    })
    .default('application/json'),
  success: z
    .strictObject({
      status: z.array(z.int()).default([200, 201, 202, 204]),
      path: z.string().optional(),
      equals: z.union([z.string(), z.number()]).optional(),
    })
    .prefault({}),
  idPath: z.string().optional(),
  retryStatus: z.array(z.int()).default([429, 500, 502, 503, 504]),
  /** counted as the mainland does: 【sign】 and text, 70 or 67 a segment */
  sign: text.optional(),
  receipts: httpReceipts.optional(),
  ...transport,
});

const kinds = ['aliyun', 'tencent', 'twilio', 'smpp', 'http'] as const;

export const smsGateway = z
  .strictObject({
    name: text,
    aliyun: aliyun.optional(),
    tencent: tencent.optional(),
    twilio: twilio.optional(),
    smpp: smpp.optional(),
    http: httpGateway.optional(),
    /** what the vendor lets one number get; absent: what is known of the vendor */
    perNumber: z
      .strictObject({
        minute: positiveCount.optional(),
        hour: positiveCount.optional(),
        day: positiveCount.optional(),
      })
      .optional(),
    price: z.strictObject({ perSegment: z.number().nonnegative(), currency: text.default('CNY') }).optional(),
  })
  .refine((gateway) => kinds.filter((kind) => gateway[kind] !== undefined).length === 1, {
    error: `say what it is by exactly one of ${kinds.join(', ')}`,
  });

export type SmsGateway = z.infer<typeof smsGateway>;
export type AliyunGateway = z.infer<typeof aliyun>;
export type TencentGateway = z.infer<typeof tencent>;
export type TwilioGateway = z.infer<typeof twilio>;
export type SmppGateway = z.infer<typeof smpp>;
export type HttpGateway = z.infer<typeof httpGateway>;
