// A kubeconfig with all that people put in it: certificates, tokens, exec plugins, OIDC.
import type { Cluster, Context } from '@kubernetes/client-node/dist/config_types.js';
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { Clock } from '../../clock.ts';
import { SpringtideError, messageOf } from '../../model/errors.ts';
import { later, seconds } from '../../model/units.ts';
import type { Instant } from '../../model/units.ts';
import { fileStamp } from '../file-stamp.ts';
import type { Credentials, KubernetesConnection } from './connection.ts';
import { loginOf, mergeKubeconfigs, readKubeconfig, type Kubeconfig } from './kubeconfig-files.ts';

// An exec plugin without an expiry would be run at every call.
const rememberedFor = seconds(30);
const pluginDeadline = 15_000;

export interface KubeconfigOptions {
  readonly files: readonly string[];
  /** who named the files, for errors */
  readonly origin: string;
  readonly context: string | undefined;
  readonly clock: Clock;
}

export async function connectByKubeconfig(options: KubeconfigOptions): Promise<KubernetesConnection> {
  const stampNow = (): string => options.files.map(fileStamp).join();
  let stamp = stampNow();
  const { context, cluster, user } = chosenIn(await load(options), options);
  let login = loginOf(cluster, user);
  /** Whoever writes certificates and tokens into the file itself replaces it; another server needs a restart. */
  const readAnew = async (): Promise<void> => {
    const now = stampNow();
    if (now === stamp) return;
    try {
      const found = chosenIn(await load(options), options);
      if (found.cluster.server === cluster.server) login = loginOf(found.cluster, found.user);
      stamp = now;
    } catch {
      // half written, or gone for a moment: looked at again with the next call
    }
  };
  let remembered: { readonly until: Instant; readonly credentials: Promise<Credentials> } | null = null;
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: context.namespace ?? null,
    credentials: () => {
      const now = options.clock.now();
      if (remembered === null || remembered.until <= now) {
        const credentials = readAnew().then(() => authenticate(login, options));
        remembered = { until: later(now, rememberedFor), credentials };
        credentials.catch(() => (remembered = null));
      }
      return remembered.credentials;
    },
    forget: () => (remembered = null),
  };
}

interface Chosen {
  readonly context: Context;
  readonly cluster: Cluster;
  readonly user: Kubeconfig['users'][number] | undefined;
}

function chosenIn(config: Kubeconfig, options: KubeconfigOptions): Chosen {
  const wanted = options.context ?? config.currentContext;
  const context = config.contexts.find(({ name }) => name === wanted);
  const cluster = config.clusters.find(({ name }) => name === context?.cluster);
  if (context === undefined || cluster === undefined)
    throw invalid(
      options,
      wanted === undefined ? 'names no current context' : `context "${wanted}" names no cluster`,
      `name one of ${config.contexts.map(({ name }) => name).join(', ')}`,
    );
  if (cluster.proxyUrl !== undefined)
    throw invalid(options, 'proxy-url is not supported', 'give springtide a direct way to the API server');
  return { context, cluster, user: config.users.find(({ name }) => name === context.user) };
}

async function load(options: KubeconfigOptions): Promise<Kubeconfig> {
  const read: Kubeconfig[] = [];
  for (const file of options.files) {
    // kubectl skips files of a KUBECONFIG list that do not exist.
    if (options.files.length > 1 && !existsSync(file)) continue;
    try {
      read.push(await readKubeconfig(file));
    } catch (cause) {
      throw invalid({ ...options, origin: file }, `is no kubeconfig (${messageOf(cause)})`, 'correct the file', cause);
    }
  }
  return mergeKubeconfigs(read);
}

async function authenticate(login: () => Promise<RequestOptions>, options: KubeconfigOptions): Promise<Credentials> {
  let given: RequestOptions;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${pluginDeadline} ms`)), pluginDeadline);
  });
  try {
    given = await Promise.race([login(), late]);
  } catch (cause) {
    throw invalid(
      options,
      `gives no credentials (${messageOf(cause)})`,
      'run its exec plugin by hand, check its files',
      cause,
    );
  } finally {
    clearTimeout(timer);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given.headers ?? {}))
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  if (typeof given.auth === 'string') headers['authorization'] = `Basic ${Buffer.from(given.auth).toString('base64')}`;
  return {
    headers,
    tls: {
      ...(given.ca !== undefined && { ca: textOf(given.ca) }),
      ...(given.cert !== undefined && { cert: textOf(given.cert) }),
      ...(given.key !== undefined && { key: textOf(given.key) }),
      ...(given.servername !== undefined && { serverName: given.servername }),
      insecureSkipVerify: given.rejectUnauthorized === false,
    },
  };
}

const textOf = (pem: unknown): string => (Buffer.isBuffer(pem) ? pem.toString('utf8') : String(pem));

const invalid = (options: KubeconfigOptions, what: string, mend: string, cause?: unknown): SpringtideError =>
  new SpringtideError({ code: 'CredentialsInvalid', what, where: options.origin, mend, cause });
