// JSON values compared and hashed by what they say, not by the order of their keys.
import type { JsonObject } from './objects.ts';

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function canonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_key, item: unknown) =>
    isJsonObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
  return text ?? '';
}

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** A text's 32-bit number (FNV-1a). */
export function numberOf(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/** A short name part for a value, always the same for the same value. */
export function hashOf(value: unknown): string {
  const text = canonicalJson(value);
  let name = '';
  for (const seed of [0x811c9dc5, 0x01000193]) {
    let hash = numberOf(text, seed);
    for (let digit = 0; digit < 5; digit += 1) {
      name += letters[hash % letters.length] ?? 'x';
      hash = Math.floor(hash / letters.length);
    }
  }
  return name;
}

/** A copy of an object without some of its fields. */
export function without<T extends object, K extends keyof T>(object: T, ...fields: K[]): Omit<T, K> {
  const copy = { ...object };
  for (const field of fields) Reflect.deleteProperty(copy, field);
  return copy;
}
