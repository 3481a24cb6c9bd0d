// Memory as text and back: what is read must be of a schema that this version knows.
import { z } from 'zod';
import { SpringtideError } from '../model/errors.ts';
import { emptyMemory, memorySchema, type Memory } from '../model/memory.ts';

/** Only the frame is checked: its content is our own, and a record that no longer fits is left out by whoever reads it. */
const frame = z.looseObject({
  schema: z.int().positive(),
  lastTick: z.number().nullable(),
  steadySince: z.number().nullable(),
  targets: z.record(z.string(), z.looseObject({})),
  groups: z.record(z.string(), z.looseObject({})),
  nodes: z.record(z.string(), z.looseObject({})),
  conditions: z.record(z.string(), z.looseObject({})),
});

export const memoryText = (memory: Memory): string => JSON.stringify(memory);

export function parseMemory(text: string, where: string): Memory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SpringtideError({
      code: 'MemoryUnreadable',
      where,
      what: 'the memory is no JSON',
      mend: 'move the file away: springtide starts with an empty memory and shrinks nothing in its first window',
      cause,
    });
  }
  return memoryOf(value, where);
}

/** A memory out of a value that was read from somewhere: a file, a ConfigMap, a recording. */
export function memoryOf(value: unknown, where: string): Memory {
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema === 'number' && schema > memorySchema)
    throw new SpringtideError({
      code: 'MemoryTooNew',
      where,
      what: `the memory has schema ${schema}, this version knows ${memorySchema}`,
      mend: 'run the newer version of springtide, or move the memory away to begin anew',
    });
  const parsed = frame.safeParse(value);
  if (!parsed.success)
    throw new SpringtideError({
      code: 'MemoryUnreadable',
      where,
      what: `the memory is not one: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
      mend: 'move it away: springtide starts with an empty memory and shrinks nothing in its first window',
    });
  return { ...emptyMemory(), ...(value as Memory) };
}
