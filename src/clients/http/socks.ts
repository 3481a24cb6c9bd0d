// Connections through a SOCKS proxy: it looks names up itself, and what comes of asking it is said to be its own.
import type http from 'node:http';
import type { AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import { SocksProxyAgent } from 'socks-proxy-agent';

export const socksFault = 'ESOCKS';

/** No connection came about: nothing was sent to anybody behind the proxy. */
class SocksFault extends Error {
  readonly code = socksFault;
}

/** For the proxy, and for its way to the other side. */
const longest = 8_000;

export const isSocks = (address: string): boolean => /^socks5h?:\/\//i.test(address);

class SocksAgent extends SocksProxyAgent {
  readonly #longest: number;

  constructor(address: string, options: AgentOptions, longest: number) {
    // Of both spellings Prometheus and Alertmanager think the same: names are looked up by the proxy.
    super(address.replace(/^socks5:/i, 'socks5h:'), options);
    this.#longest = longest;
    this.proxy.host = new URL(address).hostname.replace(/^\[|\]$/g, '');
  }

  override async connect(...asked: Parameters<SocksProxyAgent['connect']>): Promise<Socket> {
    const where = `the SOCKS proxy ${this.proxy.host ?? ''}:${this.proxy.port}`;
    const connecting = super.connect(...asked);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new SocksFault(`${where} made no connection within ${this.#longest} ms`));
        connecting.then(
          (late) => late.destroy(),
          () => undefined,
        );
      }, this.#longest);
      connecting
        .then(resolve, (cause: unknown) => {
          const why = cause instanceof Error ? cause.message : String(cause);
          reject(new SocksFault(`${where} made no connection: ${why}`, { cause }));
        })
        .finally(() => clearTimeout(timer));
    });
  }
}

/** For http and https alike. */
export const socksAgent = (address: string, options: AgentOptions, patience = longest): http.Agent =>
  new SocksAgent(address, options, patience);
