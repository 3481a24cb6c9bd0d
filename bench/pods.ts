// What 20,000 targets cost: the CPU of a decision, the queries that it takes, blocks of the event loop, and whether the heap grows.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sleep, systemClock } from '../dist/clock.js';
import type { Config } from '../dist/model/config.js';
import { emptyMemory, type Memory } from '../dist/model/memory.js';
import type { Outcome } from '../dist/model/outcome.js';
import { seconds, type Instant } from '../dist/model/units.js';
import { decide } from '../dist/policies/decide.js';
import { record } from '../dist/policies/record.js';
import { questionsOf } from '../dist/targets/questions.js';
import { selectTargets } from '../dist/targets/select.js';
import { startBenchDaemon } from './pods-daemon.ts';
import { configOf, type Shape } from './pods-policies.ts';
import { BenchWorld, type Freshness } from './pods-world.ts';
import { percentile, type Figure, type Report } from './report.ts';

const bars = { cpu: 300, queries: 80, block: 100, growth: 5 };
const namespaces = 200;
const appsEach = 100;
const warm = 5;
const measured = 40;
const settled = 20;
const interval = 15_000;
const beginning = Date.parse('2026-11-20T08:00:00Z');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;

/** milliseconds of this process's CPU, whatever else the machine does */
function cpuOf<Answer>(work: () => Answer): { readonly answer: Answer; readonly cpu: number } {
  const before = process.cpuUsage();
  const answer = work();
  const { user, system } = process.cpuUsage(before);
  return { answer, cpu: (user + system) / 1000 };
}

const instant = (tick: number): Instant => (beginning + tick * interval) as Instant;

/** The snapshot of a tick, asked for as the collector asks; `cpu`: what finding the targets and the queries took. */
function look(world: BenchWorld, config: Config, now: Instant, freshness: Freshness) {
  world.drift();
  const kubernetes = world.snapshot([], now, freshness).kubernetes;
  collectGarbage({ type: 'minor' });
  const { answer: queries, cpu } = cpuOf(() =>
    questionsOf(config, selectTargets(config.podPolicies, kubernetes).bound),
  );
  const { prometheus, ...rest } = world.snapshot(queries, now, freshness);
  return { snapshot: { ...rest, kubernetes, prometheus }, queries: queries.length, cpu };
}

function decisionsOf(shape: Shape): readonly Figure[] {
  const { answer: config, cpu: compiling } = cpuOf(() => configOf(shape, namespaces, appsEach));
  const world = new BenchWorld(namespaces, appsEach);
  let memory: Memory = emptyMemory();
  const deciding: number[] = [];
  const asking: number[] = [];
  let [queries, scaled] = [0, 0];
  for (let tick = 0; tick < warm + measured; tick++) {
    const now = instant(tick);
    const seen = look(world, config, now, 'text');
    collectGarbage({ type: 'minor' });
    const { answer: decided, cpu } = cpuOf(() => decide(seen.snapshot, config, memory, now));
    const outcomes: Outcome[] = [];
    for (const decision of decided.plan.pods)
      if (decision.action === 'scale' && decision.mode === 'act') outcomes.push(world.carryOut(decision, now));
    memory = record(decided.memory, outcomes, now);
    if (tick < warm) continue;
    deciding.push(cpu);
    asking.push(seen.cpu);
    queries = Math.max(queries, seen.queries);
    scaled += outcomes.length;
  }
  return [
    { name: `${shape}: policies`, value: config.podPolicies.length, unit: '' },
    { name: `${shape}: compiling them, CPU`, value: compiling, unit: 'ms' },
    {
      name: `${shape}: decide(), CPU, p50 of ${measured}`,
      value: percentile(deciding, 0.5),
      unit: 'ms',
      bar: bars.cpu,
    },
    { name: `${shape}: decide(), CPU, p95`, value: percentile(deciding, 0.95), unit: 'ms' },
    { name: `${shape}: finding targets and queries, CPU, p50`, value: percentile(asking, 0.5), unit: 'ms' },
    { name: `${shape}: finding targets and queries, CPU, p95`, value: percentile(asking, 0.95), unit: 'ms' },
    { name: `${shape}: distinct queries`, value: queries, unit: '', bar: bars.queries },
    { name: `${shape}: targets scaled a tick`, value: scaled / measured, unit: '' },
  ];
}

/** Once what a tick leaves to be written is written. */
const heapUsed = async (): Promise<number> => {
  await sleep(systemClock, seconds(5));
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** The daemon's own tick around it: outcomes, memory file, journal, log, page and figures, with somebody watching. */
async function wholeTicks(ticks: number): Promise<readonly Figure[]> {
  const config = configOf('explicit', namespaces, appsEach);
  const world = new BenchWorld(namespaces, appsEach);
  const directory = await mkdtemp(path.join(os.tmpdir(), 'springtide-bench-'));
  const daemon = await startBenchDaemon(config, world, directory);
  const watcher = fork(fileURLToPath(new URL('pods-watcher.js', import.meta.url)), [daemon.url]);
  await once(watcher, 'message');
  const blocks = monitorEventLoopDelay({ resolution: 1 });
  const [cpu, wall, longest]: [number[], number[], number[]] = [[], [], []];
  const tick = async (number: number, freshness: Freshness): Promise<void> => {
    const { snapshot } = look(world, config, instant(number), freshness);
    collectGarbage({ type: 'minor' });
    blocks.reset();
    blocks.enable();
    const [before, began] = [process.cpuUsage(), performance.now()];
    await daemon.tick(snapshot, instant(number));
    const { user, system } = process.cpuUsage(before);
    blocks.disable();
    if (freshness === 'values') return;
    cpu.push((user + system) / 1000);
    wall.push(performance.now() - began);
    longest.push(blocks.max / 1e6);
  };
  try {
    let number = 0;
    while (number < warm) await tick(number++, 'values');
    while (number < settled) await tick(number++, 'text');
    const after = await heapUsed();
    while (number < settled + ticks) await tick(number++, 'values');
    const last = await heapUsed();
    return [
      { name: 'whole tick: CPU, p50', value: percentile(cpu, 0.5), unit: 'ms' },
      { name: 'whole tick: duration, p50', value: percentile(wall, 0.5), unit: 'ms' },
      { name: 'whole tick: longest block, p50', value: percentile(longest, 0.5), unit: 'ms' },
      { name: 'whole tick: longest block of all', value: Math.max(...longest), unit: 'ms', bar: bars.block },
      { name: `heap after ${settled} ticks`, value: after, unit: 'MB' },
      { name: `heap after ${settled + ticks} ticks`, value: last, unit: 'MB' },
      {
        name: `heap growth over ${ticks} ticks, percent`,
        value: (100 * (last - after)) / after,
        unit: '',
        bar: bars.growth,
      },
    ];
  } finally {
    watcher.disconnect();
    await daemon.close();
    await rm(directory, { recursive: true, force: true });
  }
}

export async function pods({ ticks }: { readonly ticks: number }): Promise<Report> {
  const figures = [...(['explicit', 'namespaces', 'one'] as const).flatMap(decisionsOf), ...(await wholeTicks(ticks))];
  return { bench: 'pods', node: process.versions.node, figures };
}
