// Which way to the API server is taken, with which credentials, and what is said when there is none.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectKubernetes, type KubernetesConnection } from '../../../src/clients/kubernetes/connection.ts';
import { createTransport } from '../../../src/clients/kubernetes/transport.ts';
import { systemClock } from '../../../src/clock.ts';
import { seconds } from '../../../src/model/units.ts';
import { makeCertificate, type SelfMadeCertificate } from '../../../src/sandbox/inbox/certificate.ts';
import { mountedIn } from '../../mounted.ts';
import { FakeApi, answer, refuse } from './fake-api.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(path.join(os.tmpdir(), 'springtide-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string): Promise<string> => mountedIn(directory, name, text);

const kubeconfig = (server: string, user: string, context = 'main'): string => `
apiVersion: v1
kind: Config
current-context: ${context}
contexts:
  - {name: ${context}, context: {cluster: c-${context}, user: u-${context}, namespace: shop}}
clusters:
  - {name: c-${context}, cluster: {server: "${server}"}}
users:
  - {name: u-${context}, user: ${user}}
`;

const clock = systemClock;
const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url');
const idToken = [part({ alg: 'none' }), part({ exp: 4_102_444_800 }), part({})].join('.');

describe('in a cluster', () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };

  it('uses the service account, and its new token as soon as it is there', async () => {
    await write('account/token', 'first\n');
    await write('account/ca.crt', 'CA');
    await write('account/namespace', 'springtide');
    const serviceAccount = path.join(directory, 'account');
    const connection = await connectKubernetes({ clock, env, serviceAccount });
    expect(connection).toMatchObject({ server: 'https://[fd00::1]:6443', namespace: 'springtide' });
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer first' });
    await write('account/token', 'second one\n');
    expect(await connection.credentials()).toEqual({
      headers: { authorization: 'Bearer second one' },
      tls: { ca: 'CA' },
    });
  });

  it('prefers a kubeconfig that is named', async () => {
    const file = await write('named', kubeconfig('https://named:6443/', '{token: abc}'));
    const connection = await connectKubernetes({ clock, env, kubeconfig: file });
    expect(connection).toMatchObject({ server: 'https://named:6443', namespace: 'shop' });
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer abc' });
  });
});

describe('with a kubeconfig', () => {
  it('merges the files of KUBECONFIG and takes the context that is asked for', async () => {
    const one = await write('one', kubeconfig('https://one', '{token: one}', 'one'));
    const two = await write('two', kubeconfig('https://two', '{username: me, password: pw}', 'two'));
    const env = { KUBECONFIG: [one, path.join(directory, 'absent'), two].join(path.delimiter) };
    expect((await connectKubernetes({ clock, env })).server).toBe('https://one');
    const second = await connectKubernetes({ clock, env, context: 'two' });
    expect(second.server).toBe('https://two');
    const basic = `Basic ${Buffer.from('me:pw').toString('base64')}`;
    expect((await second.credentials()).headers).toEqual({ authorization: basic });
  });

  it('gives a name to whoever says it first, as kubectl does', async () => {
    const one = await write('first', kubeconfig('https://first', '{token: first}'));
    const two = await write('again', kubeconfig('https://again', '{token: again}'));
    const connection = await connectKubernetes({ clock, env: { KUBECONFIG: `${one}:${two}` } });
    expect(connection.server).toBe('https://first');
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer first' });
  });

  it('reads certificates beside it anew, and shows what else it names', async () => {
    await write('certificates/ca.crt', 'CA');
    await write('certificates/me.crt', 'first');
    const user = `{client-certificate: me.crt, client-key-data: ${Buffer.from('KEY').toString('base64')}, as: boss}`;
    const text = kubeconfig('https://x', user).replace(
      '"}}',
      '", certificate-authority: ca.crt, tls-server-name: inside, insecure-skip-tls-verify: true}}',
    );
    const connection = await connectKubernetes({
      clock,
      env: {},
      kubeconfig: await write('certificates/config', text),
    });
    const shown = (cert: string) => ({
      headers: { 'impersonate-user': 'boss' },
      tls: { ca: 'CA', cert, key: 'KEY', serverName: 'inside', insecureSkipVerify: true },
    });
    expect(await connection.credentials()).toEqual(shown('first'));
    await write('certificates/me.crt', 'second');
    connection.forget();
    expect(await connection.credentials()).toEqual(shown('second'));
  });

  describe('what is rotated on the disk', () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const connected = async (user: string): Promise<KubernetesConnection> =>
      connectKubernetes({ clock, env: {}, kubeconfig: await write('rotated/config', kubeconfig('https://x', user)) });
    const shown = async (connection: KubernetesConnection): Promise<object> => {
      connection.forget();
      const { headers, tls } = await connection.credentials();
      return { token: headers['authorization'], cert: tls.cert, key: tls.key };
    };

    it('is a token in a file of its own, which keeps the last one while it is gone', async () => {
      await write('rotated/token', 'first\n');
      const connection = await connected('{tokenFile: token, token: older}');
      expect(await shown(connection)).toMatchObject({ token: 'Bearer first' });
      await write('rotated/token', 'second\n');
      expect(await shown(connection)).toMatchObject({ token: 'Bearer second' });
      rmSync(path.join(directory, 'rotated/token'));
      expect(await shown(connection)).toMatchObject({ token: 'Bearer second' });
    });

    it('is a certificate with its key: the old ones are shown until both fit', async () => {
      const pair = ({ cert, key }: SelfMadeCertificate): object => ({ cert: cert.trim(), key: key.trim() });
      await write('rotated/me.crt', one.cert);
      await write('rotated/me.key', one.key);
      const connection = await connected('{client-certificate: me.crt, client-key: me.key}');
      expect(await shown(connection)).toMatchObject(pair(one));
      await write('rotated/me.crt', other.cert);
      expect(await shown(connection)).toMatchObject(pair(one));
      await write('rotated/me.key', other.key);
      expect(await shown(connection)).toMatchObject(pair(other));
    });

    it('is the kubeconfig itself; a broken one changes nothing, nor does one of another server', async () => {
      const user = ({ cert, key }: SelfMadeCertificate): string =>
        `{client-certificate-data: ${base64(cert)}, client-key-data: ${base64(key)}}`;
      const connection = await connected(user(one));
      expect(await shown(connection)).toMatchObject(one);
      await write('rotated/config', 'clusters: [');
      expect(await shown(connection)).toMatchObject(one);
      await write('rotated/config', kubeconfig('https://elsewhere', user(other)));
      expect(await shown(connection)).toMatchObject(one);
      await write('rotated/config', kubeconfig('https://x', user(other)));
      expect(await shown(connection)).toMatchObject(other);
    });
  });

  it.each([
    ['tokens that lie in files', (file: string) => `{auth-provider: {name: tokenFile, config: {tokenFile: ${file}}}}`],
    [
      'tokens of a provider',
      () => `{auth-provider: {name: oidc, config: {id-token: ${idToken}, client-id: x, idp-issuer-url: 'https://x'}}}`,
    ],
  ])('shows %s', async (_case, userOf) => {
    const file = await write('token', 'kept');
    const config = await write('providers', kubeconfig('https://x', userOf(file)));
    const connection = await connectKubernetes({ clock, env: {}, kubeconfig: config });
    expect((await connection.credentials()).headers['authorization']).toMatch(/^Bearer (?:kept|ey)/);
  });

  it('runs an exec plugin once for many calls, and again after a refusal', async () => {
    const count = path.join(directory, 'count');
    const script = `echo run >> ${count}; printf '{"status":{"token":"t%s"}}' $(wc -l < ${count})`;
    const user = JSON.stringify({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] },
    });
    const api = await new FakeApi().start();
    const file = await write('exec', kubeconfig(api.url, user));
    const connection = await connectKubernetes({ clock, env: {}, kubeconfig: file });
    const transport = createTransport({ connection, timeout: seconds(5) });
    try {
      const [first, second] = await Promise.all([connection.credentials(), connection.credentials()]);
      expect(first).toBe(second);
      expect(first.headers).toEqual({ authorization: 'Bearer t1' });
      api.next(/version/, refuse(401, 'Unauthorized'));
      api.next(/version/, (request, response) =>
        answer(JSON.stringify(request.headers.authorization))(request, response),
      );
      expect((await transport.request({ path: '/version' })).json()).toBe('Bearer t2');
    } finally {
      transport.close();
      await api.stop();
    }
  });

  it.each([
    ['a file that is none', 'garbage', ': {', undefined, /is no kubeconfig/],
    ['a file of something else', 'list', '[]', undefined, /is no kubeconfig \(it holds no map/],
    ['a file without a context', 'empty', 'kind: Config', undefined, /names no current context/],
    [
      'a context that is not there',
      'context',
      kubeconfig('https://x', '{}'),
      'other',
      /"other" names no cluster \(name one of main\)/,
    ],
    [
      'a plugin that fails',
      'plugin',
      kubeconfig('https://x', '{exec: {command: sh, args: ["-c", "echo no luck >&2; exit 1"]}}'),
      undefined,
      /gives no credentials \(no luck/,
    ],
  ])('explains %s', async (_case, name, text, context, message) => {
    const file = await write(name, text);
    const attempt = connectKubernetes({ clock, env: {}, kubeconfig: file, context }).then((made) => made.credentials());
    await expect(attempt).rejects.toMatchObject({
      code: 'CredentialsInvalid',
      message: expect.stringMatching(message) as string,
    });
  });

  it('says what to set where there is nothing', async () => {
    const attempt = connectKubernetes({ clock, env: { HOME: directory } });
    await expect(attempt).rejects.toMatchObject({ code: 'CredentialsMissing' });
  });
});
