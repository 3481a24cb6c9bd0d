// How days are written: names of weekdays and kinds of days, dates and ranges of dates.
import { z } from 'zod';
import { days } from './scalars.ts';

/** One name or several; a list afterwards. */
export const dayNames = z
  .union([days.element, days])
  .transform((given): readonly string[] => (typeof given === 'string' ? [given] : given));

const dayLength = 86_400_000;
const longestRange = 366;

/** Days since 1970-01-01; null where there is no such date. */
function dayNumber(date: string): number | null {
  const at = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // the engine takes 2026-02-30 for the second of March
  return Number.isNaN(at) || dateText(at / dayLength) !== date ? null : at / dayLength;
}

const dateText = (day: number): string => new Date(day * dayLength).toISOString().slice(0, 10);

/** Each date of "2026-10-01/2026-10-07" or of a single one, or what is wrong with the text. */
function readDates(text: string): readonly string[] | { readonly wrong: string } {
  const [from = '', until = from, ...others] = text.split('/');
  const [first, last] = [dayNumber(from), dayNumber(until)];
  const example = 'write 2026-10-01, or 2026-10-01/2026-10-07 for a range';
  if (first === null || last === null || others.length > 0) {
    const missing = [from, until].find((date) => /^\d{4}-\d\d-\d\d$/.test(date) && dayNumber(date) === null);
    return { wrong: missing === undefined ? `"${text}" is no date: ${example}` : `there is no day ${missing}` };
  }
  if (last < first) return { wrong: `the range ${text} ends before it begins` };
  if (last - first >= longestRange) return { wrong: `the range ${text} is longer than a year` };
  return Array.from({ length: last - first + 1 }, (_, index) => dateText(first + index));
}

export function datesOf(text: string): readonly string[] {
  const read = readDates(text);
  return 'wrong' in read ? [] : read;
}

export const dates = z.array(
  z
    .string()
    .meta({ description: 'a date or a range of dates: 2026-10-01, 2026-10-01/2026-10-07' })
    .check((context) => {
      const read = readDates(context.value);
      if ('wrong' in read) context.issues.push({ code: 'custom', input: context.value, message: read.wrong });
    }),
);
