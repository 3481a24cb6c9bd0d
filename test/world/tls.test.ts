// http.tls in a whole springtide: page and alert listener speak it, and show a certificate that was replaced while it runs.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openHouse, type House } from '../../src/assemble.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { seconds, type Milliseconds } from '../../src/model/units.ts';
import { makeCertificate } from '../../src/sandbox/inbox/certificate.ts';
import { createLogger } from '../../src/server/log.ts';
import { Rig } from './rig.ts';

/** Looks at the files at once, and not after ten seconds. */
const hurried: Clock = {
  now: () => systemClock.now(),
  after: (delay, run) => systemClock.after(delay === seconds(10) ? (20 as Milliseconds) : delay, run),
};

let rig: Rig;
let house: House | null = null;
beforeEach(async () => {
  rig = await Rig.raise();
  await rig.kill();
});
afterEach(async () => {
  await house?.close();
  await rig.lower();
});

const shownBy = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });

it('is spoken by the page and the alert listener, not by the probes, and follows its files', async () => {
  const [first, second] = [makeCertificate(), makeCertificate()];
  const [certFile, keyFile] = ['tls.crt', 'tls.key'].map((name) => path.join(rig.directory, name)) as [string, string];
  const mount = async ({ cert, key }: typeof first): Promise<void> => {
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
  };
  await mount(first);
  const { daemon } = rig.config;
  const http = { ...daemon.http, alerts: { listen: '127.0.0.1:0' }, tls: { certFile, keyFile } };
  rig.config = { ...rig.config, daemon: { ...daemon, http } };
  house = await openHouse({
    config: () => rig.config,
    refused: () => [],
    clock: systemClock,
    wireClock: hurried,
    env: rig.connected.env,
    log: createLogger({ level: 'silent' }),
    leader: () => null,
    http: { listen: '127.0.0.1:0', metricsListen: '127.0.0.1:0' },
  });
  const urls = [house.server?.urls.page ?? '', house.alertsUrl ?? ''];
  const shown = (): Promise<readonly string[]> => Promise.all(urls.map(shownBy));
  const [one, other] = [first, second].map(({ cert }) => new X509Certificate(cert).fingerprint256);
  expect(urls.map((url) => new URL(url).protocol)).toEqual(['https:', 'https:']);
  expect(await shown()).toEqual([one, one]);
  expect((await fetch(`${house.server?.urls.metrics ?? ''}/healthz`)).status).toBe(200);
  await mount(second);
  await vi.waitFor(async () => expect(await shown()).toEqual([other, other]), { timeout: 60_000, interval: 250 });
}, 120_000);
