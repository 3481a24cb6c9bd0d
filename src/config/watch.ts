// Watches the sources of configuration: what is right in a new version comes into force, what is refused stays as it was.
import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import { messageOf } from '../model/errors.ts';
import { seconds, type Milliseconds } from '../model/units.ts';
import { contentHash, readConfigFiles, type ConfigFile, type ConfigFiles } from './files.ts';
import { loadFiles, type LoadOptions, type LoadResult } from './load.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { together } from './sources/config-maps.ts';

export interface ConfigSource {
  read(): Promise<ConfigFiles>;
  /** Calls back when there may be something new. A source that cannot know is read every few seconds. */
  readonly onChange?: (listener: () => void) => () => void;
}

/** Files that have not changed are the same objects, so that what is known of them stays known. */
export function directorySource(directory: string): ConfigSource {
  let before: ReadonlyMap<string, ConfigFile> = new Map();
  return {
    read: async () => {
      const { files, problems } = await readConfigFiles(directory);
      const same = files.map((file) => {
        const known = before.get(file.path);
        return known !== undefined && Buffer.compare(known.bytes, file.bytes) === 0 ? known : file;
      });
      before = new Map(same.map((file) => [file.path, file]));
      return { files: same, problems };
    },
  };
}

export const readSources = async (sources: readonly ConfigSource[]): Promise<ConfigFiles> =>
  together(await Promise.all(sources.map((source) => source.read())));

export interface Reload {
  /** what is in force from now on */
  readonly result: LoadResult;
  /** nothing was taken over: everything is empty or cannot be read, or no Daemon is left */
  readonly refused: boolean;
}

export interface WatchOptions extends LoadOptions {
  readonly clock: Clock;
  readonly every?: Milliseconds;
  readonly signal?: AbortSignal;
  /** the version that a person has agreed to lose many policies with: asked while one waits for that */
  readonly askConfirmed?: () => Promise<string | null>;
}

/** Several objects that are applied together are one change. */
const settling = 250 as Milliseconds;

/** Polling, because a mounted ConfigMap changes by a swap of links that file notifications do not follow. */
export async function watchConfig(
  sources: readonly ConfigSource[],
  start: LoadResult,
  { clock, every = seconds(5), signal, askConfirmed, ...options }: WatchOptions,
  onReload: (reload: Reload, read: ConfigFiles) => void,
): Promise<void> {
  let current = start;
  let seen = start.contentHash;
  let changed = false;
  let waking = new AbortController();
  const wake = (): void => waking.abort();
  const forget = sources.map((source) =>
    source.onChange?.(() => {
      changed = true;
      wake();
    }),
  );
  signal?.addEventListener('abort', wake, { once: true });
  const stopped = (): boolean => signal?.aborted === true;
  const isChanged = (): boolean => changed;
  while (!stopped()) {
    waking = new AbortController();
    if (!isChanged()) await sleep(clock, every, waking.signal);
    if (isChanged()) await sleep(clock, settling, signal);
    if (stopped()) break;
    changed = false;
    const files = await readSources(sources);
    const hash = contentHash(files);
    const confirmed = has(current, 'ManyRemoved') ? ((await askConfirmed?.()) ?? null) : null;
    if (hash === seen && confirmed !== hash && !has(current, 'ConnectionUnusable')) continue;
    const reload = reloadFiles(files, { ...options, confirmed }, current);
    const isSame = hash === seen && isAlike(reload.result, current);
    seen = hash;
    current = reload.result;
    if (!isSame) onReload(reload, files);
  }
  for (const one of forget) one?.();
  signal?.removeEventListener('abort', wake);
}

const has = ({ problems }: LoadResult, wanted: ProblemCode): boolean => problems.some(({ code }) => code === wanted);

const isAlike = (one: LoadResult, other: LoadResult): boolean =>
  one.config?.hash === other.config?.hash && JSON.stringify(one.problems) === JSON.stringify(other.problems);

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
