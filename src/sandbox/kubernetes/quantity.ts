// Quantities of Kubernetes ("250m", "16Gi") as numbers in base units: cores, bytes, pieces.

import { parseQuantity as exactQuantity } from '../../model/quantity.ts';

/** The value of a quantity; undefined where the text is none. Rounded to 1e-9 so that sums of millicores stay exact enough. */
export function parseQuantity(text: string | number): number | undefined {
  const value = exactQuantity(text);
  return value === null ? undefined : Math.round(value * 1e9) / 1e9;
}

export const quantityOf = (text: string | number | undefined): number =>
  text === undefined ? 0 : (parseQuantity(text) ?? 0);

/** A number as the API would print it: millicores for fractions, plain digits else. */
export function printQuantity(resource: string, value: number): string {
  if (resource.endsWith('cpu')) return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
  if (resource.endsWith('memory') || resource.endsWith('storage')) {
    for (const [suffix, factor] of [
      ['Gi', 2 ** 30],
      ['Mi', 2 ** 20],
      ['Ki', 2 ** 10],
    ] as const)
      if (value >= factor && value % factor === 0) return `${value / factor}${suffix}`;
  }
  return String(value);
}
