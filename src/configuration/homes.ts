// Where the last good configuration is kept: beside the memory, in a directory or in ConfigMaps of springtide's namespace.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ClientError } from '../clients/http/error.ts';
import type { OwnObject, OwnObjects } from '../clients/kubernetes/own-objects.ts';
import type { LastGoodStore } from '../config/last-good.ts';
import type { StatePlace } from '../config/state-place.ts';
import { replaceFile } from '../state/replace-file.ts';
import type { ConfigCluster } from './cluster.ts';

const unlessMissing = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};

function lastGoodInDirectory(directory: string): LastGoodStore {
  const place = path.join(directory, 'last-good');
  const agreed = path.join(directory, 'config-confirmed');
  return {
    place,
    load: () => readFile(place, 'utf8').catch(unlessMissing),
    save: (packed) => replaceFile({ file: place, beside: `${place}.new`, text: packed, mode: 0o600 }),
    confirmed: async () => (await readFile(agreed, 'utf8').catch(unlessMissing))?.split(/\s/, 1)[0] ?? null,
    // the daemon may run as somebody else than the person who confirms
    confirm: (hash, by) => replaceFile({ file: agreed, beside: `${agreed}.new`, text: `${hash} ${by}\n`, mode: 0o644 }),
  };
}

/** A ConfigMap holds a MiB: more is cut in pieces. */
const longestPiece = 700 * 1024;
const nameOf = (piece: number): string => `springtide-config-${piece}`;
const confirmedName = 'springtide-config-confirmed';

export function lastGoodInKubernetes(own: OwnObjects, namespace: string): LastGoodStore {
  const data = async (name: string): Promise<Readonly<Record<string, string>> | null> => {
    const object = await own.get('ConfigMap', namespace, name);
    return object === null ? null : (object.data ?? {});
  };
  return {
    place: `ConfigMap ${namespace}/${nameOf(0)}`,
    load: async () => {
      const first = await data(nameOf(0));
      if (first === null) return null;
      const pieces = [first['packed'] ?? ''];
      while (pieces.length < Number(first['pieces'] ?? 1))
        pieces.push((await data(nameOf(pieces.length)))?.['packed'] ?? '');
      return pieces.join('');
    },
    save: async (packed) => {
      const pieces = Math.max(1, Math.ceil(packed.length / longestPiece));
      // the first says how many there are: it is written last
      for (let piece = pieces - 1; piece >= 0; piece--) {
        const text = packed.slice(piece * longestPiece, (piece + 1) * longestPiece);
        await put(own, namespace, nameOf(piece), { pieces: String(pieces), packed: text });
      }
    },
    confirmed: async () => (await data(confirmedName))?.['hash'] ?? null,
    confirm: (hash, by) => put(own, namespace, confirmedName, { hash, by }),
  };
}

async function put(
  own: OwnObjects,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const made: OwnObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, labels: { 'app.kubernetes.io/managed-by': 'springtide' } },
    data,
  };
  // Two replicas keep the same: whoever comes second finds what it was about to write.
  for (let attempt = 1; ; attempt++) {
    try {
      const before = await own.get('ConfigMap', namespace, name);
      if (before === null) await own.create(made);
      else if (JSON.stringify(before.data) !== JSON.stringify(data)) await own.replace({ ...before, data });
      return;
    } catch (error) {
      if (attempt === 3 || !(error instanceof ClientError) || error.code !== 'Conflict') throw error;
    }
  }
}

/** Beside the memory. Null: the process has no namespace of its own to keep anything in. */
export function lastGoodStoreOf(place: StatePlace, cluster: ConfigCluster | null): LastGoodStore | null {
  if (place.directory !== null) return lastGoodInDirectory(place.directory);
  if (cluster === null || cluster.namespace === null) return null;
  return lastGoodInKubernetes(cluster.own, cluster.namespace);
}
