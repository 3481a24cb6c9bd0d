// What a process answers while it does not lead: the one who leads is asked, and only what he has committed is said to be taken.
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../../clock.ts';
import { messageOf } from '../../model/errors.ts';
import { seconds, type Milliseconds } from '../../model/units.ts';

export interface FollowingOptions {
  /** where the one who leads takes alerts in; null: nobody is known to lead */
  readonly leader: () => string | null;
  /** how he is spoken to where he speaks TLS */
  readonly toReplica?: () => https.RequestOptions;
  /** real time, for how long he may take */
  readonly clock?: Pick<Clock, 'after'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** Alertmanager's and Prometheus's own clients try again after a 503. */
const tryAgainIn = 5;
/** Less than whoever sends alerts in waits. */
const longestAnswer = seconds(8);
/** He waits for mail servers and gateways, which have 20 s; a 503 for what was sent after all would be a lie. */
const longestTest = seconds(25);
/** A long list to somebody who reads slowly. */
const longestReading = seconds(60);
const sendsTest = /^\/api\/v1\/send-test\/?(?:\?|$)/i;
const forwarded = 'x-springtide-forwarded';
/** What belongs to one connection and not to the message. */
const ofTheConnection = new Set([
  ...['connection', 'host', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

function unavailable(response: ServerResponse, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'Retry-After': String(tryAgainIn),
  };
  response.writeHead(503, headers).end(JSON.stringify({ error: { code: 'NotLeading', message } }));
}

const passedOn = (headers: IncomingMessage['headers']): IncomingMessage['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheConnection.has(name)));

export function answerFollowing({ leader, toReplica, clock = systemClock, log }: FollowingOptions): RequestListener {
  return (request, response) => {
    const path = request.url ?? '/';
    if (path === '/-/healthy' || path === '/-/ready') {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('OK');
      return;
    }
    const address = leader();
    // Joined and not resolved: a path like //elsewhere/ must not lead elsewhere.
    const url = `${address ?? ''}${path}`;
    if (address === null || !path.startsWith('/') || !URL.canParse(url)) {
      unavailable(response, 'this process does not lead, and knows nobody who does: try again');
      return;
    }
    // He too follows by now: it must not go round in circles.
    if (request.headers[forwarded] !== undefined) {
      unavailable(response, 'the lease is just changing hands: try again');
      return;
    }
    const within = sendsTest.test(path) ? longestTest : longestAnswer;
    forward({ url: new URL(url), secure: toReplica?.() ?? {}, within, clock, log }, request, response);
  };
}

interface Forwarding extends Required<Pick<FollowingOptions, 'clock' | 'log'>> {
  readonly url: URL;
  readonly secure: https.RequestOptions;
  /** until the answer begins */
  readonly within: Milliseconds;
}

function forward(
  { url, secure, within, clock, log }: Forwarding,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const fail = (why: string): void => {
    log.warn({ leader: url.host, why }, 'the one who leads did not answer: the sender tries again');
    unavailable(response, `the one who leads (${url.host}) did not answer: ${why}`);
  };
  let isAnswered = false;
  const outgoing = (url.protocol === 'https:' ? https : http).request(
    url,
    {
      ...(url.protocol === 'https:' && secure),
      method: request.method,
      headers: { ...passedOn(request.headers), [forwarded]: '1' },
    },
    (answer) => {
      cancel();
      isAnswered = true;
      // He may have refused what is still on its way.
      response.once('finish', () => {
        if (!request.complete) outgoing.destroy();
      });
      answer.once(
        'close',
        clock.after(longestReading, () => answer.destroy()),
      );
      response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers));
      pipeline(answer, response, () => undefined);
    },
  );
  const cancel = clock.after(within, () => outgoing.destroy(new Error(`nothing within ${within / 1000} s`)));
  outgoing.on('error', (error) => {
    cancel();
    request.unpipe(outgoing);
    // Once he answers, his answer says what there is to say, whole or not.
    if (!isAnswered) fail(messageOf(error));
  });
  request.once('close', () => {
    if (!request.complete) outgoing.destroy();
  });
  // He judges by the headers, also where the body is slow to come.
  outgoing.flushHeaders();
  request.pipe(outgoing);
}
