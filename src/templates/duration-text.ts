// Prometheus's durations, 1d12h, as seconds.
import { CallError } from './template-error.ts';

const units: Readonly<Record<string, number>> = {
  y: 31_536_000,
  w: 604_800,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
};

export function secondsOfDuration(text: string): number {
  if (text === '0') return 0;
  if (!/^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/.test(text) || text === '')
    throw new CallError(`${JSON.stringify(text)} is no duration such as 1h30m`);
  let seconds = 0;
  for (const [, count = '0', unit = 's'] of text.matchAll(/(\d+)(ms|[ywdhms])/g))
    seconds += Number(count) * (units[unit] ?? 0);
  return seconds;
}
