// The ConfigMaps with the label springtide.io/config=policies, watched: of all namespaces where that is allowed, else of those that may be read.
import type { OwnObject, OwnObjects, OwnReading, OwnWatch } from '../clients/kubernetes/own-objects.ts';
import type { Clock } from '../clock.ts';
import type { ConfigFiles } from '../config/files.ts';
import { configLabelSelector, filesOfConfigMaps, unreadConfigMaps } from '../config/sources/config-maps.ts';
import type { ConfigSource } from '../config/watch.ts';
import { seconds, type Milliseconds } from '../model/units.ts';

export interface ConfigMapSourceOptions {
  readonly own: Pick<OwnObjects, 'watch'>;
  readonly clock: Clock;
  /** springtide's own; null: it is not known, then nobody may say more than PodPolicies for their own */
  readonly namespace: string | null;
  /** `kubernetes.namespaces`: where it is not empty the whole cluster is not asked for */
  readonly namespaces: readonly string[];
  readonly warn: (what: string) => void;
  readonly signal: AbortSignal;
}

export interface ConfigMapSource extends ConfigSource {
  /** Resolves when everything that may be read has been, at the latest after that long. */
  ready(within: Milliseconds): Promise<void>;
  uidOf(namespace: string, name: string): string | undefined;
  close(): Promise<void>;
}

/** A refusal is not asked again as often as a failure: rights change by hand. */
const timing = { longestPause: seconds(30) };

interface Watched {
  readonly namespace: string | null;
  readonly watch: OwnWatch;
}

export function configMapSource(options: ConfigMapSourceOptions): ConfigMapSource {
  const { own, clock, namespace, namespaces, warn, signal } = options;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const warned = new Set<string | null>();
  let watched: readonly Watched[] = [];

  const isForbidden = ({ failure, synced }: OwnReading): boolean => failure?.code === 'Forbidden' && !synced;

  const watchIn = (place: string | null): Watched => ({
    namespace: place,
    watch: own.watch(
      'ConfigMap',
      { namespace: place, labelSelector: configLabelSelector },
      (reading) => {
        if (isForbidden(reading)) refused(place, reading);
        tell();
      },
      { clock, signal, timing },
    ),
  });

  function refused(place: string | null, { failure }: OwnReading): void {
    if (!warned.has(place))
      warn(
        place === null
          ? `ConfigMaps of all namespaces may not be listed, so only those in ${namespace ?? 'no namespace'} are watched: ${failure?.message ?? ''}`
          : `ConfigMaps in ${place} may not be listed, so none there is watched: ${failure?.message ?? ''}`,
      );
    warned.add(place);
    if (place !== null) return;
    const whole = watched.find((one) => one.namespace === null);
    watched = namespace === null ? [] : [watchIn(namespace)];
    void whole?.watch.stop();
  }

  watched =
    namespaces.length === 0
      ? [watchIn(null)]
      : [...new Set([...(namespace === null ? [] : [namespace]), ...namespaces])].map(watchIn);

  const isSettled = (): boolean =>
    watched.every(({ watch }) => {
      const reading = watch.read();
      return reading.synced || isForbidden(reading);
    });

  const read = (): ConfigFiles => {
    const items: OwnObject[] = [];
    const problems = watched.flatMap(({ namespace: place, watch }) => {
      const reading = watch.read();
      items.push(...reading.items);
      if (reading.synced || isForbidden(reading)) return [];
      return [unreadConfigMaps(place, reading.failure?.message ?? 'no answer yet')];
    });
    return { files: filesOfConfigMaps(items, namespace), problems };
  };

  return {
    read: () => Promise.resolve(read()),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready: (within) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isSettled()) return;
          cancel();
          listeners.delete(look);
          resolve();
        };
        const cancel = clock.after(within, () => {
          listeners.delete(look);
          resolve();
        });
        listeners.add(look);
        look();
      }),
    uidOf: (place, name) =>
      watched
        .flatMap(({ watch }) => watch.read().items)
        .find(({ metadata }) => metadata.namespace === place && metadata.name === name)?.metadata.uid,
    close: async () => {
      await Promise.all(watched.map(({ watch }) => watch.stop()));
    },
  };
}
