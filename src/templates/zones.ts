// Time zones: how far they are from UTC at an instant, and what they are called there.

export interface ZoneAt {
  /** east of UTC */
  readonly seconds: number;
  readonly name: string;
}

// English short names of the runtime end at GMT+8 for these
const names: Readonly<Record<string, string>> = {
  'Asia/Shanghai': 'CST',
  'Asia/Chongqing': 'CST',
  'Asia/Harbin': 'CST',
  'Asia/Macau': 'CST',
  'Asia/Taipei': 'CST',
  PRC: 'CST',
  'Asia/Hong_Kong': 'HKT',
  Hongkong: 'HKT',
  'Asia/Tokyo': 'JST',
  Japan: 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Kolkata': 'IST',
  'Asia/Calcutta': 'IST',
  'Asia/Jakarta': 'WIB',
  'Asia/Manila': 'PST',
  'Asia/Karachi': 'PKT',
  'Europe/Moscow': 'MSK',
};
interface Clock {
  readonly wall: Intl.DateTimeFormat;
  /** in two Englishes, which know other zones by their short names */
  readonly named: readonly Intl.DateTimeFormat[];
}
const clocks = new Map<string, Clock | null>();
const mostClocks = 600;

function clockOf(zone: string): Clock | null {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    if (clocks.size >= mostClocks) clocks.clear();
    clock = made(zone);
    clocks.set(zone, clock);
  }
  return clock;
}

function made(timeZone: string): Clock | null {
  // offsets such as +08:00 are no names of zones for Go
  if (!/^[A-Za-z][\w+\-/]*$/.test(timeZone)) return null;
  try {
    return {
      wall: new Intl.DateTimeFormat('en-US', {
        timeZone,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      }),
      named: ['en-US', 'en-GB'].map((locale) => new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' })),
    };
  } catch {
    return null;
  }
}

export const isZone = (zone: string): boolean => zone === 'UTC' || zone === '' || clockOf(zone) !== null;

export function zoneAt(zone: string, seconds: number): ZoneAt {
  const utc = { seconds: 0, name: 'UTC' };
  const clock = zone === 'UTC' || zone === '' ? null : clockOf(zone);
  if (clock === null) return utc;
  const at = new Date(seconds * 1000);
  const parts = new Map(clock.wall.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0);
  const year = parts.get('era')?.startsWith('B') === true ? 1 - part('year') : part('year');
  const wall = new Date(0);
  wall.setUTCFullYear(year, part('month') - 1, part('day'));
  wall.setUTCHours(part('hour'), part('minute'), part('second'));
  const offset = Math.round(wall.getTime() / 1000 - Math.floor(seconds));
  return { seconds: offset, name: nameOf(zone, clock, at, offset) };
}

function nameOf(zone: string, { named }: Clock, at: Date, offset: number): string {
  for (const format of named) {
    const short = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{2,5}$/.test(short)) return short;
  }
  const known = Object.hasOwn(names, zone) ? names[zone] : undefined;
  if (known !== undefined) return known;
  const minutes = Math.abs(Math.trunc(offset / 60));
  const two = (count: number): string => String(count).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}${minutes % 60 === 0 ? '' : two(minutes % 60)}`;
}
