// Which proxy a request goes through, as Go's clients choose it: one that is named, or one of the environment, but for what no_proxy exempts.
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export interface ProxySettings {
  readonly proxy_url?: string | undefined;
  readonly no_proxy?: string | undefined;
  readonly proxy_from_environment?: boolean | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** null: straight there. It throws where the environment names a proxy that cannot be used. */
export function chooseProxy(address: URL, settings: ProxySettings, environment: Environment): string | null {
  if (settings.proxy_from_environment === true) {
    const name = address.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    const named = valueOf(environment, name);
    return named === '' || isExempt(address, valueOf(environment, 'NO_PROXY')) ? null : usable(named, name);
  }
  const { proxy_url: proxy, no_proxy: exempt = '' } = settings;
  // Where nothing is exempt, not even this machine is.
  return proxy === undefined || (exempt !== '' && isExempt(address, exempt)) ? null : proxy;
}

const valueOf = (environment: Environment, name: string): string =>
  environment[name] || environment[name.toLowerCase()] || '';

function usable(named: string, name: string): string {
  const whole = named.includes('://') ? named : `http://${named}`;
  if (URL.canParse(whole) && /^(?:https?|socks5h?):\/\//i.test(whole)) return whole;
  throw new Error(
    `${name} in the environment is no address that begins with http://, https://, socks5:// or socks5h://`,
  );
}

/** This machine always is. */
function isExempt({ protocol, hostname, port: written }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = written === '' ? (protocol === 'https:' ? '443' : '80') : written;
  if (host === 'localhost' || isWithin(host, '127.0.0.0', 8) || isWithin(host, '::1', 128)) return true;
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && isMeant(entry, host, port));
}

function isMeant(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, network = '', length = ''] = /^([^/]+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(network) !== 0 && Number(length) <= bitsOf(network)) return isWithin(host, network, Number(length));
  const [, bracketed, name, onlyPort] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d*))?$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== '' && onlyPort !== port) return false;
  const meant = bracketed ?? name ?? entry;
  if (isIP(meant) !== 0) return isWithin(host, meant, bitsOf(meant));
  const domain = meant.replace(/^\*(?=\.)/, '');
  const subdomains = `.${domainToASCII(domain.replace(/^\./, ''))}`;
  return subdomains !== '.' && (host.endsWith(subdomains) || (!domain.startsWith('.') && `.${host}` === subdomains));
}

const bitsOf = (address: string): number => (isIP(address) === 4 ? 32 : 128);
const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

function isWithin(host: string, network: string, length: number): boolean {
  if (isIP(host) === 0) return false;
  const addresses = new BlockList();
  addresses.addSubnet(network, length, familyOf(network));
  return addresses.check(host, familyOf(host));
}
