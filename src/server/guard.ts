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
      response.set({ Allow: 'GET, HEAD', Connection: 'close' });
      problem(response, 405, 'MethodNotAllowed', 'this server is read-only: GET and HEAD');
      return;
    }
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > longestBody || request.headers['transfer-encoding'] !== undefined) {
      response.set('Connection', 'close');
      problem(response, 413, 'BodyTooLarge', 'a request to this server needs no body');
      return;
    }
    next();
  };

const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * On loopback only: a page from elsewhere whose name was made to resolve to 127.0.0.1 would be let in by the browser, but it
 * still names itself in Host.
 */
export function ownNamesOnly(request: Request, response: Response, next: NextFunction): void {
  if (loopbackName.test(request.headers.host ?? '')) next();
  else
    problem(
      response,
      421,
      'ForeignHost',
      'this server listens on loopback and answers to localhost and 127.0.0.1 only',
    );
}

/** A page of another site may send to us through its visitor's browser, which then names that site in Origin. */
export function ownOriginOnly(request: Request, response: Response, next: NextFunction): void {
  const { origin, host } = request.headers;
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) next();
  else problem(response, 403, 'ForeignOrigin', 'pages of other sites may not send anything here');
}
