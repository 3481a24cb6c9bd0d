// SMS by Tencent Cloud: an approved sign and template, its variables in order; every number has a code of its own.
import type { HttpRequest, HttpResponse } from '../../../clients/http/types.ts';
import type { TencentGateway } from '../../../config/schema/sms-gateways.ts';
import { readCredential } from '../secrets.ts';
import { gatewayClient } from './sender.ts';
import type { SmsMessage, SmsSender, SmsTools } from './sender.ts';
import { signedTc3 } from './sign-tc3.ts';
import { parsedJson, scalar, valueAt } from './template.ts';
import { paramValue } from './template-params.ts';
import { callVendor } from './vendor-call.ts';
import type { VendorAnswer } from './vendor-call.ts';
import { tencentVerdict } from './vendor-errors.ts';

export function createTencentSender(name: string, settings: TencentGateway, tools: SmsTools): SmsSender {
  const client = gatewayClient(name, settings);
  return {
    send: (message) =>
      callVendor({
        vendor: 'Tencent',
        client,
        message,
        now: () => tools.clock.now(),
        request: () => requestOf(settings, message, tools),
        read: (answer) => answerOf(answer, `+${message.whole}`),
      }),
    close: () => client.close(),
  };
}

async function requestOf(
  settings: TencentGateway,
  message: SmsMessage,
  { clock, texts }: SmsTools,
): Promise<Pick<HttpRequest, 'url' | 'headers' | 'body'>> {
  const { region, endpoint } = settings;
  const body = JSON.stringify({
    PhoneNumberSet: [`+${message.whole}`],
    SmsSdkAppId: settings.appId,
    SignName: settings.sign,
    TemplateId: settings.template,
    TemplateParamSet: tencentParams(settings, { ...message, texts: texts() }),
    SessionContext: message.reference,
  });
  const credentials = {
    secretId: await readCredential(settings, 'secretId'),
    secretKey: await readCredential(settings, 'secretKey'),
  };
  const { host } = new URL(endpoint);
  const call = { ...credentials, host, region, action: 'SendSms', version: '2021-01-11', now: clock.now() };
  return { url: endpoint, headers: signedTc3(body, call), body };
}

export function tencentParams(
  settings: Pick<TencentGateway, 'templateParams' | 'timeZone' | 'variableLength'>,
  facts: Pick<Parameters<typeof paramValue>[1], 'notice' | 'text' | 'texts'>,
): readonly string[] {
  const context = { ...facts, timeZone: settings.timeZone, variableLength: settings.variableLength };
  return settings.templateParams.map((param) => paramValue(param, context));
}

export function answerOf({ status, body }: Pick<HttpResponse, 'status' | 'body'>, number: string): VendorAnswer | null {
  const response = valueAt(parsedJson(body), 'Response');
  const request = scalar(valueAt(response, 'RequestId')) ?? '';
  const refusal = scalar(valueAt(response, 'Error.Code'));
  const said = (...words: readonly (string | null)[]): string =>
    [...words, request].filter((word) => word !== null && word !== '').join(' ');
  if (refusal !== null)
    return {
      verdict: status >= 500 ? { kind: 'transient' } : tencentVerdict(refusal),
      providerId: null,
      words: said(refusal, scalar(valueAt(response, 'Error.Message'))),
    };
  const set = valueAt(response, 'SendStatusSet');
  if (!Array.isArray(set) || status >= 300) return null;
  const entries: readonly unknown[] = set;
  const own = entries.find((entry) => valueAt(entry, 'PhoneNumber') === number) ?? entries[0];
  const code = scalar(valueAt(own, 'Code'));
  if (code === null) return null;
  const serial = scalar(valueAt(own, 'SerialNo'));
  return {
    verdict: tencentVerdict(code),
    providerId: serial === '' ? null : serial,
    words: said(code, scalar(valueAt(own, 'Message'))),
  };
}
