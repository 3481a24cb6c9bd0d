// http_config at work: clients by their settings, and the headers that prove who we are, read anew for each request.
import { readFile } from 'node:fs/promises';
import { createHttpClient } from '../../clients/http/client.ts';
import { stampOf } from '../../clients/http/tls.ts';
import type { HttpClient } from '../../clients/http/types.ts';
import type { HttpConfig } from '../../config/schema/http-config.ts';
import type { Milliseconds } from '../../model/units.ts';
import { createTokens } from './oauth2.ts';
import type { Tokens } from './oauth2.ts';
import { chooseProxy } from './proxy-choice.ts';
import type { Environment, ProxySettings } from './proxy-choice.ts';
import { tlsSettings } from './tls-settings.ts';

/** What a connection hangs on: of a receiver, or of the address of its tokens. */
type Connection = ProxySettings & Pick<HttpConfig, 'tls_config' | 'proxy_connect_header'>;

export interface ClientPool {
  /** may throw where a file of the TLS settings cannot be read, or the environment names no usable proxy */
  clientFor(config: Connection | undefined, address: URL): HttpClient;
  readonly tokens: Tokens;
  close(): void;
}

const mostClients = 64;

/**
 * One client for each way of connecting, made anew when a file of it has been replaced; the oldest is given up first. It never
 * repeats by itself.
 */
export function createClientPool(name: string, environment: Environment = process.env): ClientPool {
  const clients = new Map<string, { readonly stamp: string; readonly client: HttpClient }>();
  return {
    tokens: createTokens(),
    clientFor(config, address) {
      const { tls_config: written, proxy_connect_header: told = {} } = config ?? {};
      const proxy = chooseProxy(address, config ?? {}, environment);
      const key = JSON.stringify([written, proxy, told]);
      const tls = written === undefined ? undefined : tlsSettings(written);
      const stamp = stampOf(tls).join();
      const known = clients.get(key);
      if (known?.stamp === stamp) return known.client;
      // What is under way on the one before ends there: each post has a connection of its own.
      const client = createHttpClient({
        name,
        maxBodyBytes: 256 * 1024,
        retry: { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds },
        breaker: false,
        ...(tls !== undefined && { tls }),
        ...(proxy !== null && {
          proxy,
          proxyHeaders: Object.fromEntries(Object.entries(told).map(([name, values]) => [name, values.join(', ')])),
        }),
      });
      clients.set(key, { stamp, client });
      const [oldest] = clients;
      if (clients.size > mostClients && oldest !== undefined) {
        oldest[1].client.close();
        clients.delete(oldest[0]);
      }
      return client;
    },
    close() {
      clients.forEach(({ client }) => client.close());
      clients.clear();
    },
  };
}

export async function headersOf(config: HttpConfig | undefined): Promise<Readonly<Record<string, string>>> {
  if (config === undefined) return {};
  const own: Record<string, string> = {};
  for (const [name, { values, secrets, files }] of Object.entries(config.http_headers ?? {}))
    own[name.toLowerCase()] = [...values, ...secrets, ...(await Promise.all(files.map(readTrimmed)))].join(', ');
  const authorization = await authorizationOf(config);
  return authorization === null ? own : { ...own, authorization };
}

async function authorizationOf(config: HttpConfig): Promise<string | null> {
  const { basic_auth: basic, authorization, bearer_token: token, bearer_token_file: tokenFile } = config;
  if (basic !== undefined) {
    const user = await given(basic.username, basic.username_file);
    const password = await given(basic.password, basic.password_file);
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
  if (authorization !== undefined)
    return `${authorization.type} ${await given(authorization.credentials, authorization.credentials_file)}`;
  if (token === undefined && tokenFile === undefined) return null;
  return `Bearer ${await given(token, tokenFile)}`;
}

export const given = (value: string | undefined, file: string | undefined): Promise<string> =>
  file === undefined ? Promise.resolve(value ?? '') : readTrimmed(file);

export const readTrimmed = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim();
