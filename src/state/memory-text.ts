// Memory as text and back: what is read must be of a schema that this version knows.
import { SpringtideError } from '../model/errors.ts';
import { memorySchema, type Memory } from '../model/memory.ts';
import { memoryShape } from './memory-shape.ts';

export const memoryText = (memory: Memory): string => JSON.stringify(memory);

const targetsAPiece = 256;

/** The same text in pieces, with places to take a breath: 20,000 targets are megabytes. */
export function* writingMemory({ targets, ...others }: Memory): Generator<undefined, readonly string[]> {
  const pieces: string[] = [];
  let piece = `${JSON.stringify(others).slice(0, -1)},"targets":{`;
  let count = 0;
  for (const key of Object.keys(targets)) {
    piece += `${count === 0 ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(targets[key])}`;
    if (++count % targetsAPiece === 0) {
      pieces.push(piece);
      piece = '';
    }
    yield;
  }
  pieces.push(`${piece}}}`);
  return pieces;
}

const away = 'move the file away: springtide starts with an empty memory and shrinks nothing in its first window';

export const parseMemory = (text: string, where: string): Memory => memoryOf(parsedText(text, where), where);

/** The object that a text is, whatever it means. */
export function parsedText(text: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SpringtideError({ code: 'MemoryUnreadable', where, what: 'the memory is no JSON', mend: away, cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new SpringtideError({
    code: 'MemoryUnreadable',
    where,
    what: 'the memory is not one: it is no JSON object',
    mend: 'move it away: springtide starts with an empty memory and shrinks nothing in its first window',
  });
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
  const parsed = memoryShape.safeParse(value);
  if (!parsed.success)
    throw new SpringtideError({
      code: 'MemoryUnreadable',
      where,
      what: `the memory is not one: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
      mend: 'move it away: springtide starts with an empty memory and shrinks nothing in its first window',
    });
  return parsed.data;
}
