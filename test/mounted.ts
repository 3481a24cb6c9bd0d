// Files as a mounted Secret has them: each is another file when it changes, and whole at once.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Answers with its path. */
export async function mountedIn(directory: string, name: string, text: string): Promise<string> {
  const file = path.join(directory, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
  return file;
}
