// Connections through a SOCKS proxy: it looks names up itself, and what comes of asking it is said to be its own.
import type http from 'node:http';
import type { AgentOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import tls from 'node:tls';
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
  constructor(address: string, options: AgentOptions, longest: number) {
    // Of both spellings Prometheus and Alertmanager think the same: names are looked up by the proxy.
    super(address.replace(/^socks5:/i, 'socks5h:'), options);
    this.timeout = longest;
    this.proxy.host = new URL(address).hostname.replace(/^\[|\]$/g, '');
  }

  override async connect(...[request, wanted]: Parameters<SocksProxyAgent['connect']>): Promise<Socket> {
    const connected = await this.#connected(request, { ...wanted, secureEndpoint: false });
    // That time was for the way to the other side, and not for what is said over it.
    connected.setTimeout(0);
    if (!wanted.secureEndpoint) return connected;
    const { host = '', servername = isIP(host) === 0 ? host : '' } = wanted;
    const secure = tls.connect({
      ...wanted,
      host: undefined,
      port: undefined,
      path: undefined,
      servername,
      socket: connected,
    });
    secure.once('error', () => connected.destroy());
    return secure;
  }

  async #connected(...asked: Parameters<SocksProxyAgent['connect']>): Promise<Socket> {
    try {
      return await super.connect(...asked);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const where = `the SOCKS proxy ${this.proxy.host ?? ''}:${this.proxy.port}`;
      throw new SocksFault(`${where} made no connection: ${why}`, { cause });
    }
  }
}

/** For http and https alike. */
export const socksAgent = (address: string, options: AgentOptions, patience = longest): http.Agent =>
  new SocksAgent(address, options, patience);
