// The memory's home outside a cluster: one file, written beside, synced, and put in place in one step.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemClock, type Clock } from '../clock.ts';
import type { DaemonSpec } from '../model/config.ts';
import { emptyMemory, memorySchema, type Memory } from '../model/memory.ts';
import { readBack, stepBack, writtenForm, type Schemas, type Upgrade } from '../schemas.ts';
import { inSlices } from '../slices.ts';
import { memoryOf, parsedText, writingMemory } from './memory-text.ts';
import { replaceFile } from './replace-file.ts';

export interface MemoryStore {
  load(): Promise<Memory>;
  /**
   * Resolves when a power cut can no longer undo it. Writes nothing when nothing changed. `whole`, for the last time:
   * nothing of it waits for a later save.
   */
  save(memory: Memory, how?: 'usual' | 'whole'): Promise<void>;
  /** how many targets are kept without their history; absent: there is room for all of it */
  readonly leftOut?: () => number;
}

export const memorySchemas: Schemas = { current: memorySchema, before: null };

/** Where the daemon keeps what it must not forget, and where people's switch is laid. */
export const stateDirectoryOf = ({ state }: DaemonSpec): string => state.directory ?? '.springtide';

const isSame = (text: readonly string[], last: readonly string[] | null): boolean =>
  text.length === last?.length && text.every((piece, index) => piece === last[index]);

export function memoryInDirectory(
  directory: string,
  { clock = systemClock, schemas = memorySchemas }: { readonly clock?: Clock; readonly schemas?: Schemas } = {},
): MemoryStore {
  const file = path.join(directory, 'memory.json');
  const beside = `${file}.new`;
  let last: readonly string[] | null = null;
  let upgrade: Upgrade | null = null;
  return {
    load: async () => {
      let text: string;
      try {
        text = await readFile(file, 'utf8');
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return emptyMemory();
        throw thrown;
      }
      const back = readBack(parsedText(text, file), schemas, file, 'memory', clock.now());
      upgrade = back.upgrade;
      return memoryOf({ ...back.value, schema: memorySchema }, file);
    },
    save: async (memory) => {
      const now = clock.now();
      const isOwnForm = schemas.current === memorySchema && stepBack(schemas, upgrade, now) === null;
      const form = isOwnForm ? memory : (writtenForm(memory, schemas, upgrade, now) as Memory);
      const text = await inSlices(writingMemory(form));
      if (isSame(text, last)) return;
      await replaceFile({ file, beside, text, mode: 0o600 });
      last = text;
    },
  };
}
