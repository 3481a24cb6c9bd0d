// One record as a line of JSON that carries the checksum of what it says, and back; a message for thousands is written down piece by piece.
import { crc32 } from 'node:zlib';
import { jsonPieces } from '../json-pieces.ts';
import type { LedgerHeader, LedgerRecord } from './records.ts';

/** A torn or a changed line shows itself. */
export const encodeLine = (value: LedgerRecord | LedgerHeader): string => [...linePieces(value)].join('');

/** The same in pieces. Its checksum is known when all of it is: until then an empty piece says that there was work. */
export function* linePieces(value: LedgerRecord | LedgerHeader): Generator<string, void> {
  const pieces: string[] = [];
  let sum = 0;
  for (const piece of jsonPieces(value)) {
    if (pieces.length > 0) yield '';
    sum = crc32(piece, sum);
    pieces.push(piece);
  }
  const [first = '', ...others] = pieces;
  yield `{"crc":"${printed(sum)}","record":${first}${others.length === 0 ? '}\n' : ''}`;
  if (others.length === 0) return;
  yield* others;
  yield '}\n';
}

const printed = (sum: number): string => sum.toString(16).padStart(8, '0');
/** JSON leaves U+2028 as it is, which else ends a line for a pattern. */
const frame = /^\{"crc":"([0-9a-f]{8})","record":(\{.*\})\}$/s;

/** What the line says, or undefined where it is not what was written. */
export function decodeLine(line: string): LedgerRecord | LedgerHeader | undefined {
  const [, sum, json] = frame.exec(line) ?? [];
  if (json === undefined || printed(crc32(json)) !== sum) return undefined;
  try {
    return JSON.parse(json) as LedgerRecord | LedgerHeader;
  } catch {
    return undefined;
  }
}
