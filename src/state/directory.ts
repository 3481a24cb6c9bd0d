// The memory's home outside a cluster: one file, written beside, synced, and put in place in one step.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DaemonSpec } from '../model/config.ts';
import { emptyMemory, type Memory } from '../model/memory.ts';
import { inSlices } from '../slices.ts';
import { parseMemory, writingMemory } from './memory-text.ts';
import { replaceFile } from './replace-file.ts';

export interface MemoryStore {
  load(): Promise<Memory>;
  /** Resolves when a power cut can no longer undo it. Writes nothing when nothing changed. */
  save(memory: Memory): Promise<void>;
}

/** Where the daemon keeps what it must not forget, and where people's switch is laid. */
export const stateDirectoryOf = ({ state }: DaemonSpec): string => state.directory ?? '.springtide';

const isSame = (text: readonly string[], last: readonly string[] | null): boolean =>
  text.length === last?.length && text.every((piece, index) => piece === last[index]);

export function memoryInDirectory(directory: string): MemoryStore {
  const file = path.join(directory, 'memory.json');
  const beside = `${file}.new`;
  let last: readonly string[] | null = null;
  return {
    load: async () => {
      let text: string;
      try {
        text = await readFile(file, 'utf8');
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return emptyMemory();
        throw thrown;
      }
      return parseMemory(text, file);
    },
    save: async (memory) => {
      const text = await inSlices(writingMemory(memory));
      if (isSame(text, last)) return;
      await replaceFile({ file, beside, text, mode: 0o600 });
      last = text;
    },
  };
}
