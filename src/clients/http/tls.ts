// Keep-alive agents with the TLS settings of one upstream.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { SecureVersion } from 'node:tls';
import { fileStamp } from '../file-stamp.ts';
import { ClientError } from './error.ts';
import { isSocks, socksAgent } from './socks.ts';
import type { HttpClientOptions } from './types.ts';

export interface TlsSettings {
  readonly ca?: string;
  readonly caFile?: string;
  readonly cert?: string;
  readonly certFile?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
  /** a certificate of `ca` is believed by itself, whoever has signed it */
  readonly partialChain?: boolean;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
}

export interface Agents {
  readonly http: http.Agent;
  readonly https: http.Agent;
  /** For a request that must not meet a connection that the other side is just closing. */
  readonly freshHttp: http.Agent;
  readonly freshHttps: http.Agent;
  close(): void;
}

/** As Node has it; the files are read now. */
export function secureOptions(source: string, tls: TlsSettings): https.AgentOptions {
  return {
    ca: tls.ca ?? read(source, 'caFile', tls.caFile),
    cert: tls.cert ?? read(source, 'certFile', tls.certFile),
    key: tls.key ?? read(source, 'keyFile', tls.keyFile),
    servername: tls.serverName,
    rejectUnauthorized: tls.insecureSkipVerify !== true,
    ...(tls.partialChain === true && { allowPartialTrustChain: true }),
    ...(tls.minVersion !== undefined && { minVersion: tls.minVersion }),
    ...(tls.maxVersion !== undefined && { maxVersion: tls.maxVersion }),
  };
}

export function createAgents(
  source: string,
  tls: TlsSettings = {},
  { proxy = '', proxyHeaders }: Pick<HttpClientOptions, 'proxy' | 'proxyHeaders'> = {},
): Agents {
  // axios hands the options of this agent to the one that asks a proxy to connect: it takes its headers from there.
  const secure = { ...secureOptions(source, tls), ...(proxyHeaders !== undefined && { headers: proxyHeaders }) };
  const reuse = { keepAlive: true, maxSockets: 32, maxFreeSockets: 8 };
  const fresh = { keepAlive: false };
  const agents = isSocks(proxy)
    ? {
        http: socksAgent(proxy, reuse),
        https: socksAgent(proxy, { ...secure, ...reuse }),
        freshHttp: socksAgent(proxy, fresh),
        freshHttps: socksAgent(proxy, { ...secure, ...fresh }),
      }
    : {
        http: new http.Agent(reuse),
        https: new https.Agent({ ...secure, ...reuse }),
        freshHttp: new http.Agent(fresh),
        freshHttps: new https.Agent({ ...secure, ...fresh }),
      };
  return { ...agents, close: () => Object.values(agents).forEach((agent) => agent.destroy()) };
}

/** Of the files of a TLS connection: another one for a certificate that was replaced. */
export const stampOf = (tls: TlsSettings | undefined): readonly string[] =>
  [tls?.caFile, tls?.certFile, tls?.keyFile].map((file) => (file === undefined ? '' : fileStamp(file)));

function read(source: string, key: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ClientError({
      code: 'TlsRefused',
      source,
      message: `${source}: ${key} ${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)}); mount the file or correct its path.`,
    });
  }
}
