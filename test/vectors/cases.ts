// Reads a file of vectors; what a case holds is stated by the test that adapts it.
import { readFileSync } from 'node:fs';

export interface VectorCase<Input, Expected> {
  readonly id: string;
  readonly name: string;
  readonly input: Input;
  readonly expected: Expected;
}

/** [title, case] rows for it.each. One family of files says `expected`, the other `expect`. */
export function vectorCases<Input, Expected>(file: string): (readonly [string, VectorCase<Input, Expected>])[] {
  const text = readFileSync(new URL(`${file}.json`, import.meta.url), 'utf8');
  const { cases } = JSON.parse(text) as { cases: (VectorCase<Input, Expected> & { expect?: Expected })[] };
  return cases.map((one) => [`${one.id} ${one.name}`, { ...one, expected: one.expected ?? (one.expect as Expected) }]);
}
