// The ledger's files: numbered segments, each beginning with all that came before it, so that only the newest counts.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncDirectory } from '../../sync-directory.ts';

const segmentName = /^ledger-(\d{8})\.jsonl$/;
const nameOf = (number: number): string => `ledger-${String(number).padStart(8, '0')}.jsonl`;

export interface SegmentFiles {
  /** ascending */
  readonly numbers: readonly number[];
  pathOf(number: number): string;
}

export async function listSegments(directory: string): Promise<SegmentFiles> {
  await mkdir(directory, { recursive: true });
  const names = await readdir(directory);
  // a temporary segment was never in force
  for (const name of names) if (name.endsWith('.jsonl.tmp')) await rm(path.join(directory, name), { force: true });
  const numbers = names.flatMap((name) => {
    const found = segmentName.exec(name);
    return found === null ? [] : [Number(found[1])];
  });
  return { numbers: numbers.sort((left, right) => left - right), pathOf: (number) => segmentPath(directory, number) };
}

export const segmentPath = (directory: string, number: number): string => path.join(directory, nameOf(number));

export const readSegment = (file: string): Promise<Buffer> => readFile(file);

/** Out of the way but not thrown away: somebody may want to look. */
export async function keepAside(file: string, stamp: string): Promise<string> {
  const aside = `${file}.damaged-${stamp.replace(/[^0-9TZ]/g, '')}`;
  await rename(file, aside);
  return aside;
}

export interface OpenSegment {
  readonly file: string;
  readonly handle: FileHandle;
  readonly size: number;
}

/** Whole or not at all: written beside, synced, renamed, the directory synced. */
export async function createSegment(
  directory: string,
  number: number,
  lines: Iterable<string>,
  fsync: boolean,
): Promise<OpenSegment> {
  const file = segmentPath(directory, number);
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    let size = 0;
    const put = async (text: string): Promise<void> => {
      const bytes = Buffer.from(text);
      await handle.appendFile(bytes);
      size += bytes.length;
    };
    let batch = '';
    for (const line of lines) {
      batch += line;
      if (batch.length < 65_536) continue;
      await put(batch);
      batch = '';
    }
    await put(batch);
    if (fsync) await handle.sync();
    await rename(temporary, file);
    if (fsync) await syncDirectory(directory);
    return { file, handle, size };
  } catch (error) {
    await handle.close();
    await rm(temporary, { force: true });
    throw error;
  }
}
