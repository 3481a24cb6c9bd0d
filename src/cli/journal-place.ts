// Where the commands find the daemon's decision journal: it is a directory even where all else is in Kubernetes objects.
import { journalDirectoryOf } from '../journal/files.ts';
import type { DaemonSpec } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';

/** `where`: the command, for whoever is told that there is none. */
export function journalPlaceOf(daemon: DaemonSpec, where: string): string {
  const directory = journalDirectoryOf(daemon);
  if (directory !== null) return directory;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where,
    what: 'the daemon keeps no journal of its decisions: its state is in Kubernetes objects, and they are not',
    mend: 'write state: {kubernetes: {}, journal: {directory: /var/lib/springtide/journal}}; it begins with the next start',
  });
}
