// Opens the configuration of a daemon: its directory, the labelled ConfigMaps, what was last good; and follows them.
import path from 'node:path';
import type { Clock } from '../clock.ts';
import { CurrentConfig } from '../config/current.ts';
import { inForceOnly, loadFiles, type LoadOptions } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { restartFindings } from '../config/restart.ts';
import { statePlaceIn, type StatePlace } from '../config/state-place.ts';
import {
  directorySource,
  readSources,
  reloadFiles,
  watchConfig,
  type ConfigSource,
  type Reload,
} from '../config/watch.ts';
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import { seconds } from '../model/units.ts';
import { connectConfigCluster, watchesConfigMaps, type ConfigCluster } from './cluster.ts';
import { configMapSource } from './config-maps.ts';
import { connectionFindings } from './connections.ts';
import { tellOnConfigMaps } from './events.ts';
import { lastGoodStoreOf } from './homes.ts';
import { Keeper } from './keeper.ts';

export interface OpenConfigOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** what is wrong with the files, as it is read first */
  readonly say: (problem: string) => void;
  readonly warn: (what: string) => void;
  /** where ConfigMaps are watched; null: nowhere. By itself in a cluster, and where the state is in one. */
  readonly connect?: (place: StatePlace) => Promise<ConfigCluster | null>;
}

export interface OpenConfig {
  readonly config: () => Config;
  readonly refused: () => LoopFacts['refused'];
  /** Until the signal: the listener hears of everything that was read again, after it has come into force. */
  follow(onReload: (reload: Reload) => void): Promise<void>;
}

/** The API server is given this long to answer at the start; without it the last good policies of ConfigMaps count. */
const firstList = seconds(10);

/** Throws where there is no Daemon that can be used, now or as it was last good. */
export async function openConfig(options: OpenConfigOptions): Promise<OpenConfig> {
  const { clock, env, signal, say, warn } = options;
  const directory = directorySource(options.directory);
  const first = await directory.read();
  const place = statePlaceIn(first);
  const alone = loadFiles(first, { env });
  const settings = alone.config?.daemon.kubernetes ?? null;
  const usual = (): Promise<ConfigCluster | null> =>
    watchesConfigMaps(place, env) ? connectConfigCluster(settings, place, clock, env, signal) : Promise.resolve(null);
  const cluster = await (options.connect ?? usual)(place);
  const maps =
    cluster === null
      ? null
      : configMapSource({ ...cluster, clock, namespaces: settings?.namespaces ?? [], warn, signal });
  const sources: readonly ConfigSource[] = maps === null ? [directory] : [directory, maps];
  const keeper = new Keeper(lastGoodStoreOf(place, cluster), path.resolve(options.directory), warn);

  const [inForce] = await Promise.all([keeper.restore({ env }), maps?.ready(firstList)]);
  const files = await readSources(sources);
  const confirmed = await keeper.confirmed();
  const { result: start } = reloadFiles(files, { env, confirmed }, inForceOnly(inForce, {}));
  for (const problem of start.problems) say(formatProblem(problem));
  if (start.config === null) {
    await maps?.close();
    cluster?.close();
    throw new SpringtideError({
      code: 'ConfigInvalid',
      where: options.directory,
      what: 'there is no Daemon document that can be used',
      mend: 'mend what is listed above, then try `springtide validate`',
    });
  }
  const current = new CurrentConfig(start, start.config);
  keeper.keep(start, files);
  const tell = (): void => {
    if (cluster !== null && maps !== null) tellOnConfigMaps(cluster.events, maps, current.result.problems);
  };
  tell();

  const judgeDaemon: LoadOptions['judgeDaemon'] = (next) => [
    ...restartFindings(current.config().daemon, next),
    ...connectionFindings(current.config().daemon, next, env),
  ];
  return {
    config: current.config,
    refused: current.refused,
    follow: async (onReload) => {
      const watching = { clock, env, signal, judgeDaemon, askConfirmed: () => keeper.confirmed() };
      await watchConfig(sources, current.result, watching, (reload, read) => {
        current.take(reload.result);
        keeper.keep(reload.result, read);
        tell();
        onReload(reload);
      });
      await keeper.kept();
      await maps?.close();
      cluster?.close();
    },
  };
}
