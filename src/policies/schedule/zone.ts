// Wall clocks: what a time zone shows at an instant, and the first instant at which it shows a time.
import type { Instant } from '../../model/units.ts';

export const minuteLength = 60_000;
export const dayLength = 86_400_000;
/** No zone was ever farther from UTC. */
const farthest = 16 * 3_600_000;
const secondLength = 1000;
const remembered = 4096;

/** A wall clock's reading as milliseconds since 1970-01-01 00:00 on that clock. */
export type WallTime = number;
/** A date of the wall clock: days since 1970-01-01. */
export type WallDay = number;

export interface Zone {
  readonly wallAt: (at: Instant) => WallTime;
  /**
   * The first instant at which the clock shows this time or a later one. A time that a clock put forward leaves out
   * is therefore the first instant after the gap, and of a doubled hour only the first passage counts.
   */
  readonly firstShowing: (wall: WallTime) => Instant;
}

export const dayOf = (wall: WallTime): WallDay => Math.floor(wall / dayLength);

const zones = new Map<string, Zone>();

/** Throws where there is no such zone: the configuration has refused it before. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = makeZone(name);
  zones.set(name, made);
  return made;
}

function makeZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

  function askOffset(at: number): number {
    const whole = Math.floor(at / secondLength) * secondLength;
    const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(whole)) shown[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  }

  // asking Intl is slow: offsets are known by UTC day, and no zone changes twice within one
  const atMidnight = new Map<number, number>();
  const changes = new Map<number, number>();

  function midnightOffset(day: number): number {
    return atMidnight.get(day) ?? remember(atMidnight, day, askOffset(day * dayLength));
  }

  /** The first instant of the UTC day that has the next day's offset. */
  function changeWithin(day: number): number {
    const known = changes.get(day);
    if (known !== undefined) return known;
    const before = midnightOffset(day);
    let low = day * dayLength;
    let high = low + dayLength;
    while (high - low > secondLength) {
      const middle = low + Math.floor((high - low) / 2 / secondLength) * secondLength;
      if (askOffset(middle) === before) low = middle;
      else high = middle;
    }
    return remember(changes, day, high);
  }

  return {
    wallAt: (at) => {
      const day = Math.floor(at / dayLength);
      const [before, after] = [midnightOffset(day), midnightOffset(day + 1)];
      return at + (before === after || at < changeWithin(day) ? before : after);
    },
    firstShowing: (wall) => {
      for (let day = Math.floor((wall - farthest) / dayLength); ; day++) {
        const [before, after] = [midnightOffset(day), midnightOffset(day + 1)];
        const end = (day + 1) * dayLength;
        const change = before === after ? end : changeWithin(day);
        const early = Math.max(day * dayLength, wall - before);
        if (early < change) return early as Instant;
        const late = Math.max(change, wall - after);
        if (late < end) return late as Instant;
      }
    },
  };
}

function remember(known: Map<number, number>, key: number, value: number): number {
  if (known.size >= remembered) known.clear();
  known.set(key, value);
  return value;
}
