// Lists: selectors, pages out of one consistent snapshot, and the versions a client may ask for.
import { groupVersion } from '../resources.ts';
import { badRequest, expired, expiredContinue, fromTheFuture } from '../status.ts';
import { keyOfObject } from '../objects.ts';
import { parseFieldSelector, parseLabelSelector } from '../selectors.ts';
import { toVersion } from './versions.ts';
import type { KubeObject } from '../objects.ts';
import type { Resource } from '../resources.ts';
import type { Predicate } from '../selectors.ts';
import type { Store } from '../store.ts';

export interface Scope {
  readonly resource: Resource;
  readonly version: string;
  readonly namespace: string | undefined;
}

/** The filter of a list or watch: its namespace and its selectors. */
export function filterOf(scope: Scope, query: URLSearchParams): Predicate {
  const parts: Predicate[] = [];
  const { namespace } = scope;
  if (namespace !== undefined) parts.push((object) => object.metadata.namespace === namespace);
  const labels = query.get('labelSelector');
  if (labels !== null && labels !== '') parts.push(parseLabelSelector(labels));
  const fields = query.get('fieldSelector');
  if (fields !== null && fields !== '') parts.push(parseFieldSelector(fields, scope.resource));
  return (object) => parts.every((part) => part(object));
}

export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`${name}: Invalid value: "${text}": must be a non-negative integer`);
  return Number(text);
}

interface Token {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}
const writeToken = (token: Token): string => Buffer.from(JSON.stringify(token)).toString('base64url');
function readToken(text: string): Token {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Token>;
    if (typeof token.rv === 'number' && typeof token.start === 'string')
      return { v: 'meta.k8s.io/v1', rv: token.rv, start: token.start };
  } catch {
    // falls through to the refusal below
  }
  throw badRequest('continue key is not valid: it does not come from this server');
}

export function listObjects(
  store: Store,
  scope: Scope,
  query: URLSearchParams,
): { kind: string; apiVersion: string; metadata: object; items: KubeObject[] } {
  const { resource, version } = scope;
  const matches = filterOf(scope, query);
  const { objects, at, start, limit } = chosen(store, resource, query);
  const from = start === undefined ? objects : objects.filter((object) => keyOfObject(object) > start);
  const matching = from.filter(matches);
  const items = limit > 0 ? matching.slice(0, limit) : matching;
  const last = items.at(-1);
  const rest = matching.length - items.length;
  const selective = query.get('labelSelector') !== null || query.get('fieldSelector') !== null;
  return {
    kind: `${resource.kind}List`,
    apiVersion: groupVersion(resource.group, version),
    metadata: {
      resourceVersion: String(at),
      ...(rest > 0 && last !== undefined
        ? { continue: writeToken({ v: 'meta.k8s.io/v1', rv: at, start: keyOfObject(last) }) }
        : {}),
      ...(rest > 0 && !selective ? { remainingItemCount: rest } : {}),
    },
    items: items.map((object) => toVersion(resource, object, version)),
  };
}

interface Chosen {
  readonly objects: readonly KubeObject[];
  readonly at: number;
  readonly start: string | undefined;
  readonly limit: number;
}

function chosen(store: Store, resource: Resource, query: URLSearchParams): Chosen {
  const limit = wholeNumber(query, 'limit') ?? 0;
  const asked = wholeNumber(query, 'resourceVersion');
  const match = query.get('resourceVersionMatch');
  const token = query.get('continue');
  if (token !== null && token !== '') {
    if (asked !== undefined && asked !== 0)
      throw badRequest('specifying resource version is not allowed when using continue');
    const { rv, start } = readToken(token);
    const objects = store.listAt(resource.name, rv);
    if (objects === 'expired') throw expiredContinue();
    return { objects, at: rv, start, limit };
  }
  if (match !== null && match !== '' && asked === undefined)
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (asked !== undefined && asked > store.version) throw fromTheFuture(asked, store.version);
  if (match === 'Exact' && asked !== undefined) {
    const objects = store.listAt(resource.name, asked);
    if (objects === 'expired') throw expired(asked, store.oldest(resource.name));
    return { objects, at: asked, start: undefined, limit };
  }
  // version 0 means "from the cache", which knows no pages
  return { objects: store.list(resource.name), at: store.version, start: undefined, limit: asked === 0 ? 0 : limit };
}
