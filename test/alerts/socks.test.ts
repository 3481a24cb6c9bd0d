// What goes out over HTTP through a SOCKS proxy: whom it is asked for, as whom, and what is said where it does not lead there.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createForwarder } from '../../src/alerts/channels/forward.ts';
import { resultOfThrown } from '../../src/alerts/channels/http-results.ts';
import { createClientPool } from '../../src/alerts/channels/http-settings.ts';
import { gatewayClient } from '../../src/alerts/channels/sms/sender.ts';
import { createHttpClient } from '../../src/clients/http/client.ts';
import { socksAgent } from '../../src/clients/http/socks.ts';
import type { HttpRequest, HttpResponse } from '../../src/clients/http/types.ts';
import { httpConfig } from '../../src/config/schema/http-config.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { makeCertificate } from '../../src/sandbox/inbox/certificate.ts';
import { anAlert } from './builders.ts';
import { eventually } from './eventually.ts';
import { listening } from './listening.ts';
import { startSocks, type SocksMood, type SocksServer } from './socks-server.ts';
import { startVendor } from './sms/fakes.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function socks(...login: Parameters<typeof startSocks>): Promise<SocksServer> {
  const server = await startSocks(...login);
  closing.push(() => server.close());
  return server;
}

async function vendor() {
  const server = await startVendor(() => ({ status: 200, body: { access_token: 'one', token_type: 'Bearer' } }));
  closing.push(() => server.close());
  return { server, port: Number(new URL(server.url).port) };
}

const pooled = (config: object, url: string, request: Omit<HttpRequest, 'url'> = {}): Promise<HttpResponse> => {
  const pool = createClientPool('the webhook', {});
  closing.push(() => pool.close());
  return pool
    .clientFor(httpConfig.parse(config), new URL(url))
    .request({ url, deadline: 10_000 as Milliseconds, ...request });
};

describe('through a SOCKS proxy', () => {
  it.each(['socks5', 'socks5h', 'SOCKS5'])('%s looks names up by itself', async (scheme) => {
    const proxy = await socks();
    const { server, port } = await vendor();
    const to = `http://far.bank.invalid:${port}/hook`;
    expect(await pooled({ proxy_url: `${scheme}://127.0.0.1:${proxy.port}` }, to)).toMatchObject({ status: 200 });
    expect(proxy.asked).toEqual([`name far.bank.invalid:${port}`]);
    expect(server.asked[0]?.headers.host).toBe(`far.bank.invalid:${port}`);
  });

  it('goes by a name and a password, and past it where no_proxy says so', async () => {
    const proxy = await socks({ name: 'duty desk', password: 'p%ss:wörd@' });
    const { server, port } = await vendor();
    const proxied = `socks5://duty%20desk:${encodeURIComponent('p%ss:wörd@')}@127.0.0.1:${proxy.port}`;
    const config = { proxy_url: proxied, no_proxy: '127.0.0.0/8' };
    await pooled(config, `http://far.bank.invalid:${port}/hook`);
    await pooled(config, `http://127.0.0.1:${port}/hook`);
    expect([proxy.asked.length, server.asked.length, proxy.logins]).toEqual([1, 2, ['duty desk p%ss:wörd@']]);
  });

  it('is heeded where the environment names it', async () => {
    const proxy = await socks();
    const { port } = await vendor();
    const pool = createClientPool('the webhook', { HTTP_PROXY: `socks5://127.0.0.1:${proxy.port}` });
    closing.push(() => pool.close());
    const url = `http://far.bank.invalid:${port}/hook`;
    await pool.clientFor(httpConfig.parse({ proxy_from_environment: true }), new URL(url)).request({ url });
    expect(proxy.asked).toEqual([`name far.bank.invalid:${port}`]);
  });

  it('speaks TLS with the other side by its own settings, on a connection that is kept', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'springtide-socks-'));
    closing.push(() => rm(directory, { recursive: true }));
    const certificate = makeCertificate();
    const authority = path.join(directory, 'ca.pem');
    await writeFile(authority, certificate.cert);
    const names: string[] = [];
    const known = (name: string, done: (error: Error | null) => void): void => {
      names.push(name);
      done(null);
    };
    const target = await listening(
      createSecureServer({ ...certificate, SNICallback: known }, (_, response) => response.end('{}')),
    );
    const proxy = await socks();
    const client = createHttpClient({
      name: 'far',
      proxy: `socks5://127.0.0.1:${proxy.port}`,
      tls: { caFile: authority },
    });
    closing.push(() => client.close());
    const url = `https://localhost:${target}/hook`;
    for (const freshConnection of [false, false, true])
      expect(await client.request({ method: 'POST', url, body: 'hidden', freshConnection })).toMatchObject({
        status: 200,
      });
    expect(proxy.asked).toEqual([`name localhost:${target}`, `name localhost:${target}`]);
    expect(names).toEqual(['localhost', 'localhost']);
    await expect(pooled({ proxy_url: `socks5://127.0.0.1:${proxy.port}` }, url)).rejects.toMatchObject({
      code: 'TlsRefused',
    });
    const other = { ca_file: authority, server_name: 'other.bank.cn' };
    await expect(
      pooled({ proxy_url: `socks5://127.0.0.1:${proxy.port}`, tls_config: other }, url),
    ).rejects.toMatchObject({ code: 'TlsRefused' });
  });

  it('takes the tokens of a receiver, what is forwarded and texts for a gateway', async () => {
    const proxy = await socks();
    const { server, port } = await vendor();
    const proxied = `socks5://127.0.0.1:${proxy.port}`;
    const gateway = gatewayClient('main', { timeout: 5000 as Milliseconds, proxy: proxied });
    closing.push(() => gateway.close());
    await gateway.request({ method: 'POST', url: `http://sms.bank.invalid:${port}/send`, body: 'text' });
    const forwarder = createForwarder();
    closing.push(() => forwarder.close());
    const oauth2 = { client_id: 'a', token_url: `http://tokens.bank.invalid:${port}/token`, proxy_url: proxied };
    const settings = {
      url: `http://central.bank.invalid:${port}`,
      silentAfter: 120_000 as Milliseconds,
      http_config: httpConfig.parse({ oauth2, proxy_url: proxied }),
    };
    const options = { validFor: 60_000 as Milliseconds, signal: new AbortController().signal };
    expect(await forwarder.forward([anAlert({}, { alertname: 'Full' })], settings, options)).toMatchObject({
      status: 'sent',
    });
    const hosts = ['sms', 'tokens', 'central'].map((host) => `name ${host}.bank.invalid:${port}`);
    expect(proxy.asked).toEqual(hosts);
    expect(server.asked).toHaveLength(3);
  });

  it.each<[SocksMood, string]>([
    ['refuses', 'Socks5 proxy rejected connection - ConnectionRefused'],
    ['half', 'Socket closed'],
    ['hangsUp', 'Socket closed'],
    ['noMethod', 'no accepted authentication type'],
  ])('that %s is said to be what failed, and nothing to have been sent', async (mood, why) => {
    const proxy = await socks();
    const { server, port } = await vendor();
    proxy.mood = mood;
    const error: unknown = await pooled(
      { proxy_url: `socks5://me:s3cret@127.0.0.1:${proxy.port}` },
      `http://far:${port}/`,
    ).catch((thrown: unknown) => thrown);
    const result = resultOfThrown('all', error);
    expect(result).toMatchObject({ status: 'retry', reason: 'Unreachable', uncertain: false });
    expect(JSON.stringify(result)).toContain(`the SOCKS proxy 127.0.0.1:${proxy.port} made no connection: `);
    expect(JSON.stringify(result)).toContain(why);
    expect(JSON.stringify(result)).not.toContain('s3cret');
    expect(server.asked).toEqual([]);
    proxy.mood = 'serves';
    await eventually(() => expect(proxy.open.size).toBe(0));
  });

  it('that does not believe the password, or is not there, is said to', async () => {
    const proxy = await socks({ name: 'me', password: 'right' });
    await expect(pooled({ proxy_url: `socks5://me:wrong@127.0.0.1:${proxy.port}` }, 'http://far/')).rejects.toThrow(
      /the SOCKS proxy 127\.0\.0\.1:\d+ made no connection: Socks5 Authentication failed/,
    );
    await expect(pooled({ proxy_url: `socks5://127.0.0.1:${proxy.port}` }, 'http://far/')).rejects.toThrow(
      /no accepted authentication type/,
    );
    await proxy.close();
    await expect(pooled({ proxy_url: `socks5://[::1]:${proxy.port}` }, 'http://far/')).rejects.toThrow(
      /the SOCKS proxy ::1:\d+ made no connection: connect E/,
    );
  });

  it('that is silent is given up with the call, or when it has had its time', async () => {
    const proxy = await socks();
    proxy.mood = 'silent';
    const proxied = `socks5://127.0.0.1:${proxy.port}`;
    await expect(pooled({ proxy_url: proxied }, 'http://far/', { deadline: 60 as Milliseconds })).rejects.toMatchObject(
      { code: 'Timeout' },
    );
    const other = await socks();
    other.mood = 'silent';
    const agent = socksAgent(`socks5://127.0.0.1:${other.port}`, {}, 50);
    const failed = await new Promise<Error>((resolve) => {
      http.get({ host: 'far', agent }).on('error', resolve);
    });
    expect(failed).toMatchObject({
      code: 'ESOCKS',
      message: `the SOCKS proxy 127.0.0.1:${other.port} made no connection: Proxy connection timed out`,
    });
    await eventually(() => expect(other.open.size).toBe(0));
  });
});

describe('the address of a proxy', () => {
  it.each([
    [{ proxy_url: 'socks5://proxy' }, true],
    [{ proxy_url: 'socks5h://me:p%25ss@[::1]:1080' }, true],
    [{ proxy_url: 'socks4://proxy' }, false],
    [{ proxy_url: 'socks://proxy' }, false],
    [{ proxy_url: 'socks5://:1080' }, false],
    [{ proxy_url: 'socks5://me:p%ss@proxy' }, false],
    [{ proxy_url: `socks5://me:${'x'.repeat(256)}@proxy` }, false],
    [{ proxy_url: 'socks5://proxy', proxy_connect_header: { 'X-Team': ['duty'] } }, false],
  ])('%j: whether it is taken is %s', (config, isTaken) => {
    expect(httpConfig.safeParse(config).success).toBe(isTaken);
  });
});
