// A whole list read page by page, each object projected on arrival, the event loop let in between.
import type { KubernetesObject } from '../../model/kubernetes.ts';
import { inSlices } from '../../slices.ts';
import { ClientError } from '../http/error.ts';
import type { Kept } from './json-text.ts';
import { listItems } from './list-items.ts';
import type { ListMetadata } from './list-items.ts';
import type { Json } from './projections.ts';
import type { KubernetesTransport } from './transport.ts';

export interface ListRequest<T extends KubernetesObject> {
  readonly transport: KubernetesTransport;
  readonly path: string;
  readonly selectors: Readonly<Record<string, string>>;
  readonly pageSize: number;
  readonly fields: Kept;
  readonly project: (raw: Json) => T;
  readonly onPage: () => void;
  readonly signal: AbortSignal;
}

const smallestPage = 20;

/** Hands over each object; resolves with the resourceVersion that the whole list is of. */
export async function listPages<T extends KubernetesObject>(
  request: ListRequest<T>,
  take: (object: T) => void,
): Promise<string> {
  let limit = request.pageSize;
  let from: string | undefined;
  let resourceVersion: string | null = null;
  for (;;) {
    request.signal.throwIfAborted();
    let body: string;
    try {
      const answer = await request.transport.request({
        path: request.path,
        query: { ...request.selectors, limit, continue: from },
        operation: 'list',
        signal: request.signal,
      });
      body = answer.body;
    } catch (error) {
      // Objects may be huge: ask for fewer at a time before giving up.
      if (!(error instanceof ClientError) || error.code !== 'BodyTooLarge' || limit <= smallestPage) throw error;
      limit = Math.max(smallestPage, Math.floor(limit / 4));
      continue;
    }
    const page = await inSlices(taking(listItems(body, request.fields), (raw) => take(request.project(raw))));
    request.onPage();
    resourceVersion ??= page.resourceVersion;
    if (page.continue === undefined) return resourceVersion;
    from = page.continue;
  }
}

/** A step an object. All lists are read at once when the daemon starts: together they take one slice of a turn. */
function* taking(items: Generator<Json, ListMetadata>, take: (raw: Json) => void): Generator<undefined, ListMetadata> {
  for (;;) {
    const step = items.next();
    if (step.done === true) return step.value;
    take(step.value);
    yield;
  }
}
