// What the daemon costs at home: start-up, memory, a tick, a decision, the way from a metric to the write of replicas and to the order of VMs.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { assemble } from '../dist/assemble.js';
import { sleep, systemClock } from '../dist/clock.js';
import { loadConfigOrThrow } from '../dist/config/load.js';
import { emptyMemory } from '../dist/model/memory.js';
import { seconds, type Milliseconds } from '../dist/model/units.js';
import { decide } from '../dist/policies/decide.js';
import { createLogger } from '../dist/server/log.js';
import { startDaemon, startWorldProcess, type World } from './processes.ts';
import { percentile, type Figure, type Report } from './report.ts';

const bars = { memory: 200, block: 100, writeBeyondInterval: 100 };
const starts = 5;
const ticks = 200;
const writes = 20;
const orders = 10;
/** Fifteen replicas, of which the two workers that are there hold seven. */
const moreThanFits = 1_500;

async function startUp(world: World): Promise<Figure> {
  const times: number[] = [];
  while (times.length < starts) {
    const daemon = await startDaemon(world);
    times.push(daemon.startedIn);
    await daemon.end();
  }
  return { name: `start to first complete tick, median of ${starts}`, value: percentile(times, 0.5), unit: 'ms' };
}

async function memory(world: World, idle: number): Promise<readonly Figure[]> {
  const daemon = await startDaemon(world);
  let most = 0;
  for (let second = 0; second < idle; second++) {
    await sleep(systemClock, seconds(1));
    most = Math.max(most, daemon.memory());
  }
  const last = daemon.memory();
  await daemon.end();
  return [
    { name: `resident memory after ${idle} s`, value: last, unit: 'MB', bar: bars.memory },
    { name: 'resident memory, most', value: most, unit: 'MB', bar: bars.memory },
  ];
}

/** In this process, so that its own clocks can be read; the world is in another one all the same. */
async function tickCost(world: World): Promise<readonly Figure[]> {
  const config = await loadConfigOrThrow(world.config);
  const springtide = await assemble({
    config: () => config,
    refused: () => [],
    clock: systemClock,
    env: world.env,
    log: createLogger({ level: 'error' }),
    http: null,
  });
  const signal = new AbortController().signal;
  try {
    for (let warm = 0; warm < 20; warm++) await springtide.tick(systemClock.now(), signal);
    const blocks = monitorEventLoopDelay({ resolution: 1 });
    blocks.enable();
    const cpu: number[] = [];
    const wall: number[] = [];
    for (let tick = 0; tick < ticks; tick++) {
      const [before, began] = [process.cpuUsage(), performance.now()];
      await springtide.tick(systemClock.now(), signal);
      const { user, system } = process.cpuUsage(before);
      cpu.push((user + system) / 1000);
      wall.push(performance.now() - began);
    }
    blocks.disable();
    const now = systemClock.now();
    const snapshot = await springtide.world.collect(now);
    const decisions: number[] = [];
    for (let time = 0; time < ticks; time++) {
      const began = performance.now();
      decide(snapshot, config, emptyMemory(), now);
      decisions.push(performance.now() - began);
    }
    return [
      { name: `CPU of an idle tick, p50 of ${ticks}`, value: percentile(cpu, 0.5), unit: 'ms' },
      { name: 'CPU of an idle tick, p95', value: percentile(cpu, 0.95), unit: 'ms' },
      { name: 'duration of an idle tick, p50', value: percentile(wall, 0.5), unit: 'ms' },
      { name: 'duration of an idle tick, p95', value: percentile(wall, 0.95), unit: 'ms' },
      { name: 'decide() alone, p50', value: percentile(decisions, 0.5), unit: 'ms' },
      { name: 'decide() alone, p95', value: percentile(decisions, 0.95), unit: 'ms' },
      { name: 'longest block of the event loop', value: blocks.max / 1e6, unit: 'ms', bar: bars.block },
    ];
  } finally {
    await springtide.close();
  }
}

/** At another moment of the interval each time; the golden ratio spreads them evenly. */
const spread = (interval: Milliseconds, round: number): Milliseconds =>
  (interval * (1 + ((round * 0.618) % 1))) as Milliseconds;

async function writeLatency(world: World, interval: Milliseconds): Promise<readonly Figure[]> {
  const daemon = await startDaemon(world);
  const latencies: number[] = [];
  for (let round = 1; round <= writes; round++) {
    await sleep(systemClock, spread(interval, round));
    const { after } = await world.change({ demand: 500 + round * 100, until: 'replicas' });
    latencies.push(after);
  }
  await daemon.end();
  return latency(`metric to write at an interval of ${interval} ms`, latencies, interval);
}

/** A world for each order: in one that has grown once the next pods fit. */
async function orderLatency(interval: Milliseconds): Promise<readonly Figure[]> {
  const latencies: number[] = [];
  for (let round = 1; round <= orders; round++) {
    const world = await startWorldProcess(`${interval}ms`);
    const daemon = await startDaemon(world);
    await sleep(systemClock, spread(interval, round));
    const { after } = await world.change({ demand: moreThanFits, until: 'resize' });
    latencies.push(after);
    await daemon.end();
    await world.end();
  }
  return latency(`metric to Magnum's resize at an interval of ${interval} ms`, latencies, interval);
}

function latency(name: string, latencies: readonly number[], interval: Milliseconds): readonly Figure[] {
  const bar = interval + bars.writeBeyondInterval;
  return [
    { name: `${name}, p50 of ${latencies.length}`, value: percentile(latencies, 0.5), unit: 'ms', bar },
    { name: `${name}, longest`, value: Math.max(...latencies), unit: 'ms', bar },
  ];
}

export async function house({ idle }: { readonly idle: number }): Promise<Report> {
  const slow = await startWorldProcess('15s');
  const quick = await startWorldProcess('1s');
  try {
    const figures = [
      await startUp(slow),
      ...(await memory(slow, idle)),
      ...(await tickCost(slow)),
      ...(await writeLatency(quick, seconds(1))),
      ...(await orderLatency(seconds(1))),
    ];
    return { bench: 'house', node: process.versions.node, figures };
  } finally {
    await Promise.all([slow.end(), quick.end()]);
  }
}
