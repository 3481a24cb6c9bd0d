// Those who take alerts in, each a process that is measured from outside: our listener, and a true Alertmanager where one is installed.
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../dist/clock.js';
import { seconds, type Milliseconds } from '../dist/model/units.js';

export interface Taker {
  readonly name: string;
  readonly url: string;
  /** of all its threads together, in ms */
  readonly cpu: () => number;
  /** resident, in MB */
  readonly memory: () => number;
  readonly end: () => Promise<void>;
}

const nanosecondsInMs = 1e6;

function cpuOf(process: number): number {
  const folder = `/proc/${process}/task`;
  const threads = readdirSync(folder).map((thread) => {
    try {
      return Number(readFileSync(path.join(folder, thread, 'schedstat'), 'utf8').split(' ')[0]);
    } catch {
      return 0; // it has just ended
    }
  });
  return threads.reduce((sum, one) => sum + one, 0) / nanosecondsInMs;
}

const memoryOf = (process: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1]) / 1024;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function takerOf(name: string, url: string, child: ChildProcess, end: () => Promise<void>): Taker {
  const process = child.pid ?? 0;
  return { name, url, cpu: () => cpuOf(process), memory: () => memoryOf(process), end };
}

export async function startListener(configuration: object): Promise<Taker> {
  const child = fork(fileURLToPath(new URL('alerts-listener.js', import.meta.url)), [JSON.stringify(configuration)]);
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }];
  return takerOf('springtide', url, child, async () => {
    child.disconnect();
    await ended(child);
  });
}

const program = '/usr/bin/prometheus-alertmanager';
const patience = seconds(30);

/** Null: it is not installed. */
export async function startAlertmanager(configuration: object): Promise<Taker | null> {
  if (!existsSync(program)) return null;
  const version = /version (\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-bench-alertmanager-'));
  const file = path.join(directory, 'alertmanager.yml');
  await writeFile(file, JSON.stringify(configuration));
  const address = `127.0.0.1:${await freePort()}`;
  const words = [`--config.file=${file}`, `--storage.path=${directory}/data`, `--web.listen-address=${address}`];
  const child = spawn(program, [...words, '--cluster.listen-address=', '--log.level=error'], { stdio: 'inherit' });
  const url = `http://${address}`;
  const began = performance.now();
  while (!(await isReady(url))) {
    if (child.exitCode !== null || performance.now() - began > patience) throw new Error(`${program} did not begin`);
    await sleep(systemClock, 50 as Milliseconds);
  }
  return takerOf(`Alertmanager ${version}`, url, child, async () => {
    child.kill('SIGTERM');
    await ended(child);
    await rm(directory, { recursive: true });
  });
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
