// Kill -9 at random instants while alerts come in by the API, begin and end, and a gateway fails at random: what was accepted is told and taken back.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'vite';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import { lastNotifications } from '../../src/alerts/status.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { chaosRun } from '../alerts/chaos.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kills = 12;
const perLife = 12;
/** The bench asks for a thousand. */
const runs = Number(process.env['CHAOS_RUNS'] ?? 40);
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

type Kill = (after: Milliseconds) => void;

/** One life of the process: alerts begin and end by its API until it is killed. */
async function live(push: (url: string, kill: Kill) => Promise<void>): Promise<void> {
  const { port } = gateway.address() as AddressInfo;
  const child = fork(path.join(bundle, 'chaos-child.js'), [directory, `${port}`], { stdio: 'inherit' });
  const ended = once(child, 'close');
  const [url] = (await once(child, 'message')) as [string];
  let isDoomed = false;
  await push(url, (after) => {
    isDoomed = true;
    void sleep(systemClock, after).then(() => child.kill('SIGKILL'));
  });
  if (!isDoomed) child.send('drain');
  await ended;
}

/** False: it did not say that it has taken it. */
async function taken200(url: string, number: number, over: boolean): Promise<boolean> {
  const now = Date.now();
  const alert = {
    labels: { alertname: 'Chaos', number: String(number) },
    annotations: { sms: `alert ${number}.` },
    startsAt: new Date(now - 1000).toISOString(),
    endsAt: new Date(over ? now : now + 3_600_000).toISOString(),
  };
  const headers = { 'content-type': 'application/json' };
  try {
    return (await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body: JSON.stringify([alert]) })).ok;
  } catch {
    return false;
  }
}

describe('a process that is killed over and over', () => {
  it('loses nothing that it accepted, takes back what it announced, and owns up to what may have come twice', async () => {
    const begun = new Map<number, number>();
    const over = new Set<number>();
    let next = 0;
    for (let life = 0; life < kills; life += 1)
      await live(async (url, kill) => {
        const [first, last] = [next, next + perLife];
        const fatal = first + Math.floor(random() * perLife);
        next = last;
        for (let number = first; number < last; number += 1) {
          if (!(await taken200(url, number, false))) return;
          begun.set(number, life);
          if (number === fatal) kill((random() * 25) as Milliseconds);
          // one of an earlier life ends
          const old = [...begun].find(([one, since]) => since < life && !over.has(one));
          if (old !== undefined && (await taken200(url, old[0], true))) over.add(old[0]);
        }
      });
    mood = 'well';
    await live(async (url) => {
      for (let number = 0; number < next; number += 1)
        if (!over.has(number)) expect(await taken200(url, number, true)).toBe(true);
    });

    const told = (words: string): boolean => taken.some(({ text }) => text.includes(words));
    const lastFiring = (number: number): number =>
      taken.findLastIndex(({ text }) => text.startsWith(`alert ${number}.`));
    const lastOver = (number: number): number =>
      taken.findLastIndex(({ text }) => text.includes(`over: alert ${number}.`));
    expect(begun.size).toBeGreaterThan(kills);
    // of the last life nobody was sure to be told before it ended
    const sure = [...begun].filter(([, life]) => life < kills - 1).map(([number]) => number);
    expect(sure.filter((number) => !told(`alert ${number}.`))).toEqual([]);
    const announced = [...Array(next).keys()].filter((number) => lastFiring(number) >= 0);
    expect(announced.filter((number) => lastOver(number) < lastFiring(number))).toEqual([]);

    const ledger = await openLedger(directory, { clock: systemClock });
    expect(ledger.damage.filter(({ kind }) => kind !== 'tornLastLine')).toEqual([]);
    expect([ledger.state.open.size, ledger.state.alerts.size]).toEqual([0, 0]);
    const times = new Map<string, number>();
    for (const { id } of taken) times.set(id, (times.get(id) ?? 0) + 1);
    const silentlyTwice = lastNotifications(ledger.state, 200).filter(
      ({ id, maybeTwice }) => !maybeTwice && (times.get(`${id}-0`) ?? 0) > 1,
    );
    expect(silentlyTwice).toEqual([]);
    await ledger.close();
  });
});

describe(`${runs} runs in virtual time, cut off at any byte of the ledger`, () => {
  it('200 alerts begin and end, gateways fail: all is told, taken back, and nothing comes twice without a reason', async () => {
    const total = { runs, accepted: 0, kills: 0, torn: 0, deliveries: 0, twice: 0, broken: 0 };
    const broken: string[] = [];
    for (let seed = 1; seed <= runs; seed += 1) {
      const { problems, ...figures } = await chaosRun(seed);
      for (const name of ['accepted', 'kills', 'torn', 'deliveries', 'twice'] as const) total[name] += figures[name];
      if (problems.length === 0) continue;
      total.broken += 1;
      broken.push(...problems.slice(0, 3).map((problem) => `seed ${seed}: ${problem}`));
    }
    const file = process.env['CHAOS_REPORT'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(total));
    expect(broken).toEqual([]);
    expect(total.kills).toBeGreaterThan(2 * runs - 1);
  }, 7_200_000);
});
