// One request of the API, from its route to its answer.
import { isJsonObject } from '../json.ts';
import {
  ApiError,
  badRequest,
  methodNotAllowed,
  pageNotFound,
  staleWrite,
  success,
  unsupportedMediaType,
} from '../status.ts';
import { coreVersions, groupList, groupOf, resourceList, versionInfo } from './discovery.ts';
import { deniedByWebhook, evict, refused } from './eviction.ts';
import { filterOf, listObjects, wholeNumber } from './list.ts';
import { patchTypes } from './patch.ts';
import { keyFor } from './registry.ts';
import { patchScale, readScale, writeScale } from './scale.ts';
import { metadataListOf, metadataOf } from './partial.ts';
import { tableOf } from './tables.ts';
import { fromVersion, toVersion } from './versions.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Json, KubeObject, ObjectInput } from '../objects.ts';
import type { Faults } from './faults.ts';
import type { PatchType } from './patch.ts';
import type { DeleteOptions, Registry, WriteOptions } from './registry.ts';
import type { Route } from './route.ts';
import type { WatchRequest } from './watch.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: string;
  readonly address: string;
  /** The client prints tables: kubectl get. */
  readonly table: boolean;
  /** The client needs names and labels only. */
  readonly metadataOnly: boolean;
  /** Who writes, by the user agent. */
  readonly manager: string;
  readonly now: number;
}
export type Answer =
  | { readonly kind: 'json'; readonly code: number; readonly body: object }
  | { readonly kind: 'text'; readonly code: number; readonly body: string }
  | { readonly kind: 'watch'; readonly watch: WatchRequest };

type Collection = Extract<Route, { at: 'collection' }>;
type Single = Extract<Route, { at: 'object' }>;

const json = (body: object | undefined, code = 200): Answer => {
  if (body === undefined) throw pageNotFound();
  return { kind: 'json', code, body };
};

export function handle(registry: Registry, faults: Faults, route: Route, request: ApiRequest): Answer {
  if (route.at !== 'collection' && route.at !== 'object' && request.method !== 'GET') throw methodNotAllowed();
  const all = registry.served;
  switch (route.at) {
    case 'text':
      return { kind: 'text', code: 200, body: 'ok' };
    case 'version':
      return json(versionInfo(registry.version));
    case 'core':
      return json(coreVersions(request.address));
    case 'groups':
      return json(groupList(all));
    case 'group': {
      const versions = [...new Set(all.filter((one) => one.group === route.group).flatMap((one) => one.versions))];
      return json(versions.length === 0 ? undefined : groupOf(route.group, versions));
    }
    case 'resources':
      return json(resourceList(all, route.group, route.version, registry.version === '1.20' ? 'v1beta1' : 'v1'));
    case 'collection':
      return onCollection(registry, route, request);
    case 'object':
      return onObject(registry, faults, route, request);
  }
}

function onCollection(registry: Registry, route: Collection, request: ApiRequest): Answer {
  const { resource, version, namespace } = route;
  const { query } = request;
  switch (request.method) {
    case 'GET':
      if (isTrue(query.get('watch'))) return { kind: 'watch', watch: watchRequest(route, query, request) };
      {
        const list = listObjects(registry.store, route, query);
        if (request.metadataOnly) return json(metadataListOf(list.items, list.metadata));
        return json(request.table ? tableOf(resource.name, list.items, list.metadata, request.now) : list);
      }
    case 'POST': {
      if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
      const input = fromVersion(resource, objectIn(request), version);
      const created = registry.create(resource.name, namespace, input, {
        dryRun: isDryRun(query),
        manager: request.manager,
        as: resource,
      });
      return json(toVersion(resource, created, version), 201);
    }
    case 'DELETE': {
      const options = deleteOptions(request);
      const list = listObjects(registry.store, route, query);
      for (const { metadata } of list.items)
        registry.delete(resource.name, keyFor(resource, metadata.namespace, metadata.name), options);
      return json(list);
    }
    default:
      throw methodNotAllowed();
  }
}

function onObject(registry: Registry, faults: Faults, route: Single, request: ApiRequest): Answer {
  const { resource, version, subresource } = route;
  const key = keyFor(resource, route.namespace, route.name);
  if (subresource === 'scale' && resource.subresources.includes('scale'))
    return onScale(registry, faults, route, request);
  if (subresource === 'eviction' && resource.subresources.includes('eviction')) {
    if (request.method !== 'POST') throw methodNotAllowed();
    if (faults.strikes('evictionRefused', request))
      throw refused('The disruption budget sandbox refuses all evictions');
    if (faults.strikes('evictionDenied', request)) throw deniedByWebhook('evictions are closed for the weekend');
    evict(registry, key, objectIn(request), isDryRun(request.query));
    return json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
  }
  if (subresource !== undefined && !(subresource === 'status' && resource.subresources.includes('status')))
    throw pageNotFound();
  const view = (object: KubeObject): KubeObject => toVersion(resource, object, version);
  const unview = (input: ObjectInput): ObjectInput => fromVersion(resource, input, version);
  const options: WriteOptions = {
    dryRun: isDryRun(request.query),
    subresource: subresource === undefined ? undefined : 'status',
    manager: request.manager,
    as: resource,
  };
  switch (request.method) {
    case 'GET':
      if (isTrue(request.query.get('watch'))) {
        const query = new URLSearchParams(request.query);
        query.set('fieldSelector', `metadata.name=${route.name}`);
        return { kind: 'watch', watch: watchRequest(route, query, request) };
      }
      {
        const object = view(registry.get(resource.name, key));
        if (request.metadataOnly) return json(metadataOf(object));
        return json(request.table ? tableOf(resource.name, [object], {}, request.now) : object);
      }
    case 'PUT':
      return json(view(registry.update(resource.name, key, unview(objectIn(request)), options)));
    case 'PATCH':
      return json(
        view(registry.patch(resource.name, key, patchTypeOf(request), jsonIn(request), options, view, unview)),
      );
    case 'DELETE': {
      if (subresource !== undefined) throw methodNotAllowed();
      const { object, gone } = registry.delete(resource.name, key, deleteOptions(request));
      const { name, uid } = object.metadata;
      return json(gone && resource.name !== 'pods' ? success(resource, name, uid) : view(object));
    }
    default:
      throw methodNotAllowed();
  }
}

function onScale(
  registry: Registry,
  faults: Faults,
  { resource, namespace, name }: Single,
  request: ApiRequest,
): Answer {
  const key = keyFor(resource, namespace, name);
  const options = { dryRun: isDryRun(request.query), manager: request.manager };
  if (request.method === 'GET') return json(readScale(registry, resource.name, key));
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
  if (faults.strikes('conflictOnScale', request)) throw staleWrite(resource, name);
  return json(
    request.method === 'PUT'
      ? writeScale(registry, resource.name, key, objectIn(request), options)
      : patchScale(registry, resource.name, key, patchTypeOf(request), jsonIn(request), options),
  );
}

function watchRequest(scope: Collection | Single, query: URLSearchParams, { table }: ApiRequest): WatchRequest {
  if (isTrue(query.get('sendInitialEvents')))
    throw new ApiError(
      422,
      'Invalid',
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  const timeout = wholeNumber(query, 'timeoutSeconds') ?? 3600;
  return {
    resource: scope.resource,
    version: scope.version,
    namespace: scope.namespace,
    matches: filterOf(scope, query),
    table,
    from: wholeNumber(query, 'resourceVersion'),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeout: (Math.max(1, timeout) * 1000) as Milliseconds,
  };
}

const isTrue = (text: string | null): boolean => text === '1' || text === 'true';

function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  const unknown = values.find((value) => value !== 'All');
  if (unknown !== undefined) throw badRequest(`dryRun: Unsupported value: "${unknown}": supported values: "All"`);
  return values.length > 0;
}

function jsonIn({ body, contentType }: ApiRequest): Json {
  if (contentType.includes('protobuf') || contentType.includes('cbor') || contentType.includes('yaml'))
    throw unsupportedMediaType(['application/json', ...patchTypes]);
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: ${error instanceof Error ? error.message : 'not JSON'}`);
  }
}

function objectIn(request: ApiRequest): ObjectInput {
  const { contentType } = request;
  if (contentType !== '' && contentType !== 'application/json') throw unsupportedMediaType(['application/json']);
  const value = jsonIn(request);
  if (!isJsonObject(value)) throw badRequest('the object provided is unrecognized: it is not a JSON object');
  for (const field of ['metadata', 'spec', 'status'])
    if (value[field] !== undefined && !isJsonObject(value[field]))
      throw badRequest(`the object provided is unrecognized: ${field} is not an object`);
  return { metadata: {}, ...value } as unknown as ObjectInput;
}

function patchTypeOf({ contentType }: ApiRequest): PatchType {
  const type = patchTypes.find((one) => one === contentType);
  if (type === undefined) throw unsupportedMediaType(patchTypes);
  return type;
}

function deleteOptions(request: ApiRequest): DeleteOptions {
  const { query } = request;
  const given = request.body === '' ? {} : (objectIn(request) as unknown as DeleteOptions & { dryRun?: unknown });
  return {
    gracePeriodSeconds: given.gracePeriodSeconds ?? wholeNumber(query, 'gracePeriodSeconds'),
    propagationPolicy: given.propagationPolicy ?? query.get('propagationPolicy') ?? undefined,
    preconditions: given.preconditions,
    dryRun: isDryRun(query) || Array.isArray(given.dryRun),
  };
}
