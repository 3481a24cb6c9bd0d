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
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import { parse } from 'yaml';
import { followFile } from './follow-file.ts';

export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  readonly users: readonly KubeconfigUser[];
}

/** The library reads a token's file once, with the kubeconfig, and forgets where it was. */
interface KubeconfigUser extends User {
  readonly tokenFile?: string;
}

/** Absent fields are null in the library's entries, whatever their types say. */
const isGiven = (text: string | undefined): text is string => typeof text === 'string' && text !== '';

export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  const text: unknown = parse(await readFile(file, 'utf8'));
  if (typeof text !== 'object' || text === null || Array.isArray(text)) throw new Error('it holds no map');
  const { contexts, clusters, users, 'current-context': current } = text as Readonly<Record<string, unknown>>;
  // Paths in it count from where it lies.
  const fromHere = (named: string): string => path.resolve(path.dirname(file), named);
  const named = withoutTokenFiles(users);
  const kubeconfig = {
    currentContext: typeof current === 'string' && current !== '' ? current : undefined,
    contexts: newContexts(contexts),
    clusters: newClusters(clusters),
    users: newUsers(named.users).map((user): KubeconfigUser => {
      const tokenFile = named.tokenFiles.get(user.name);
      return tokenFile === undefined ? user : { ...user, tokenFile: fromHere(tokenFile) };
    }),
  };
  for (const cluster of kubeconfig.clusters) if (isGiven(cluster.caFile)) cluster.caFile = fromHere(cluster.caFile);
  for (const user of kubeconfig.users) {
    if (isGiven(user.certFile)) user.certFile = fromHere(user.certFile);
    if (isGiven(user.keyFile)) user.keyFile = fromHere(user.keyFile);
  }
  return kubeconfig;
}

function withoutTokenFiles(users: unknown): {
  readonly users: unknown;
  readonly tokenFiles: ReadonlyMap<string, string>;
} {
  const tokenFiles = new Map<string, string>();
  if (!Array.isArray(users)) return { users, tokenFiles };
  const entries = users.map((entry: unknown) => {
    const { name, user } = (entry ?? {}) as {
      readonly name?: unknown;
      readonly user?: { readonly tokenFile?: unknown };
    };
    const { tokenFile, ...others } = user ?? {};
    if (typeof name !== 'string' || typeof tokenFile !== 'string' || tokenFile === '') return entry;
    tokenFiles.set(name, tokenFile);
    return { name, user: others };
  });
  return { users: entries, tokenFiles };
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

type Content = () => string | undefined;

/** A file is read again when it was replaced, and keeps its last text while it is not there. */
function contentOf(file: string | undefined, data: string | undefined): Content {
  if (isGiven(file)) return followFile(file).read;
  const text = isGiven(data) ? Buffer.from(data, 'base64').toString('utf8') : undefined;
  return () => text;
}

const fit = (cert: string, key: string): boolean => {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
};

/** Certificate and key are two files: between the replacements of one and the other the last ones that fit are shown. */
function pairOf(user: User): () => { readonly cert: string | undefined; readonly key: string | undefined } {
  const contents = { cert: contentOf(user.certFile, user.certData), key: contentOf(user.keyFile, user.keyData) };
  let fitting: { readonly cert: string; readonly key: string } | null = null;
  return () => {
    const [cert, key] = [contents.cert(), contents.key()];
    if (cert === undefined || key === undefined) return { cert, key };
    if (fitting?.cert === cert && fitting.key === key) return fitting;
    if (fit(cert, key)) fitting = { cert, key };
    return fitting ?? { cert, key };
  };
}

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
export function loginOf(cluster: Cluster, user: KubeconfigUser | undefined): () => Promise<RequestOptions> {
  let authenticators: Promise<readonly Authenticator[]> | null = null;
  const authority = contentOf(cluster.caFile, cluster.caData);
  const pair = user === undefined ? null : pairOf(user);
  const token = isGiven(user?.tokenFile) ? followFile(user.tokenFile).read : () => user?.token;
  return async () => {
    const given: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    const set = (name: 'ca' | 'cert' | 'key', value: string | undefined): void => {
      if (value !== undefined) given[name] = value;
    };
    if (cluster.skipTLSVerify) given.rejectUnauthorized = false;
    if (isGiven(cluster.tlsServerName)) given.servername = cluster.tlsServerName;
    set('ca', authority());
    if (user === undefined) return given;
    const { cert, key } = pair?.() ?? {};
    set('cert', cert);
    set('key', key);
    if ((user.exec ?? user.authProvider ?? null) !== null) {
      const known = await (authenticators ??= knownAuthenticators());
      await known.find((one) => one.isAuthProvider(user))?.applyAuthentication(user, given);
    }
    if (isGiven(user.impersonateUser)) given.headers['Impersonate-User'] = user.impersonateUser;
    const shown = token();
    if (isGiven(shown)) given.headers['Authorization'] = `Bearer ${shown}`;
    if (isGiven(user.username)) given.auth = `${user.username}:${user.password ?? ''}`;
    return given;
  };
}
