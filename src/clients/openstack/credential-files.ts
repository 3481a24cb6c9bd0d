// The three places that credentials are kept in, each read into the keys of clouds.yaml.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { SpringtideError } from '../../model/errors.ts';
import type { TlsSettings } from '../http/tls.ts';
import { iniSection } from './ini.ts';

export type Interface = 'public' | 'internal' | 'admin';

export interface CredentialSource {
  readonly cloud?: string;
  readonly cloudConfig?: string;
  readonly region?: string;
  readonly interface?: Interface;
  readonly tls?: TlsSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory?: string;
}

/** Keys as in the `auth` part of clouds.yaml, plus those beside it. */
export type Settings = Readonly<Record<string, string | undefined>>;

export function fromEnvironment(env: CredentialSource['env']): Settings {
  const settings: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(env))
    if (key.startsWith('OS_') && value !== undefined && value !== '') settings[key.slice(3).toLowerCase()] = value;
  settings['project_id'] ??= settings['tenant_id'];
  settings['project_name'] ??= settings['tenant_name'];
  settings['interface'] ??= settings['endpoint_type'];
  return settings;
}

const ofCloudConfig: Readonly<Record<string, string>> = {
  'auth-url': 'auth_url',
  'user-id': 'user_id',
  username: 'username',
  password: 'password',
  'trust-id': 'trust_id',
  'tenant-id': 'project_id',
  'tenant-name': 'project_name',
  'domain-id': 'domain_id',
  'domain-name': 'domain_name',
  'user-domain-id': 'user_domain_id',
  'user-domain-name': 'user_domain_name',
  'tenant-domain-id': 'project_domain_id',
  'tenant-domain-name': 'project_domain_name',
  'application-credential-id': 'application_credential_id',
  'application-credential-name': 'application_credential_name',
  'application-credential-secret': 'application_credential_secret',
  region: 'region_name',
  'os-endpoint-type': 'interface',
  'ca-file': 'cacert',
  'cert-file': 'cert',
  'key-file': 'key',
  'tls-insecure': 'insecure',
};

export function fromCloudConfig(file: string): Settings {
  const section = iniSection(readText(file), 'Global');
  if (section === null)
    throw invalid(file, 'there is no [Global] section', 'name the cloud-config that Magnum puts on each node');
  const settings: Record<string, string | undefined> = {};
  for (const [key, value] of section) {
    const name = ofCloudConfig[key];
    if (name !== undefined && value !== '') settings[name] = value;
  }
  return settings;
}

export function fromCloudsYaml(cloud: string, source: CredentialSource): { file: string; settings: Settings } {
  const file = find(source, 'OS_CLIENT_CONFIG_FILE', 'clouds');
  if (file === null)
    throw missing(
      `clouds.yaml: clouds.${cloud}`,
      'there is no clouds.yaml',
      'put it in the working directory, ~/.config/openstack or /etc/openstack, or name it in OS_CLIENT_CONFIG_FILE',
    );
  const secure = find(source, 'OS_CLIENT_SECURE_FILE', 'secure');
  const open = entryOf(file, cloud);
  const hidden = secure === null ? undefined : entryOf(secure, cloud);
  if (open === undefined)
    throw invalid(file, `there is no cloud ${cloud}`, 'openstack.cloud and OS_CLOUD name an entry under clouds');
  const entry = { ...open, ...hidden };
  const auth = { ...record(open['auth']), ...record(hidden?.['auth']) };
  const regions: unknown = entry['regions'];
  const firstRegion: unknown = Array.isArray(regions) ? regions[0] : undefined;
  return {
    file,
    settings: textual({
      interface: entry['endpoint_type'],
      region_name: typeof firstRegion === 'object' ? record(firstRegion)['name'] : firstRegion,
      ...entry,
      ...auth,
    }),
  };
}

function find(source: CredentialSource, variable: string, name: string): string | null {
  const named = source.env[variable];
  if (named !== undefined && named !== '') return named;
  const home = source.env['HOME'];
  const directories = [
    source.workingDirectory ?? process.cwd(),
    ...(home === undefined ? [] : [path.join(home, '.config', 'openstack')]),
    '/etc/openstack',
  ];
  for (const directory of directories)
    for (const ending of ['yaml', 'yml', 'json']) {
      const file = path.join(directory, `${name}.${ending}`);
      if (exists(file)) return file;
    }
  return null;
}

function exists(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

function entryOf(file: string, cloud: string): Record<string, unknown> | undefined {
  let document: unknown;
  try {
    document = parse(readText(file));
  } catch (cause) {
    // The parser's own message may quote the line, and with it a password.
    if (cause instanceof SpringtideError) throw cause;
    throw invalid(file, 'this is not YAML', 'check its indentation and quotes');
  }
  const clouds = record(record(document)['clouds']);
  return cloud in clouds ? record(clouds[cloud]) : undefined;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function textual(values: Readonly<Record<string, unknown>>): Settings {
  const settings: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(values))
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      settings[key] = String(value);
  return settings;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw missing(file, `it cannot be read (${reason})`, 'mount it, or correct its path');
  }
}

export const missing = (where: string, what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'CredentialsMissing', where, what, mend });
export const invalid = (where: string, what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'CredentialsInvalid', where, what, mend });
