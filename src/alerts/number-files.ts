// Telephone numbers that stand in files: what each said when it was last read, in memory only, so that one telephone is known by all its names.
import { readFile } from 'node:fs/promises';
import { eachLimited } from '../parallel.ts';

const lastRead = new Map<string, string>();

/** Throws where it cannot be read; what it said before stays known. */
export async function readNumber(file: string): Promise<string> {
  const written = (await readFile(file, 'utf8')).trim();
  lastRead.set(file, written);
  return written;
}

/** Undefined: it was never read. */
export const numberLastRead = (file: string): string | undefined => lastRead.get(file);

const atOnce = 10;

/** Whoever sends to one that cannot be read says so. */
export async function readNumbers(people: Readonly<Record<string, { readonly smsFile?: string }>>): Promise<void> {
  const files = new Set(Object.values(people).flatMap(({ smsFile }) => smsFile ?? []));
  await eachLimited([...files], atOnce, async (file) => {
    await readNumber(file).catch(() => undefined);
  });
}
