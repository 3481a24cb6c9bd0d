// A small file that somebody replaces from time to time: a token, a password, a certificate.
import { readFileSync, statSync } from 'node:fs';
import { SpringtideError, messageOf } from '../../model/errors.ts';

export interface FollowedFile {
  /** The text without the space around it; read again when the file has changed. */
  readonly read: () => string;
  readonly forget: () => void;
}

/** A file that cannot be read for a moment, as in the middle of its replacement, keeps its last text. */
export function followFile(file: string): FollowedFile {
  let known: { readonly stamp: string; readonly text: string } | null = null;
  const read = (): string => {
    try {
      const { mtimeMs, ino, size } = statSync(file);
      const stamp = `${mtimeMs}/${ino}/${size}`;
      if (known?.stamp !== stamp) known = { stamp, text: readFileSync(file, 'utf8').trim() };
      return known.text;
    } catch (cause) {
      if (known !== null) return known.text;
      throw new SpringtideError({
        code: 'CredentialsMissing',
        what: `cannot be read (${messageOf(cause)})`,
        where: file,
        mend: 'mount the file or correct its path',
        cause,
      });
    }
  };
  return { read, forget: () => (known = null) };
}
