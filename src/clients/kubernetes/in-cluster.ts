// The pod's own service account. Read without the Kubernetes library, which would cost 77 MB of memory for two files.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { KubernetesConnection } from './connection.ts';
import { followFile } from './follow-file.ts';

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

function optional(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
