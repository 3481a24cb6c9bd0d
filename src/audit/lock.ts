// A lock of a few milliseconds between processes that write one file: the daemon, and a person's command beside it.
import { open, rm, stat } from 'node:fs/promises';
import { sleep, type Clock } from '../clock.ts';
import { seconds, type Milliseconds } from '../model/units.ts';

/** Who holds it longer has died with it. */
const staleAfter = seconds(10);
const betweenTries = 10 as Milliseconds;

const isCode = (thrown: unknown, code: string): boolean => (thrown as NodeJS.ErrnoException).code === code;

async function take(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    return true;
  } catch (thrown) {
    if (!isCode(thrown, 'EEXIST')) throw thrown;
  }
  const held = await stat(file).catch(() => null);
  // Compared with the clock that the file system writes with, not with one that a test may set.
  if (held !== null && Date.now() - held.mtimeMs > staleAfter) await rm(file, { force: true });
  return false;
}

/** Rejects when it cannot be had before the signal is aborted. */
export async function withLock<T>(file: string, clock: Clock, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  while (!(await take(file))) {
    if (signal.aborted) throw new Error(`${file} is held by another process`);
    await sleep(clock, betweenTries, signal);
  }
  try {
    return await run();
  } finally {
    await rm(file, { force: true });
  }
}
