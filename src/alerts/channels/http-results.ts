// What an HTTP answer or its absence means for a message: taken, worth another attempt, or refused for good.
import { ClientError } from '../../clients/http/error.ts';
import type { HttpResponse } from '../../clients/http/types.ts';
import { messageOf } from '../../model/errors.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { oneLine } from '../render.ts';
import { cutToBytes, cutToCharacters } from '../truncate.ts';
import { failed, retry } from './channel.ts';
import type { FailureReason, SendResult } from './channel.ts';

export function reasonOfStatus(status: number): FailureReason {
  if (status === 429) return 'RateLimited';
  if (status >= 500) return 'ServerError';
  if (status < 400) return 'Unexpected';
  return status === 401 || status === 403 ? 'AuthRefused' : 'ClientError';
}

/** "the gateway answered 400: …": enough of the body to know why. */
export function answerInWords(who: string, { status, body }: Pick<HttpResponse, 'status' | 'body'>): string {
  const excerpt = cutToCharacters(oneLine(cutToBytes(body, 2000).text), 200).text;
  return `${who} answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
}

const longestWait = 3_600_000;

/** Seconds or an HTTP date, at most an hour. */
export function retryAfterOf(headers: HttpResponse['headers'], now: Instant): Milliseconds | null {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  const wait = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : (Math.min(Math.max(0, wait), longestWait) as Milliseconds);
}

/** A receiver's answer as Alertmanager reads it: 5xx and 429 may be asked again, what else is no 2xx is final. */
export function resultOfAnswer(
  to: string,
  who: string,
  answer: Pick<HttpResponse, 'status' | 'headers' | 'body'>,
  now: Instant,
): SendResult {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return { to, status: 'sent', providerId: null };
  const message = answerInWords(who, answer);
  if (status === 429 || status >= 500)
    return retry(to, reasonOfStatus(status), message, { retryAfter: retryAfterOf(headers, now) });
  const hint = status >= 300 && status < 400 ? '; redirects are not followed: write the address it names' : '';
  return failed(to, reasonOfStatus(status), `${message}${hint}`);
}

/** No whole answer came. Whether the message went out is open, unless nobody was there to take it. */
export function resultOfThrown(to: string, error: unknown): SendResult {
  if (!(error instanceof ClientError)) return retry(to, 'Unexpected', messageOf(error), { uncertain: true });
  switch (error.code) {
    case 'Timeout':
      return retry(to, 'Timeout', error.message, { uncertain: true });
    case 'Aborted':
      return retry(to, 'Interrupted', error.message, { uncertain: true });
    case 'TlsRefused':
      return retry(to, 'TlsFailed', error.message);
    case 'Unreachable':
      return retry(to, 'Unreachable', error.message, {
        uncertain: !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|SOCKS proxy/.test(error.message),
      });
    case 'BadRequest':
      return failed(to, 'Misconfigured', error.message);
    default:
      return retry(to, 'Unexpected', error.message, { uncertain: true });
  }
}
