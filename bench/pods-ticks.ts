// The daemon's own tick around decisions: outcomes, memory file, journal, log, page and figures, with somebody watching.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../dist/clock.js';
import { seconds, type Milliseconds } from '../dist/model/units.js';
import { startBenchDaemon, type BenchDaemon } from './pods-daemon.ts';
import { appsEach, collectGarbage, instant, look, namespaces } from './pods-look.ts';
import { configOf } from './pods-policies.ts';
import { BenchWorld, type Freshness } from './pods-world.ts';
import { percentile, type Figure } from './report.ts';
import { watchWork } from './thread-time.ts';

const bars = { block: 100, growth: 5 };
/** Time for what a tick leaves behind: journal, page. */
const afterwards = 200 as Milliseconds;
const warm = 5;
const measured = 40;
/** The longest that policies look back is an hour, the flap budget's: that many ticks, and some until the first pods have come and gone. */
const settled = 260;
/** How often the heap is looked at, to tell a slope from a wave. */
const every = 125;

interface Watched {
  readonly daemon: BenchDaemon;
  readonly world: BenchWorld;
  readonly next: (freshness: Freshness) => ReturnType<typeof look>['snapshot'];
}

/** A daemon over the world, with an open page and a scrape after every `pause`. */
async function watched<Answer>(pause: Milliseconds, run: (watched: Watched) => Promise<Answer>): Promise<Answer> {
  const config = configOf('explicit', namespaces, appsEach);
  const world = new BenchWorld(namespaces, appsEach);
  const directory = await mkdtemp(path.join(os.tmpdir(), 'springtide-bench-'));
  const daemon = await startBenchDaemon(config, world, directory);
  const watcher = fork(fileURLToPath(new URL('pods-watcher.js', import.meta.url)), [daemon.url, String(pause)]);
  await once(watcher, 'message');
  let number = 0;
  try {
    return await run({
      daemon,
      world,
      next: (freshness) => look(world, config, instant(number++), freshness).snapshot,
    });
  } finally {
    watcher.disconnect();
    await daemon.close();
    await rm(directory, { recursive: true, force: true });
  }
}

export const wholeTicks = (): Promise<readonly Figure[]> =>
  watched(seconds(1), async ({ daemon, next }) => {
    const blocks = monitorEventLoopDelay({ resolution: 1 });
    const [cpu, wall, longest, worked]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let number = 0; number < warm + measured; number++) {
      const snapshot = next('text');
      collectGarbage({ type: 'minor' });
      blocks.reset();
      blocks.enable();
      const work = watchWork();
      const [before, began] = [process.cpuUsage(), performance.now()];
      await daemon.tick(snapshot, instant(number));
      const took = performance.now() - began;
      await sleep(systemClock, afterwards);
      const { user, system } = process.cpuUsage(before);
      blocks.disable();
      const most = work.end();
      if (number < warm) continue;
      cpu.push((user + system) / 1000);
      wall.push(took);
      longest.push(blocks.max / 1e6);
      worked.push(most);
    }
    return [
      { name: `whole tick: CPU, p50 of ${measured}`, value: percentile(cpu, 0.5), unit: 'ms' },
      { name: 'whole tick: duration, p50', value: percentile(wall, 0.5), unit: 'ms' },
      { name: 'whole tick: longest block, p50', value: percentile(longest, 0.5), unit: 'ms' },
      { name: 'whole tick: longest block, p90', value: percentile(longest, 0.9), unit: 'ms' },
      { name: 'whole tick: longest block of all', value: Math.max(...longest), unit: 'ms', bar: bars.block },
      { name: 'whole tick: most work in one block, p50', value: percentile(worked, 0.5), unit: 'ms' },
      { name: 'whole tick: most work in one block of all', value: Math.max(...worked), unit: 'ms', bar: bars.block },
    ];
  });

/** Once what a tick leaves to be written is written. */
async function heapUsed(): Promise<number> {
  await sleep(systemClock, seconds(5));
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

export const heapOver = (ticks: number): Promise<readonly Figure[]> =>
  watched(seconds(10), async ({ daemon, world, next }) => {
    const heap: { readonly tick: number; readonly used: number; readonly pods: number }[] = [];
    for (let number = 0; number < settled + ticks; number++) {
      await daemon.tick(next('values'), instant(number));
      await sleep(systemClock, afterwards);
      const tick = number + 1;
      if (tick < settled || ((tick - settled) % every !== 0 && tick !== settled + ticks)) continue;
      const used = await heapUsed();
      const { pods } = world;
      heap.push({ tick, used, pods });
      process.stderr.write(`heap after ${tick} of ${settled + ticks} ticks: ${used.toFixed(1)} MB, ${pods} pods\n`);
    }
    const [first = 0, last = 0] = [heap[0]?.used, heap.at(-1)?.used];
    return [
      ...heap.flatMap(({ tick, used, pods }): Figure[] => [
        { name: `heap after ${tick} ticks`, value: used, unit: 'MB' },
        { name: `pods after ${tick} ticks`, value: pods, unit: '' },
      ]),
      {
        name: `heap growth over ${ticks} ticks, percent`,
        value: (100 * (last - first)) / first,
        unit: '',
        bar: bars.growth,
      },
    ];
  });
