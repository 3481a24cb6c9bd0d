// The whole daemon with 5,000 nodes and 150,000 pods: its memory once all is read, how long reading takes, how long a probe may have to wait.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../dist/clock.js';
import type { Milliseconds } from '../dist/model/units.js';
import type { Blocks } from './blocks.ts';
import type { Asked } from './memory-world.ts';
import { startDaemonProcess, type DaemonProcess } from './processes.ts';
import type { Figure, Report } from './report.ts';
import type { WorldIsUp } from './world-process.ts';

const bars = { memory: 900, block: 100 };
const nodeCount = 5_000;
const beat = 100 as Milliseconds;
const patience = 600_000;

interface Watched {
  /** the longest that a probe's answer took, in ms */
  probe: number;
  memory: number;
}

interface Probe {
  readonly took: number;
  readonly answer: 'ready' | 'notReady' | 'nobody';
}

async function probe(page: string): Promise<Probe> {
  const began = performance.now();
  const took = (): number => performance.now() - began;
  try {
    const response = await fetch(`${page}/readyz`, { signal: AbortSignal.timeout(10_000) });
    await response.text();
    return { took: took(), answer: response.ok ? 'ready' : 'notReady' };
  } catch (thrown) {
    // Who does not listen yet refuses at once; who listens and does not answer is what is looked for here.
    const isLate = thrown instanceof Error && thrown.name === 'TimeoutError';
    return isLate ? { took: took(), answer: 'notReady' } : { took: 0, answer: 'nobody' };
  }
}

/** Until it is ready, or for so long. */
async function watchDaemon(daemon: DaemonProcess, page: string, until: 'ready' | Milliseconds): Promise<Watched> {
  const seen: Watched = { probe: 0, memory: 0 };
  const began = performance.now();
  let listens = until !== 'ready';
  for (;;) {
    daemon.alive();
    const { took, answer } = await probe(page);
    // Before it listens nobody can be kept waiting: loading its own modules is no block.
    if (!listens && answer !== 'nobody') {
      listens = true;
      await daemon.blocks();
    }
    seen.probe = Math.max(seen.probe, took);
    seen.memory = Math.max(seen.memory, daemon.memory());
    const passed = performance.now() - began;
    if (until === 'ready' ? answer === 'ready' : passed >= until) return seen;
    if (passed > patience + (until === 'ready' ? 0 : until))
      throw new Error('the daemon made no complete tick in time');
    await sleep(systemClock, beat);
  }
}

const blocksOf = (when: string, { longest, running, worked }: Blocks): readonly Figure[] => [
  { name: `longest block ${when}`, value: longest, unit: 'ms', bar: bars.block },
  { name: `the same without waiting for a core, ${when}`, value: running, unit: 'ms', bar: bars.block },
  { name: `most work in one block ${when}`, value: worked, unit: 'ms', bar: bars.block },
];

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
    const [sync, whileRead] = [await asked(child), await daemon.blocks()];
    const later = await watchDaemon(daemon, world.page, (idle * 1_000) as Milliseconds);
    const after = daemon.memory();
    const [{ events }, afterwards] = [await asked(child), await daemon.blocks()];
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
        ...blocksOf('while all is read', whileRead),
        ...blocksOf('afterwards', afterwards),
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
