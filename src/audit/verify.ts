// Walks the audit log's chain through one or more files, the oldest first, and tells the first broken link.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { genesis, readLink, type Head } from './chain.ts';

export interface Broken {
  readonly file: string;
  readonly line: number;
  readonly why: 'notALine' | 'changed' | 'leftOut' | 'beforeTheFirst' | 'endIsMissing';
}

export interface Verified {
  readonly lines: number;
  readonly first: { readonly seq: number; readonly time: string | null } | null;
  readonly last: (Head & { readonly time: string | null }) | null;
  /** null: the chain is whole */
  readonly broken: Broken | null;
}

/** `end`: where the chain is known to have stood; a log that ends before it has been cut. */
export async function verify(files: readonly string[], end: Head | null = null): Promise<Verified> {
  let lines = 0;
  let first: Verified['first'] = null;
  let last: Verified['last'] = null;
  for (const file of files) {
    let number = 0;
    const input = createReadStream(file);
    try {
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        number += 1;
        const read = readLink(line);
        if (!read.whole) return { lines, first, last, broken: { file, line: number, why: read.why } };
        const { head, prevHash, time } = read;
        // The first file may have been begun by a rotation: what it goes on from is in an older one.
        const expected = last?.hash ?? (head.seq === 1 ? genesis.hash : prevHash);
        if (prevHash !== expected || (last !== null && head.seq !== last.seq + 1)) {
          const why = last === null ? 'beforeTheFirst' : 'leftOut';
          return { lines, first, last, broken: { file, line: number, why } };
        }
        lines += 1;
        first ??= { seq: head.seq, time };
        last = { ...head, time };
      }
    } finally {
      input.destroy();
    }
    const isLast = file === files.at(-1);
    const isCut = end !== null && (last === null ? end.seq > 0 : end.seq > last.seq);
    if (isLast && isCut) return { lines, first, last, broken: { file, line: number + 1, why: 'endIsMissing' } };
  }
  return { lines, first, last, broken: null };
}
