// Starts a true server in a directory of its own, and ends it with everything that it started.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const realDirectory = fileURLToPath(new URL('..', import.meta.url));
const lifetimeScript = join(realDirectory, 'servers', 'lifetime.sh');

export interface StopOptions {
  /** Leaves the directory with its logs, for whoever looks into a failure. */
  readonly keep?: boolean;
}

export interface RealServer {
  readonly name: string;
  readonly directory: string;
  /** The last lines of each of its logs. */
  logTails(lines?: number): string;
  stop(options?: StopOptions): Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly directory: string;
  /** `run`: one program with its arguments; `between`: the script that starts and the one that stops. */
  readonly mode: 'run' | 'between';
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked until it is true; the server counts as started then. */
  readonly healthy?: () => Promise<boolean>;
}

export function cacheDirectory(): string {
  return process.env['SPRINGTIDE_CACHE'] ?? join(homedir(), '.cache', 'springtide');
}

/** Of a script of Kubernetes: what was made by it is kept under this name. */
const hashOf = (script: string): string =>
  createHash('sha256')
    .update(readFileSync(join(realDirectory, 'kubernetes', script)))
    .digest('hex')
    .slice(0, 16);

/** Where install.sh put the Kubernetes that it built. */
export const kubernetesBinaries = (): string => join(cacheDirectory(), 'k8s', hashOf('build.sh'));

/** Where the first start leaves its keys and certificates for the next ones. */
export const kubernetesCertificates = (): string => join(cacheDirectory(), 'k8s-certificates', hashOf('up.sh'));

export function serverDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `springtide-${name}-`));
}

function logTails(directory: string, lines: number): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.log'))
    .map((path) => ({ path, text: readFileSync(join(directory, path), 'utf8').trimEnd() }))
    .filter(({ text }) => text !== '')
    .map(({ path, text }) => `--- ${path}\n${text.split('\n').slice(-lines).join('\n')}`)
    .join('\n');
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Far longer than anything takes on a machine with little else to do: only a failure waits for it. */
const longestWait = 90_000;
const longestStart = 240_000;

/** Asks every 50 ms (or as told) until the probe gives something; fails with `what` at the deadline. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  deadlineMs = longestWait,
  pauseMs = 50,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  let problem: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (Date.now() >= end) {
      const last = problem instanceof Error ? `; the last look: ${problem.message}` : '';
      throw new Error(`not within ${deadlineMs} ms: ${what}${last}`, { cause: problem });
    }
    await pause(pauseMs);
  }
}

export async function startServer(server: ServerCommand): Promise<RealServer> {
  const { name, directory } = server;
  const log = openSync(join(directory, `${name}.log`), 'a');
  const environment = { ...process.env, HOME: directory, ...server.environment };
  // Detached: a Ctrl-C at the terminal must reach the servers through the closed pipe, in order, not through their group.
  const child = spawn(lifetimeScript, [server.mode, ...server.command], {
    cwd: directory,
    env: environment,
    stdio: ['pipe', 'pipe', log],
    detached: true,
  });
  closeSync(log);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error(`${name}: no pipes to its keeper`);
  let state: 'starting' | 'up' | 'ended' = 'starting';
  stdout.on('data', () => {
    if (state === 'starting') state = 'up';
  });
  stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      state = 'ended';
      resolve();
    };
    child.once('error', end);
    child.once('close', end);
  });
  const stop = async (options: StopOptions = {}): Promise<void> => {
    stdin.end();
    await ended;
    if (options.keep === true) return;
    // What a server has begun beside itself, a delivery for one, may write there for a moment longer; rmSync's own
    // retries look at the directory only, and not again for what has come into it.
    await eventually(`the directory of ${name} is gone`, () => {
      rmSync(directory, { recursive: true, force: true });
      return true;
    });
  };
  const started = async (): Promise<true | undefined> => {
    if (state === 'ended') return true;
    return state === 'up' && (server.healthy === undefined || (await server.healthy())) ? true : undefined;
  };
  try {
    await eventually(`${name} is up`, started, longestStart);
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`${name} ended at its start`);
  } catch (error) {
    const tails = logTails(directory, 20);
    await stop({ keep: true });
    throw new Error(`${name} did not start; its logs are in ${directory}\n${tails}`, { cause: error });
  }
  return { name, directory, logTails: (lines = 15) => logTails(directory, lines), stop };
}
