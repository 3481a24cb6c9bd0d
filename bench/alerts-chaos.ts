// npm run bench -- alerts-chaos: a thousand lives with kill -9 at random points while alerts come and gateways fail, and a true process killed over and over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure, Report } from './report.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const asked = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const runs = asked('CHAOS_RUNS', 1000);
/** of each of the families that came later */
const runsLater = asked('CHAOS_RUNS_LATER', 400);
const runsInKubernetes = asked('CHAOS_RUNS_IN_KUBERNETES', 50);
const runsReloadedInObjects = asked('CHAOS_RUNS_RELOADS_IN_OBJECTS', 50);
const kills = asked('CHAOS_KILLS', 200);

type Total = Readonly<Record<string, number>>;

/** The suite plays them: what it asserts of a few in every build it asserts of all here. False: something was not so. */
async function suite(
  part: string,
  directory: string,
  only: string,
  settings: Readonly<Record<string, number>>,
): Promise<boolean> {
  const folder = path.join(directory, part);
  await mkdir(folder);
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const words = ['run', '--project', 'world', 'test/world/alerts-chaos.test.ts', '-t', only];
  const environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.execPath, [vitest, ...words], {
    cwd: root,
    env: { ...process.env, ...environment, CHAOS_REPORT: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
}

async function totalOf(files: readonly string[]): Promise<Total> {
  const total: Record<string, number> = {};
  for (const file of files)
    for (const [name, value] of Object.entries(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>))
      if (typeof value === 'number') total[name] = (total[name] ?? 0) + value;
  return total;
}

function figuresOf(where: string, total: Total): readonly Figure[] {
  const figure = (name: string, key: string): Figure => ({
    name: `${where}: ${name}`,
    value: total[key] ?? NaN,
    unit: '',
  });
  return [
    figure('runs', 'runs'),
    figure('alerts accepted', 'accepted'),
    figure('kills', 'kills'),
    figure('ledgers with a torn end', 'torn'),
    figure('messages that arrived', 'deliveries'),
    figure('of them twice, as the ledger says', 'twice'),
    { ...figure('runs with anything lost, or told again without a doubt', 'broken'), bar: 0 },
  ];
}

export async function alertsChaos(): Promise<Report> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-bench-chaos-'));
  const shards = asked('CHAOS_SHARDS', availableParallelism());
  const parts = Array.from({ length: shards }, (_, shard) => String(shard));
  const passed = await Promise.all([
    ...parts.map((part, shard) =>
      suite(part, directory, 'in directory', {
        CHAOS_FIRST: 1 + Math.floor((runs * shard) / shards),
        CHAOS_LAST: Math.floor((runs * (shard + 1)) / shards),
      }),
    ),
    suite('escalations', directory, 'with escalations', { CHAOS_LAST_ESCALATIONS: 1000 + runsLater }),
    suite('budgets', directory, 'with budgets', { CHAOS_LAST_BUDGETS: 2000 + runsLater }),
    suite('reloads', directory, 'in files, with reloads', { CHAOS_LAST_RELOADS: 3000 + runsLater }),
    suite('forwarding', directory, 'with a central one', { CHAOS_LAST_FORWARDING: 4000 + runsLater }),
    suite('kubernetes', directory, 'in kubernetes', { CHAOS_LAST_IN_KUBERNETES: runsInKubernetes }),
    suite('objects-reloads', directory, 'in objects, with reloads', {
      CHAOS_FIRST_RELOADS_IN_OBJECTS: 3001,
      CHAOS_LAST_RELOADS_IN_OBJECTS: 3000 + runsReloadedInObjects,
      CHAOS_STEP_RELOADS_IN_OBJECTS: 1,
    }),
    suite('process', directory, 'a process', { CHAOS_KILLS: kills }),
  ]);
  const files = await totalOf(parts.map((part) => path.join(directory, part, 'directory.json')));
  const escalations = await totalOf([path.join(directory, 'escalations', 'escalations.json')]);
  const budgets = await totalOf([path.join(directory, 'budgets', 'budgets.json')]);
  const reloads = await totalOf([path.join(directory, 'reloads', 'reloads.json')]);
  const forwarding = await totalOf([path.join(directory, 'forwarding', 'forwarding.json')]);
  const objects = await totalOf([path.join(directory, 'kubernetes', 'kubernetes.json')]);
  const objectsReloaded = await totalOf([path.join(directory, 'objects-reloads', 'objects-reloads.json')]);
  const processPassed = passed.at(-1) === true;
  // It reports at its end only.
  const ended = await totalOf(processPassed ? [path.join(directory, 'process', 'process.json')] : []);
  await rm(directory, { recursive: true });
  const ofProcess = (name: string, key: string): Figure => ({
    name: `a true process: ${name}`,
    value: ended[key] ?? NaN,
    unit: '',
  });
  return {
    bench: 'alerts-chaos',
    node: process.version,
    figures: [
      ...figuresOf('files', files),
      ...figuresOf('escalations', escalations),
      ...figuresOf('budgets', budgets),
      ...figuresOf('reloads', reloads),
      ...figuresOf('a central one', forwarding),
      ...figuresOf('Kubernetes', objects),
      ...figuresOf('reloads in objects', objectsReloaded),
      ofProcess('kills', 'kills'),
      ofProcess('alerts accepted', 'accepted'),
      ofProcess('messages that arrived', 'deliveries'),
      ofProcess('of them twice, as the ledger says', 'twice'),
      {
        name: 'a true process: lost anything, or told again without a doubt',
        value: processPassed ? 0 : 1,
        unit: '',
        bar: 0,
      },
    ],
  };
}
