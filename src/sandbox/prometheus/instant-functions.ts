// The functions that turn each number into another one: arithmetic, trigonometry, rounding, the calendar.

/** The value and the scalar arguments behind the vector; null drops the sample. */
export type NumberFunction = (value: number, first: number, second: number) => number | null;

const inUtc =
  (part: (date: Date) => number): NumberFunction =>
  (seconds) =>
    Number.isFinite(seconds) ? part(new Date(Math.floor(seconds) * 1000)) : NaN;

const dayMilliseconds = 86_400_000;

function dayOfYear(date: Date): number {
  const today = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return (today - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMilliseconds + 1;
}

function round(value: number, toNearest: number): number {
  const inverse = 1 / (Number.isNaN(toNearest) ? 1 : toNearest);
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Called with the current time where their argument is left out. */
export const calendarFunctions: ReadonlyMap<string, NumberFunction> = new Map<string, NumberFunction>([
  ['minute', inUtc((date) => date.getUTCMinutes())],
  ['hour', inUtc((date) => date.getUTCHours())],
  ['day_of_week', inUtc((date) => date.getUTCDay())],
  ['day_of_month', inUtc((date) => date.getUTCDate())],
  ['day_of_year', inUtc(dayOfYear)],
  ['days_in_month', inUtc((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate())],
  ['month', inUtc((date) => date.getUTCMonth() + 1)],
  ['year', inUtc((date) => date.getUTCFullYear())],
]);

export const numberFunctions: ReadonlyMap<string, NumberFunction> = new Map<string, NumberFunction>([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['exp', Math.exp],
  ['ln', Math.log],
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['sqrt', Math.sqrt],
  ['sgn', Math.sign],
  ['acos', Math.acos],
  ['acosh', Math.acosh],
  ['asin', Math.asin],
  ['asinh', Math.asinh],
  ['atan', Math.atan],
  ['atanh', Math.atanh],
  ['cos', Math.cos],
  ['cosh', Math.cosh],
  ['sin', Math.sin],
  ['sinh', Math.sinh],
  ['tan', Math.tan],
  ['tanh', Math.tanh],
  ['deg', (value) => (value * 180) / Math.PI],
  ['rad', (value) => (value * Math.PI) / 180],
  ['round', round],
  ['clamp', (value, least, most) => (most < least ? null : Math.max(least, Math.min(most, value)))],
  ['clamp_min', (value, least) => Math.max(least, value)],
  ['clamp_max', (value, most) => Math.min(most, value)],
  ...calendarFunctions,
]);
