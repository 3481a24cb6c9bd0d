// A list's answer taken apart object by object, so that a page of megabytes never holds up the event loop as one parse.
import { ClientError } from '../http/error.ts';
import { BrokenText, JsonReader, type Kept } from './json-text.ts';
import type { Json } from './projections.ts';

export interface ListMetadata {
  readonly resourceVersion: string;
  /** where the next page begins; absent on the last */
  readonly continue: string | undefined;
}

/** Yields of each element of the top-level "items" what is kept; returns the list's metadata. */
export function* listItems(text: string, kept: Kept = 'whole'): Generator<Json, ListMetadata> {
  try {
    return yield* itemsOf(text, kept);
  } catch (thrown) {
    throw thrown instanceof BrokenText ? notAList(thrown.message, thrown.cause) : thrown;
  }
}

function* itemsOf(text: string, kept: Kept): Generator<Json, ListMetadata> {
  let metadata: unknown = null;
  let items = false;
  const reader = new JsonReader(text);
  for (const key of reader.members()) {
    if (key === 'metadata') metadata = reader.read('whole');
    else if (key !== 'items') reader.skip();
    else {
      items = true;
      for (const item of reader.elements(kept)) yield item as Json;
    }
  }
  const { resourceVersion, continue: next } = (metadata ?? {}) as { resourceVersion?: unknown; continue?: unknown };
  if (!items || typeof resourceVersion !== 'string') throw notAList('it has no items or no metadata.resourceVersion');
  return { resourceVersion, continue: typeof next === 'string' && next !== '' ? next : undefined };
}

const notAList = (why: string, cause?: unknown): ClientError =>
  new ClientError({
    code: 'NotJson',
    source: 'Kubernetes',
    message: `Kubernetes: the answer to a list is none: ${why}; something else than the API may have answered.`,
    cause,
  });
