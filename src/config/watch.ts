// Watches a configuration directory: what is right in a new version comes into force, what is refused stays as it was.
import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import { messageOf } from '../model/errors.ts';
import { seconds, type Milliseconds } from '../model/units.ts';
import { contentHash, readConfigFiles, type ConfigFiles } from './files.ts';
import { loadFiles, type LoadOptions, type LoadResult } from './load.ts';
import type { Problem } from './problem.ts';

export interface Reload {
  /** what is in force from now on */
  readonly result: LoadResult;
  /** nothing was taken over: the directory is empty or cannot be read, or no Daemon is left */
  readonly refused: boolean;
}

export interface WatchOptions extends LoadOptions {
  readonly clock: Clock;
  readonly every?: Milliseconds;
  readonly signal?: AbortSignal;
}

/** Polling, because a mounted ConfigMap changes by a swap of links that file notifications do not follow. */
export async function watchConfig(
  directory: string,
  start: LoadResult,
  options: WatchOptions,
  onReload: (reload: Reload) => void,
): Promise<void> {
  const { clock, every = seconds(5), signal } = options;
  let current = start;
  let seen = start.contentHash;
  const stopped = (): boolean => signal?.aborted === true;
  while (!stopped()) {
    await sleep(clock, every, signal);
    if (stopped()) return;
    const files = await readConfigFiles(directory);
    const hash = contentHash(files);
    if (hash === seen) continue;
    seen = hash;
    const reload = reloadFiles(files, options, current);
    if (!reload.refused) current = reload.result;
    onReload(reload);
  }
}

/** Everything that can fail is done before anything changes. */
export function reloadFiles(files: ConfigFiles, options: LoadOptions, current: LoadResult): Reload {
  try {
    const result = loadFiles(files, options, current.inForce);
    const emptied = result.documents.length === 0 && current.inForce.length > 0;
    if (result.config !== null && !emptied) return { result, refused: false };
    return { result: { ...current, problems: result.problems }, refused: true };
  } catch (error) {
    return { result: { ...current, problems: [unexpected(messageOf(error))] }, refused: true };
  }
}

const unexpected = (message: string): Problem => ({
  file: '.',
  line: 1,
  column: 1,
  code: 'ConfigUnreadable',
  severity: 'error',
  path: [],
  message: `the configuration could not be loaded: ${message}`,
});
