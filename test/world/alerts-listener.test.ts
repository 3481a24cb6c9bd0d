// The daemon's own listener for alerts, and the commands that ask it: a process each, over real HTTP.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleep, systemClock } from '../../src/clock.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { call, leave, settle, springtide, type Called, type Settled } from './command-line.ts';

const token = 'canary-alerts-7d21';
let home: Settled['home'];
let settled: Settled;
let daemon: Called;
let url = '';

beforeAll(async () => {
  settled = await settle({ seed: 5, running: false });
  ({ home } = settled);
  const file = path.join(home.config, 'springtide.yaml');
  const written = await readFile(file, 'utf8');
  const listener = "alerts: { listen: '127.0.0.1:0', token: { env: ALERTS_TOKEN } }";
  await writeFile(file, written.replace("metrics: '127.0.0.1:0' }", `metrics: '127.0.0.1:0', ${listener} }`));
  daemon = call(['run', '--config', home.config], { ...home.env, ALERTS_TOKEN: token });
  const seen = await daemon.shows(/"alerts":"http:\/\/127\.0\.0\.1:\d+"/);
  url = /"alerts":"(http:\/\/127\.0\.0\.1:\d+)"/.exec(seen)?.[1] ?? '';
});
afterAll(async () => {
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  await leave(settled);
});

const ask = (...words: readonly string[]) =>
  springtide(['alerts', ...words, '--url', url], { ...home.env, SPRINGTIDE_ALERTS_TOKEN: token, LC_ALL: 'C' });

/** As a sender does: it listens before it leads, and says so until then. */
async function push(): Promise<number> {
  for (;;) {
    const { status } = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify([{ labels: { alertname: 'DiskFull', instance: 'db-1', severity: 'warning' } }]),
    });
    if (status !== 503) return status;
    await sleep(systemClock, 50 as Milliseconds);
  }
}

it('takes an alert, keeps it back under a silence, and tells who asks', async () => {
  expect(await push()).toBe(200);
  expect((await fetch(`${url}/api/v2/alerts`)).status).toBe(401);

  const found = await ask('query', 'alertname=DiskFull');
  expect([found.code, found.out]).toEqual([0, expect.stringContaining('DiskFull')]);
  const silenced = await ask('silence', 'add', 'instance=db-1', '--for', '2h', '--comment', 'moved', '--by', 'wei');
  expect([silenced.code, silenced.err]).toEqual([0, '']);
  const kept = await ask('query', '--silenced');
  expect([kept.code, kept.out]).toEqual([0, expect.stringContaining('wei')]);
  const status = await ask('status');
  expect([status.code, status.err]).toEqual([0, '']);
});
