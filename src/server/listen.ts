// Where to listen: "host:port" and ":port" as operators write them, and a port in use as an error that can be mended.
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import { SpringtideError } from '../model/errors.ts';

export interface Listen {
  /** undefined: every address of the machine */
  readonly host: string | undefined;
  readonly port: number;
}

export function parseListen(text: string, where: string): Listen {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where,
      what: `"${text}" is no address to listen on`,
      mend: 'write HOST:PORT or :PORT, as in 127.0.0.1:8080',
    });
  const host = match[1] ?? match[2];
  return { host: host === '' ? undefined : host, port };
}

export const isLoopback = ({ host }: Listen): boolean =>
  host !== undefined && (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host));

/** Resolves with the address once the server listens. */
export function listening(server: Server, { host, port }: Listen, where: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      const place = `${host ?? ''}:${port}`;
      if (cause.code === 'EADDRINUSE')
        reject(
          new SpringtideError({
            code: 'PortInUse',
            where,
            what: `another process listens on ${place} already`,
            mend: `stop it, or choose another port in ${where}`,
            cause,
          }),
        );
      else
        reject(
          new SpringtideError({
            code: 'UsageInvalid',
            where,
            what: `cannot listen on ${place}: ${cause.message}`,
            mend: 'choose an address of this machine and a port above 1023',
            cause,
          }),
        );
    };
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      const address = server.address() as AddressInfo;
      const shown = host ?? '127.0.0.1';
      const scheme = server instanceof SecureServer ? 'https' : 'http';
      resolve(`${scheme}://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`);
    });
  });
}
