// The arrays of sms_providers and sms_segments.
import type { ManifestEntry } from '../manifest.ts';
import {
  acs3Case,
  answerCase,
  callbackCase,
  errorCodeCase,
  errorCodes,
  mainlandCase,
  pduCase,
  receiptCase,
  rpcCase,
  segmentsCase,
  tc3Case,
} from './sms.ts';

const channels = 'alerts/channels/sms';

export const smsVectors: Readonly<Record<string, readonly ManifestEntry[]>> = {
  'alertmanager/sms_providers': [
    { array: 'aliyun.rpc_hmac_sha1.vectors', product: `${channels}/sign-aliyun-rpc`, count: 5, adapter: rpcCase },
    { array: 'aliyun.acs3_hmac_sha256.vectors', product: `${channels}/sign-acs3`, count: 3, adapter: acs3Case },
    { array: 'aliyun.responses', product: `${channels}/aliyun: answerOf`, count: 3, adapter: answerCase('aliyun') },
    {
      array: 'aliyun.error_classes',
      product: `${channels}/vendor-errors`,
      count: 21,
      adapter: errorCodeCase('aliyun'),
      split: errorCodes,
    },
    {
      array: 'aliyun.receipt_push',
      product: `${channels}/receipts: takeReceipts`,
      count: 1,
      adapter: receiptCase('aliyun'),
    },
    { array: 'tencent.tc3.vectors', product: `${channels}/sign-tc3`, count: 4, adapter: tc3Case },
    { array: 'tencent.responses', product: `${channels}/tencent: answerOf`, count: 3, adapter: answerCase('tencent') },
    {
      array: 'tencent.error_classes',
      product: `${channels}/vendor-errors`,
      count: 20,
      adapter: errorCodeCase('tencent'),
      split: errorCodes,
    },
    {
      array: 'tencent.receipt_push',
      product: `${channels}/receipts: takeReceipts`,
      count: 1,
      adapter: receiptCase('tencent'),
    },
    { array: 'twilio.responses', product: `${channels}/twilio: answerOf`, count: 3, adapter: answerCase('twilio') },
    {
      array: 'twilio.error_classes',
      product: `${channels}/vendor-errors`,
      count: 11,
      adapter: errorCodeCase('twilio'),
      split: errorCodes,
    },
    { array: 'twilio.receipt_push.vectors', product: `${channels}/twilio-signature`, count: 2, adapter: callbackCase },
    { array: 'smpp.vector', product: 'the package smpp, as the channel uses it', count: 1, adapter: pduCase },
  ],
  'alertmanager/sms_segments': [
    { array: 'segments', product: `${channels}/segments: weighSms`, count: 16, adapter: segmentsCase },
    {
      array: 'china_domestic',
      product: `${channels}/segments: weighMainland, mainlandSegments`,
      count: 8,
      adapter: mainlandCase,
    },
  ],
};
