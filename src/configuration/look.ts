// One look at what a daemon would have in force now, for commands: its directory, the labelled ConfigMaps, what was last good. Nothing is written.
import path from 'node:path';
import type { Clock } from '../clock.ts';
import { inForceOnly, loadFiles, type LoadOptions, type LoadResult } from '../config/load.ts';
import { allConfigMaps } from '../config/sources/config-maps.ts';
import { statePlaceIn, type StatePlace } from '../config/state-place.ts';
import { directorySource, readSources, reloadFiles } from '../config/watch.ts';
import type { Problem } from '../config/problem.ts';
import { messageOf } from '../model/errors.ts';
import { seconds } from '../model/units.ts';
import { connectConfigCluster, watchesConfigMaps, type ConfigCluster } from './cluster.ts';
import { configMapSource } from './config-maps.ts';
import { Keeper } from './keeper.ts';
import { lastGoodStoreOf } from './homes.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface LookOptions extends Pick<LoadOptions, 'language'> {
  readonly directory: string;
  readonly clock: Clock;
  readonly env: Env;
  readonly warn: (what: string) => void;
  /** `asDaemon`: where the daemon of this Daemon document watches them; `always`: somebody has asked for them */
  readonly configMaps: 'asDaemon' | 'always';
  /** `asKept`: what is refused now is as it was last good, as for the daemon; `asWritten`: it is not there */
  readonly refused: 'asKept' | 'asWritten';
  /** how the cluster is reached; the usual way by itself */
  readonly connect?: (place: StatePlace) => Promise<ConfigCluster>;
}

const firstList = seconds(10);

export const isOfConfigMap = ({ file }: Pick<Problem, 'file'>): boolean =>
  file === allConfigMaps || file.startsWith(`${allConfigMaps} `);

export async function lookAtConfig(options: LookOptions): Promise<LoadResult> {
  const { clock, env, warn, language } = options;
  const directory = directorySource(options.directory);
  const read = await directory.read();
  const loading: LoadOptions = language === undefined ? {} : { language };
  const alone = loadFiles(read, loading);
  const settings = alone.config?.daemon.kubernetes ?? null;
  const place = statePlaceIn(read);
  const isAsked = options.configMaps === 'always' || watchesConfigMaps(place, env);
  const connect = options.connect ?? ((at) => connectConfigCluster(settings, at, clock, env));
  const cluster = isAsked
    ? await connect(place).catch((thrown: unknown) => {
        warn(`the ConfigMaps of policies are not read: ${messageOf(thrown)}`);
        return null;
      })
    : null;
  const ending = new AbortController();
  const maps =
    cluster === null
      ? null
      : configMapSource({ ...cluster, clock, namespaces: settings?.namespaces ?? [], warn, signal: ending.signal });
  try {
    await maps?.ready(firstList);
    const files = await readSources(maps === null ? [directory] : [directory, maps]);
    if (options.refused === 'asWritten') return loadFiles(files, loading);
    const keeper = new Keeper(lastGoodStoreOf(place, cluster), path.resolve(options.directory), warn);
    const before = inForceOnly(await keeper.restore({}), loading);
    return reloadFiles(files, { ...loading, confirmed: await keeper.confirmed() }, before).result;
  } finally {
    ending.abort();
    await maps?.close();
    cluster?.close();
  }
}
