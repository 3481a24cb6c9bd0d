// The journal's files: one a day, by UTC; how many, how large, and which of them go.
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DaemonSpec } from '../model/config.ts';
import { stateDirectoryOf } from '../state/directory.ts';

export interface JournalLimits {
  readonly days: number;
  /** of all files together */
  readonly totalBytes: number;
  /** of one day: what comes after is not written */
  readonly dayBytes: number;
}

const mebibyte = 1024 * 1024;
export const journalLimits: JournalLimits = { days: 7, totalBytes: 256 * mebibyte, dayBytes: 64 * mebibyte };

export const journalDirectory = (stateDirectory: string): string => path.join(stateDirectory, 'decisions');

/** Beside a memory in a directory, or where the Daemon document says; null: there is no place for it. */
export function journalDirectoryOf(settings: DaemonSpec): string | null {
  const { journal, kubernetes } = settings.state;
  if (journal !== undefined) return journal.directory;
  return kubernetes === undefined ? journalDirectory(stateDirectoryOf(settings)) : null;
}

/** 2026-11-21 of an RFC 3339 text in UTC. */
export const dayOf = (time: string): string => time.slice(0, 10);
export const fileOf = (directory: string, day: string): string => path.join(directory, `decisions-${day}.jsonl`);

/** The days that there are files of, the oldest first. A directory that is not there has none. */
export async function journalDays(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  });
  return names.flatMap((name) => /^decisions-(\d{4}-\d\d-\d\d)\.jsonl$/.exec(name)?.[1] ?? []).sort();
}

/** Room for the whole of today: the oldest files go first, and whatever is older than the days that are kept. */
export async function prune(directory: string, today: string, limits: JournalLimits): Promise<void> {
  const oldest = new Date(Date.parse(today) - (limits.days - 1) * 86_400_000).toISOString().slice(0, 10);
  const others = (await journalDays(directory)).filter((day) => day !== today);
  let room = limits.totalBytes - limits.dayBytes;
  for (const day of others.toReversed()) {
    const file = fileOf(directory, day);
    room -= (await stat(file)).size;
    if (room < 0 || day < oldest) await rm(file, { force: true });
  }
}
