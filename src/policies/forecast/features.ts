// What the regression looks at: the last minutes, and the same window an hour, days and a week ago, all by the usual level.
import { day, hour, minute, week, type Scene } from './scene.ts';

const lags = [hour, day, 2 * day, week] as const;

export const featureCount = 10 + 3 * lags.length;

export function writeFeatures({ at, load, usual, minutes, past }: Scene, ahead: number, into: Float32Array): void {
  const five = minutes.highest(at - 4 * minute, at) ?? load;
  const meanFive = minutes.mean(at - 4 * minute, at) ?? load;
  let next = 0;
  const put = (value: number): void => {
    into[next++] = value / usual;
  };
  put(usual);
  put(load);
  put(minutes.highest(at - minute, at - minute) ?? load);
  put(minutes.highest(at - 2 * minute, at - 2 * minute) ?? load);
  put(meanFive);
  put(minutes.mean(at - 9 * minute, at) ?? load);
  put(minutes.mean(at - 29 * minute, at) ?? load);
  put(minutes.mean(at - 59 * minute, at) ?? load);
  put(five);
  put(minutes.highest(at - 14 * minute, at) ?? load);
  for (const lag of lags) {
    const then = at - lag;
    const exact = past.highest(then, then + ahead);
    put(exact ?? load);
    put(exact === null ? five : (past.highest(then - 3 * minute, then + ahead + 2 * minute) ?? five));
    put(exact === null ? meanFive : (past.mean(then - 9 * minute, then) ?? meanFive));
  }
}
