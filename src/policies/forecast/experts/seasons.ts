// Experts who look at the same minutes of earlier hours, days and the week before.
import { minutesOfDay, minutesOfWeek } from '../minutes.ts';
import type { Family, Scene } from '../scene.ts';

const daysBack = 3;
const hoursBack = 12;
/** how far a ratio to an earlier day is believed */
const mostRatio = 3;

/** What the past says of the window ahead; it changes once a minute. */
interface Past {
  minute: number;
  day: number | null;
  highestDay: number | null;
  meanDay: number | null;
  dayNow: number | null;
  week: number | null;
  weekNow: number | null;
  hours: number;
  halfDay: number;
  secondHour: number;
}

function look({ minute, load, minutes }: Scene, reach: number): Past {
  const window = (back: number): number | null => minutes.highest(minute - back, minute - back + reach);
  let sum = 0;
  let days = 0;
  let highestDay: number | null = null;
  const day = window(minutesOfDay);
  for (let back = 1; back <= daysBack; back++) {
    const that = back === 1 ? day : window(back * minutesOfDay);
    if (that === null) continue;
    sum += that;
    days++;
    if (highestDay === null || that > highestDay) highestDay = that;
  }
  let hours = load;
  let halfDay = load;
  let highest = 0;
  let secondHour = 0;
  for (let back = 1; back <= hoursBack; back++) {
    const that = window(back * 60) ?? 0;
    if (back <= 3 && that > hours) hours = that;
    if (that > halfDay) halfDay = that;
    if (that > highest) {
      secondHour = highest;
      highest = that;
    } else if (that > secondHour) secondHour = that;
  }
  return {
    minute,
    day,
    highestDay,
    meanDay: days === 0 ? null : sum / days,
    dayNow: minutes.mean(minute - minutesOfDay - 14, minute - minutesOfDay),
    week: window(minutesOfWeek),
    weekNow: minutes.mean(minute - minutesOfWeek - 14, minute - minutesOfWeek),
    hours,
    halfDay,
    secondHour,
  };
}

export class Seasons implements Family {
  readonly names = [
    'day by ratio',
    'highest of 3 days',
    'mean of 3 days',
    'highest of 3 days or now',
    'half mean of 3 days',
    'week',
    'week or now',
    'week by ratio',
    'day by difference',
    'highest of 3 hours',
    'highest of 12 hours',
    'second of 12 hours',
  ];
  #past: Past | null = null;

  say(scene: Scene, ahead: number, into: Float64Array, first: number): void {
    const { minute, load, minutes } = scene;
    if (this.#past?.minute !== minute) this.#past = look(scene, Math.ceil(ahead / 60_000));
    const past = this.#past;
    const now = minutes.mean(minute - 14, minute) ?? load;
    const ratioTo = (then: number | null): number =>
      then === null || then <= 0 ? 1 : Math.min(mostRatio, Math.max(1 / mostRatio, now / then));
    const mean = past.meanDay ?? load;
    const highest = past.highestDay ?? load;
    into[first] = past.day === null ? load : past.day * ratioTo(past.dayNow);
    into[first + 1] = highest;
    into[first + 2] = mean;
    into[first + 3] = Math.max(load, highest);
    into[first + 4] = (load + mean) / 2;
    into[first + 5] = past.week ?? highest;
    into[first + 6] = Math.max(load, past.week ?? highest);
    into[first + 7] = past.week === null ? load : past.week * ratioTo(past.weekNow);
    into[first + 8] =
      past.day === null || past.dayNow === null ? load : Math.max(0, now + Math.max(0, past.day - past.dayNow));
    into[first + 9] = past.hours;
    into[first + 10] = past.halfDay;
    into[first + 11] = Math.max(load, past.secondHour);
  }
}
