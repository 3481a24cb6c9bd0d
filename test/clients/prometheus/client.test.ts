// The Prometheus client against a server that answers, refuses, hesitates and is something else.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrometheusClient } from '../../../src/clients/prometheus/client.ts';
import type { PrometheusClient, PrometheusClientOptions } from '../../../src/clients/prometheus/client.ts';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';
import { seconds } from '../../../src/model/units.ts';

interface Asked {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly form: Record<string, string>;
}
type Reply = { readonly status: number; readonly body: string } | 'silence';

let asked: Asked[];
let replies: Reply[];
let server: http.Server;
let directory: string;
const clients: PrometheusClient[] = [];
beforeEach(async () => {
  asked = [];
  replies = [];
  directory = mkdtempSync(path.join(os.tmpdir(), 'springtide-'));
  server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(text));
      asked.push({ path: request.url ?? '', headers: request.headers, form });
      const reply = replies.shift() ?? { status: 200, body: vector([]) };
      if (reply === 'silence') return;
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  clients.splice(0).forEach((client) => client.close());
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const vector = (result: unknown, more: object = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'vector', result }, ...more });
const once = { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds };

function aClient(
  settings: Partial<PrometheusClientOptions['settings']> = {},
  options: Partial<PrometheusClientOptions> = {},
): PrometheusClient {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prom/`;
  const client = createPrometheusClient({
    settings: { url, headers: {}, timeout: seconds(5), ...settings },
    retry: once,
    ...options,
  });
  clients.push(client);
  return client;
}

describe('a query', () => {
  it('that a cluster of VictoriaMetrics answers in part is said to be partial', async () => {
    replies.push(
      { status: 200, body: vector([], { isPartial: true, warnings: ['slow'] }) },
      { status: 200, body: vector([], { isPartial: false }) },
    );
    const client = aClient();
    expect(await client.query('up')).toMatchObject({
      warnings: ['slow', 'isPartial: a part of the server did not answer'],
    });
    expect(await client.query('up')).not.toHaveProperty('warnings');
  });

  it('goes out as a form with its instant and our deadline, and comes back as it is', async () => {
    const sample = { metric: { pod: 'a' }, value: [1.5, '812.4'] };
    replies.push({ status: 200, body: vector([sample], { warnings: ['a store did not answer'] }) });
    const answer = await aClient({ headers: { 'x-scope-orgid': 'shop' } }).query('sum(up)', { at: 1_500 as Instant });
    expect(answer).toMatchObject({ data: { result: [sample] }, warnings: ['a store did not answer'] });
    expect(asked[0]).toMatchObject({
      path: '/prom/api/v1/query',
      form: { query: 'sum(up)', time: '1.500', timeout: '5000ms' },
      headers: { 'x-scope-orgid': 'shop', 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('over a range names start, end and step', async () => {
    replies.push({
      status: 200,
      body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } }),
    });
    await aClient().queryRange({ query: 'up', start: 10, end: 20.5, step: 5 });
    expect(asked[0]).toMatchObject({
      path: '/prom/api/v1/query_range',
      form: { query: 'up', start: '10', end: '20.5', step: '5' },
    });
  });

  it('reads its token anew when the file changes', async () => {
    const file = path.join(directory, 'token');
    writeFileSync(file, 'one\n');
    const client = aClient({ auth: { bearer: { file } } });
    await client.query('up');
    writeFileSync(file, 'another\n');
    await client.query('up');
    expect(asked.map((one) => one.headers.authorization)).toEqual(['Bearer one', 'Bearer another']);
  });

  it('shows a user and a password from the environment', async () => {
    const auth = { basic: { username: 'me', password: { env: 'PROMETHEUS_PASSWORD' } } };
    await aClient({ auth }, { env: { PROMETHEUS_PASSWORD: 'pw' } }).query('up');
    expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:pw').toString('base64')}`);
    const failing = aClient({ auth }, { env: {} }).query('up');
    await expect(failing).rejects.toMatchObject({
      code: 'Unauthorized',
      message: expect.stringContaining('PROMETHEUS_PASSWORD') as string,
    });
  });

  it.each([
    [400, 'bad_data', 'BadRequest', 'parse error: unexpected end of input'],
    [422, 'execution', 'BadRequest', 'many-to-many matching not allowed'],
    [503, 'timeout', 'Timeout', 'query timed out in expression evaluation'],
    [500, 'internal', 'ServerFault', 'it broke'],
  ])('that is refused with %i %s says so in the words of Prometheus', async (status, errorType, code, error) => {
    replies.push({ status, body: JSON.stringify({ status: 'error', errorType, error }) });
    await expect(aClient().query('up')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${errorType}: ${error}`) as string,
    });
  });

  it('ends at its deadline', async () => {
    replies.push('silence');
    await expect(aClient().query('up', { deadline: 50 as Milliseconds })).rejects.toMatchObject({ code: 'Timeout' });
  });

  it('does not take in more than it can hold', async () => {
    replies.push({ status: 200, body: vector(['x'.repeat(10_000)]) });
    await expect(aClient({}, { maxBodyBytes: 1_000 }).query('up')).rejects.toMatchObject({ code: 'BodyTooLarge' });
  });

  it.each([
    ['a login page', '<html>', 'NotJson', /not JSON/],
    ['another API', '{"hello":1}', 'Unexpected', /status is undefined/],
    ['no data', '{"status":"success"}', 'Unexpected', /data is missing/],
    ['an odd type', '{"status":"success","data":{"resultType":"x","result":[]}}', 'Unexpected', /resultType is "x"/],
    ['a sample without a value', vector([{ metric: {} }]), 'Unexpected', /result\[0\] has no/],
    ['a sample with a number', vector([{ metric: {}, value: [1, 2] }]), 'Unexpected', /result\[0\] has no/],
    ['a native histogram', vector([{ metric: {}, histogram: [1, {}] }]), 'Unexpected', /native histogram/],
  ])('is not answered by %s', async (_case, body, code, message) => {
    replies.push({ status: 200, body });
    await expect(aClient().query('up')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});
