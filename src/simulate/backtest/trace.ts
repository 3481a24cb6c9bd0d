// A trace: the load as it was, from a CSV file or from Prometheus' history; and the same, tick by tick.
import { SpringtideError } from '../../model/errors.ts';
import { instantOf, type Instant } from '../../model/units.ts';

export interface Trace {
  readonly name: string;
  /** null: its times count from its own beginning, and nobody has said when that was */
  readonly start: Instant | null;
  /** seconds between its values */
  readonly step: number;
  readonly values: Float64Array;
  /** places where nothing was measured, filled with the value before */
  readonly gaps: number;
}

const mostRows = 5_000_000;

const refuse = (where: string, what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'TraceInvalid', where, what, mend });

/** Seconds since the epoch, or since the beginning of the trace. */
function timeOf(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const number = Number(trimmed);
  if (Number.isFinite(number)) return number > 1e11 ? number / 1000 : number;
  const at = /^\d{4}-\d{2}-\d{2}[T ]/.test(trimmed) ? instantOf(trimmed) : null;
  return at === null ? null : at / 1000;
}

interface Row {
  readonly time: number;
  readonly value: number;
}

/** `12,345,` and the like: what stands after the second column is not read. */
function rowOf(line: string, number: number, file: string): Row {
  const comma = line.indexOf(',');
  if (comma < 0)
    throw refuse(`${file}:${number}:1`, `"${line.slice(0, 40)}" has one column`, 'write TIME,VALUE in each line');
  const after = line.indexOf(',', comma + 1);
  const time = timeOf(line.slice(0, comma));
  if (time === null)
    throw refuse(
      `${file}:${number}:1`,
      `"${line.slice(0, Math.min(comma, 40))}" is no time`,
      'write seconds from the beginning, seconds since 1970, or 2026-11-20T08:00:00Z',
    );
  const text = line.slice(comma + 1, after < 0 ? undefined : after).trim();
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return { time, value };
  throw refuse(
    `${file}:${number}:${comma + 2}`,
    `"${text.slice(0, 40)}" is no load`,
    'write a number from 0 on; leave lines without a value out',
  );
}

const isHeader = (line: string): boolean => {
  const [time = '', value = ''] = line.split(',');
  return timeOf(time) === null && !Number.isFinite(Number(value.trim() === '' ? Number.NaN : value));
};

/** The span between two rows that comes up most: the others are gaps, or a row too many. */
function stepOf(rows: readonly Row[]): number {
  const counts = new Map<number, number>();
  for (let place = 1; place < rows.length; place++) {
    const span = (rows[place]?.time ?? 0) - (rows[place - 1]?.time ?? 0);
    counts.set(span, (counts.get(span) ?? 0) + 1);
  }
  let [step, most] = [0, 0];
  for (const [span, count] of counts) if (count > most) [step, most] = [span, count];
  return step;
}

/** Begins of 1970 are none: such times count from the beginning of the trace. */
const earliest = Date.parse('1990-01-01T00:00:00Z') / 1000;

export function readTrace(text: string, file: string): Trace {
  const rows: Row[] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '' || line.startsWith('#') || (rows.length === 0 && isHeader(line))) continue;
    const row = rowOf(line, number, file);
    const before = rows.at(-1);
    if (before !== undefined && row.time <= before.time)
      throw refuse(
        `${file}:${number}:1`,
        `${row.time} is not later than the line before`,
        'sort the lines by time, each time once',
      );
    if (rows.length >= mostRows)
      throw refuse(
        `${file}:${number}:1`,
        `more than ${mostRows} lines`,
        'cut the trace, or write a value every 15 s at most',
      );
    rows.push(row);
  }
  const [first] = rows;
  if (first === undefined || rows.length < 2)
    throw refuse(file, `${rows.length} values are no trace`, 'write at least two lines of TIME,VALUE');
  const step = stepOf(rows);
  const start = first.time >= earliest ? ((first.time * 1000) as Instant) : null;
  return { name: file, start, step, ...evenly(rows, step) };
}

/** One value a step: what is missing holds the value before. */
function evenly(rows: readonly Row[], step: number): Pick<Trace, 'values' | 'gaps'> {
  const [first, last] = [rows[0]?.time ?? 0, rows.at(-1)?.time ?? 0];
  const values = new Float64Array(Math.floor((last - first) / step + 1e-9) + 1);
  let gaps = 0;
  let next = 0;
  for (let place = 0; place < values.length; place++) {
    const until = first + (place + 0.5) * step;
    const before = next;
    while (next < rows.length && (rows[next]?.time ?? 0) < until) next += 1;
    if (next === before) gaps += 1;
    values[place] = rows[Math.max(0, next - 1)]?.value ?? 0;
  }
  return { values, gaps };
}

/** What is measured each minute or oftener is held in between; what is coarser is drawn as a line. */
export function ticksOf({ values, step }: Pick<Trace, 'values' | 'step'>, tick: number): Float64Array {
  if (step <= 60) {
    const held = new Float64Array(Math.floor((values.length * step) / tick));
    return held.map((_, place) => values[Math.min(values.length - 1, Math.floor((place * tick) / step))] ?? 0);
  }
  const drawn = new Float64Array(Math.floor(((values.length - 1) * step) / tick));
  return drawn.map((_, place) => {
    const at = (place * tick) / step;
    const before = Math.floor(at);
    const part = at - before;
    return (values[before] ?? 0) * (1 - part) + (values[before + 1] ?? 0) * part;
  });
}

/** The value that so large a share of all is below. */
export function quantileOf(values: Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
