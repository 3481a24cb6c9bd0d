// The lines of one home of the ledger as gzipped bytes, and back; packed piece by piece, so that others have their turns.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { breathe } from '../../slices.ts';

/** There is more of it than can be kept: it waits for nobody, and nobody waits for it. */
export class TooLarge extends Error {}

/** What is written can be read: the same bound for both. */
const mostUnpacked = 256 * 1024 * 1024;
const atOnce = 256 * 1024;

export async function packed(lines: Iterable<string>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await pipeline(
    Readable.from(batches(lines)),
    createGzip({ chunkSize: atOnce }),
    async (source: AsyncIterable<Buffer>) => {
      for await (const piece of source) pieces.push(piece);
    },
  );
  return Buffer.concat(pieces);
}

async function* batches(lines: Iterable<string>): AsyncGenerator<Buffer> {
  let batch = '';
  let size = 0;
  const taken = (): Buffer => {
    const bytes = Buffer.from(batch);
    size += bytes.length;
    if (size > mostUnpacked) throw new TooLarge(`it is larger than ${mostUnpacked} bytes before it is packed`);
    batch = '';
    return bytes;
  };
  for (const piece of lines) {
    if (piece === '') await breathe();
    batch += piece;
    if (batch.length >= atOnce) yield taken();
  }
  if (batch !== '') yield taken();
}

const unzip = promisify(gunzip);

/** Rejects where it is not what was packed, or not all of it. */
export const unpacked = (bytes: Buffer): Promise<Buffer> => unzip(bytes, { maxOutputLength: mostUnpacked });
