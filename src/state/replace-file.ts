// Puts a text in a file's place whole or not at all: written beside, synced, renamed; whoever reads or kills meanwhile sees old or new.
import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { syncDirectory } from '../sync-directory.ts';

export interface Replacement {
  readonly file: string;
  /** where it is written first: in the same directory */
  readonly beside: string;
  /** in pieces, where it is long: each is written by itself */
  readonly text: string | readonly string[];
  readonly mode: number;
}

/** Resolves when a power cut can no longer undo it. */
export async function replaceFile({ file, beside, text, mode }: Replacement): Promise<void> {
  const directory = path.dirname(file);
  await mkdir(directory, { recursive: true });
  const handle = await open(beside, 'w', mode);
  try {
    for (const piece of typeof text === 'string' ? [text] : text) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  await syncDirectory(directory);
}
