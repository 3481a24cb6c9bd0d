// What kubeconfig files say, put together as kubectl does, and the ways to log in. The library's own class does it too, but loads a generated API of 76 MB.
import {
  newClusters,
  newContexts,
  newUsers,
  type Cluster,
  type Context,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import path from 'node:path';
import { parse } from 'yaml';

export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
}

/** Absent fields are null in the library's entries, whatever their types say. */
const isGiven = (text: string | undefined): text is string => typeof text === 'string' && text !== '';

export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  const text: unknown = parse(await readFile(file, 'utf8'));
  if (typeof text !== 'object' || text === null || Array.isArray(text)) throw new Error('it holds no map');
  const { contexts, clusters, users, 'current-context': current } = text as Readonly<Record<string, unknown>>;
  const kubeconfig = {
    currentContext: typeof current === 'string' && current !== '' ? current : undefined,
    contexts: newContexts(contexts),
    clusters: newClusters(clusters),
    users: newUsers(users),
  };
  // Paths in it count from where it lies.
  const fromHere = (named: string): string => path.resolve(path.dirname(file), named);
  for (const cluster of kubeconfig.clusters) if (isGiven(cluster.caFile)) cluster.caFile = fromHere(cluster.caFile);
  for (const user of kubeconfig.users) {
    if (isGiven(user.certFile)) user.certFile = fromHere(user.certFile);
    if (isGiven(user.keyFile)) user.keyFile = fromHere(user.keyFile);
  }
  return kubeconfig;
}

/** Whoever says a name first has it. */
export function mergeKubeconfigs(all: readonly Kubeconfig[]): Kubeconfig {
  const firstOfEach = <T extends { readonly name: string }>(entries: readonly T[]): readonly T[] =>
    entries.filter(({ name }, index) => entries.findIndex((other) => other.name === name) === index);
  return {
    currentContext: all.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    contexts: firstOfEach(all.flatMap(({ contexts }) => contexts)),
    clusters: firstOfEach(all.flatMap(({ clusters }) => clusters)),
    users: firstOfEach(all.flatMap(({ users }) => users)),
  };
}

const contents = (file: string | undefined, data: string | undefined): Buffer | undefined => {
  if (isGiven(file)) return readFileSync(file);
  return isGiven(data) ? Buffer.from(data, 'base64') : undefined;
};

/** The library's own ways to log in, in its order; they remember tokens, so one set serves a connection. */
async function knownAuthenticators(): Promise<readonly Authenticator[]> {
  const [{ AzureAuth }, { GoogleCloudPlatformAuth }, { ExecAuth }, { FileAuth }, { OpenIDConnectAuth }] =
    await Promise.all([
      import('@kubernetes/client-node/dist/azure_auth.js'),
      import('@kubernetes/client-node/dist/gcp_auth.js'),
      import('@kubernetes/client-node/dist/exec_auth.js'),
      import('@kubernetes/client-node/dist/file_auth.js'),
      import('@kubernetes/client-node/dist/oidc_auth.js'),
    ]);
  return [new AzureAuth(), new GoogleCloudPlatformAuth(), new ExecAuth(), new FileAuth(), new OpenIDConnectAuth()];
}

/** Gives at each call what a request to the cluster has to carry: files are read anew. */
export function loginOf(cluster: Cluster, user: User | undefined): () => Promise<RequestOptions> {
  let authenticators: Promise<readonly Authenticator[]> | null = null;
  return async () => {
    const given: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    const set = (name: 'ca' | 'cert' | 'key', value: Buffer | undefined): void => {
      if (value !== undefined) given[name] = value;
    };
    if (cluster.skipTLSVerify) given.rejectUnauthorized = false;
    if (isGiven(cluster.tlsServerName)) given.servername = cluster.tlsServerName;
    set('ca', contents(cluster.caFile, cluster.caData));
    if (user === undefined) return given;
    set('cert', contents(user.certFile, user.certData));
    set('key', contents(user.keyFile, user.keyData));
    if ((user.exec ?? user.authProvider ?? null) !== null) {
      const known = await (authenticators ??= knownAuthenticators());
      await known.find((one) => one.isAuthProvider(user))?.applyAuthentication(user, given);
    }
    if (isGiven(user.impersonateUser)) given.headers['Impersonate-User'] = user.impersonateUser;
    if (isGiven(user.token)) given.headers['Authorization'] = `Bearer ${user.token}`;
    if (isGiven(user.username)) given.auth = `${user.username}:${user.password ?? ''}`;
    return given;
  };
}
