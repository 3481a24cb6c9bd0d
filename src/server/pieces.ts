// Long answers in pieces: no more of them lies in memory than the reader at the other end keeps up with.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { seconds } from '../model/units.ts';

/** Who takes nothing for so long is cut off. */
const patience = seconds(30);

/** Resolves when all is sent, or the reader has gone. */
export async function sendPieces(response: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setTimeout(patience);
  for await (const piece of pieces) {
    if (gone.signal.aborted) return;
    if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  response.end();
}
