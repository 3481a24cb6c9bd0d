// A list's answer taken apart object by object, so that a page of megabytes never holds up the event loop as one parse.
import { ClientError } from '../http/error.ts';
import type { Json } from './projections.ts';

export interface ListMetadata {
  readonly resourceVersion: string;
  /** where the next page begins; absent on the last */
  readonly continue: string | undefined;
}

const quote = 34;
const backslash = 92;
const opens = (code: number): boolean => code === 123 || code === 91;
const closes = (code: number): boolean => code === 125 || code === 93;

/** Yields each element of the top-level "items"; returns the list's metadata. */
export function* listItems(text: string): Generator<Json, ListMetadata> {
  let metadata: unknown = null;
  let items = false;
  for (const { key, start, end } of membersOf(text, skipSpace(text, 0))) {
    if (key === 'metadata') metadata = parse(text.slice(start, end));
    if (key !== 'items') continue;
    items = true;
    if (text.charCodeAt(start) === 91) for (const element of elementsOf(text, start)) yield parse(element) as Json;
  }
  const { resourceVersion, continue: next } = (metadata ?? {}) as { resourceVersion?: unknown; continue?: unknown };
  if (!items || typeof resourceVersion !== 'string') throw notAList('it has no items or no metadata.resourceVersion');
  return { resourceVersion, continue: typeof next === 'string' && next !== '' ? next : undefined };
}

function* membersOf(text: string, open: number): Generator<{ key: string; start: number; end: number }> {
  if (text.charCodeAt(open) !== 123) throw notAList('it is no JSON object');
  let at = skipSpace(text, open + 1);
  while (text.charCodeAt(at) !== 125) {
    const keyEnd = endOfValue(text, at);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    yield { key: text.slice(at + 1, keyEnd - 1), start, end };
    at = next(text, end);
  }
}

function* elementsOf(text: string, open: number): Generator<string> {
  let at = skipSpace(text, open + 1);
  while (text.charCodeAt(at) !== 93) {
    const end = endOfValue(text, at);
    yield text.slice(at, end);
    at = next(text, end);
  }
}

function next(text: string, end: number): number {
  const at = skipSpace(text, end);
  if (at >= text.length) throw notAList('it ends in the middle');
  return text[at] === ',' ? skipSpace(text, at + 1) : at;
}

/** One past the last character of the value that begins at `at`. */
function endOfValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === quote) return endOfString(text, at);
  if (!opens(first)) return endOfWord(text, at);
  let depth = 0;
  for (let here = at; here < text.length; here++) {
    const code = text.charCodeAt(here);
    if (code === quote) here = endOfString(text, here) - 1;
    else if (opens(code)) depth++;
    else if (closes(code) && --depth === 0) return here + 1;
  }
  throw notAList('it ends in the middle');
}

function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  throw notAList('it ends in the middle');
}

function endOfWord(text: string, at: number): number {
  let end = at;
  while (end < text.length && !/[\s,}\]]/.test(text.charAt(end))) end++;
  if (end === at) throw notAList('a value is missing');
  return end;
}

function skipSpace(text: string, at: number): number {
  let here = at;
  while (text.charCodeAt(here) <= 32) here++;
  return here;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw notAList('an object in it is broken', cause);
  }
}

const notAList = (why: string, cause?: unknown): ClientError =>
  new ClientError({
    code: 'NotJson',
    source: 'Kubernetes',
    message: `Kubernetes: the answer to a list is none: ${why}; something else than the API may have answered.`,
    cause,
  });
