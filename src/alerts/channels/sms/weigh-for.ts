// What a text of our own weighs at a gateway: with the sign that it puts before it, in the alphabet that it sends.
import type { SmsGateway } from '../../../config/schema/sms-gateways.ts';
import { weighMainland, weighSms } from './segments.ts';
import type { WeighSms } from './segments.ts';

/** Aliyun and Tencent are sent variables: how long those are is said of each, and of their whole by the preview. */
export function weighFor(gateway: SmsGateway | undefined): WeighSms {
  const sign = gateway?.http?.sign;
  if (sign !== undefined) return (text) => weighMainland(text, sign);
  const coding = gateway?.smpp?.dataCoding;
  return (text) => weighSms(text, coding);
}
