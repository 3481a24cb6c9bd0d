// Secrets that are replaced while springtide runs: each is shown to a real server that lets nobody in with the old one any more.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkToken } from '../../src/alerts/acknowledge-link.ts';
import { createWebhookChannel } from '../../src/alerts/channels/webhook.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import { assembleAlerts } from '../../src/assemble-alerts.ts';
import { connectInCluster } from '../../src/clients/kubernetes/in-cluster.ts';
import { createTransport } from '../../src/clients/kubernetes/transport.ts';
import { stampOf } from '../../src/clients/http/tls.ts';
import { createOpenStackClients } from '../../src/clients/openstack/clients.ts';
import { loadCredentials } from '../../src/clients/openstack/credentials.ts';
import { createPrometheusClient } from '../../src/clients/prometheus/client.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfigOrThrow } from '../../src/config/load.ts';
import { fingerprintOf, following, swapping } from '../../src/configuration/swap.ts';
import { noFence } from '../../src/leader/fence.ts';
import { seconds, type Milliseconds } from '../../src/model/units.ts';
import { makeCertificate } from '../../src/sandbox/inbox/certificate.ts';
import { createLogger } from '../../src/server/log.ts';
import { anAlert, anAlertsDocument, aNotice, start } from '../alerts/builders.ts';
import { goodTexts, writeTexts } from '../config/files.ts';
import { mountedIn } from '../mounted.ts';

const closing: (() => Promise<void> | void)[] = [];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-rotation-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await rm(directory, { recursive: true });
});

const put = (name: string, text: string): Promise<string> => mountedIn(directory, name, text);

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Lets in whoever shows what is right now, and nobody else. */
class Door {
  right = 'first';
  readonly answer: RequestListener = (request, response) => {
    const isRight = request.headers.authorization === `Bearer ${this.right}`;
    // each call is a connection of its own
    response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json', connection: 'close' });
    response.end(isRight ? '{"status":"success","data":{"resultType":"scalar","result":[0,"1"]}}' : '{}');
  };
}

const once = {
  retry: { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds },
  breaker: false,
} as const;
const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'in',
    (error: unknown) => (error as { code: string }).code,
  );

/** Before, after the server has changed its mind, and after the file has followed. */
async function rotated(attempt: () => Promise<string>, turn: () => void, follow: () => Promise<unknown>) {
  const seen = [await attempt()];
  turn();
  seen.push(await attempt());
  await follow();
  seen.push(await attempt());
  return seen;
}

describe('of the service account', () => {
  async function inCluster() {
    const door = new Door();
    const certificate = makeCertificate();
    const server: SecureServer = createSecureServer(certificate, door.answer);
    const port = await listen(server);
    await put('token', 'first\n');
    await put('ca.crt', certificate.cert);
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
    const transport = createTransport({ connection: connectInCluster(directory, env), timeout: seconds(5) });
    closing.push(() => transport.close());
    return { door, server, ask: () => outcomeOf(transport.request({ path: '/version' })) };
  }

  it('the token', async () => {
    const { door, ask } = await inCluster();
    const turn = (): void => void (door.right = 'second');
    expect(await rotated(ask, turn, () => put('token', 'second\n'))).toEqual(['in', 'Unauthorized', 'in']);
  });

  it('the authority of the API server', async () => {
    const { server, ask } = await inCluster();
    const next = makeCertificate();
    const turn = (): void => {
      server.setSecureContext(next);
    };
    expect(await rotated(ask, turn, () => put('ca.crt', next.cert))).toEqual(['in', 'TlsRefused', 'in']);
  });
});

describe('of Prometheus', () => {
  it('the bearer token', async () => {
    const door = new Door();
    const url = `http://127.0.0.1:${await listen(createServer(door.answer))}`;
    const file = await put('prometheus', 'first\n');
    const settings = { url, headers: {}, timeout: seconds(5), auth: { bearer: { file } } };
    const client = createPrometheusClient({ settings, ...once });
    closing.push(() => client.close());
    const turn = (): void => void (door.right = 'second');
    const ask = (): Promise<string> => outcomeOf(client.query('1'));
    expect(await rotated(ask, turn, () => put('prometheus', 'second\n'))).toEqual(['in', 'Unauthorized', 'in']);
  });

  it('the certificate that we show, and the authority that we believe', async () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    const door = new Door();
    const asking = { requestCert: true, rejectUnauthorized: true };
    const server = createSecureServer({ ...one, ca: one.cert, ...asking }, door.answer);
    const url = `https://127.0.0.1:${await listen(server)}`;
    const mount = async ({ cert, key }: typeof one): Promise<void> => {
      await put('ca.crt', cert);
      await put('tls.crt', cert);
      await put('tls.key', key);
    };
    await mount(one);
    const file = (name: string): string => path.join(directory, name);
    const tls = {
      caFile: file('ca.crt'),
      certFile: file('tls.crt'),
      keyFile: file('tls.key'),
      insecureSkipVerify: false,
    };
    const headers = { authorization: 'Bearer first' };
    const swapped = swapping({
      clock: systemClock,
      wanted: () => ({
        key: stampOf(tls).join(),
        make: () => createPrometheusClient({ settings: { url, headers, timeout: seconds(5), tls }, ...once }),
      }),
    });
    closing.push(() => swapped.close());
    const ask = (): Promise<string> => {
      swapped.refresh();
      return outcomeOf(swapped.client.query('1'));
    };
    const turn = (): void => {
      server.setSecureContext({ ...other, ca: other.cert });
    };
    expect(await rotated(ask, turn, () => mount(other))).toEqual(['in', 'TlsRefused', 'in']);
  });
});

it('of Keystone: the secret of the application credential', async () => {
  let right = 'first';
  const shown = (body: string): unknown =>
    (JSON.parse(body) as { auth: { identity: { application_credential?: { secret: unknown } } } }).auth.identity
      .application_credential?.secret;
  const login = async (request: IncomingMessage): Promise<boolean> => shown(await textOf(request)) === right;
  const token = { expires_at: '2099-01-01T00:00:00Z', catalog: [], roles: [{ name: 'member' }], user: { id: 'u' } };
  const port = await listen(
    createServer((request, response) => {
      void login(request).then((isRight) => {
        response.writeHead(isRight ? 201 : 401, { 'content-type': 'application/json', 'x-subject-token': 't' });
        response.end(JSON.stringify(isRight ? { token } : { error: { code: 401, message: 'no' } }));
      });
    }),
  );
  const write = (secret: string): Promise<string> =>
    put(
      'clouds.yaml',
      `clouds: {prod: {auth_type: v3applicationcredential, auth: {auth_url: 'http://127.0.0.1:${port}/v3', application_credential_id: id, application_credential_secret: ${secret}}}}\n`,
    );
  const env = { OS_CLIENT_CONFIG_FILE: await write('first') };
  const swapped = swapping({
    clock: systemClock,
    wanted: () => {
      const credentials = loadCredentials({ cloud: 'prod', env });
      return {
        key: fingerprintOf(credentials),
        make: () => createOpenStackClients({ credentials, clock: systemClock, timeout: seconds(5), ...once }),
      };
    },
  });
  closing.push(() => swapped.close());
  const keystone = following(() => swapped.client.keystone);
  const ask = (): Promise<string> => {
    swapped.refresh();
    // the next login is a new one, as after an hour
    return outcomeOf(keystone.session().then(({ token: given }) => keystone.refused(given)));
  };
  const turn = (): void => void (right = 'second');
  expect(await rotated(ask, turn, () => write('second'))).toEqual(['in', 'Unauthorized', 'in']);
});

describe('of a webhook', () => {
  const channel = createWebhookChannel();
  afterAll(() => channel.close());
  async function posted(url: string, http: string): Promise<string> {
    const document = anAlertsDocument(`
route: { receiver: duty }
receivers: [{ name: duty, webhook_configs: [{ url: '${url}', http_config: { ${http} } }] }]`);
    const [settings] = document.receivers[0]?.webhook_configs ?? [];
    if (settings === undefined) throw new Error('no webhook in the document');
    const delivery = { id: 'n1', at: start, notice: aNotice(anAlert({ summary: 'full' })), text: '', document };
    const [result] = await channel.send({ ...delivery, to: ['hook'], signal: new AbortController().signal }, settings);
    return result?.status === 'sent' ? 'in' : (result?.reason ?? '');
  }

  it('the token', async () => {
    const door = new Door();
    const url = `http://127.0.0.1:${await listen(createServer(door.answer))}`;
    const file = await put('hook', 'first');
    const turn = (): void => void (door.right = 'second');
    const ask = (): Promise<string> => posted(url, `bearer_token_file: ${file}`);
    expect(await rotated(ask, turn, () => put('hook', 'second'))).toEqual(['in', 'AuthRefused', 'in']);
  });

  it('the files of its TLS', async () => {
    const [one, other] = [makeCertificate(), makeCertificate()];
    const server = createSecureServer(one, (_request, response) => response.end('{}'));
    const url = `https://localhost:${await listen(server)}`;
    const file = await put('hook-ca.crt', one.cert);
    const ask = (): Promise<string> => posted(url, `tls_config: { ca_file: ${file} }`);
    const turn = (): void => server.setSecureContext(other);
    expect(await rotated(ask, turn, () => put('hook-ca.crt', other.cert))).toEqual(['in', 'TlsFailed', 'in']);
  });
});

describe('of the alert listener', () => {
  /** Two secrets in files: what senders show, and what links are signed with. */
  async function listener() {
    const [token, links] = [await put('alerts-token', 'first'), await put('links', 'first')];
    const daemon = `${goodTexts['springtide.yaml'] ?? ''}  http: {alerts: {listen: '127.0.0.1:0', token: {file: ${token}}}}\n`;
    const alerts = `${goodTexts['alerts.yaml'] ?? ''}
links: {externalUrl: 'https://alerts.example.com', secret: {file: ${links}}}
`;
    const place = path.join(directory, 'config');
    await writeTexts(place, { ...goodTexts, 'springtide.yaml': daemon, 'alerts.yaml': alerts });
    const config = await loadConfigOrThrow(place);
    const assembled = await assembleAlerts({
      config: () => config,
      clock: systemClock,
      log: createLogger({ level: 'silent' }),
      prometheus: createPrometheusClient({ settings: config.daemon.prometheus }),
      ledger: volatileLedger(),
      fence: noFence,
      onNotification: () => undefined,
      listens: true,
    });
    closing.push(() => assembled.close());
    if (assembled.answer === null) throw new Error('nobody answers');
    return {
      url: `http://127.0.0.1:${await listen(createServer(assembled.answer))}`,
      refresh: () => assembled.refresh(),
    };
  }

  it('the token that senders show', async () => {
    const { url } = await listener();
    const ask = async (token: string): Promise<number> =>
      (await fetch(`${url}/api/v2/status`, { headers: { authorization: `Bearer ${token}` } })).status;
    const before = [await ask('first'), await ask('second')];
    await put('alerts-token', 'second');
    expect([before, [await ask('first'), await ask('second')]]).toEqual([
      [200, 401],
      [401, 200],
    ]);
  });

  it('the secret of links: those of the old one are good no longer', async () => {
    const { url, refresh } = await listener();
    /** 410: it is ours, and nothing of it fires; 404: it is forged. */
    const press = async (secret: string): Promise<number> =>
      (
        await fetch(`${url}/a/${linkToken('duty', start, secret)}`, {
          method: 'POST',
          body: new URLSearchParams({ by: 'zhang' }),
        })
      ).status;
    const before = [await press('first'), await press('second')];
    await put('links', 'second');
    await refresh();
    expect([before, [await press('first'), await press('second')]]).toEqual([
      [410, 404],
      [404, 410],
    ]);
  });
});
