// The pod's own service account. Read without the Kubernetes library, which would cost 77 MB of memory for two files.
import { readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { SpringtideError, messageOf } from '../../model/errors.ts';
import type { KubernetesConnection } from './connection.ts';

export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

export function connectInCluster(directory: string, env: NodeJS.ProcessEnv): KubernetesConnection {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const token = followFile(path.join(directory, 'token'));
  const ca = followFile(path.join(directory, 'ca.crt'));
  token.read();
  return {
    server: `https://${net.isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: optional(path.join(directory, 'namespace')),
    credentials: () =>
      Promise.resolve({ headers: { authorization: `Bearer ${token.read()}` }, tls: { ca: ca.read() } }),
    forget: () => token.forget(),
  };
}

/** The kubelet replaces tokens long before they expire; a changed file is read again, an unchanged one is not. */
export function followFile(file: string): { read(): string; forget(): void } {
  let known: { readonly stamp: string; readonly text: string } | null = null;
  const read = (): string => {
    try {
      const { mtimeMs, ino, size } = statSync(file);
      const stamp = `${mtimeMs}/${ino}/${size}`;
      if (known?.stamp !== stamp) known = { stamp, text: readFileSync(file, 'utf8').trim() };
      return known.text;
    } catch (cause) {
      if (known !== null) return known.text;
      throw new SpringtideError({
        code: 'CredentialsMissing',
        what: `cannot be read (${messageOf(cause)})`,
        where: file,
        mend: 'mount the file or correct its path',
        cause,
      });
    }
  };
  return { read, forget: () => (known = null) };
}

function optional(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
