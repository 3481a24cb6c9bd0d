// The memory's home outside a cluster: one file, written beside, synced, and put in place in one step.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { emptyMemory, type Memory } from '../model/memory.ts';
import { syncDirectory } from '../sync-directory.ts';
import { memoryText, parseMemory } from './memory-text.ts';

export interface MemoryStore {
  load(): Promise<Memory>;
  /** Resolves when a power cut can no longer undo it. Writes nothing when nothing changed. */
  save(memory: Memory): Promise<void>;
}

export function memoryInDirectory(directory: string): MemoryStore {
  const file = path.join(directory, 'memory.json');
  const beside = `${file}.new`;
  let last: string | null = null;
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
      const text = memoryText(memory);
      if (text === last) return;
      await mkdir(directory, { recursive: true });
      const handle = await open(beside, 'w', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, file);
      await syncDirectory(directory);
      last = text;
    },
  };
}
