// What every answer carries and every request must obey: security headers, reading only, and no foreign names.
import type { NextFunction, Request, Response } from 'express';

/** No inline script and no inline style: the page is built for it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const problem = (response: Response, status: number, code: string, message: string): void => {
  response.status(status).json({ error: { code, message } });
};

export function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  });
  next();
}

const longestBody = 1024;

/** Everything here is read but for what is `written`: elsewhere a body is never looked at, and a large one never taken in. */
export const readOnly =
  (written: readonly string[]) =>
  (request: Request, response: Response, next: NextFunction): void => {
    if (request.method === 'POST' && written.includes(request.path)) {
      next();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.set({ Allow: 'GET, HEAD' });
      problem(response, 405, 'MethodNotAllowed', 'this server is read-only: GET and HEAD');
      return;
    }
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > longestBody || request.headers['transfer-encoding'] !== undefined) {
      problem(response, 413, 'BodyTooLarge', 'a request to this server needs no body');
      return;
    }
    next();
  };

const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Where browsers reach this server through a proxy; asked for each request, a reload may change it. */
export interface Outside {
  /** null: nowhere but at the address it listens on */
  readonly url: () => string | null;
  /** where it is written */
  readonly setting: string;
}

const addressOf = (text: string | null | undefined): URL | null =>
  typeof text === 'string' && URL.canParse(text) ? new URL(text) : null;

/**
 * On loopback only: a page from elsewhere whose name was made to resolve to 127.0.0.1 would be let in by the browser, but it
 * still names itself in Host.
 */
export const ownNamesOnly =
  ({ url, setting }: Outside) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const { host = '' } = request.headers;
    if (loopbackName.test(host) || addressOf(url())?.host === host.toLowerCase()) next();
    else {
      const message = `this server listens on loopback and answers to localhost and 127.0.0.1 only; behind a proxy that passes Host on, write the address that people open in ${setting}`;
      problem(response, 421, 'ForeignHost', message);
    }
  };

/**
 * A page of another site may send to us through its visitor's browser. Newer browsers say on their own whether the page is of
 * the address that they send to, as they see it; where they say nothing (plain HTTP, older ones) they name the page's site in
 * Origin, which is ours where it is the Host that we were asked by, or the address that is written for the outside: many proxies
 * put a Host of their own.
 */
export const ownOriginOnly =
  ({ url, setting }: Outside) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const page = addressOf(origin);
    const isOurs = page !== null && (page.host === host || page.origin === addressOf(url())?.origin);
    if (site === undefined ? origin === undefined || isOurs : site === 'same-origin' || site === 'none') {
      next();
      return;
    }
    const message = `pages of other sites may not send anything here; if ${origin ?? 'this page'} is springtide's own behind a proxy, write that address in ${setting}`;
    problem(response, 403, 'ForeignOrigin', message);
  };
