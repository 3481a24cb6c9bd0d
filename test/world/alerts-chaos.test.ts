// Kill -9 at random instants while alerts come in by the API, begin and end, and a gateway fails at random: what was accepted is told and taken back.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'vite';
import { replaySegment } from '../../src/alerts/ledger/replay.ts';
import { ledgerSchemas } from '../../src/alerts/ledger/schema.ts';
import { listSegments, readSegment } from '../../src/alerts/ledger/segments.ts';
import { applyRecord } from '../../src/alerts/ledger/fold.ts';
import { emptyLedgerState } from '../../src/alerts/ledger/state.ts';
import type { LedgerState } from '../../src/alerts/ledger/state.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { chaosRun } from '../alerts/chaos.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = (name: string, usual: number): number => Number(process.env[name] ?? usual);
/** What every build plays; the bench asks for more, in several processes. */
const kills = asked('CHAOS_KILLS', 12);
interface Lives {
  readonly where: string;
  readonly part: string;
  readonly first: number;
  readonly last: number;
  /** absent: each of them */
  readonly step?: number;
  /** where reloads come faster than is written something may be said again: it is counted, and is no loss */
  readonly maySayAgain?: boolean;
}
const isSaidAgain = (problem: string): boolean => problem.includes('says nothing that was not known to be told');
const lives: readonly Lives[] = [
  { where: 'in directory', part: 'directory', first: asked('CHAOS_FIRST', 1), last: asked('CHAOS_LAST', 35) },
  {
    where: 'in files, with escalations',
    part: 'escalations',
    first: asked('CHAOS_FIRST_ESCALATIONS', 1001),
    last: asked('CHAOS_LAST_ESCALATIONS', 1006),
  },
  {
    where: 'in files, with budgets',
    part: 'budgets',
    first: asked('CHAOS_FIRST_BUDGETS', 2001),
    last: asked('CHAOS_LAST_BUDGETS', 2006),
  },
  {
    where: 'in files, with reloads',
    part: 'reloads',
    first: asked('CHAOS_FIRST_RELOADS', 3001),
    last: asked('CHAOS_LAST_RELOADS', 3009),
  },
  {
    where: 'in files, with a central one',
    part: 'forwarding',
    first: asked('CHAOS_FIRST_FORWARDING', 4001),
    last: asked('CHAOS_LAST_FORWARDING', 4009),
  },
  {
    where: 'in kubernetes',
    part: 'kubernetes',
    first: asked('CHAOS_FIRST_IN_KUBERNETES', 1),
    last: asked('CHAOS_LAST_IN_KUBERNETES', 1),
  },
  {
    where: 'in objects, with reloads',
    part: 'objects-reloads',
    first: asked('CHAOS_FIRST_RELOADS_IN_OBJECTS', 3005),
    last: asked('CHAOS_LAST_RELOADS_IN_OBJECTS', 3014),
    maySayAgain: true,
    // those in which groups are told of together: a life of the others takes three times as long
    step: asked('CHAOS_STEP_RELOADS_IN_OBJECTS', 3),
  },
];
const inObjects: ReadonlySet<string> = new Set(['kubernetes', 'objects-reloads']);
const perLife = 17;
const timeout = 10_800_000;
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

/** What a kill has left. */
async function ledgerLeft(): Promise<LedgerState> {
  const segments = await listSegments(directory);
  const file = segments.pathOf(segments.numbers.at(-1) ?? 0);
  const { records, damage } = await replaySegment(file, await readSegment(file), ledgerSchemas, systemClock.now());
  expect(damage.filter(({ kind }) => kind !== 'tornLastLine')).toEqual([]);
  const state = emptyLedgerState();
  for (const record of records) applyRecord(state, record);
  return state;
}

/** Messages that may have come twice, as the ledger says. */
const doubtful = ({ open, recent }: LedgerState): readonly string[] =>
  [...open.values(), ...recent].flatMap(({ intent, recipients }) =>
    [...recipients.values()].some(({ maybeTwice }) => maybeTwice) ? [`${intent.id}-0`] : [],
  );

async function report(part: string, figures: object): Promise<void> {
  const folder = process.env['CHAOS_REPORT'];
  if (folder !== undefined) await writeFile(path.join(folder, `${part}.json`), JSON.stringify(figures));
}

describe(`a process that is killed ${kills} times`, () => {
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
  }, 300_000);
  afterAll(async () => {
    gateway.closeAllConnections();
    gateway.close();
    await rm(directory, { recursive: true, force: true });
    await rm(bundle, { recursive: true, force: true });
  });

  it(
    'loses nothing that it accepted, takes back what it announced, and owns up to what may have come twice',
    async () => {
      const begun = new Map<number, number>();
      const toEnd: { readonly number: number; readonly since: number }[] = [];
      const over = new Set<number>();
      const owned = new Set<string>();
      let next = 0;
      for (let life = 0; life < kills; life += 1) {
        await live(async (url, kill) => {
          const [first, last] = [next, next + perLife];
          const fatal = first + Math.floor(random() * perLife);
          next = last;
          for (let number = first; number < last; number += 1) {
            if (!(await taken200(url, number, false))) return;
            begun.set(number, life);
            toEnd.push({ number, since: life });
            if (number === fatal) kill((random() * 25) as Milliseconds);
            // one of an earlier life ends
            const [old] = toEnd;
            if (old !== undefined && old.since < life && (await taken200(url, old.number, true))) {
              over.add(old.number);
              toEnd.shift();
            }
          }
        });
        for (const id of doubtful(await ledgerLeft())) owned.add(id);
      }
      mood = 'well';
      await live(async (url) => {
        for (let number = 0; number < next; number += 1)
          if (!over.has(number)) expect(await taken200(url, number, true)).toBe(true);
      });
      const left = await ledgerLeft();
      for (const id of doubtful(left)) owned.add(id);

      const firing = new Map<number, number>();
      const ended = new Map<number, number>();
      const times = new Map<string, number>();
      for (const [index, { id, text }] of taken.entries()) {
        times.set(id, (times.get(id) ?? 0) + 1);
        for (const [, isOver, number] of text.matchAll(/(over: )?alert (\d+)\./g))
          (isOver === undefined ? firing : ended).set(Number(number), index);
      }
      expect(begun.size).toBeGreaterThan(kills);
      // of the last life nobody was sure to be told before it ended
      const sure = [...begun].filter(([, life]) => life < kills - 1).map(([number]) => number);
      expect(sure.filter((number) => !firing.has(number) && !ended.has(number))).toEqual([]);
      expect([...firing].filter(([number, last]) => (ended.get(number) ?? -1) < last)).toEqual([]);
      expect([left.open.size, left.alerts.size]).toEqual([0, 0]);
      const twice = [...times].filter(([, count]) => count > 1).map(([id]) => id);
      expect(twice.filter((id) => !owned.has(id))).toEqual([]);
      await report('process', { kills, accepted: begun.size, deliveries: taken.length, twice: twice.length });
    },
    timeout,
  );
});

describe('lives that were broken once', () => {
  it.each([
    [1004, 'a kill before it is written when the first of an escalation was told'],
    [1015, 'a message is refused for good after others had said some of its ends'],
    [1040, 'the first of an escalation is told after the second was called'],
    [3014, 'whoever waits in a storm for a message of a group that a reload ends'],
    [3026, 'a way that came into use again was not written down again'],
    [3029, 'what a message says that is on its way is forgotten after a reload'],
    [3967, 'whoever is gone is known in two groups that reloads have ended, and a message of one is tried again'],
    [3098, 'a message for several groups is on its way while a reload ends one of them'],
  ])(
    'seed %i: %s',
    async (seed) => {
      expect((await chaosRun(seed)).problems).toEqual([]);
    },
    timeout,
  );
});

describe.each(lives)('lives in virtual time, the ledger $where', ({ part, first, last, ...more }) => {
  const { step = 1, maySayAgain = false } = more;
  const holds = maySayAgain ? 'loses and forgets nothing' : 'loses, forgets and repeats nothing';
  it(
    `${Math.floor((last - first) / step) + 1} of them: 200 alerts begin and end, gateways fail, and kill -9 at random points ${holds}`,
    async () => {
      const total = { runs: 0, accepted: 0, kills: 0, torn: 0, deliveries: 0, twice: 0, broken: 0 };
      const broken: string[] = [];
      for (let seed = first; seed <= last; seed += step) {
        const { problems, ...figures } = await chaosRun(seed, inObjects.has(part) ? 'kubernetes' : 'directory');
        total.runs += 1;
        for (const name of ['accepted', 'kills', 'torn', 'deliveries', 'twice'] as const) total[name] += figures[name];
        if (problems.length > 0) total.broken += 1;
        const losses = maySayAgain ? problems.filter((problem) => !isSaidAgain(problem)) : problems;
        broken.push(...losses.slice(0, 3).map((problem) => `seed ${seed}: ${problem}`));
        // after each: a long run may be looked at, and cut short
        await report(part, { ...total, problems: broken });
      }
      expect(broken).toEqual([]);
      expect(total.accepted).toBe(200 * total.runs);
      expect(total.kills).toBeGreaterThan(2 * total.runs - 1);
    },
    timeout,
  );
});
