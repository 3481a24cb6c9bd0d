// A true Kubernetes 1.20 control plane (etcd, API server, controllers, scheduler) for the length of a test file.
import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { requestJson, type Answer } from './json.ts';
import { freePortBlock } from './ports.ts';
import {
  kubernetesBinaries,
  kubernetesCertificates,
  realDirectory,
  serverDirectory,
  startServer,
  type RealServer,
} from './process.ts';

export interface KubernetesOptions {
  /** How long a silent node counts as ready, e.g. `8s`; the server's own default is 40s. */
  readonly nodeMonitorGrace?: string;
  readonly horizontalPodAutoscalerSync?: string;
  readonly apiServerArguments?: string;
  readonly controllerManagerArguments?: string;
  readonly schedulerArguments?: string;
}

export interface KubernetesRequest {
  readonly body?: unknown;
  readonly contentType?: string;
  /** Another identity than the administrator's; an empty one is anonymous. */
  readonly token?: string;
}

export interface Kubernetes extends RealServer {
  readonly url: string;
  readonly kubeconfig: string;
  readonly certificateAuthorityFile: string;
  readonly certificateAuthority: string;
  /** A bearer token of the group system:masters. */
  readonly token: string;
  request(method: string, path: string, options?: KubernetesRequest): Promise<Answer>;
  /** Fails in the server's own words where it refuses; what shall be deleted may be gone already. */
  write(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options?: KubernetesRequest): Promise<void>;
}

export const mergePatch = 'application/merge-patch+json';

export async function startKubernetes(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const binaries = kubernetesBinaries();
  if (!existsSync(join(binaries, 'kube-apiserver'))) {
    throw new Error(`no Kubernetes in ${binaries}: run test/real/install.sh, which builds it once`);
  }
  const directory = serverDirectory('kubernetes');
  const port = await freePortBlock(16);
  const kubeconfig = join(directory, 'admin.kubeconfig');
  const scripts = join(realDirectory, 'kubernetes');
  const server = await startServer({
    name: 'kubernetes',
    directory,
    mode: 'between',
    command: [join(scripts, 'up.sh'), join(scripts, 'down.sh')],
    environment: {
      BIN: binaries,
      DATA: directory,
      PKI_SEED: kubernetesCertificates(),
      KUBECONFIG_OUT: kubeconfig,
      PORT: String(port),
      ETCD_PORT: String(port + 1),
      ETCD_PEER: String(port + 2),
      KCM_PORT: String(port + 3),
      // The scheduler of this age takes the eighth port below its own too.
      SCHED_PORT: String(port + 15),
      NODE_MONITOR_GRACE: options.nodeMonitorGrace ?? '40s',
      HPA_SYNC: options.horizontalPodAutoscalerSync ?? '15s',
      APISERVER_EXTRA: options.apiServerArguments ?? '',
      KCM_EXTRA: options.controllerManagerArguments ?? '',
      SCHED_EXTRA: options.schedulerArguments ?? '',
    },
  });
  const certificateAuthorityFile = join(directory, 'pki', 'ca.crt');
  const certificateAuthority = readFileSync(certificateAuthorityFile, 'utf8');
  const adminToken = readFileSync(join(directory, 'pki', 'admin.token'), 'utf8').trim();
  const agent = new Agent({ keepAlive: true, ca: certificateAuthority });
  const url = `https://127.0.0.1:${port}`;
  const request: Kubernetes['request'] = (method, path, { body, contentType, token = adminToken } = {}) =>
    requestJson(url + path, {
      method,
      body,
      agent,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
    });
  return {
    ...server,
    url,
    kubeconfig,
    certificateAuthorityFile,
    certificateAuthority,
    token: adminToken,
    request,
    write: async (method, path, options) => {
      const { status, text } = await request(method, path, options);
      const isDone = status < 300 || (method === 'DELETE' && status === 404);
      if (!isDone) throw new Error(`${method} ${path}: ${status} ${text}`);
    },
    stop: async (stopOptions) => {
      agent.destroy();
      await server.stop(stopOptions);
    },
  };
}
