// The world and the daemon as processes of their own: started, asked, measured from outside, ended.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../dist/clock.js';
import { seconds, type Milliseconds } from '../dist/model/units.js';
import type { Blocks } from './blocks.ts';
import type { Demand, WorldIsUp, WorldSaw } from './world-process.ts';

export interface World extends WorldIsUp {
  /** Resolves when the daemon has written what is waited for. */
  change(demand: Demand): Promise<WorldSaw>;
  end(): Promise<void>;
}

const patience = seconds(60);

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

export async function startWorldProcess(interval: string): Promise<World> {
  const child = fork(fileURLToPath(new URL('world-process.js', import.meta.url)), [interval]);
  const [up] = (await once(child, 'message')) as [WorldIsUp];
  return {
    ...up,
    change: async (demand) => {
      const saw = once(child, 'message', { signal: AbortSignal.timeout(patience) }) as Promise<[WorldSaw]>;
      child.send(demand);
      return (await saw)[0];
    },
    end: async () => {
      child.disconnect();
      await ended(child);
    },
  };
}

export interface Daemon {
  /** from the process's start to its first complete tick */
  readonly startedIn: Milliseconds;
  /** resident memory in MB */
  readonly memory: () => number;
  readonly end: () => Promise<void>;
}

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
async function isReady(page: string): Promise<boolean> {
  try {
    return (await fetch(`${page}/readyz`)).ok;
  } catch {
    return false;
  }
}

export interface DaemonProcess {
  /** resident memory in MB */
  readonly memory: () => number;
  /** the most that it ever was */
  readonly mostMemory: () => number;
  /** the longest block of its event loop since the last time that this was asked */
  readonly blocks: () => Promise<Blocks>;
  /** Throws where it has ended by itself. */
  readonly alive: () => void;
  readonly end: () => Promise<void>;
}

/** Started and not waited for. */
export function startDaemonProcess(world: Pick<World, 'config' | 'env'>): DaemonProcess {
  const beside = fileURLToPath(new URL('blocks.js', import.meta.url));
  const words = ['--import', beside, main, 'run', '--config', world.config, '--log-level', 'error'];
  const child = spawn(process.execPath, words, {
    env: { ...process.env, ...world.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const figure = (name: string): number => {
    const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  };
  return {
    memory: () => figure('VmRSS'),
    mostMemory: () => figure('VmHWM'),
    blocks: async () => {
      const told = once(child, 'message') as Promise<[Blocks]>;
      child.send('how long');
      return (await told)[0];
    },
    alive: () => {
      if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode} before its first tick`);
    },
    end: async () => {
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}

export async function startDaemon(world: World): Promise<Daemon> {
  const began = performance.now();
  const daemon = startDaemonProcess(world);
  while (!(await isReady(world.page))) {
    daemon.alive();
    if (performance.now() - began > patience) throw new Error('the daemon made no complete tick within a minute');
    await sleep(systemClock, 5 as Milliseconds);
  }
  const startedIn = (performance.now() - began) as Milliseconds;
  return { startedIn, memory: daemon.memory, end: daemon.end };
}
