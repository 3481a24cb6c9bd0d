// The audit log's chain: each line has the hash of the one before it, so that nothing can be changed, left out or put in unseen.
import { createHash } from 'node:crypto';

/** Where a chain stands: the next line goes on from here. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first line of all. */
export const genesis: Head = { seq: 0, hash: '0'.repeat(64) };

export type Fields = Readonly<Record<string, unknown>>;

/** One text for one value, whatever the order of its keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

const hashOf = (fields: Fields): string => createHash('sha256').update(canonical(fields)).digest('hex');

export interface Link {
  readonly line: string;
  readonly head: Head;
}

/** The next line of the chain, without its end. */
export function link(previous: Head, fields: Fields): Link {
  const seq = previous.seq + 1;
  const chained = { ...fields, seq, prevHash: previous.hash };
  const hash = hashOf(chained);
  return { line: JSON.stringify({ ...chained, hash }), head: { seq, hash } };
}

export type ReadLink =
  | { readonly whole: true; readonly prevHash: string; readonly head: Head; readonly time: string | null }
  | { readonly whole: false; readonly why: 'notALine' | 'changed' };

/** What a line says of its place, and whether it still is what was written. */
export function readLink(line: string): ReadLink {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { whole: false, why: 'notALine' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { whole: false, why: 'notALine' };
  const { hash, ...chained } = value as Record<string, unknown>;
  const { seq, prevHash, time } = chained;
  if (typeof hash !== 'string' || typeof prevHash !== 'string' || typeof seq !== 'number')
    return { whole: false, why: 'notALine' };
  if (hashOf(chained) !== hash) return { whole: false, why: 'changed' };
  return { whole: true, prevHash, head: { seq, hash }, time: typeof time === 'string' ? time : null };
}
