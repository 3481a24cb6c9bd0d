// The ledger's files: numbered segments, each beginning with all that came before it, so that only the newest counts.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { breathe } from '../../slices.ts';
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
    const size = await appendLines(handle, lines);
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

const atOnce = 65_536;

/** Others have their turns while it is written. Gives how many bytes there were. */
export async function appendLines(handle: FileHandle, lines: Iterable<string>): Promise<number> {
  let size = 0;
  let batch = '';
  const put = async (): Promise<void> => {
    const bytes = Buffer.from(batch);
    batch = '';
    await handle.appendFile(bytes);
    size += bytes.length;
  };
  for (const piece of lines) {
    if (piece === '') await breathe();
    batch += piece;
    if (batch.length >= atOnce) await put();
  }
  if (batch !== '') await put();
  return size;
}
