// One signed request to a vendor: its secrets read, its answer judged, its absence told from a refusal.
import type { HttpClient, HttpRequest, HttpResponse } from '../../../clients/http/types.ts';
import { messageOf } from '../../../model/errors.ts';
import type { Instant } from '../../../model/units.ts';
import { oneLine } from '../../render.ts';
import { failed, retry } from '../channel.ts';
import type { SendResult } from '../channel.ts';
import { answerInWords, reasonOfStatus, resultOfThrown, retryAfterOf } from '../http-results.ts';
import type { SmsMessage } from './sender.ts';
import { resultOfVerdict } from './vendor-errors.ts';
import type { VendorVerdict } from './vendor-errors.ts';

export interface VendorCall {
  readonly vendor: string;
  readonly client: HttpClient;
  readonly message: SmsMessage;
  readonly now: () => Instant;
  /** may throw where a secret cannot be read */
  readonly request: () => Promise<Pick<HttpRequest, 'url' | 'headers' | 'body' | 'secrets'>>;
  /** null where the answer is none of this vendor's */
  readonly read: (answer: HttpResponse) => VendorAnswer | null;
}

export interface VendorAnswer {
  readonly verdict: VendorVerdict;
  readonly providerId: string | null;
  /** the vendor's code and words */
  readonly words: string;
}

export async function callVendor(call: VendorCall): Promise<SendResult> {
  const { vendor, client, message, now } = call;
  const { to, signal } = message;
  let request: Awaited<ReturnType<VendorCall['request']>>;
  try {
    request = await call.request();
  } catch (error) {
    return retry(to, 'Misconfigured', `${client.name} cannot be used yet: ${messageOf(error)}`);
  }
  try {
    const answer = await client.request({
      ...request,
      method: 'POST',
      accept: 'any',
      idempotent: false,
      freshConnection: true,
      operation: 'send SMS',
      signal,
    });
    return resultOfVendor(vendor, to, call.read, answer, now());
  } catch (error) {
    return resultOfThrown(to, error);
  }
}

export function resultOfVendor(
  vendor: string,
  to: string,
  read: VendorCall['read'],
  answer: HttpResponse,
  now: Instant,
): SendResult {
  const known = read(answer);
  const { status, headers } = answer;
  if (known === null) {
    const words = answerInWords(vendor, answer);
    if (status === 429 || status >= 500)
      return retry(to, reasonOfStatus(status), words, { retryAfter: retryAfterOf(headers, now) });
    // something that stands between may have passed the message on
    if (status < 300) return retry(to, 'Unexpected', `${words}; that is no answer of ${vendor}`, { uncertain: true });
    return failed(to, reasonOfStatus(status), words);
  }
  if (known.verdict.kind === 'taken') return { to, status: 'sent', providerId: known.providerId };
  const result = resultOfVerdict(to, known.verdict, `${vendor}: ${oneLine(known.words).slice(0, 300)}`, now);
  const asked = retryAfterOf(headers, now);
  return result.status === 'retry' && asked !== null ? { ...result, retryAfter: asked } : result;
}
