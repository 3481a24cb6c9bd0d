// The embedded OpenStack on one port: Keystone, Magnum and Nova over real HTTP, the cloud behind them on the clock.
import type { Cancel } from '../../clock.ts';
import { minutes } from '../../model/units.ts';
import type { Milliseconds } from '../../model/units.ts';
import { Cloud } from './cloud.ts';
import { region } from './parts.ts';
import type { CloudOptions, DriverCall, Server } from './parts.ts';
import { Faults } from './faults.ts';
import type { OpenStackFault, ServiceName } from './faults.ts';
import { startJsonServer } from './http.ts';
import type { JsonAnswer, JsonRequest } from './http.ts';
import { EmbeddedKeystone, unauthorized } from './keystone.ts';
import type { Accounts, Token } from './keystone.ts';
import { answerMagnum, requestId, type EmbeddedMagnum, type MagnumVersions } from './magnum.ts';
import { answerNova } from './nova.ts';

export interface CatalogEntry {
  readonly type: string;
  readonly endpoints: readonly { readonly url: string; readonly interface: string; readonly region: string }[];
}

export interface OpenStackOptions extends CloudOptions {
  readonly port?: number;
  readonly tokenLifetime?: Milliseconds;
  readonly magnumVersions?: MagnumVersions;
  /** Services of the catalog before ours: other regions' and other projects' that one may be taken for. */
  readonly besides?: readonly CatalogEntry[];
  /** absent: the catalog does not know it, as in clouds that hide it from the project. */
  readonly nova?: 'present' | 'absent';
  /** servers a page (osapi_max_limit); Nova's own default when absent */
  readonly novaPage?: number;
}

export interface SeenRequest {
  readonly service: ServiceName;
  readonly method: string;
  readonly path: string;
  /** as the header asks for it; null: it does not */
  readonly microversion: string | null;
  /** null: it hangs. */
  readonly status: number | null;
}

export interface EmbeddedOpenStack {
  readonly url: string;
  readonly authUrl: string;
  readonly region: string;
  readonly clusterId: string;
  readonly accounts: Accounts;
  /** What the driver was asked to do, oldest first. */
  readonly calls: readonly DriverCall[];
  readonly requests: readonly SeenRequest[];
  /** Those of the start are there from the beginning: onServerActive tells of later ones only. */
  servers(): readonly Server[];
  inject(fault: OpenStackFault): Cancel;
  clearFaults(): void;
  /** As if an operator had done it. */
  resize(group: string, count: number, remove?: readonly string[]): void;
  /** Another Magnum behind the same address, as after an upgrade or its taking back. */
  speak(versions: MagnumVersions): void;
  /** Plays a cluster that is being made or torn down; null gives it back its own status. */
  forceStatus(status: 'CREATE_IN_PROGRESS' | 'DELETE_IN_PROGRESS' | 'UPDATE_IN_PROGRESS' | null): void;
  /** The same access in the three forms that are read: clouds.yaml, OS_* variables, cloud-config. */
  cloudsYaml(cloud: string): string;
  environment(): Readonly<Record<string, string>>;
  cloudConfig(): string;
  stop(): Promise<void>;
}

const prefixes = { '/identity': 'keystone', '/container-infra': 'magnum', '/compute': 'nova' } as const;
const mostRequests = 1_000;

export async function startOpenStack(options: OpenStackOptions): Promise<EmbeddedOpenStack> {
  const faults = new Faults();
  const cloud = new Cloud(options, faults);
  const requests: SeenRequest[] = [];
  const delays = new Set<() => void>();
  let base = '';
  const keystone = new EmbeddedKeystone({
    clock: options.clock,
    random: options.random,
    lifetime: options.tokenLifetime ?? minutes(60),
    catalog: () => [...(options.besides ?? []), ...catalogOf(base, options.nova ?? 'present')],
  });
  const { accounts } = keystone;
  const magnum: EmbeddedMagnum = {
    cloud,
    clusterName: options.cluster.name,
    projectId: accounts.owner.projectId,
    userId: accounts.owner.userId,
    random: options.random,
    labels: options.cluster.labels ?? {},
    versions: options.magnumVersions ?? { min: '1.1', max: '1.10' },
  };

  function served(service: ServiceName, request: JsonRequest): JsonAnswer {
    const authenticated = (answer: (token: Token) => JsonAnswer): JsonAnswer => {
      const token = keystone.check(String(request.headers['x-auth-token']));
      return token === null ? unauthorized : answer(token);
    };
    switch (service) {
      case 'keystone':
        return keystone.answer(request);
      case 'magnum':
        return answerMagnum(magnum, request, authenticated);
      case 'nova':
        return authenticated(() => answerNova(cloud, request, options.novaPage));
    }
  }

  async function answer(incoming: JsonRequest): Promise<JsonAnswer> {
    const prefix = Object.keys(prefixes).find((one) => incoming.path === one || incoming.path.startsWith(`${one}/`));
    if (prefix === undefined)
      return { status: 404, json: { error: { code: 404, title: 'Not Found', message: 'No such service' } } };
    const service = prefixes[prefix as keyof typeof prefixes];
    const request = { ...incoming, path: incoming.path.slice(prefix.length) };
    const fault = faults.takeApi(service, request.path);
    let given: JsonAnswer;
    switch (fault?.kind) {
      case 'hang':
        given = 'hang';
        break;
      case 'http500':
        given = {
          status: 500,
          json: {
            errors: [
              {
                status: 500,
                title: 'Internal Server Error',
                detail: 'The server has either erred or is incapable of performing the requested operation.',
                code: 'server',
              },
            ],
          },
        };
        break;
      case 'http429':
        given = {
          status: 429,
          headers: { 'retry-after': String(fault.retryAfterSeconds ?? 1) },
          json: { error: { code: 429, title: 'Too Many Requests', message: 'Rate limit' } },
        };
        break;
      case 'forbidden403':
        given = {
          status: 403,
          json: { error: { code: 403, title: 'Forbidden', message: "Policy doesn't allow this to be performed." } },
        };
        break;
      case 'garbage':
        given = { status: 200, text: '<html><body>maintenance</body></html>' };
        break;
      case 'slow':
        // Real time: a slow line is a matter of the transport, whatever the world's clock says.
        await pause(fault.delayMs ?? 2_000, delays);
        given = served(service, request);
        break;
      case undefined:
        given = served(service, request);
    }
    requests.push({
      service,
      method: request.method,
      path: request.path,
      microversion: request.headers['openstack-api-version']?.toString() ?? null,
      status: given === 'hang' ? null : given.status,
    });
    if (requests.length > mostRequests) requests.shift();
    if (given === 'hang') return given;
    return { ...given, headers: { 'x-openstack-request-id': requestId(options.random), ...given.headers } };
  }

  const server = await startJsonServer(answer, options.port);
  base = server.url;
  const authUrl = `${base}/identity/v3`;

  return {
    url: base,
    authUrl,
    region,
    clusterId: cloud.uuid,
    accounts,
    calls: cloud.calls,
    requests,
    servers: () => cloud.servers(),
    inject: (fault) => {
      if (fault.kind !== 'token401') return faults.inject(fault);
      keystone.revokeAll();
      return () => undefined;
    },
    clearFaults: () => faults.clear(),
    resize: (name, count, remove = []) => {
      const group = cloud.find(name);
      if (group === undefined) throw new Error(`the embedded cloud has no node group ${name}`);
      cloud.cast('resize_cluster', group, count, remove);
    },
    speak: (versions) => {
      magnum.versions = versions;
    },
    forceStatus: (status) => {
      cloud.forcedStatus = status;
    },
    cloudsYaml: (name) => cloudsYaml(name, authUrl, accounts),
    environment: () => ({
      OS_AUTH_URL: authUrl,
      OS_AUTH_TYPE: 'v3password',
      OS_USERNAME: accounts.owner.userName,
      OS_PASSWORD: accounts.owner.password,
      OS_PROJECT_ID: accounts.owner.projectId,
      OS_USER_DOMAIN_ID: 'default',
      OS_REGION_NAME: region,
      OS_INTERFACE: 'public',
    }),
    cloudConfig: () =>
      `[Global]\nauth-url="${authUrl}"\nuser-id="${accounts.trustee.userId}"\npassword="${accounts.trustee.password}"\ntrust-id="${accounts.trustId}"\nregion="${region}"\ntls-insecure=false\n[LoadBalancer]\nuse-octavia=true\n`,
    stop: async () => {
      cloud.stop();
      for (const release of delays) release();
      await server.close();
    },
  };
}

function cloudsYaml(name: string, authUrl: string, accounts: Accounts): string {
  const { id, secret } = accounts.applicationCredential;
  return [
    'clouds:',
    `  ${name}:`,
    '    auth_type: v3applicationcredential',
    '    auth:',
    `      auth_url: ${authUrl}`,
    `      application_credential_id: "${id}"`,
    `      application_credential_secret: "${secret}"`,
    `    region_name: ${region}`,
    '    interface: public',
    '    identity_api_version: 3',
    '',
  ].join('\n');
}

function catalogOf(base: string, nova: 'present' | 'absent'): readonly object[] {
  const entry = (type: string, name: string, path: string): object => ({
    id: name,
    type,
    name,
    endpoints: ['public', 'internal', 'admin'].map((side) => ({
      id: `${name}-${side}`,
      interface: side,
      region,
      region_id: region,
      url: `${base}${path}`,
    })),
  });
  return [
    entry('identity', 'keystone', '/identity/v3'),
    entry('container-infra', 'magnum', '/container-infra/v1'),
    ...(nova === 'present' ? [entry('compute', 'nova', '/compute/v2.1')] : []),
  ];
}

function pause(delayMs: number, delays: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      delays.delete(end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    delays.add(end);
  });
}
