// Loads as 16 bits: a tenth of a percent over twenty-seven decades, in the order of the loads, so that a week of minutes stays small.
const least = 1e-9;
const perNat = 65533 / Math.log(1e27);

/** No load is known for this moment. */
export const missing = 0;

const loads = new Float32Array(65536);
for (let code = 2; code < 65536; code++) loads[code] = least * Math.exp((code - 2) / perNat);

export function codeOf(load: number): number {
  if (load <= least) return 1;
  return Math.min(65535, 2 + Math.round(Math.log(load / least) * perNat));
}

/** 0 where it is missing. */
export const loadOf = (code: number): number => loads[code] ?? 0;
