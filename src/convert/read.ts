// Reads objects that others wrote: nothing about them is taken for granted.
import { parseQuantity } from '../model/quantity.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** null and absent are the same in Kubernetes. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Text that is there; numbers and booleans as YAML made them out of unquoted text. */
export function textOf(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value === '' ? null : value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return null;
  }
}

export function wholeOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** A quantity above 0 as it was written ("500m", "2Gi"); plain numbers as numbers. */
export function amountOf(value: unknown): string | number | null {
  const text = textOf(value)?.trim() ?? null;
  const size = parseQuantity(text);
  if (text === null || size === null || size <= 0 || !Number.isFinite(size)) return null;
  return /^\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : text;
}

/** Go's ParseBool; null where the text is neither. */
export function booleanOf(value: unknown): boolean | null {
  const text = textOf(value);
  if (text === null) return null;
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : null;
}

/** "90s", "5m", "1h": the longest unit that divides it. */
export function durationText(seconds: number): string {
  if (seconds > 0 && seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds > 0 && seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}

/** An object with the undefined ones left out. */
export function given<T extends object>(fields: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
