// The built daemon as an operator starts it: `springtide run --config DIR`, in a process of its own that may be killed.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { eventually, realDirectory } from '../servers/process.ts';

/** SPRINGTIDE_COMMAND: another build than this checkout's. */
export const daemonCommand =
  process.env['SPRINGTIDE_COMMAND'] ?? join(realDirectory, '..', '..', 'dist', 'cli', 'main.js');
const lifetimeScript = join(realDirectory, 'servers', 'lifetime.sh');

export interface DaemonOptions {
  /** Its configuration directory. */
  readonly config: string;
  /** Where its log goes: one file a start. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface DaemonProcess {
  readonly log: string;
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  /** Resolves with the exit status: 128 + n when signal n ended it. */
  readonly ended: Promise<number>;
  signal(name: 'SIGTERM' | 'SIGKILL'): Promise<number>;
}

/** Each file's contents as YAML; directories are made. */
export function writeConfiguration(directory: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, contents] of Object.entries(files)) {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stringify(contents));
  }
}

/** On a machine that has much else to do. */
const longestStart = 120_000;
let starts = 0;

/** Resolves when it ticks. */
export async function startDaemon(options: DaemonOptions): Promise<DaemonProcess> {
  if (!existsSync(daemonCommand)) throw new Error(`there is no ${daemonCommand}: npm run build makes it`);
  starts += 1;
  const name = join(options.directory, `daemon-${String(starts).padStart(2, '0')}`);
  const log = `${name}.log`;
  const output = openSync(log, 'a');
  // The keeper ends it with the test, however that ends; the shell writes down the process that is to be killed.
  const shell = ['sh', '-c', 'echo $$ >"$0"; exec "$@"', `${name}.pid`];
  const child = spawn(
    lifetimeScript,
    ['run', ...shell, process.execPath, daemonCommand, 'run', '--config', options.config, '--log-level', 'debug'],
    { cwd: options.directory, env: options.environment, stdio: ['pipe', 'ignore', output], detached: true },
  );
  closeSync(output);
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const lines = (): readonly Readonly<Record<string, unknown>>[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  try {
    const state = (): 'ended' | 'runs' | undefined => {
      if (child.exitCode !== null) return 'ended';
      return lines().some((line) => line['msg'] === 'springtide runs') ? 'runs' : undefined;
    };
    await eventually('springtide runs', state, longestStart);
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
  } catch (error) {
    child.stdin?.end();
    throw new Error(`springtide did not start:\n${readFileSync(log, 'utf8').slice(-4000)}`, { cause: error });
  }
  return {
    log,
    lines,
    ended,
    signal: (signal) => {
      if (child.exitCode === null) process.kill(Number(readFileSync(`${name}.pid`, 'utf8')), signal);
      return ended;
    },
  };
}
