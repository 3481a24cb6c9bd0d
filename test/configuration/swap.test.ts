// Connections that change while springtide runs, against real local servers: what is new counts from the next collection on.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stampOf } from '../../src/clients/http/tls.ts';
import { createOpenStackClients, type OpenStackClients } from '../../src/clients/openstack/clients.ts';
import { loadCredentials } from '../../src/clients/openstack/credentials.ts';
import { createPrometheusClient, type PrometheusClient } from '../../src/clients/prometheus/client.ts';
import { systemClock } from '../../src/clock.ts';
import { fingerprintOf, following, swapping, type Swapping } from '../../src/configuration/swap.ts';
import { seconds, type Milliseconds } from '../../src/model/units.ts';
import { mountedIn } from '../mounted.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Handle = (request: IncomingMessage, body: string, response: ServerResponse) => void;

async function serve(handle: Handle): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => handle(request, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const scalar = (value: string): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [0, value] } });
const fixed = (value: string): Promise<string> => serve((_request, _body, response) => response.end(scalar(value)));

const valueOf = async (client: PrometheusClient): Promise<string | undefined> => {
  const { data } = await client.query('x');
  return data?.resultType === 'scalar' ? data.result[1] : undefined;
};

interface Settings {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly timeout: Milliseconds;
  readonly caFile?: string;
}

function prometheusOf(settings: () => Settings, said: (string | null)[] = []): Swapping<PrometheusClient> {
  const swapped = swapping({
    clock: systemClock,
    onSwap: (failure) => said.push(failure),
    wanted: () => {
      const { caFile, ...rest } = settings();
      const tls = caFile === undefined ? undefined : { caFile, insecureSkipVerify: false };
      return {
        key: JSON.stringify([settings(), stampOf(tls)]),
        make: () => createPrometheusClient({ settings: { ...rest, ...(tls && { tls }) } }),
      };
    },
  });
  closing.push(() => swapped.close());
  return swapped;
}

describe('a connection to Prometheus', () => {
  const usual = { headers: {}, timeout: seconds(5) };

  it('goes to the new address from the next look on, also for whoever has held it since the start', async () => {
    const [one, other] = [await fixed('1'), await fixed('2')];
    let url = one;
    const said: (string | null)[] = [];
    const swapped = prometheusOf(() => ({ ...usual, url }), said);
    const { client } = swapped;
    const before = await valueOf(client);
    url = other;
    swapped.refresh();
    swapped.refresh();
    expect([before, await valueOf(client), said]).toEqual(['1', '2', [null]]);
  });

  it('lets a call that is under way end on the old one', async () => {
    let answer = (): void => undefined;
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const slow = await serve((_request, _body, response) => {
      answer = () => response.end(scalar('1'));
      asked();
    });
    let url = slow;
    const swapped = prometheusOf(() => ({ ...usual, url }));
    const underWay = valueOf(swapped.client);
    await isAsked;
    url = await fixed('2');
    swapped.refresh();
    const after = await valueOf(swapped.client);
    answer();
    expect([await underWay, after]).toEqual(['1', '2']);
  });

  it('stays as it is where the new one cannot be made, says so once, and is made when the file is there', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'springtide-swap-'));
    const caFile = path.join(directory, 'ca.crt');
    const [one, other] = [await fixed('1'), await fixed('2')];
    let settings: Settings = { ...usual, url: one };
    const said: (string | null)[] = [];
    const swapped = prometheusOf(() => settings, said);
    settings = { ...usual, url: other, caFile };
    swapped.refresh();
    swapped.refresh();
    expect([await valueOf(swapped.client), said]).toEqual(['1', [expect.stringContaining(caFile)]]);
    await writeFile(caFile, '');
    swapped.refresh();
    expect([await valueOf(swapped.client), said.at(-1)]).toEqual(['2', null]);
  });
});

describe('a connection to OpenStack', () => {
  it('shows Keystone the rotated secret of clouds.yaml, and the old one while the file is half written', async () => {
    const secrets: unknown[] = [];
    const keystone = await serve((_request, body, response) => {
      secrets.push(
        (JSON.parse(body) as { auth: { identity: { application_credential: { secret: unknown } } } }).auth.identity
          .application_credential.secret,
      );
      response.writeHead(401, { 'content-type': 'application/json' }).end('{}');
    });
    const directory = await mkdtemp(path.join(tmpdir(), 'springtide-swap-'));
    const file = path.join(directory, 'clouds.yaml');
    const write = (text: string): Promise<string> => mountedIn(directory, 'clouds.yaml', text);
    const cloud = (secret: string): string =>
      `clouds:\n  prod:\n    auth_type: v3applicationcredential\n    auth:\n      auth_url: ${keystone}/v3\n      application_credential_id: id\n      application_credential_secret: ${secret}\n`;
    await write(cloud('first'));
    const env = { OS_CLIENT_CONFIG_FILE: file };
    const swapped: Swapping<OpenStackClients> = swapping({
      clock: systemClock,
      wanted: () => {
        const credentials = loadCredentials({ cloud: 'prod', env });
        return {
          key: fingerprintOf(credentials),
          make: () =>
            createOpenStackClients({
              credentials,
              clock: systemClock,
              timeout: seconds(2),
              retry: { attempts: 1, baseDelay: 0 as Milliseconds, maxDelay: 0 as Milliseconds },
            }),
        };
      },
    });
    closing.push(() => swapped.close());
    const magnum = following(() => swapped.client.magnum);
    const asked = async (): Promise<unknown> => {
      swapped.refresh();
      await magnum.getCluster('prod').catch(() => null);
      return secrets.at(-1);
    };
    const seen = [await asked()];
    await write('clouds:\n  prod: {auth_ty');
    seen.push(await asked());
    await write(cloud('second'));
    seen.push(await asked());
    expect(seen).toEqual(['first', 'first', 'second']);
  });
});
