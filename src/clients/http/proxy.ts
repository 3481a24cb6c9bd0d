// A proxy that speaks HTTP, by its address, as axios asks for it.
import type { AxiosProxyConfig } from 'axios';

export function proxyOf(address: string): AxiosProxyConfig {
  const { protocol, hostname, port, username, password } = new URL(address);
  const auth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    protocol: protocol.replace(':', ''),
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
    ...(username !== '' && { auth }),
  };
}
