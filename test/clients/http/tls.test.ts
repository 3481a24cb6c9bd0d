// TLS of the HTTP base: a private CA by text or file, what is not trusted, and files that are not there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../src/clients/http/client.ts';
import type { TlsSettings } from '../../../src/clients/http/tls.ts';
import { makeCertificate } from '../../../src/sandbox/inbox/certificate.ts';

const made = makeCertificate();
const directory = mkdtempSync(path.join(tmpdir(), 'tls-'));
const caFile = path.join(directory, 'ca.pem');
let server: Server;
let port = 0;

beforeAll(async () => {
  writeFileSync(caFile, made.cert);
  server = createServer({ key: made.key, cert: made.cert }, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

async function ask(tls: TlsSettings, host = '127.0.0.1'): Promise<number | string> {
  const client = createHttpClient({ name: 'Upstream', baseUrl: `https://${host}:${port}`, tls });
  try {
    return (await client.request({ path: '/' })).status;
  } catch (error) {
    return String(error);
  } finally {
    client.close();
  }
}

describe('TLS', () => {
  it.each([
    ['a CA as text', { ca: made.cert }],
    ['a CA in a file', { caFile }],
    ['no verification, where that is asked for', { insecureSkipVerify: true }],
    ['the name that the certificate has', { ca: made.cert, serverName: 'localhost' }],
  ])('trusts by %s', async (_name, tls) => expect(await ask(tls)).toBe(200));

  it('refuses a certificate that nobody vouches for, once and with advice', async () => {
    expect(await ask({})).toMatch(/cannot be trusted \(.*SELF_SIGNED.*\); check the CA file/);
  });

  it('refuses a certificate of another name', async () => {
    expect(await ask({ ca: made.cert, serverName: 'bank.cn' })).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it('names the file that cannot be read', () => {
    expect(() => createHttpClient({ name: 'Upstream', tls: { caFile: '/nowhere/ca.pem' } })).toThrow(
      /caFile \/nowhere\/ca\.pem cannot be read/,
    );
  });
});
