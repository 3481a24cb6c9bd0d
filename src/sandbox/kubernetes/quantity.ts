// Quantities of Kubernetes ("250m", "16Gi") as numbers in base units: cores, bytes, pieces.

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a quantity; undefined where the text is none. Rounded to 1e-9 so that sums of millicores stay exact enough. */
export function parseQuantity(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined;
  const parts = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(text.trim());
  const factor = suffixes[parts?.[2] ?? ''];
  if (parts?.[1] === undefined || factor === undefined) return undefined;
  return Math.round(Number(parts[1]) * factor * 1e9) / 1e9;
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
