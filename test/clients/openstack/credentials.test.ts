// Credentials in their three forms: each reads into the same value, opens the embedded Keystone, and shows no secret.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOpenStackClients } from '../../../src/clients/openstack/clients.ts';
import { loadCredentials } from '../../../src/clients/openstack/credentials.ts';
import type { Credentials } from '../../../src/clients/openstack/credentials.ts';
import { SpringtideError } from '../../../src/model/errors.ts';
import { aWorld, closeWorlds } from '../../sandbox/openstack/cloud.ts';
import type { World } from '../../sandbox/openstack/cloud.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'credentials-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(closeWorlds);

function file(name: string, text: string): string {
  const target = path.join(directory, name);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  return target;
}

async function opens(world: World, credentials: Credentials): Promise<void> {
  const clients = createOpenStackClients({ credentials, clock: world.clock });
  expect(await clients.magnum.getCluster(world.cluster)).toMatchObject({ uuid: world.cluster });
  clients.close();
}

const shown = (credentials: Credentials): string =>
  `${JSON.stringify(credentials)} ${inspect(credentials, { depth: 9 })}`;

describe('each form opens the door', () => {
  it('clouds.yaml with an application credential', async () => {
    const world = await aWorld();
    const clouds = file('a/clouds.yaml', world.cloud.cloudsYaml('prod'));
    const credentials = loadCredentials({ cloud: 'prod', env: { OS_CLIENT_CONFIG_FILE: clouds } });
    expect(credentials).toMatchObject({ region: 'RegionOne', interface: 'public', origin: `${clouds}: clouds.prod` });
    expect(shown(credentials)).not.toContain('springtide-secret');
    await opens(world, credentials);
  });

  it('OS_* variables with a password', async () => {
    const world = await aWorld();
    const credentials = loadCredentials({ env: world.cloud.environment() });
    expect(shown(credentials)).not.toContain('springtide-password');
    await opens(world, credentials);
  });

  it("a cluster's own cloud-config with its trust", async () => {
    const world = await aWorld();
    const credentials = loadCredentials({ cloudConfig: file('cloud-config', world.cloud.cloudConfig()), env: {} });
    expect(credentials.authentication).toMatchObject({ kind: 'password', scope: { kind: 'trust' } });
    await opens(world, credentials);
  });
});

describe('clouds.yaml', () => {
  const base = `clouds:
  prod:
    auth_type: v3password
    auth: {auth_url: 'https://keystone:5000/', username: u, project_name: p, user_domain_name: Bank, project_domain_id: d1}
    region_name: North
    interface: internalURL
    cacert: /ca.pem
    verify: false
`;

  it('is found in the working directory or at home, and takes its secrets from secure.yaml', () => {
    file('home/.config/openstack/clouds.yaml', base);
    const workingDirectory = path.join(directory, 'work');
    file('work/secure.yaml', 'clouds: {prod: {auth: {password: hush}}}');
    const env = { HOME: path.join(directory, 'home'), OS_CLOUD: 'prod' };
    const credentials = loadCredentials({ env, workingDirectory });
    expect(credentials).toMatchObject({
      authUrl: 'https://keystone:5000/v3',
      region: 'North',
      interface: 'internal',
      tls: { caFile: '/ca.pem', insecureSkipVerify: true },
      authentication: {
        kind: 'password',
        user: { name: 'u', domain: { name: 'Bank' } },
        scope: { kind: 'project', project: { name: 'p', domain: { id: 'd1' } } },
      },
    });
    expect(credentials.authentication.kind === 'password' && credentials.authentication.password.reveal()).toBe('hush');
    expect(loadCredentials({ env, workingDirectory, region: 'South', interface: 'admin' })).toMatchObject({
      region: 'South',
      interface: 'admin',
    });
  });
});

describe('a mistake is told with its place and its remedy', () => {
  const clouds = (text: string): Parameters<typeof loadCredentials>[0] => ({
    cloud: 'prod',
    env: { OS_CLIENT_CONFIG_FILE: file('m/clouds.yaml', text), HOME: '/nowhere' },
    workingDirectory: '/nowhere',
  });
  it.each([
    ['nothing at all', () => ({ env: {} }), 'CredentialsMissing', /OS_AUTH_URL is not set/],
    ['no such cloud', () => clouds('clouds: {test: {}}'), 'CredentialsInvalid', /no cloud prod/],
    ['no YAML', () => clouds('clouds: {prod: [hush'), 'CredentialsInvalid', /not YAML/],
    ['no address', () => clouds('clouds: {prod: {auth: {username: u}}}'), 'CredentialsMissing', /auth_url is missing/],
    [
      'a token',
      () => clouds("clouds: {prod: {auth_type: v3token, auth: {auth_url: 'http://k/v3'}}}"),
      'CredentialsInvalid',
      /v3token is not supported/,
    ],
    [
      'no password',
      () => clouds("clouds: {prod: {auth: {auth_url: 'http://k/v3', username: u}}}"),
      'CredentialsMissing',
      /password is missing/,
    ],
    [
      'no project',
      () => clouds("clouds: {prod: {auth: {auth_url: 'http://k/v3', username: u, password: hush}}}"),
      'CredentialsMissing',
      /project_name/,
    ],
    [
      'a file that is not there',
      () => ({ cloudConfig: '/nowhere/cloud-config', env: {} }),
      'CredentialsMissing',
      /ENOENT/,
    ],
    [
      'no section',
      () => ({ cloudConfig: file('m/ini', 'password=hush'), env: {} }),
      'CredentialsInvalid',
      /\[Global\]/,
    ],
  ])('%s', (_name, source, code, words) => {
    let error: unknown = null;
    try {
      loadCredentials(source());
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SpringtideError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) as string });
    expect(String(error)).not.toContain('hush');
  });
});
