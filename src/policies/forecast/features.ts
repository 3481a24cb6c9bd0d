// What the regression looks at: the last minutes, and the same window an hour, days and a week ago, all by the usual level.
import { minutesOfDay, minutesOfWeek } from './minutes.ts';
import type { Scene } from './scene.ts';

const lags = [60, minutesOfDay, 2 * minutesOfDay, minutesOfWeek] as const;

export const featureCount = 10 + 3 * lags.length;

export function writeFeatures(scene: Scene, ahead: number, into: Float32Array, first: number): void {
  const { minute: now, load, usual: level, minutes } = scene;
  const reach = Math.ceil(ahead / 60_000);
  const five = minutes.highest(now - 4, now) ?? load;
  const meanFive = minutes.mean(now - 4, now) ?? load;
  let next = first;
  const put = (value: number): void => {
    into[next++] = value / level;
  };
  put(level);
  put(load);
  put(minutes.highest(now - 1, now - 1) ?? load);
  put(minutes.highest(now - 2, now - 2) ?? load);
  put(meanFive);
  put(minutes.mean(now - 9, now) ?? load);
  put(minutes.mean(now - 29, now) ?? load);
  put(minutes.mean(now - 59, now) ?? load);
  put(five);
  put(minutes.highest(now - 14, now) ?? load);
  for (const lag of lags) {
    const then = now - lag;
    const exact = minutes.highest(then, then + reach);
    put(exact ?? load);
    put(exact === null ? five : (minutes.highest(then - 3, then + reach + 2) ?? five));
    put(exact === null ? meanFive : (minutes.mean(then - 9, then) ?? meanFive));
  }
}
