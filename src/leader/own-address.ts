// Where the other replicas reach this one: the pod's address, or the host that it listens on.
import os from 'node:os';

const everywhere = new Set(['', '0.0.0.0', '::', '[::]']);

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

function firstAddress(): string | null {
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (outside.find(({ family }) => family === 'IPv4') ?? outside[0])?.address ?? null;
}

/** `url`: what it listens on by its own account; the host is empty or all of them where every address is listened on. */
export function ownAddress(
  listen: string,
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const host = listen.slice(0, Math.max(0, listen.lastIndexOf(':')));
  const reached = everywhere.has(host) ? (env['POD_IP'] ?? firstAddress()) : host;
  if (reached === null || reached === '') return null;
  const { protocol, port } = new URL(url);
  return `${protocol}//${bracketed(reached)}:${port}`;
}
