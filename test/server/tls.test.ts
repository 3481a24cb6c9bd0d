// TLS of the own listeners over real sockets: what is shown, who is let in, rotations, and how replicas know each other.
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { makeCertificate, type SelfMadeCertificate } from '../../src/sandbox/inbox/certificate.ts';
import { answerFollowing } from '../../src/server/alerts/following.ts';
import { listenForAlerts } from '../../src/server/alerts/listener.ts';
import { createHealth } from '../../src/server/health.ts';
import { createLogger } from '../../src/server/log.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { startServer } from '../../src/server/start.ts';
import { tlsListening, type Listening } from '../../src/server/tls.ts';
import { mountedIn } from '../mounted.ts';
import { start } from './samples.ts';

const log = createLogger({ level: 'silent' });
let directory: string;
let clock: VirtualClock;
const ends: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-tls-'));
  clock = new VirtualClock(start);
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  await rm(directory, { recursive: true });
});

const put = (name: string, text: string): Promise<string> => mountedIn(directory, name, text);

interface Mounted {
  readonly tls: Listening;
  readonly warned: string[];
  readonly mount: (next: SelfMadeCertificate) => Promise<void>;
}

/** The files of one replica, `name` apart from those of another. */
async function mounted(pair: SelfMadeCertificate, name = 'own', clientCa?: string): Promise<Mounted> {
  const warned: string[] = [];
  const mount = async ({ cert, key }: SelfMadeCertificate): Promise<void> => {
    await put(`${name}.crt`, cert);
    await put(`${name}.key`, key);
  };
  await mount(pair);
  const files = {
    certFile: path.join(directory, `${name}.crt`),
    keyFile: path.join(directory, `${name}.key`),
    ...(clientCa !== undefined && { clientCaFile: await put(`${name}.ca`, clientCa) }),
  };
  const said = createLogger({
    level: 'warn',
    destination: { write: (line) => void warned.push((JSON.parse(line) as { readonly why: string }).why) },
  });
  const tls = tlsListening({ files, clock, log: said });
  ends.push(() => tls.close());
  return { tls, warned, mount };
}

interface Answered {
  readonly status: number;
  /** the certificate that was shown */
  readonly shown: string;
}

const ask = (url: string, options: RequestOptions = {}): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...options }, (response) => {
      const { socket } = response;
      const shown = socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.toString() ?? '') : '';
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, shown }));
    });
    asked.on('error', reject);
    asked.end();
  });

async function aPage(tls: Listening): Promise<{ readonly page: string; readonly metrics: string }> {
  const server = await startServer({
    listen: '127.0.0.1:0',
    metricsListen: '127.0.0.1:0',
    tls,
    about: () => ({ cluster: 'pay-sh-07', version: '1.0.0', interval: 15_000, mode: 'act' }),
    texts: (language) => ({ language, sentences: {} }),
    metrics: createMetrics({ cluster: 'pay-sh-07', version: '1.0.0', processFigures: false }),
    health: createHealth({ clock, interval: seconds(15) }),
    log,
    clock,
    pageDirectory: '/nonexistent',
  });
  ends.push(() => server.close());
  return { page: `${server.urls.page}/api/v1/texts`, metrics: server.urls.metrics ?? '' };
}

describe('the page', () => {
  it('speaks TLS and nothing else, while the probes beside it stay plain', async () => {
    const own = makeCertificate();
    const { page, metrics } = await aPage((await mounted(own)).tls);
    expect(page).toMatch(/^https:/);
    expect((await ask(page, { ca: own.cert })).status).toBe(200);
    await expect(fetch(page.replace('https:', 'http:'))).rejects.toThrow();
    await expect(ask(page, { ca: own.cert, maxVersion: 'TLSv1.1' })).rejects.toThrow();
    expect((await fetch(`${metrics}/healthz`)).status).toBe(200);
  });

  it('shows the new certificate after a rotation, and the old one until key and certificate fit', async () => {
    const [first, second] = [makeCertificate(), makeCertificate()];
    const { tls, warned, mount } = await mounted(first);
    const { page } = await aPage(tls);
    const look = async (): Promise<string> => {
      clock.advance(seconds(10));
      return (await ask(page, { rejectUnauthorized: false })).shown;
    };
    expect(await look()).toBe(first.cert);
    await put('own.crt', second.cert);
    expect([await look(), await look()]).toEqual([first.cert, first.cert]);
    expect(warned).toEqual([expect.stringMatching(/^http\.tls: .*key values mismatch/)]);
    await mount(second);
    expect(await look()).toBe(second.cert);
    await rm(path.join(directory, 'own.key'));
    expect(await look()).toBe(second.cert);
    expect(warned).toHaveLength(2);
  });

  it('lets in with a certificate of the clients’ authority only, where one is named', async () => {
    const [own, authority] = [makeCertificate(), makeCertificate('clients')];
    const { page } = await aPage((await mounted(own, 'own', authority.cert)).tls);
    const guest = makeCertificate('guest', authority);
    expect((await ask(page, { ...guest, ca: own.cert })).status).toBe(200);
    await expect(ask(page, { ca: own.cert })).rejects.toThrow();
    const { cert, key } = makeCertificate('guest');
    await expect(ask(page, { ca: own.cert, cert, key })).rejects.toThrow();
  });

  it('does not begin with files that cannot be used, and says which', async () => {
    const { cert, key } = makeCertificate();
    const files = { certFile: await put('a.crt', cert), keyFile: path.join(directory, 'absent.key') };
    expect(() => tlsListening({ files, clock, log })).toThrow(/http\.tls\.keyFile: .*absent\.key.*mount the files/);
    const odd = { certFile: files.certFile, keyFile: await put('b.key', makeCertificate().key) };
    expect(() => tlsListening({ files: odd, clock, log })).toThrow(/http\.tls: .*mismatch/);
    const noCa = { certFile: files.certFile, keyFile: await put('a.key', key), clientCaFile: await put('ca', 'none') };
    expect(() => tlsListening({ files: noCa, clock, log })).toThrow(/http\.tls/);
  });
});

describe('replicas', () => {
  const alerts = async (tls: Listening, answering: Parameters<typeof listenForAlerts>[0]['answering']) => {
    const server = await listenForAlerts({ listen: '127.0.0.1:0', answering, log, tls });
    ends.push(() => server.close());
    return server.url;
  };
  /** The follower's answer to an alert, handed on to the leader. */
  async function handedOn(leader: Mounted, follower: Mounted): Promise<() => Promise<number>> {
    const to = await alerts(leader.tls, () => (_request, response) => response.writeHead(202).end());
    // as it stands in the lease: the pod's address, which is in no certificate
    const listener = answerFollowing({ leader: () => to, toReplica: follower.tls.toReplica, log });
    const from = await alerts(follower.tls, () => listener);
    return async () => {
      clock.advance(seconds(10));
      return (await ask(`${from}/api/v2/alerts`, { method: 'POST', rejectUnauthorized: false, ...shown })).status;
    };
  }
  const authority = makeCertificate('clients');
  const shown = makeCertificate('prometheus', authority);

  it('hand alerts on to the one who shows the same certificate, and to no stranger', async () => {
    const own = makeCertificate('springtide');
    expect(await (await handedOn(await mounted(own, 'one'), await mounted(own, 'two')))()).toBe(202);
    const stranger = await mounted(makeCertificate('springtide'), 'three');
    expect(await (await handedOn(stranger, await mounted(own, 'four')))()).toBe(503);
  });

  it('show their own certificate where clients must', async () => {
    const own = makeCertificate('springtide', authority);
    const [one, two] = [await mounted(own, 'one', authority.cert), await mounted(own, 'two', authority.cert)];
    expect(await (await handedOn(one, two))()).toBe(202);
  });

  it('know each other through a rotation: at once by the authority in the files, else when both have the new one', async () => {
    const issuer = makeCertificate('issuer');
    const chained = (): SelfMadeCertificate => {
      const { cert, key } = makeCertificate('springtide', issuer);
      return { cert: `${cert}${issuer.cert}`, key };
    };
    const old = chained();
    const [leader, follower] = [await mounted(old, 'one'), await mounted(old, 'two')];
    const handOn = await handedOn(leader, follower);
    await leader.mount(chained());
    expect(await handOn()).toBe(202);
    const alone = makeCertificate('springtide');
    await leader.mount(alone);
    expect(await handOn()).toBe(503);
    await follower.mount(alone);
    expect(await handOn()).toBe(202);
  });
});
