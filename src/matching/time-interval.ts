// Alertmanager's time intervals: when they hold, in their own zone; and what is wrong with one that cannot be read.

/** Both ends belong to it. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export interface TimeInterval {
  /** minutes of the day; the last one does not belong to it */
  readonly times: readonly Range[] | null;
  /** 0 is Sunday */
  readonly weekdays: readonly Range[] | null;
  /** negative ones count from the month's end */
  readonly days: readonly Range[] | null;
  readonly months: readonly Range[] | null;
  readonly years: readonly Range[] | null;
  readonly zone: string;
}

export interface IntervalMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type ParsedInterval =
  | { readonly ok: true; readonly interval: TimeInterval }
  | { readonly ok: false; readonly mistakes: readonly IntervalMistake[] };

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

type Read = (text: string) => number | string;

const weekdayOf: Read = (text) => {
  const index = weekdayNames.indexOf(text.toLowerCase());
  return index === -1 ? `${text} is not a valid weekday` : index;
};

const monthOf: Read = (text) => {
  const index = monthNames.indexOf(text.toLowerCase());
  if (index !== -1) return index + 1;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 12 ? number : `${text} is not a valid month`;
};

const dayOf: Read = (text) => {
  if (!/^[+-]?\d{1,3}$/.test(text)) return `${text} is not a valid day of the month`;
  const day = Number(text);
  return day === 0 || Math.abs(day) > 31 ? `${text} is not a valid day of the month: out of range` : day;
};

const yearOf: Read = (text) => (/^[+-]?\d{1,5}$/.test(text) ? Number(text) : `${text} is not a valid year`);

/** "00:00" to "24:00" as minutes of the day; null where it is no time. */
function minuteOf(text: unknown): number | null {
  const [, hour, minute] = (typeof text === 'string' && /^(\d\d):(\d\d)$/.exec(text)) || [];
  if (hour === undefined || minute === undefined) return null;
  const minutes = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && minutes <= 1440 ? minutes : null;
}

function timeRange(value: unknown): Range | string {
  const { start_time: start, end_time: end } = isMapping(value) ? value : {};
  if (start === undefined || end === undefined) return 'a time has both start_time and end_time';
  const from = minuteOf(start);
  const to = minuteOf(end);
  if (from === null) return `couldn't parse timestamp ${shown(start)}, invalid format: write "09:00"`;
  if (to === null) return `couldn't parse timestamp ${shown(end)}, invalid format: write "17:00", at most "24:00"`;
  return from < to ? { from, to } : 'start time cannot be equal or greater than end time: split a night at midnight';
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function rangeOf(
  value: unknown,
  read: Read,
  check: (range: Range, from: string, to: string) => string | null,
): Range | string {
  if (typeof value !== 'string' && typeof value !== 'number')
    return `${shown(value)} is no range: write FROM:TO or one of them`;
  const [first = '', last = first, ...more] = String(value).split(':');
  if (more.length > 0) return `${value} is no range: write FROM:TO`;
  const from = read(first);
  const to = read(last);
  if (typeof from === 'string') return from;
  if (typeof to === 'string') return to;
  return check({ from, to }, first, last) ?? { from, to };
}

const ascending =
  (what: string) =>
  ({ from, to }: Range, first: string, last: string): string | null =>
    from <= to ? null : `end ${what} ${last} is before start ${what} ${first}`;

/** 28 days are in every month: what would be empty in February is refused, as upstream does. */
function daysInOrder({ from, to }: Range, first: string, last: string): string | null {
  if (from < 0 && to > 0) return `end day must be negative if start day is negative`;
  const inFebruary = (day: number): number => (day < 0 ? 28 + day : day);
  return inFebruary(from) > inFebruary(to)
    ? `end day ${last} is before start day ${first} in a month of 28 days`
    : null;
}

const keys = ['times', 'weekdays', 'days_of_month', 'months', 'years', 'location'];

export function parseTimeInterval(value: unknown): ParsedInterval {
  if (!isMapping(value)) return { ok: false, mistakes: [{ path: [], message: 'an interval is a mapping' }] };
  const mistakes: IntervalMistake[] = Object.keys(value)
    .filter((key) => !keys.includes(key))
    .map((key) => ({ path: [key], message: `unknown key "${key}": known here: ${keys.join(', ')}` }));
  const ranges = (key: string, read: (item: unknown) => Range | string): Range[] | null => {
    const items = value[key] ?? null;
    if (items === null) return null;
    if (!Array.isArray(items)) {
      mistakes.push({ path: [key], message: `${key} is a list` });
      return [];
    }
    return items.flatMap((item, index) => {
      const range = read(item);
      if (typeof range !== 'string') return [range];
      mistakes.push({ path: [key, index], message: range });
      return [];
    });
  };
  const named =
    (read: Read, check: Parameters<typeof rangeOf>[2]) =>
    (item: unknown): Range | string =>
      rangeOf(item, read, check);
  const location = value['location'] ?? '';
  const zone = zoneOf(location);
  if (zone === null) mistakes.push({ path: ['location'], message: `${shown(location)} is no time zone` });
  const interval: TimeInterval = {
    times: ranges('times', timeRange),
    weekdays: ranges('weekdays', named(weekdayOf, ascending('day'))),
    days: ranges('days_of_month', named(dayOf, daysInOrder)),
    months: ranges('months', named(monthOf, ascending('month'))),
    years: ranges('years', named(yearOf, ascending('year'))),
    zone: zone ?? utc,
  };
  return mistakes.length === 0 ? { ok: true, interval } : { ok: false, mistakes };
}

const utc = 'UTC';
/** that of this machine, as Go calls it */
const here = 'Local';

function zoneOf(location: unknown): string | null {
  if (location === '') return utc;
  if (typeof location !== 'string') return null;
  try {
    formatFor(location);
    return location;
  } catch {
    return null;
  }
}

const formatFor = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    ...(zone !== here && { timeZone: zone }),
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });

interface LocalTime {
  readonly minute: number;
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
  readonly daysInMonth: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** of many routes one after the other only the first is worked out */
  last: { readonly epochMinute: number; readonly local: LocalTime } | null;
}

const zones = new Map<string, Zone>();

function localTime(at: number, name: string): LocalTime {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = { format: formatFor(name), last: null };
    zones.set(name, zone);
  }
  const epochMinute = Math.floor(at / 60_000);
  if (zone.last?.epochMinute === epochMinute) return zone.last.local;
  const local = localTimeBy(zone.format, epochMinute * 60_000);
  zone.last = { epochMinute, local };
  return local;
}

function localTimeBy(format: Intl.DateTimeFormat, at: number): LocalTime {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const [year, month, day] = [of('year'), of('month'), of('day')];
  return {
    minute: of('hour') * 60 + of('minute'),
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
    day,
    month,
    year,
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}

/** All that is written must hold; of each kind one range is enough. An empty list never holds, as in Alertmanager. */
export function containsInstant({ times, weekdays, days, months, years, zone }: TimeInterval, at: number): boolean {
  const local = localTime(at, zone);
  const within = (ranges: readonly Range[] | null, value: number): boolean =>
    ranges === null || ranges.some(({ from, to }) => value >= from && value <= to);
  return (
    (times === null || times.some(({ from, to }) => local.minute >= from && local.minute < to)) &&
    (days === null || days.some((range) => isDay(range, local))) &&
    within(months, local.month) &&
    within(weekdays, local.weekday) &&
    within(years, local.year)
  );
}

/** A range that begins after the month's end never holds; one that ends after it ends with the month. */
function isDay({ from, to }: Range, { day, daysInMonth }: LocalTime): boolean {
  const inMonth = (written: number): number => (written < 0 ? daysInMonth + written + 1 : written);
  const begin = inMonth(from);
  if (begin > daysInMonth) return false;
  return day >= Math.max(begin, 1) && day <= Math.min(inMonth(to), daysInMonth);
}

/** Of documents that were checked when they were loaded. */
export const parseTimeIntervals = (written: readonly unknown[]): readonly TimeInterval[] =>
  written.map((value) => {
    const parsed = parseTimeInterval(value);
    if (parsed.ok) return parsed.interval;
    throw new Error(parsed.mistakes.map(({ message }) => message).join('; '));
  });

export const isWithin = (intervals: readonly TimeInterval[], at: number): boolean =>
  intervals.some((interval) => containsInstant(interval, at));
