// What a file that the command line names says, or what is piped in where it is "-".
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';

/** Editors on Windows put a byte order mark before everything. */
export const fileText = async (file: string): Promise<string> =>
  (file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
