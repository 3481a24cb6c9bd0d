// Springtide's own small objects: ConfigMaps and Leases read, written with a precondition and a short deadline, and watched.
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { KubernetesObject, ObjectMeta } from '../../model/kubernetes.ts';
import type { Milliseconds } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import type { HttpRequest } from '../http/types.ts';
import { validate } from '../http/validate.ts';
import { createDiscovery } from './discovery.ts';
import { keptOf } from './json-text.ts';
import { listPages } from './list-pages.ts';
import type { Json } from './projections.ts';
import { Reflector } from './reflector.ts';
import type { ReflectorFailure, ReflectorTiming } from './reflector.ts';
import { pathOf } from './resources.ts';
import type { WatchedResource } from './resources.ts';
import type { KubernetesTransport } from './transport.ts';

export type OwnKind = 'ConfigMap' | 'Lease';

export interface OwnObject extends KubernetesObject {
  readonly kind: OwnKind;
  readonly metadata: ObjectMeta & { readonly namespace: string };
  /** of a ConfigMap */
  readonly data?: Readonly<Record<string, string>>;
  /** of a ConfigMap: base64 */
  readonly binaryData?: Readonly<Record<string, string>>;
  /** of a Lease */
  readonly spec?: unknown;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Shortens the usual one; never lengthens it. */
  readonly deadline?: Milliseconds;
}

/** One object by its name, those with a label, or all; namespace null: of the whole cluster. */
export interface OwnSelection {
  readonly namespace: string | null;
  readonly name?: string;
  readonly labelSelector?: string;
}

export interface OwnReading {
  /** The same array until something changes. */
  readonly items: readonly OwnObject[];
  /** It has been listed once; from then on `items` is the last that was known. */
  readonly synced: boolean;
  readonly failure: ReflectorFailure | null;
}

export interface OwnWatch {
  read(): OwnReading;
  /** Resolves with the first list; rejects when there is none in time, with the reason. */
  ready(within: Milliseconds): Promise<void>;
  stop(): Promise<void>;
}

export interface OwnWatchOptions {
  readonly clock: Clock;
  /** ends it as `stop()` does */
  readonly signal?: AbortSignal;
  readonly random?: () => number;
  readonly timing?: Partial<ReflectorTiming>;
}

export interface OwnObjects {
  /** null where there is none */
  get(kind: OwnKind, namespace: string, name: string, options?: CallOptions): Promise<OwnObject | null>;
  list(
    kind: OwnKind,
    selection: OwnSelection,
    options?: Pick<CallOptions, 'signal'>,
  ): Promise<{ readonly items: readonly OwnObject[]; readonly resourceVersion: string }>;
  /** Conflict where there is one of the name. */
  create(object: OwnObject, options?: CallOptions): Promise<OwnObject>;
  /** Conflict where it is no longer at its `metadata.resourceVersion`, which must be there. */
  replace(object: OwnObject, options?: CallOptions): Promise<OwnObject>;
  /** Conflict where it is no longer that very object. */
  remove(
    kind: OwnKind,
    namespace: string,
    name: string,
    precondition: { readonly uid: string; readonly resourceVersion?: string },
    options?: CallOptions,
  ): Promise<'removed' | 'gone'>;
  /** The listener hears of every change of the objects, of the first list, and of health; never before this returns. */
  watch(
    kind: OwnKind,
    selection: OwnSelection,
    listener: (reading: OwnReading) => void,
    options: OwnWatchOptions,
  ): OwnWatch;
}

const longestCall = 4_000;
const pageSize = 100;

const meta = {
  ...{ name: true, namespace: true, uid: true, resourceVersion: true, creationTimestamp: true },
  ...{ deletionTimestamp: true, labels: true, annotations: true },
} as const;

function projectOwn(raw: Json, apiVersion: string, kind: string): OwnObject {
  const { metadata, data, binaryData, spec } = raw;
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, annotations } =
    (metadata ?? {}) as OwnObject['metadata'];
  return {
    apiVersion,
    kind: kind as OwnKind,
    metadata: {
      name,
      namespace,
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    ...(isRecord(data) && { data }),
    ...(isRecord(binaryData) && { binaryData }),
    ...(isRecord(spec) && { spec }),
  };
}

const isRecord = (value: unknown): value is Record<string, string> => typeof value === 'object' && value !== null;

const resource = (kind: OwnKind, plural: string, version: string, content: Json): WatchedResource<OwnObject> => ({
  kind,
  plural,
  versions: [version],
  namespaced: true,
  project: projectOwn,
  fields: keptOf({ metadata: meta, ...content } as Parameters<typeof keptOf>[0]),
});

const resources: Readonly<Record<OwnKind, WatchedResource<OwnObject>>> = {
  ConfigMap: resource('ConfigMap', 'configmaps', 'v1', { data: true, binaryData: true }),
  Lease: resource('Lease', 'leases', 'coordination.k8s.io/v1', { spec: true }),
};

const objectShape = z.looseObject({ metadata: z.looseObject({ name: z.string(), resourceVersion: z.string() }) });

const pathTo = (kind: OwnKind, namespace: string | null, name?: string): string => {
  const { versions, plural } = resources[kind];
  return pathOf(versions[0], plural, namespace ?? undefined, name);
};

const selectors = ({ name, labelSelector }: OwnSelection): Record<string, string> => ({
  ...(labelSelector !== undefined && labelSelector !== '' && { labelSelector }),
  ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
});

export interface OwnObjectsOptions {
  readonly transport: KubernetesTransport;
  readonly timeout: Milliseconds;
}

export function createOwnObjects({ transport, timeout }: OwnObjectsOptions): OwnObjects {
  const usual = Math.min(longestCall, timeout) as Milliseconds;

  const call = async (request: HttpRequest, { signal, deadline = usual }: CallOptions = {}): Promise<unknown> => {
    const within = Math.min(usual, deadline) as Milliseconds;
    const answer = await transport.request({ ...request, deadline: within, ...(signal && { signal }) });
    return answer.json();
  };
  const objectOf = (kind: OwnKind, answer: unknown): OwnObject =>
    projectOwn(validate(objectShape, answer, { source: 'Kubernetes', what: kind }), resources[kind].versions[0], kind);

  async function write(
    method: 'POST' | 'PUT',
    path: string,
    object: OwnObject,
    options: CallOptions | undefined,
  ): Promise<OwnObject> {
    const { kind } = object;
    const body = { ...object, apiVersion: resources[kind].versions[0] };
    const operation = `${method === 'POST' ? 'create' : 'replace'} own ${kind}`;
    // A write must not die on a connection that the server was just closing.
    const request: HttpRequest = { method, path, body, operation, idempotent: false, freshConnection: true };
    return objectOf(kind, await call(request, options));
  }

  const get: OwnObjects['get'] = async (kind, namespace, name, options) => {
    try {
      const request = { path: pathTo(kind, namespace, name), operation: `read own ${kind}` };
      return objectOf(kind, await call(request, options));
    } catch (error) {
      if (error instanceof ClientError && error.code === 'NotFound') return null;
      throw error;
    }
  };

  const list: OwnObjects['list'] = async (kind, selection, options = {}) => {
    const { versions, project, fields } = resources[kind];
    const items: OwnObject[] = [];
    const resourceVersion = await listPages(
      {
        transport,
        path: pathTo(kind, selection.namespace),
        selectors: selectors(selection),
        pageSize,
        fields,
        project: (raw) => project(raw, versions[0], kind),
        onPage: () => undefined,
        signal: options.signal ?? new AbortController().signal,
      },
      (object) => items.push(object),
    );
    return { items, resourceVersion };
  };

  const create: OwnObjects['create'] = async (object, options) =>
    write('POST', pathTo(object.kind, object.metadata.namespace), object, options);

  const replace: OwnObjects['replace'] = async (object, options) => {
    const { namespace, name, resourceVersion } = object.metadata;
    if (resourceVersion === undefined || resourceVersion === '')
      throw new ClientError({
        code: 'BadRequest',
        source: 'Kubernetes',
        message: `Kubernetes: ${object.kind} ${namespace}/${name} was to be replaced without its resourceVersion; read it first.`,
      });
    return write('PUT', pathTo(object.kind, namespace, name), object, options);
  };

  const remove: OwnObjects['remove'] = async (kind, namespace, name, preconditions, options) => {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
    const path = pathTo(kind, namespace, name);
    const operation = `remove own ${kind}`;
    try {
      await call({ method: 'DELETE', path, body, operation, idempotent: false, freshConnection: true }, options);
      return 'removed';
    } catch (error) {
      if (error instanceof ClientError && error.code === 'NotFound') return 'gone';
      throw error;
    }
  };

  const watch: OwnObjects['watch'] = (kind, selection, listener, { clock, signal, random = Math.random, timing }) => {
    const reflector = new Reflector({
      resource: resources[kind],
      transport,
      discovery: createDiscovery(transport, clock),
      clock,
      random,
      ...(selection.namespace !== null && { namespace: selection.namespace }),
      ...selectors(selection),
      ...(timing && { timing }),
    });
    const read = (): OwnReading => ({
      items: reflector.items(),
      synced: reflector.synced,
      failure: reflector.failure,
    });
    let told = read();
    reflector.onChange(() => {
      const now = read();
      const isSame = now.items === told.items && now.synced === told.synced && now.failure?.code === told.failure?.code;
      if (isSame) return;
      told = now;
      listener(now);
    });
    const stop = (): Promise<void> => reflector.stop();
    const aborted = (): void => void stop();
    if (signal?.aborted !== true) {
      reflector.start();
      signal?.addEventListener('abort', aborted, { once: true });
    }
    return {
      read,
      ready: (within) => reflector.ready(within),
      stop: async () => {
        signal?.removeEventListener('abort', aborted);
        await stop();
      },
    };
  };

  return { get, list, create, replace, remove, watch };
}
