// The HTTP base against real local servers: deadlines, caps, retries, the breaker, TLS and what its errors say.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpClient } from '../../../src/clients/http/client.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { CallObservation, HttpClient, HttpClientOptions } from '../../../src/clients/http/types.ts';
import { validate } from '../../../src/clients/http/validate.ts';
import type { Milliseconds } from '../../../src/model/units.ts';

const ms = (count: number): Milliseconds => count as Milliseconds;
const quick = { attempts: 3, baseDelay: ms(1), maxDelay: ms(4) };
const open: { server: Server; client: HttpClient }[] = [];

async function against(answer: RequestListener, options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createHttpClient({
    name: 'Upstream',
    baseUrl: `http://127.0.0.1:${port}/api`,
    retry: quick,
    ...options,
  });
  open.push({ server, client });
  return client;
}

function answering(...statuses: number[]): { listener: RequestListener; count: () => number } {
  let count = 0;
  const listener = (_request: IncomingMessage, response: ServerResponse): void => {
    const status = statuses[Math.min(count++, statuses.length - 1)] ?? 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"ok":true}');
  };
  return { listener, count: () => count };
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClientError);
  return error as ClientError;
}

afterEach(() => {
  for (const { server, client } of open.splice(0)) {
    client.close();
    server.closeAllConnections();
    server.close();
  }
});

describe('a request', () => {
  it('joins the path to the base, encodes query and body, and parses when asked', async () => {
    let seen = '';
    const client = await against((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen = `${request.method ?? ''} ${request.url ?? ''} ${request.headers['content-type'] ?? ''} ${body}`;
        response.writeHead(201, { 'X-Subject-Token': 'abc' }).end('{"a":1}');
      });
    });
    const answer = await client.request({
      method: 'POST',
      path: '/x',
      query: { q: 'a b', m: ['1', '2'] },
      body: { n: 1 },
    });
    expect(seen).toBe('POST /api/x?q=a+b&m=1&m=2 application/json {"n":1}');
    expect(answer).toMatchObject({ status: 201, headers: { 'x-subject-token': 'abc' }, body: '{"a":1}' });
    expect(answer.json()).toEqual({ a: 1 });
  });

  it.each([
    [400, 'BadRequest', false],
    [401, 'Unauthorized', false],
    [403, 'Forbidden', false],
    [404, 'NotFound', false],
    [406, 'NotAcceptable', false],
    [409, 'Conflict', false],
    [429, 'TooManyRequests', true],
    [302, 'Unexpected', false],
    [503, 'ServerFault', true],
  ])('calls a %i %s', async (status, code, retryable) => {
    const client = await against(answering(status).listener);
    const error = await failureOf(client.request({ path: '/x', query: { token: 'hidden' } }));
    expect(error).toMatchObject({ code, retryable, status, source: 'Upstream' });
    expect(error.message).toContain(`GET 127.0.0.1:`);
    expect(error.message).toContain(`/api/x answered ${status}`);
    expect(error.message + JSON.stringify(error)).not.toContain('hidden');
  });

  it('gives an accepted status back as an answer', async () => {
    const client = await against(answering(404).listener);
    expect((await client.request({ path: '/x', accept: [404] })).status).toBe(404);
  });

  it('names what is not JSON', async () => {
    const client = await against((_request, response) => response.setHeader('content-type', 'text/html').end('<p>'));
    const answer = await client.request({ path: '/x' });
    expect(() => answer.json()).toThrow(/answered 200 with text\/html, not JSON/);
  });

  it('refuses an address that is none', async () => {
    for (const baseUrl of ['prometheus:9090', undefined, 'https//x'])
      expect(await failureOf(createHttpClient({ name: 'Upstream', baseUrl }).request({ path: '/x' }))).toMatchObject({
        code: 'BadRequest',
      });
  });
});

describe('retries', () => {
  it('repeats an idempotent request after 5xx and 429', async () => {
    const server = answering(503, 429, 200);
    const client = await against(server.listener);
    expect((await client.request({ path: '/x' })).status).toBe(200);
    expect(server.count()).toBe(3);
  });

  it('never repeats a POST by itself', async () => {
    const server = answering(503, 200);
    const client = await against(server.listener);
    await failureOf(client.request({ method: 'POST', path: '/x' }));
    expect(server.count()).toBe(1);
  });

  it('gives up at once when the wait that is asked for outlives the deadline', async () => {
    let count = 0;
    const client = await against((_request, response) => {
      count++;
      response.writeHead(429, { 'retry-after': '60' }).end();
    });
    const error = await failureOf(client.request({ path: '/x', deadline: ms(2000) }));
    expect(error).toMatchObject({ code: 'TooManyRequests', retryAfterMs: 60_000 });
    expect(count).toBe(1);
  });

  it('reports each attempt', async () => {
    const calls: CallObservation[] = [];
    const client = await against(answering(500, 200).listener, { onCall: (call) => calls.push(call) });
    await client.request({ path: '/x', operation: 'read' });
    expect(calls.map(({ attempt, status, code, operation }) => ({ attempt, status, code, operation }))).toEqual([
      { attempt: 1, status: 500, code: 'ServerFault', operation: 'read' },
      { attempt: 2, status: 200, code: null, operation: 'read' },
    ]);
  });
});

describe('limits', () => {
  it.each([
    ['no headers', (): void => undefined],
    [
      'half a body',
      (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(200).write('{'),
    ],
  ])('ends a call with %s at the deadline', async (_name, answer) => {
    const client = await against(answer);
    const error = await failureOf(client.request({ path: '/x', deadline: ms(60) }));
    expect(error).toMatchObject({ code: 'Timeout', retryable: true });
    expect(error.message).toContain('60 ms');
  });

  it('ends an attempt and tries again within the deadline', async () => {
    let count = 0;
    const client = await against(
      (_request, response) => {
        if (count++ > 0) response.end('{}');
      },
      { attemptTimeout: ms(40) },
    );
    expect((await client.request({ path: '/x', deadline: ms(5000) })).status).toBe(200);
  });

  it('lets the caller abandon a call, before and while it runs', async () => {
    const client = await against(() => undefined);
    const controller = new AbortController();
    const running = failureOf(client.request({ path: '/x', signal: controller.signal }));
    controller.abort();
    expect(await running).toMatchObject({ code: 'Aborted', retryable: false });
    expect(await failureOf(client.request({ path: '/x', signal: controller.signal }))).toMatchObject({
      code: 'Aborted',
    });
  });

  it('stops reading a body that is too large', async () => {
    const client = await against((_request, response) => response.end('x'.repeat(5000)), { maxBodyBytes: 1000 });
    expect(await failureOf(client.request({ path: '/x' }))).toMatchObject({ code: 'BodyTooLarge', retryable: false });
  });

  it('opens the breaker after failures in a row, leaves the upstream alone and tries again later', async () => {
    const server = answering(500, 500, 200);
    const client = await against(server.listener, {
      retry: { ...quick, attempts: 1 },
      breaker: { failures: 2, openFor: ms(30) },
    });
    await failureOf(client.request({ path: '/x' }));
    await failureOf(client.request({ path: '/x' }));
    expect(await failureOf(client.request({ path: '/x' }))).toMatchObject({ code: 'BreakerOpen' });
    expect(server.count()).toBe(2);
    await expect.poll(async () => (await client.request({ path: '/x' }).catch(() => null))?.status).toBe(200);
  });

  it('does not count the client errors of others towards the breaker', async () => {
    const client = await against(answering(404).listener, { breaker: { failures: 1, openFor: ms(60_000) } });
    await failureOf(client.request({ path: '/x' }));
    expect(await failureOf(client.request({ path: '/x' }))).toMatchObject({ code: 'NotFound' });
  });

  it('names a refused connection', async () => {
    const client = await against(() => undefined);
    open.splice(0).forEach(({ server }) => server.close());
    expect(await failureOf(client.request({ path: '/x' }))).toMatchObject({ code: 'Unreachable' });
    client.close();
  });
});

describe('validate', () => {
  const where = { source: 'Magnum', what: 'GET /clusters/1' };
  it('types what fits', () => expect(validate(z.object({ a: z.number() }), { a: 1 }, where)).toEqual({ a: 1 }));
  it('names the field that does not', () =>
    expect(() => validate(z.object({ a: z.object({ b: z.number() }) }), { a: { b: 'x' } }, where)).toThrow(
      /Magnum: GET \/clusters\/1: a\.b: .*number/,
    ));
});
