// Where a Daemon says that its state is, also of one that is broken elsewhere: its last good version is looked for there.
import { isMap } from 'yaml';
import { readEntries } from './entries.ts';
import type { ConfigFiles } from './files.ts';

export interface StatePlace {
  readonly directory: string | null;
  /** of state.kubernetes; its namespace where one is named */
  readonly kubernetes: { readonly namespace: string | null } | null;
}

const usualDirectory = '.springtide';

export function statePlaceIn({ files }: ConfigFiles): StatePlace {
  for (const { key, source } of readEntries(files, {}).entries) {
    const { document } = source;
    if (key !== 'Daemon' || document === null || !isMap(document.contents)) continue;
    const text = (path: readonly string[]): string | null => {
      const value: unknown = document.getIn(['spec', 'state', ...path]);
      return typeof value === 'string' ? value : null;
    };
    if (document.hasIn(['spec', 'state', 'kubernetes']))
      return { directory: null, kubernetes: { namespace: text(['kubernetes', 'namespace']) } };
    return { directory: text(['directory']) ?? usualDirectory, kubernetes: null };
  }
  return { directory: usualDirectory, kubernetes: null };
}
