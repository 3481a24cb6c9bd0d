// A pod of the installed Deployment as far as its process sees it: files out of the cluster's ConfigMaps and Secrets, variables, account.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { at, listAt, textAt } from '../servers/json.ts';
import type { Kubernetes } from '../servers/kubernetes.ts';

const api = '/api/v1/namespaces/springtide';

export interface PodFiles {
  /** Where a path of the container is here. */
  readonly path: (inContainer: string) => string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the kubelet does a while after a change: all files at once. */
  bring(): Promise<void>;
}

type Contents = ReadonlyMap<string, string | Buffer>;

async function dataOf(kubernetes: Kubernetes, kind: 'configmaps' | 'secrets', name: string): Promise<Contents> {
  const { status, body } = await kubernetes.request('GET', `${api}/${kind}/${name}`);
  const data = status === 200 ? (at(body, 'data') ?? {}) : {};
  return new Map(
    Object.entries(data as Record<string, string>).map(([key, value]) => [
      key,
      kind === 'secrets' ? Buffer.from(value, 'base64') : value,
    ]),
  );
}

async function contentsOf(kubernetes: Kubernetes, volume: unknown): Promise<Contents | null> {
  const secret = at(volume, 'secret', 'secretName');
  if (typeof secret === 'string') return dataOf(kubernetes, 'secrets', secret);
  const sources = at(volume, 'projected', 'sources');
  if (!Array.isArray(sources)) return null;
  const files = new Map<string, string | Buffer>();
  for (const source of sources) {
    const data = await dataOf(kubernetes, 'configmaps', textAt(source, 'configMap', 'name'));
    const items = at(source, 'configMap', 'items');
    const chosen = Array.isArray(items)
      ? items.map((item) => [textAt(item, 'key'), textAt(item, 'path')] as const)
      : [...data.keys()].map((key) => [key, key] as const);
    for (const [key, path] of chosen) {
      const value = data.get(key);
      if (value !== undefined) files.set(path, value);
    }
  }
  return files;
}

export async function podFiles(kubernetes: Kubernetes, directory: string): Promise<PodFiles> {
  const { body } = await kubernetes.request('GET', '/apis/apps/v1/namespaces/springtide/deployments/springtide');
  const pod = at(body, 'spec', 'template', 'spec');
  const [container] = listAt(pod, 'containers');
  const path = (inContainer: string): string => join(directory, inContainer);
  const mounts = new Map(
    listAt(container, 'volumeMounts').map((mount) => [textAt(mount, 'name'), path(textAt(mount, 'mountPath'))]),
  );
  let generation = 0;

  /** A directory behind a link that is moved at once, and a link for each name in it. */
  function swap(place: string, files: Contents): void {
    const data = join(place, `..${(generation += 1)}`);
    for (const [name, value] of files) {
      mkdirSync(dirname(join(data, name)), { recursive: true });
      writeFileSync(join(data, name), value);
    }
    mkdirSync(data, { recursive: true });
    symlinkSync(data, join(place, '..new'));
    renameSync(join(place, '..new'), join(place, '..data'));
    for (const name of new Set([...files.keys()].map((one) => one.split('/')[0] ?? one))) {
      rmSync(join(place, name), { force: true });
      symlinkSync(join('..data', name), join(place, name));
    }
  }

  const bring = async (): Promise<void> => {
    for (const volume of listAt(pod, 'volumes')) {
      const place = mounts.get(textAt(volume, 'name'));
      if (place === undefined) continue;
      mkdirSync(place, { recursive: true });
      const files = await contentsOf(kubernetes, volume);
      if (files !== null) swap(place, files);
    }
  };
  await bring();
  const variables = listAt(container, 'env').flatMap((one) => {
    const value = at(one, 'value');
    return typeof value === 'string' ? [[textAt(one, 'name'), value.replace(/^\/etc\//, path('/etc/'))] as const] : [];
  });
  return {
    path,
    bring,
    environment: {
      ...(Object.fromEntries(variables) as Readonly<Record<string, string>>),
      POD_NAME: 'springtide-0',
      POD_NAMESPACE: 'springtide',
      POD_IP: '127.0.0.1',
    },
  };
}
