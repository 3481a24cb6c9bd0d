// Where the API server is and who we are: in the cluster from the service account, elsewhere from a kubeconfig.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../clock.ts';
import { SpringtideError } from '../../model/errors.ts';
import type { TlsSettings } from '../http/tls.ts';
import { connectInCluster, serviceAccountDirectory } from './in-cluster.ts';
import { connectByKubeconfig } from './kubeconfig.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
}

export interface KubernetesConnection {
  /** https://host:port, with a path where a proxy has one */
  readonly server: string;
  /** The service account's namespace, or the context's. */
  readonly namespace: string | null;
  /** Fresh at each call: tokens and certificates rotate. */
  credentials(): Promise<Credentials>;
  /** The server refused what we showed: nothing remembered is used again. */
  forget(): void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly serviceAccount?: string;
}

/** In this order: the named file, $KUBECONFIG, the service account, ~/.kube/config. */
export async function connectKubernetes(options: ConnectionOptions): Promise<KubernetesConnection> {
  const env = options.env ?? process.env;
  const account = options.serviceAccount ?? serviceAccountDirectory;
  const fromFiles = (files: readonly string[], origin: string): Promise<KubernetesConnection> =>
    connectByKubeconfig({ files, origin, context: options.context, clock: options.clock });

  if (options.kubeconfig !== undefined) return fromFiles([options.kubeconfig], 'kubernetes.kubeconfig');
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  if (listed.length > 0) return fromFiles(listed, 'KUBECONFIG');
  const inCluster = env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(path.join(account, 'token'));
  if (inCluster && options.context === undefined) return connectInCluster(account, env);
  const home = path.join(env['HOME'] ?? '/', '.kube', 'config');
  if (existsSync(home)) return fromFiles([home], '~/.kube/config');
  throw new SpringtideError({
    code: 'CredentialsMissing',
    what: 'no way to the Kubernetes API was found',
    where: 'kubernetes',
    mend: 'set kubernetes.kubeconfig or KUBECONFIG, or run in a pod with a mounted service account',
  });
}
