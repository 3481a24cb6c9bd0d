// Cron expressions as they are written: five fields, and nothing that only some programs know.
import { CronExpressionParser } from 'cron-parser';

const fieldNames = ['minute', 'hour', 'day of the month', 'month', 'weekday'];
const names = /jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun/gi;

/** What is wrong with the expression; null where it is right. */
export function cronProblem(text: string): string | null {
  const fields = text
    .trim()
    .split(/\s+/)
    .filter((field) => field !== '');
  if (fields.length !== fieldNames.length) {
    const counted = fields.length === 1 ? '1 field' : `${fields.length} fields`;
    return `"${text}" has ${counted}, a cron expression here has five: ${fieldNames.join(', ')}`;
  }
  for (const [index, field] of fields.entries()) {
    const strange = /[^\d*,/?-]/.exec(index >= 3 ? field.replaceAll(names, '') : field)?.[0];
    if (strange !== undefined)
      return `"${text}" has "${strange}" in the ${fieldNames[index] ?? 'expression'}, which is not known here`;
  }
  try {
    CronExpressionParser.parse(text);
    // Beside a weekday a day that never comes is passed over; calendars differ on that, and nobody means it.
    CronExpressionParser.parse([...fields.slice(0, 4), '*'].join(' '));
    return null;
  } catch (error) {
    const told = error instanceof Error ? error.message : 'it cannot be read';
    const reason = told.includes('day of month definition') ? 'its months have no such day' : told;
    return `"${text}" is no cron expression: ${reason.slice(0, 1).toLowerCase()}${reason.slice(1)}`;
  }
}
