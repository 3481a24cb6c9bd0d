// OAuth 2 by client credentials: a token is asked for, and shown until just before it expires.
import { z } from 'zod';
import { secretsOfAddress } from '../../clients/http/forget.ts';
import type { HttpClient, HttpResponse } from '../../clients/http/types.ts';
import type { OAuth2 } from '../../config/schema/http-config.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { retry } from './channel.ts';
import type { SendResult } from './channel.ts';
import { answerInWords, reasonOfStatus, resultOfThrown, retryAfterOf } from './http-results.ts';

export interface Tokens {
  /** what `authorization` says, or why there is nothing to say; another attempt may do better */
  authorizationOf(settings: OAuth2, secret: string, asking: Asking): Promise<string | SendResult>;
  /** It was not believed: the next request asks for a new one. True: it had been shown before, and a new one may be. */
  forget(authorization: string | undefined): boolean;
}

interface Asking {
  readonly client: HttpClient;
  readonly now: () => Instant;
  readonly timeout: Milliseconds;
  readonly signal: AbortSignal;
}

interface Token {
  readonly authorization: string;
  readonly until: number;
  isOld: boolean;
}

const mostTokens = 64;
/** A token is not shown in its last seconds: it would expire on its way. */
const early = 10_000;
const who = 'the token endpoint';

const answered = z.looseObject({
  access_token: z.string().min(1),
  token_type: z.string().optional(),
  expires_in: z.coerce.number().nonnegative().nullish(),
});

export function createTokens(): Tokens {
  const known = new Map<string, Token>();
  return {
    async authorizationOf(settings, secret, asking) {
      const key = JSON.stringify([settings, secret]);
      const token = known.get(key);
      if (token !== undefined && asking.now() < token.until) {
        token.isOld = true;
        return token.authorization;
      }
      known.delete(key);
      try {
        const answer = await ask(settings, secret, asking);
        if (answer.status < 200 || answer.status >= 300) return refusal(answer, asking.now());
        const said = answered.safeParse(parsed(answer.body));
        if (!said.success) return retry('', 'AuthRefused', `${who} gave no access_token`);
        const { access_token: text, token_type: type, expires_in: seconds } = said.data;
        const authorization = `${type === undefined || /^bearer$/i.test(type) ? 'Bearer' : type} ${text}`;
        const until = seconds === undefined || seconds === null ? Infinity : asking.now() + seconds * 1000 - early;
        known.set(key, { authorization, until, isOld: false });
        const [oldest] = known.keys();
        if (known.size > mostTokens && oldest !== undefined) known.delete(oldest);
        return authorization;
      } catch (error) {
        const result = resultOfThrown('', error);
        // Nothing of the message itself has been sent.
        return result.status === 'retry' ? { ...result, uncertain: false } : result;
      }
    },
    forget(authorization) {
      const found = [...known].filter(([, token]) => token.authorization === authorization);
      for (const [key] of found) known.delete(key);
      return found.some(([, { isOld }]) => isOld);
    },
  };
}

function refusal(answer: HttpResponse, now: Instant): SendResult {
  const { status, headers } = answer;
  const isBusy = status === 429 || status >= 500;
  const reason = isBusy ? reasonOfStatus(status) : 'AuthRefused';
  return retry('', reason, answerInWords(who, answer), { retryAfter: isBusy ? retryAfterOf(headers, now) : null });
}

/** Who we are goes into the header, and where that is refused into the form: endpoints know one or the other. */
async function ask(settings: OAuth2, secret: string, asking: Asking): Promise<HttpResponse> {
  const { client_id: id, scopes, endpoint_params: params } = settings;
  const form = new URLSearchParams({ ...params, grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const basic = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64');
  const answer = await post(settings, secret, asking, form, { authorization: `Basic ${basic}` });
  if (answer.status < 400 || answer.status >= 500 || answer.status === 429) return answer;
  form.set('client_id', id);
  if (secret !== '') form.set('client_secret', secret);
  return post(settings, secret, asking, form, {});
}

const post = (
  { token_url: url, endpoint_params: params }: OAuth2,
  secret: string,
  { client, timeout, signal }: Asking,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
): Promise<HttpResponse> =>
  client.request({
    method: 'POST',
    url,
    headers: { 'user-agent': 'springtide', 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: form.toString(),
    accept: 'any',
    idempotent: false,
    freshConnection: true,
    deadline: timeout,
    operation: 'token',
    secrets: [...secretsOfAddress(url), secret, formEncoded(secret), ...Object.values(params)],
    signal,
  });

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
