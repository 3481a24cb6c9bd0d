// Whether a file is still the one it was: another one, a longer one, or the same written again.
import { statSync } from 'node:fs';

export function fileStamp(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.mtimeMs}/${found.ino}/${found.size}`;
}
