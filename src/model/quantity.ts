// Kubernetes quantities ("250m", "1.5Gi", "2e3") to plain numbers in the base unit; saturating, never throwing.

const factors: Readonly<Record<string, number>> = {
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
const shape = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/;

/** The number a quantity stands for; null where the text is none. */
export function parseQuantity(text: string | number | null | undefined): number | null {
  if (typeof text === 'number') return Number.isFinite(text) ? text : null;
  if (text === null || text === undefined) return null;
  const match = shape.exec(text.trim());
  if (match === null) return null;
  const [, digits = '', exponent = '', suffix = ''] = match;
  const value = Number(digits + exponent) * (factors[suffix] ?? Number.NaN);
  return Number.isNaN(value) ? null : value;
}

/** In thousandths, rounded up as Kubernetes does: 1n of a core still counts as one. */
export function parseMilli(text: string | number | null | undefined): number | null {
  const value = parseQuantity(text);
  if (value === null) return null;
  const milli = value * 1000;
  // Decimal fractions are not exact in binary: 0.1 × 1000 must stay 100.
  const nearest = Math.round(milli);
  return Math.abs(milli - nearest) < 1e-6 * Math.max(1, Math.abs(milli)) ? nearest : Math.ceil(milli);
}
