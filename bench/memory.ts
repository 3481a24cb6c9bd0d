// The whole daemon with 5,000 nodes and 150,000 pods: its memory once all is read, how long reading takes, how long a probe may have to wait.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../dist/clock.js';
import type { Milliseconds } from '../dist/model/units.js';
import type { Asked } from './memory-world.ts';
import { startDaemonProcess, type DaemonProcess } from './processes.ts';
import type { Report } from './report.ts';
import type { WorldIsUp } from './world-process.ts';

const bars = { memory: 900, block: 100 };
const nodeCount = 5_000;
const beat = 100 as Milliseconds;
const patience = 300_000;

interface Watched {
  /** the longest that a probe's answer took, in ms */
  probe: number;
  /** the longest block that the daemon itself has seen */
  block: number;
  memory: number;
}

/** As a kubelet asks: a new connection each time would measure the kernel, so one is kept. */
async function probe(page: string): Promise<{ readonly took: number; readonly ready: boolean }> {
  const began = performance.now();
  try {
    const response = await fetch(`${page}/readyz`, { signal: AbortSignal.timeout(10_000) });
    await response.text();
    return { took: performance.now() - began, ready: response.ok };
  } catch {
    return { took: 0, ready: false };
  }
}

/** What prom-client shows is reset by being read: the most of all readings is the longest of all. */
async function longestBlock(page: string): Promise<number> {
  try {
    const text = await (await fetch(`${page}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
    return 1_000 * Number(/^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? '0');
  } catch {
    return 0;
  }
}

/** Until it is ready, or for so long. */
async function watchDaemon(daemon: DaemonProcess, page: string, until: 'ready' | Milliseconds): Promise<Watched> {
  const seen: Watched = { probe: 0, block: 0, memory: 0 };
  const began = performance.now();
  for (let round = 0; ; round++) {
    daemon.alive();
    const { took, ready } = await probe(page);
    seen.probe = Math.max(seen.probe, took);
    seen.memory = Math.max(seen.memory, daemon.memory());
    if (round % 10 === 9) seen.block = Math.max(seen.block, await longestBlock(page));
    const passed = performance.now() - began;
    if (until === 'ready' ? ready : passed >= until) return seen;
    if (passed > patience + (until === 'ready' ? 0 : until))
      throw new Error('the daemon made no complete tick in time');
    await sleep(systemClock, beat);
  }
}

async function asked(child: ChildProcess): Promise<Asked> {
  const answer = once(child, 'message') as Promise<[Asked]>;
  child.send('how much');
  return (await answer)[0];
}

export async function memory({ idle }: { readonly idle: number }): Promise<Report> {
  const child = fork(fileURLToPath(new URL('memory-world.js', import.meta.url)), [String(nodeCount)]);
  const [world] = (await once(child, 'message')) as [WorldIsUp];
  const daemon = startDaemonProcess(world);
  try {
    const began = performance.now();
    const first = await watchDaemon(daemon, world.page, 'ready');
    const [synced, atSync] = [performance.now() - began, daemon.memory()];
    const sync = await asked(child);
    const later = await watchDaemon(daemon, world.page, (idle * 1_000) as Milliseconds);
    const after = daemon.memory();
    const { events } = await asked(child);
    return {
      bench: 'memory',
      node: process.versions.node,
      figures: [
        { name: 'start to first complete tick', value: synced / 1_000, unit: 's' },
        { name: 'reading all pods', value: (sync.podsWithin ?? Number.NaN) / 1_000, unit: 's' },
        { name: 'pages read', value: sync.pages, unit: '' },
        { name: 'pages of pods', value: sync.podPages, unit: '' },
        { name: 'bytes read', value: sync.bytes / 1e6, unit: 'MB' },
        { name: 'resident memory at the first complete tick', value: atSync, unit: 'MB', bar: bars.memory },
        { name: `resident memory after ${idle} s more`, value: after, unit: 'MB', bar: bars.memory },
        {
          name: 'resident memory, most',
          value: Math.max(first.memory, later.memory, daemon.mostMemory()),
          unit: 'MB',
          bar: bars.memory,
        },
        { name: 'longest block while all is read', value: first.block, unit: 'ms', bar: bars.block },
        { name: 'longest block afterwards', value: later.block, unit: 'ms', bar: bars.block },
        { name: 'longest wait of a probe while all is read', value: first.probe, unit: 'ms', bar: bars.block },
        { name: 'longest wait of a probe afterwards', value: later.probe, unit: 'ms', bar: bars.block },
        { name: 'events of watches meanwhile', value: events - sync.events, unit: '' },
      ],
    };
  } finally {
    await daemon.end();
    child.disconnect();
  }
}
