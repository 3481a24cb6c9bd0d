// Kill -9 at random instants while alerts are accepted and a gateway fails at random: what was accepted is told.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'vite';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import { lastNotifications } from '../../src/alerts/status.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { seededRandom } from '../../src/sandbox/random.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kills = 30;
const random = seededRandom(20261111);
let bundle: string;
let directory: string;

interface Taken {
  readonly id: string;
  readonly text: string;
}
const taken: Taken[] = [];
let mood: 'moody' | 'well' = 'moody';
const gateway = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('error', () => undefined);
  request.on('end', () => {
    const chance = mood === 'well' ? 1 : random();
    if (chance < 0.25) {
      response.writeHead(503).end();
      return;
    }
    taken.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Taken);
    // taken, and the answer lost
    if (chance < 0.35) request.socket.destroy();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(`{"id":"sms-${taken.length}"}`);
  });
});

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-chaos-'));
  await mkdir(path.join(root, '.cache'), { recursive: true });
  // beside node_modules, so that packages are found; one file starts faster than many
  bundle = await mkdtemp(path.join(root, '.cache', 'chaos-'));
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: 'test/alerts/chaos-child.ts', outDir: bundle, target: 'node20', emptyOutDir: false },
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterAll(async () => {
  gateway.closeAllConnections();
  gateway.close();
  await rm(directory, { recursive: true, force: true });
  await rm(bundle, { recursive: true, force: true });
});

interface Death {
  /** so many alerts vouched for first */
  readonly afterAlerts: number;
  readonly after: Milliseconds;
}

/** One life of the process; which alerts it vouched for. */
async function live(first: number, death: Death | null): Promise<number[]> {
  const { port } = gateway.address() as AddressInfo;
  const mode = death === null ? 'drain' : 'accept';
  const child = spawn(process.execPath, [path.join(bundle, 'chaos-child.js'), directory, `${port}`, `${first}`, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const accepted: number[] = [];
  let lines = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, number] = /^accepted (\d+)$/.exec(line) ?? [];
    if (number !== undefined) accepted.push(Number(number));
    if (death !== null && lines === death.afterAlerts)
      void sleep(systemClock, death.after).then(() => child.kill('SIGKILL'));
    lines += 1;
  });
  await ended;
  return accepted;
}

describe('a process that is killed over and over', () => {
  it('loses nothing that it accepted, and owns up to what may have come twice', async () => {
    const accepted: number[] = [];
    for (let round = 0; round < kills; round += 1) {
      const death = { afterAlerts: Math.floor(random() * 8), after: (random() * 25) as Milliseconds };
      accepted.push(...(await live(round * 1000, death)));
    }
    mood = 'well';
    await live(0, null);

    const told = new Set(taken.map(({ text }) => Number(/\d+$/.exec(text)?.[0])));
    expect(accepted.length).toBeGreaterThan(kills);
    expect(accepted.filter((number) => !told.has(number))).toEqual([]);

    const ledger = await openLedger(directory, { clock: systemClock });
    expect(ledger.damage.filter(({ kind }) => kind !== 'tornLastLine')).toEqual([]);
    expect(ledger.state.open.size).toBe(0);
    const times = new Map<string, number>();
    for (const { id } of taken) times.set(id, (times.get(id) ?? 0) + 1);
    const silentlyTwice = lastNotifications(ledger.state, 200).filter(
      ({ id, maybeTwice }) => !maybeTwice && (times.get(`${id}-0`) ?? 0) > 1,
    );
    expect(silentlyTwice).toEqual([]);
    await ledger.close();
  });
});
