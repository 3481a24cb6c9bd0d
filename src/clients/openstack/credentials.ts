// Who we are to Keystone: read from clouds.yaml, OS_* variables or a cluster's own cloud-config, as one typed value.
import type { TlsSettings } from '../http/tls.ts';
import { fromCloudConfig, fromCloudsYaml, fromEnvironment, invalid, missing } from './credential-files.ts';
import type { CredentialSource, Interface, Settings } from './credential-files.ts';
import { Secret } from './secret.ts';

export type DomainReference = { readonly id: string } | { readonly name: string };
export type UserReference = { readonly id: string } | { readonly name: string; readonly domain: DomainReference };
export type Scope =
  { readonly kind: 'project'; readonly project: UserReference } | { readonly kind: 'trust'; readonly trustId: string };

export type Authentication =
  | { readonly kind: 'password'; readonly user: UserReference; readonly password: Secret; readonly scope: Scope }
  | {
      readonly kind: 'applicationCredential';
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: UserReference };
      readonly secret: Secret;
    };

export interface Credentials {
  /** Where they were read from, for people. */
  readonly origin: string;
  /** Ends in /v3. */
  readonly authUrl: string;
  readonly authentication: Authentication;
  readonly region: string | null;
  readonly interface: Interface;
  readonly tls: TlsSettings;
}

export function loadCredentials(source: CredentialSource): Credentials {
  const cloud = source.cloud ?? (source.cloudConfig === undefined ? source.env['OS_CLOUD'] : undefined);
  if (source.cloudConfig !== undefined) return build(fromCloudConfig(source.cloudConfig), source.cloudConfig, source);
  if (cloud !== undefined && cloud !== '') {
    const { file, settings } = fromCloudsYaml(cloud, source);
    return build(settings, `${file}: clouds.${cloud}`, source);
  }
  const settings = fromEnvironment(source.env);
  if (settings['auth_url'] === undefined)
    throw missing(
      'OS_* variables',
      'OS_AUTH_URL is not set',
      'set openstack.cloud, openstack.cloudConfig or the OS_* variables',
    );
  return build(settings, 'OS_* variables', source);
}

function build(settings: Settings, origin: string, source: CredentialSource): Credentials {
  const authUrl = settings['auth_url'];
  if (authUrl === undefined)
    throw missing(origin, 'auth_url is missing', 'add the address of Keystone, like https://host:5000/v3');
  if (!/^https?:\/\//.test(authUrl) || !URL.canParse(authUrl))
    throw invalid(origin, 'auth_url is not an http:// or https:// address', 'write it like https://host:5000/v3');
  return {
    origin,
    authUrl: `${authUrl.replace(/\/+$/, '').replace(/\/v(2\.0|3)$/, '')}/v3`,
    authentication: authenticationOf(settings, origin),
    region: source.region ?? settings['region_name'] ?? null,
    interface: source.interface ?? interfaceOf(settings['interface'], origin),
    tls: source.tls ?? {
      caFile: settings['cacert'],
      certFile: settings['cert'],
      keyFile: settings['key'],
      insecureSkipVerify: settings['verify'] === 'false' || truthy(settings['insecure']),
    },
  };
}

function authenticationOf(settings: Settings, origin: string): Authentication {
  const type = settings['auth_type'] ?? '';
  const credentialId = settings['application_credential_id'];
  const credentialName = settings['application_credential_name'];
  const byCredential = credentialId !== undefined || credentialName !== undefined;
  if (!['', 'password', 'v3password', 'v3applicationcredential'].includes(type))
    throw invalid(origin, `auth_type ${type} is not supported`, 'use v3applicationcredential or v3password');
  if (type === 'v3applicationcredential' || (type === '' && byCredential)) {
    const secret = settings['application_credential_secret'];
    if (secret === undefined)
      throw missing(origin, 'application_credential_secret is missing', 'add it, or put it in secure.yaml');
    if (credentialId !== undefined)
      return { kind: 'applicationCredential', credential: { id: credentialId }, secret: new Secret(secret) };
    const user = principal(settings, 'user');
    if (credentialName === undefined || user === null)
      throw missing(origin, 'application_credential_id is missing', 'add it (a name needs its user beside it)');
    return { kind: 'applicationCredential', credential: { name: credentialName, user }, secret: new Secret(secret) };
  }
  const password = settings['password'];
  const user = principal(settings, 'user');
  if (user === null) throw missing(origin, 'username or user_id is missing', 'add one of them');
  if (password === undefined) throw missing(origin, 'password is missing', 'add it, or put it in secure.yaml');
  return { kind: 'password', user, password: new Secret(password), scope: scopeOf(settings, origin) };
}

function scopeOf(settings: Settings, origin: string): Scope {
  const trustId = settings['trust_id'];
  if (trustId !== undefined) return { kind: 'trust', trustId };
  const project = principal(settings, 'project');
  if (project === null)
    throw missing(
      origin,
      'project_name, project_id or trust_id is missing',
      'add one of them: a token without a scope cannot see clusters',
    );
  return { kind: 'project', project };
}

function principal(settings: Settings, kind: 'user' | 'project'): UserReference | null {
  const id = settings[`${kind}_id`];
  if (id !== undefined) return { id };
  const name = settings[kind === 'user' ? 'username' : 'project_name'];
  return name === undefined ? null : { name, domain: domainOf(settings, kind) };
}

function domainOf(settings: Settings, kind: 'user' | 'project'): DomainReference {
  const id = settings[`${kind}_domain_id`] ?? settings['domain_id'] ?? settings['default_domain_id'];
  const name =
    settings[`${kind}_domain_name`] ??
    settings['domain_name'] ??
    settings['default_domain_name'] ??
    settings['default_domain'];
  if (
    settings[`${kind}_domain_name`] !== undefined &&
    settings[`${kind}_domain_id`] === undefined &&
    name !== undefined
  )
    return { name };
  if (id !== undefined) return { id };
  return name === undefined ? { id: 'default' } : { name };
}

function interfaceOf(text: string | undefined, origin: string): Interface {
  switch ((text ?? 'public').replace(/URL$/, '')) {
    case 'public':
      return 'public';
    case 'internal':
      return 'internal';
    case 'admin':
      return 'admin';
    default:
      throw invalid(origin, `interface ${text ?? ''} is unknown`, 'use public, internal or admin');
  }
}

const truthy = (text: string | undefined): boolean => text !== undefined && /^(true|yes|1|on)$/i.test(text);
