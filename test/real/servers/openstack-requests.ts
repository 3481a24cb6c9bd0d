// Raw requests to the true Keystone and Magnum, as the contract writes them down.
import { eventually } from './process.ts';
import { requestJson, textAt, type Answer } from './json.ts';
import type { DriverCall, OpenStack } from './openstack.ts';

const settled = /_(COMPLETE|FAILED)$/;

/** The newest microversion that this Magnum knows. */
const newestMicroversion = '1.10';

export function passwordIdentity(user: string, password: string): unknown {
  return { methods: ['password'], password: { user: { name: user, domain: { id: 'default' }, password } } };
}

export function applicationCredentialIdentity(openstack: OpenStack): unknown {
  return { methods: ['application_credential'], application_credential: openstack.credentials.applicationCredential };
}

export function authenticate(openstack: OpenStack, identity: unknown, scope?: unknown): Promise<Answer> {
  const auth = scope === undefined ? { identity } : { identity, scope };
  return requestJson(`${openstack.credentials.authUrl}/auth/tokens`, { method: 'POST', body: { auth } });
}

export function projectScope(name: string): unknown {
  return { project: { name, domain: { id: 'default' } } };
}

export function tokenOf(answer: Answer): string {
  return textAt(answer.headers, 'x-subject-token');
}

export async function applicationCredentialToken(openstack: OpenStack): Promise<string> {
  return tokenOf(await authenticate(openstack, applicationCredentialIdentity(openstack)));
}

export interface MagnumRequest {
  readonly method?: string;
  readonly body?: unknown;
  /** A microversion, 1.10 when left out; an empty one sends no header. */
  readonly version?: string;
  /** Sent as it is, for bodies that are not well made. */
  readonly token: string;
}

export function magnum(openstack: OpenStack, path: string, request: MagnumRequest): Promise<Answer> {
  const { method = 'GET', body, version = newestMicroversion, token } = request;
  return requestJson(openstack.credentials.magnumUrl + path, {
    method,
    body,
    headers: {
      'x-auth-token': token,
      ...(version === '' ? {} : { 'openstack-api-version': `container-infra ${version}` }),
    },
  });
}

export interface ResizeRequest {
  readonly node_count: number;
  readonly nodegroup?: string;
  readonly nodes_to_remove?: readonly string[];
}

export function resize(openstack: OpenStack, token: string, body: ResizeRequest | null): Promise<Answer> {
  const path = `/clusters/${openstack.credentials.cluster.id}/actions/resize`;
  return magnum(openstack, path, { method: 'POST', body, token });
}

export function readGroup(openstack: OpenStack, token: string, group: string): Promise<Answer> {
  return magnum(openstack, `/clusters/${openstack.credentials.cluster.id}/nodegroups/${group}`, { token });
}

export function readCluster(openstack: OpenStack, token: string): Promise<Answer> {
  return magnum(openstack, `/clusters/${openstack.credentials.cluster.id}`, { token });
}

/** Waits until the driver has begun as many operations as `calls` says, all of them are done, and the cluster says so. */
export function clusterSettled(openstack: OpenStack, token: string, calls: number): Promise<string> {
  return eventually('the cluster is settled', async () => {
    const all = openstack.calls();
    const isDone = ({ op }: DriverCall): boolean => op.startsWith('done:');
    if (all.filter((call) => !isDone(call)).length < calls) return undefined;
    // Before it is done the conductor may not have saved yet that it has begun.
    const last = all.at(-1);
    if (last !== undefined && !isDone(last)) return undefined;
    const status = textAt((await readCluster(openstack, token)).body, 'status');
    return settled.test(status) ? status : undefined;
  });
}
