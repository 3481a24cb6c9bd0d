// The listener for alerts: Alertmanager's API, webhooks and receipts in, and the page by which people say that they are on it.
import type { RequestListener, Server } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { systemClock } from '../../clock.ts';
import { messageOf } from '../../model/errors.ts';
import { bodyAtMost, hearingOut } from '../body.ts';
import { ownNamesOnly, ownOriginOnly, problem, securityHeaders, type Outside } from '../guard.ts';
import { addressKey, createRateLimit, limited, tooOften, type RateLimit } from '../rate.ts';
import { isLoopback, listening, parseListen } from '../listen.ts';
import { plainListening, type Listening } from '../tls.ts';
import { acknowledgePage } from './acknowledge.ts';
import { acknowledgeApi } from './acknowledge-api.ts';
import type { AcknowledgeWords } from './acknowledge.ts';
import { apiV2 } from './api-v2.ts';
import type { AlertDesk } from './desk.ts';
import { explainApi } from './explain-api.ts';
import { receiptsIn } from './receipts-in.ts';
import type { TakeReceipts } from './receipts-in.ts';
import { sendTestApi } from './send-test-api.ts';
import { webhookIn } from './webhook-in.ts';

export interface AlertServerOptions {
  /** `http.alerts.listen` of the Daemon document */
  readonly listen: string;
  readonly desk: AlertDesk;
  readonly receipts: TakeReceipts;
  readonly words: () => AcknowledgeWords;
  /** what senders must show; null: nothing. Read anew for every request. */
  readonly token: () => Promise<string | null>;
  /** alerts came in a request that is too large: they are lost */
  readonly onTooLarge?: (sender: string) => void;
  readonly log: Logger;
}

export interface AlertServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface AlertListening extends Pick<AlertServerOptions, 'listen' | 'log'> {
  /** who answers, asked for each request: the one who leads changes while the process listens */
  readonly answering: () => RequestListener;
  /** `http.tls`; absent: plain */
  readonly tls?: Listening;
}

/** An Alertmanager sends a whole group at once, and what is refused for its size it never sends again: 50,000 alerts have room. */
export const longestBodyMiB = 64;
const longestBody = longestBodyMiB * 1024 * 1024;
/** Where alerts come in; Express counts the letters of a path neither large nor small. */
const alertsIn = /^\/api\/(?:v2\/alerts|v1\/webhook)\/?$/i;
const mostConnections = 1_024;

/** Links are pressed by people and looked at by scanners of mail; a gateway reports thousands of texts from one address. */
const linkRates = { each: { burst: 60, perSecond: 2 }, all: { burst: 600, perSecond: 50 } };
const receiptRates = { each: { burst: 2_000, perSecond: 200 }, all: { burst: 5_000, perSecond: 500 } };
/** What can be guessed, and is tried without a token: of 2^40 a day's trying hits one of a thousand living ones once in 6,000 days. */
const codeRates = { each: { burst: 20, perSecond: 0.1 }, all: { burst: 100, perSecond: 2 } };
/** Of those who show no token, or a wrong one. Who shows the right one is never held up: alerts come in bursts. */
const wrongRates = { each: { burst: 30, perSecond: 1 }, all: { burst: 500, perSecond: 50 } };

export function startAlertServer(options: AlertServerOptions): Promise<AlertServer> {
  const app = alertApp(options);
  return listenForAlerts({ ...options, answering: () => app });
}

/** Answers from the pipeline of this process. */
export function alertApp(options: AlertServerOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(securityHeaders);
  const outside: Outside = {
    url: () => options.desk.document().links?.externalUrl ?? null,
    setting: 'links.externalUrl of alerts.yaml',
  };
  if (isLoopback(parseListen(options.listen, 'http.alerts.listen'))) app.use(ownNamesOnly(outside));
  app.get(['/-/healthy', '/-/ready'], (_request, response) => response.type('text/plain').send('OK'));
  const clock = systemClock;
  // these prove themselves by what they carry; browsers name no origin in the form of a page that keeps its address to
  // itself, and behind a proxy another one than our own
  const codes = createRateLimit({ clock, ...codeRates });
  app.use('/a', limited(createRateLimit({ clock, ...linkRates })), acknowledgePage(options.desk, options.words, codes));
  app.use(ownOriginOnly(outside));
  app.use('/api/v1/sms/receipts', limited(createRateLimit({ clock, ...receiptRates })), receiptsIn(options.receipts));
  const wrong = createRateLimit({ clock, ...wrongRates });
  app.use('/api', (request, response, next) => shown(options, wrong, request, response, next));
  const tooLarge = (request: Request, response: Response): void => refuseForItsSize(options, request, response);
  app.use('/api', bodyAtMost(longestBody, tooLarge), express.json({ limit: longestBody, type: () => true }));
  app.use('/api/v2', apiV2(options.desk));
  app.use('/api/v1/webhook', webhookIn(options.desk));
  app.use('/api/v1/acknowledge', acknowledgeApi(options.desk));
  app.use('/api/v1/explain', explainApi(options.desk));
  app.use('/api/v1/send-test', sendTestApi(options.desk));
  app.use('/api/v1/alerts', (_request, response) =>
    problem(response, 404, 'NotFound', "this was Alertmanager's API v1: write api_version: v2 at the sender"),
  );
  app.use((_request, response) => problem(response, 404, 'NotFound', 'there is nothing at this address'));
  app.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    const { status } = thrown as { status?: unknown };
    // refused at the first byte too many: what read the body comes to the same end only after its last one
    if (status === 413 && response.headersSent) return;
    if (status === 413 && request.path.startsWith('/api/')) tooLarge(request, response);
    else if (typeof status === 'number' && status >= 400 && status < 500)
      problem(response, status, 'BadRequest', `the request cannot be read: ${messageOf(thrown)}`);
    else {
      options.log.error({ err: thrown, path: request.path }, `answering failed: ${messageOf(thrown)}`);
      if (response.headersSent) next(thrown);
      else problem(response, 500, 'Internal', 'this is our fault; the log says more');
    }
  });
  return app;
}

function refuseForItsSize(
  { log, onTooLarge }: Pick<AlertServerOptions, 'log' | 'onTooLarge'>,
  request: Request,
  response: Response,
): void {
  const { headers, socket } = request;
  const path = `${request.baseUrl}${request.path}`;
  log.error(
    { path, from: socket.remoteAddress, length: headers['content-length'] },
    `a request of more than ${longestBodyMiB} MiB was refused, and what it says is lost: set max_alerts at its sender`,
  );
  if (alertsIn.test(path)) onTooLarge?.(socket.remoteAddress ?? '?');
  const message = `a request has at most ${longestBodyMiB} MiB: set max_alerts at its sender, or send fewer at once`;
  problem(response, 413, 'BodyTooLarge', message);
}

export async function listenForAlerts({ listen, answering, log, tls }: AlertListening): Promise<AlertServer> {
  const server = (tls ?? plainListening).serve(
    { requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2_000 },
    hearingOut((request, response) => answering()(request, response)),
  );
  server.maxHeadersCount = 100;
  server.maxConnections = mostConnections;
  const url = await listening(server, parseListen(listen, 'http.alerts.listen'), 'http.alerts.listen');
  log.info({ alerts: url }, 'listening for alerts');
  return { url, close: () => closed(server) };
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** As `Authorization: Bearer TOKEN`, or as the password of basic authentication. */
async function shown(
  { token }: AlertServerOptions,
  wrong: RateLimit,
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  let wanted: string | null;
  try {
    wanted = await token();
  } catch (error) {
    problem(response, 503, 'TokenUnreadable', `http.alerts.token cannot be read: ${messageOf(error)}`);
    return;
  }
  if (wanted === null || isSame(given(request), wanted)) {
    next();
    return;
  }
  const after = wrong.take(addressKey(request.socket.remoteAddress));
  if (after !== null) {
    tooOften(response, after);
    return;
  }
  response.set('WWW-Authenticate', 'Bearer realm="springtide alerts"');
  problem(response, 401, 'Unauthorized', 'show the token of http.alerts: Authorization: Bearer TOKEN');
}

function given(request: Request): string {
  const [kind = '', value = ''] = (request.headers.authorization ?? '').split(' ');
  switch (kind.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic':
      return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':');
    default:
      return '';
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
