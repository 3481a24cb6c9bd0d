// What a message will be and cost at its gateway, before it is sent.
import type { SmsGateway } from '../../../config/schema/sms-gateways.ts';
import type { Texts } from '../../../model/texts.ts';
import type { Notice } from '../../render.ts';
import { aliyunParams } from './aliyun.ts';
import { costOf, mainlandLongest, signed, weighMainland } from './segments.ts';
import type { SmsWeight } from './segments.ts';
import { filledTemplate } from './template-params.ts';
import { tencentParams } from './tencent.ts';
import { weighFor } from './weigh-for.ts';

export interface SmsFacts {
  readonly notice: Notice;
  readonly text: string;
  readonly texts: Texts;
}

export interface SmsPreview {
  /** as it arrives, its sign included */
  readonly text: string;
  readonly weight: SmsWeight;
  /** the vendor would refuse it */
  readonly tooLong: boolean;
  readonly cost: { readonly amount: number; readonly currency: string } | null;
}

/** null: the approved text is with the vendor only, and no templateText says it here. */
export function previewSms(gateway: SmsGateway, facts: SmsFacts): SmsPreview | null {
  const { aliyun, tencent, http, price } = gateway;
  const preview = (text: string, weight: SmsWeight, tooLong: boolean): SmsPreview => ({
    text,
    weight,
    tooLong,
    cost: price === undefined ? null : { amount: costOf(weight.segments, price.perSegment), currency: price.currency },
  });
  const mainland = (text: string, sign: string): SmsPreview => {
    const weight = weighMainland(text, sign);
    return preview(signed(text, sign), weight, weight.units > mainlandLongest);
  };
  if (aliyun !== undefined)
    return aliyun.templateText === undefined
      ? null
      : mainland(filledTemplate(aliyun.templateText, aliyunParams(aliyun, facts)), aliyun.sign);
  if (tencent !== undefined) {
    const numbered = tencentParams(tencent, facts).map((value, index) => [String(index + 1), value] as const);
    return tencent.templateText === undefined
      ? null
      : mainland(filledTemplate(tencent.templateText, Object.fromEntries(numbered)), tencent.sign);
  }
  if (http?.sign !== undefined) return mainland(facts.text, http.sign);
  return preview(facts.text, weighFor(gateway)(facts.text), false);
}
