// The door before what is not for everybody: a bearer token. No cookies, so no site can borrow it.
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AccessUnknown, type Caller, type Identify } from './access.ts';
import { problem } from './guard.ts';
import { addressKey, tooOften } from './rate.ts';

const longestToken = 16_384;

/** `Authorization: Bearer TOKEN`; an address never carries one, because addresses are logged. */
function bearerOf(request: Request): string | null {
  const [kind = '', token = '', ...more] = (request.headers.authorization ?? '').split(' ');
  if (kind.toLowerCase() !== 'bearer' || token === '' || more.length > 0 || token.length > longestToken) return null;
  return token;
}

function refused(response: Response): void {
  response.set('WWW-Authenticate', 'Bearer realm="springtide"');
  problem(response, 401, 'Unauthorized', 'show a token of http.auth: Authorization: Bearer TOKEN');
}

/** Those who have been let in, by what they are answered. */
const callers = new WeakMap<Response, Caller>();

/** null: nobody was asked for a token. */
export const callerOf = (response: Response): Caller | null => callers.get(response) ?? null;

export const login = (identify: Identify): RequestHandler =>
  async function door(request: Request, response: Response, next: NextFunction): Promise<void> {
    response.set('Cache-Control', 'no-store');
    const token = bearerOf(request);
    if (token === null) {
      refused(response);
      return;
    }
    let caller: Caller | null;
    try {
      caller = await identify(token, addressKey(request.socket.remoteAddress));
    } catch (thrown) {
      if (!(thrown instanceof AccessUnknown)) throw thrown;
      if (thrown.code === 'TooManyRequests') tooOften(response, thrown.after);
      else problem(response.set('Retry-After', String(thrown.after)), 503, thrown.code, thrown.message);
      return;
    }
    if (caller === null) {
      refused(response);
      return;
    }
    callers.set(response, caller);
    next();
  };
