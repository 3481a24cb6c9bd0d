// Where the cases of a file are: arrays at any depth of objects, and single objects that are a case by themselves.
import type { ManifestEntry } from './manifest.ts';
import type { Fields, VectorCase, VectorFile } from './vector.ts';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Expectations of all families begin with one of these; the others are known by the manifest. */
const isExpectation = (key: string): boolean => /^(?:expect|error$|want$|states$)/.test(key);

const isCase = (element: unknown): element is Fields =>
  isObject(element) && (Object.keys(element).some(isExpectation) || ('name' in element && 'value' in element));

/** The places of everything that looks like cases; what an array holds is not looked into. */
export function arraysOf(value: Fields, above: readonly string[] = []): readonly string[] {
  return Object.entries(value).flatMap(([key, below]) => {
    const place = [...above, key];
    if (Array.isArray(below)) return below.length > 0 && below.every(isCase) ? [place.join('.')] : [];
    if (!isObject(below) || isExpectation(key)) return [];
    if (Object.keys(below).some(isExpectation)) return [place.join('.')];
    return arraysOf(below, place);
  });
}

export const valueUnder = (file: VectorFile, array: string): unknown =>
  array.split('.').reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), file);

const nameOf = (fields: Fields): string | undefined =>
  [fields['name'], fields['desc']].find((name) => typeof name === 'string');

/** A fact is a case whose expectation is its value. */
export function casesIn(value: unknown, entry: ManifestEntry, file: VectorFile): readonly VectorCase[] {
  if (value === undefined) return [];
  const elements = Array.isArray(value) ? value : [value];
  return elements
    .flatMap((element: unknown) => entry.split?.(element, file) ?? [element])
    .map((whole, index) => {
      const fields = isObject(whole) ? whole : {};
      return {
        id: typeof fields['id'] === 'string' ? fields['id'] : entry.array,
        name: nameOf(fields) ?? String(index),
        array: entry.array,
        input: fields['input'] ?? whole,
        expected: fields['expected'] ?? fields['expect'] ?? { value: fields['value'] },
        whole,
      };
    });
}
