// A true Keystone and Magnum (with a driver in Heat's place) for the length of a test file.
import { execFile } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePortBlock } from './ports.ts';
import { cacheDirectory, realDirectory, serverDirectory, startServer, type RealServer } from './process.ts';

export interface OpenStackOptions {
  /** How long a Keystone token lives. */
  readonly tokenLifetimeSeconds?: number;
  /** Nodes of default-worker (3) and of extra (1) at the start. */
  readonly nodes?: number;
  readonly extraNodes?: number;
}

export interface OpenStackCredentials {
  readonly authUrl: string;
  readonly magnumUrl: string;
  readonly region: string;
  readonly applicationCredential: { readonly id: string; readonly secret: string };
  readonly user: { readonly id: string; readonly name: string; readonly password: string };
  readonly project: { readonly id: string; readonly name: string };
  readonly domainId: string;
  /** Somebody of another project. */
  readonly stranger: { readonly user: string; readonly password: string; readonly project: string };
  readonly cluster: { readonly id: string; readonly name: string };
  readonly nodeGroups: { readonly defaultWorker: string; readonly extra: string; readonly defaultMaster: string };
}

/** What the driver was asked, a line each; `done:OP` when the work of one ended. */
export interface DriverCall {
  readonly t: number;
  readonly op: string;
  readonly cluster?: string;
  readonly nodegroup_name?: string;
  readonly node_count?: number;
  readonly previous?: number;
  readonly nodes_to_remove?: readonly string[];
  readonly matched?: readonly string[];
  readonly unmatched?: readonly string[];
  readonly superseded?: boolean;
  readonly status?: string;
  readonly reason?: string;
}

export interface CloudServer {
  readonly cluster: string;
  readonly index: string;
  readonly nodegroup: string;
  readonly nodegroup_name: string;
  readonly role: string;
  readonly server_id: string;
  readonly providerID: string;
  readonly name: string;
  readonly address: string;
  readonly state: 'CREATING' | 'ACTIVE' | 'DELETING' | 'ERROR';
}

export interface DriverFault {
  /** Counts how often the fault was used, so a new fault needs a new one. */
  readonly id: string;
  readonly op: string;
  readonly nodegroup?: string;
  readonly times?: number;
  /** `fail`: accepted, then *_FAILED; `raise`: refused by the driver. */
  readonly mode?: 'fail' | 'raise';
  /** How many servers are made all the same. */
  readonly make?: number;
  readonly delay?: number;
  readonly reason?: string;
}

export interface DriverControl {
  /** Seconds that each operation takes. */
  readonly delay?: number;
  /** Nothing ends while it is true; nothing of the groups that are named. */
  readonly hold?: boolean | readonly string[];
  /** Groups whose resizes are answered 202 and lost. */
  readonly drop?: readonly string[];
  /** Groups that remove their newest servers, whoever is named. */
  readonly ignoreVictims?: readonly string[];
  readonly api_address?: string;
  readonly faults?: readonly DriverFault[];
}

export interface OpenStack extends RealServer {
  readonly credentials: OpenStackCredentials;
  /** The OS_* variables of the application credential. */
  readonly environment: Readonly<Record<string, string>>;
  calls(): readonly DriverCall[];
  servers(): readonly CloudServer[];
  control(patch: DriverControl): void;
}

function readVariables(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function credentialsFrom(variables: Readonly<Record<string, string>>): OpenStackCredentials {
  const value = (name: string): string => {
    const found = variables[name];
    if (found === undefined) throw new Error(`creds.env has no ${name}`);
    return found;
  };
  return {
    authUrl: value('OS_AUTH_URL'),
    magnumUrl: value('RM_MAGNUM_URL'),
    region: value('OS_REGION_NAME'),
    applicationCredential: {
      id: value('OS_APPLICATION_CREDENTIAL_ID'),
      secret: value('OS_APPLICATION_CREDENTIAL_SECRET'),
    },
    user: { id: value('RM_USER_ID'), name: value('RM_USER'), password: value('RM_PASSWORD') },
    project: { id: value('RM_PROJECT_ID'), name: value('RM_PROJECT') },
    domainId: value('RM_DOMAIN_ID'),
    stranger: {
      user: value('RM_OTHER_USER'),
      password: value('RM_OTHER_PASSWORD'),
      project: value('RM_OTHER_PROJECT'),
    },
    cluster: { id: value('RM_CLUSTER_ID'), name: value('RM_CLUSTER_NAME') },
    nodeGroups: {
      defaultWorker: value('RM_NG_WORKER_ID'),
      extra: value('RM_NG_EXTRA_ID'),
      defaultMaster: value('RM_NG_MASTER_ID'),
    },
  };
}

export async function startOpenStack(options: OpenStackOptions = {}): Promise<OpenStack> {
  const scripts = join(realDirectory, 'openstack');
  const sizes = { RM_NODES: String(options.nodes ?? 3), RM_NODES2: String(options.extraNodes ?? 1) };
  const seed = await promisify(execFile)(join(scripts, 'seed.sh'), [cacheDirectory()], {
    env: { ...process.env, ...sizes },
    // Made once a machine, by install.sh if that came before: minutes on one that has much else to do.
    timeout: 420_000,
  });
  const directory = serverDirectory('openstack');
  const variableDirectory = join(directory, 'var');
  const port = await freePortBlock(3);
  const server = await startServer({
    name: 'openstack',
    directory,
    mode: 'between',
    command: [join(scripts, 'up.sh'), join(scripts, 'down.sh')],
    environment: {
      ...sizes,
      RM_VAR: variableDirectory,
      RM_SEED: seed.stdout.trim(),
      RM_KEYSTONE_PORT: String(port),
      RM_MAGNUM_PORT: String(port + 1),
      RM_STUB_PORT: String(port + 2),
      RM_TOKEN_TTL: String(options.tokenLifetimeSeconds ?? 3600),
    },
  });
  const variables = readVariables(join(variableDirectory, 'creds.env'));
  const controlFile = join(variableDirectory, 'control.json');
  const readJson = (file: string): unknown => JSON.parse(readFileSync(join(variableDirectory, file), 'utf8'));
  return {
    ...server,
    credentials: credentialsFrom(variables),
    environment: Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith('OS_'))),
    calls: () =>
      readFileSync(join(variableDirectory, 'calls.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as DriverCall),
    servers: () => readJson('nodes.json') as readonly CloudServer[],
    control: (patch) => {
      // Written beside and renamed: the driver must never read half of it.
      writeFileSync(`${controlFile}.new`, JSON.stringify({ ...(readJson('control.json') as object), ...patch }));
      renameSync(`${controlFile}.new`, controlFile);
    },
  };
}
