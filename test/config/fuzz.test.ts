// Whatever people do to a file: problems in their places, never an exception.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { goodTexts, inMemory } from './files.ts';

const strange = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e999',
  '"',
  '{',
  '- x',
  '*x',
  '&x 1',
  '!!binary x',
  '0',
  'true',
  '~',
  '? a',
  '<<: {a: 1}',
  '\t',
  '汉字',
  '1: 2',
  '2026-01-01',
  "''",
  '__proto__: 1',
  'constructor',
];

interface Edit {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly how: 'value' | 'line' | 'append' | 'remove';
}

const edits = fc.record<Edit>({
  file: fc.constantFrom(...Object.keys(goodTexts)),
  line: fc.nat(30),
  text: fc.constantFrom(...strange),
  how: fc.constantFrom('value', 'line', 'append', 'remove'),
});

function edited(text: string, { line, text: value, how }: Edit): string {
  const lines = text.split('\n');
  const at = line % lines.length;
  const before = lines[at] ?? '';
  switch (how) {
    case 'value':
      lines[at] = before.replace(/:.*$/, `: ${value}`);
      break;
    case 'line':
      lines[at] = before.replace(/\S.*$/, value);
      break;
    case 'append':
      lines[at] = `${before} ${value}`;
      break;
    case 'remove':
      lines.splice(at, 1);
  }
  return lines.join('\n');
}

describe('a configuration that was edited at random', () => {
  it('loads or has problems that lie in its files', () => {
    fc.assert(
      fc.property(fc.array(edits, { minLength: 1, maxLength: 3 }), (changes) => {
        const texts = changes.reduce<Record<string, string>>(
          (all, change) => ({ ...all, [change.file]: edited(all[change.file] ?? '', change) }),
          { ...goodTexts },
        );
        for (const problem of loadFiles(inMemory(texts)).problems) {
          const lines = (texts[problem.file] ?? '').split('\n');
          expect(problem.line).toBeLessThanOrEqual(lines.length);
          expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length + 1);
          expect(formatProblem(problem)).not.toMatch(/undefined|\[object/);
        }
      }),
      { numRuns: 150 },
    );
  });
});
