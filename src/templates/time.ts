// Go's time.Time and time.Duration: layouts, texts and the methods that templates call.
import type { Instant } from '../model/units.ts';
import { CallError } from './template-error.ts';
import { asDuration, asInt, asText, asTime } from './value.ts';
import type { DurationValue, Method, Methods, TimeValue, Value } from './value.ts';
import { isZone, zoneAt } from './zones.ts';
import type { ZoneAt } from './zones.ts';

const second = 1_000_000_000n;

export const timeAt = (at: Instant, zone = 'UTC'): TimeValue => ({
  kind: 'time',
  nanoseconds: BigInt(Math.round(at * 1000)) * 1000n,
  zone,
});

/** Go's zero time, 1 January of the year 1: an alert that fires has it as its end. */
export const zeroTime: TimeValue = { kind: 'time', nanoseconds: -62_135_596_800n * second, zone: 'UTC' };

export const duration = (nanoseconds: bigint): DurationValue => ({ kind: 'duration', nanoseconds });

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

interface Wall {
  readonly date: Date;
  readonly fraction: bigint;
  readonly zone: ZoneAt;
}

function wallOf({ nanoseconds, zone }: TimeValue): Wall {
  const seconds = floorDivide(nanoseconds, second);
  const there = zoneAt(zone, Number(seconds));
  return {
    date: new Date((Number(seconds) + there.seconds) * 1000),
    fraction: nanoseconds - seconds * second,
    zone: there,
  };
}

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const layoutParts =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|_2006|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|__2|_2|0[1-6]|15|[1-5]|PM|pm/g;

/** `2006-01-02 15:04:05` and its kin. */
export function formatTime(value: TimeValue, layout: string): string {
  const wall = wallOf(value);
  return layout.replace(layoutParts, (part) => partOf(part, wall));
}

const padded = (count: number, width: number, by = '0'): string => String(count).padStart(width, by);

function partOf(part: string, { date, fraction, zone }: Wall): string {
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  switch (part) {
    case 'January':
      return months[date.getUTCMonth()] ?? '';
    case 'Jan':
      return (months[date.getUTCMonth()] ?? '').slice(0, 3);
    case 'Monday':
      return days[date.getUTCDay()] ?? '';
    case 'Mon':
      return (days[date.getUTCDay()] ?? '').slice(0, 3);
    case 'MST':
      return zone.name;
    case '2006':
      return padded(year, 4);
    case '_2006':
      return `_${padded(year, 4)}`;
    case '06':
      return padded(year % 100, 2);
    case '01':
      return padded(date.getUTCMonth() + 1, 2);
    case '1':
      return String(date.getUTCMonth() + 1);
    case '02':
      return padded(date.getUTCDate(), 2);
    case '_2':
      return padded(date.getUTCDate(), 2, ' ');
    case '2':
      return String(date.getUTCDate());
    case '002':
      return padded(dayOfYear(date), 3);
    case '__2':
      return padded(dayOfYear(date), 3, ' ');
    case '15':
      return padded(hour, 2);
    case '03':
      return padded(hour % 12 === 0 ? 12 : hour % 12, 2);
    case '3':
      return String(hour % 12 === 0 ? 12 : hour % 12);
    case '04':
      return padded(date.getUTCMinutes(), 2);
    case '4':
      return String(date.getUTCMinutes());
    case '05':
      return padded(date.getUTCSeconds(), 2);
    case '5':
      return String(date.getUTCSeconds());
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    default:
      break;
  }
  if (part.startsWith('Z')) return zone.seconds === 0 ? 'Z' : offsetText(zone.seconds, part.slice(1));
  if (part.startsWith('-')) return offsetText(zone.seconds, part.slice(1));
  const digits = fraction
    .toString()
    .padStart(9, '0')
    .slice(0, part.length - 1)
    .padEnd(part.length - 1, '0');
  if (part[1] === '0') return `${part[0] ?? '.'}${digits}`;
  const short = digits.replace(/0+$/, '');
  return short === '' ? '' : `${part[0] ?? '.'}${short}`;
}

const dayOfYear = (date: Date): number => {
  const start = new Date(date);
  start.setUTCMonth(0, 1);
  return Math.round((date.getTime() - start.getTime()) / 86_400_000) + 1;
};

function offsetText(seconds: number, shape: string): string {
  const size = Math.abs(seconds);
  const fields = [Math.trunc(size / 3600), Math.trunc((size % 3600) / 60), size % 60].map((count) => padded(count, 2));
  const count = shape.replaceAll(':', '').length / 2;
  return (seconds < 0 ? '-' : '+') + fields.slice(0, count).join(shape.includes(':') ? ':' : '');
}

/** How a time prints by itself. */
export const timeText = (value: TimeValue): string => formatTime(value, '2006-01-02 15:04:05.999999999 -0700 MST');
export const timeJson = (value: TimeValue): string => formatTime(value, '2006-01-02T15:04:05.999999999Z07:00');

/** 1h2m3.5s, as Go writes durations. */
export function durationText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const negative = nanoseconds < 0n;
  const size = negative ? -nanoseconds : nanoseconds;
  const sign = negative ? '-' : '';
  for (const [unit, name] of [
    [1_000n, 'ns'],
    [1_000_000n, 'µs'],
    [second, 'ms'],
  ] as const)
    if (size < unit) return sign + decimal(size, unit / 1000n) + name;
  const minutes = size / (60n * second);
  const text = `${decimal(size % (60n * second), second)}s`;
  if (minutes === 0n) return sign + text;
  return minutes < 60n ? `${sign}${minutes}m${text}` : `${sign}${minutes / 60n}h${minutes % 60n}m${text}`;
}

function decimal(value: bigint, unit: bigint): string {
  if (unit === 0n) return String(value);
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return `${value / unit}${unit === 1n || fraction === '' ? '' : `.${fraction}`}`;
}

export function inZone(value: TimeValue, zone: string): TimeValue {
  if (!isZone(zone)) throw new CallError(`unknown time zone ${zone}`);
  return { ...value, zone: zone === '' ? 'UTC' : zone };
}

const most = (1n << 63n) - 1n;
/** A span longer than 292 years is the longest there is. */
export const within64 = (nanoseconds: bigint): bigint =>
  nanoseconds > most ? most : nanoseconds < -most - 1n ? -most - 1n : nanoseconds;

const time = (run: (self: TimeValue) => Value): Method => ({ parameters: [], run: (self) => run(asTime(self)) });
const compared = (run: (left: bigint, right: bigint) => boolean): Method => ({
  parameters: ['time'],
  run: (self, [other]) => run(asTime(self).nanoseconds, asTime(other).nanoseconds),
});
const dated = (run: (date: Date) => number): Method => time((self) => BigInt(run(wallOf(self).date)));

export const timeMethods: Methods = new Map<string, Method>([
  ['Format', { parameters: ['string'], run: (self, [layout]) => formatTime(asTime(self), asText(layout)) }],
  ['String', time(timeText)],
  ['UTC', time((self) => inZone(self, 'UTC'))],
  ['Local', { parameters: [], run: (self, _, world) => inZone(asTime(self), world.timeZone) }],
  ['Unix', time(({ nanoseconds }) => floorDivide(nanoseconds, second))],
  ['UnixMilli', time(({ nanoseconds }) => floorDivide(nanoseconds, 1_000_000n))],
  ['UnixNano', time(({ nanoseconds }) => nanoseconds)],
  ['IsZero', time(({ nanoseconds }) => nanoseconds === zeroTime.nanoseconds)],
  ['Year', dated((date) => date.getUTCFullYear())],
  ['Day', dated((date) => date.getUTCDate())],
  ['Hour', dated((date) => date.getUTCHours())],
  ['Minute', dated((date) => date.getUTCMinutes())],
  ['Second', dated((date) => date.getUTCSeconds())],
  ['YearDay', dated(dayOfYear)],
  ['Month', time((self) => months[wallOf(self).date.getUTCMonth()] ?? '')],
  ['Weekday', time((self) => days[wallOf(self).date.getUTCDay()] ?? '')],
  [
    'Add',
    {
      parameters: ['duration'],
      run: (self, [by]) => ({ ...asTime(self), nanoseconds: asTime(self).nanoseconds + asInt(by) }),
    },
  ],
  [
    'Sub',
    {
      parameters: ['time'],
      run: (self, [other]) => duration(within64(asTime(self).nanoseconds - asTime(other).nanoseconds)),
    },
  ],
  ['Before', compared((left, right) => left < right)],
  ['After', compared((left, right) => left > right)],
  ['Equal', compared((left, right) => left === right)],
]);

const measured = (unit: bigint): Method => ({
  parameters: [],
  run: (self) => Number(asDuration(self).nanoseconds) / Number(unit),
});
const counted = (unit: bigint): Method => ({ parameters: [], run: (self) => asDuration(self).nanoseconds / unit });
const rounded = (half: boolean): Method => ({
  parameters: ['duration'],
  run: (self, [to]) => {
    const { nanoseconds } = asDuration(self);
    const step = asInt(to);
    if (step <= 0n) return duration(nanoseconds);
    const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
    const kept = size - (size % step) + (half && (size % step) * 2n >= step ? step : 0n);
    return duration(nanoseconds < 0n ? -kept : kept);
  },
});

export const durationMethods: Methods = new Map<string, Method>([
  ['Hours', measured(3600n * second)],
  ['Minutes', measured(60n * second)],
  ['Seconds', measured(second)],
  ['Milliseconds', counted(1_000_000n)],
  ['Microseconds', counted(1_000n)],
  ['Nanoseconds', counted(1n)],
  ['String', { parameters: [], run: (self) => durationText(asDuration(self).nanoseconds) }],
  ['Round', rounded(true)],
  ['Truncate', rounded(false)],
  [
    'Abs',
    {
      parameters: [],
      run: (self) => {
        const { nanoseconds } = asDuration(self);
        return duration(nanoseconds < 0n ? -nanoseconds : nanoseconds);
      },
    },
  ],
]);
