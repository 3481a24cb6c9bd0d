// How long the main thread has had a core until now, and how long it has waited for one: what others take from a bench is not its own.
import { readFileSync } from 'node:fs';

/** In ms. */
export interface ThreadTime {
  readonly ran: number;
  readonly waited: number;
}

const nanosecondsInMs = 1e6;

/** Without Linux's word for it the thread has always run and never waited. */
export function threadTime(): ThreadTime {
  try {
    const [ran = '0', waited = '0'] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return { ran: Number(ran) / nanosecondsInMs, waited: Number(waited) / nanosecondsInMs };
  } catch {
    return { ran: performance.now(), waited: 0 };
  }
}

const every = 2;

/** Looks again and again until it is ended: then the most that the main thread has worked between two looks, in ms. */
export function watchWork(): { readonly end: () => number } {
  let longest = 0;
  let last = threadTime().ran;
  const look = (): void => {
    const { ran } = threadTime();
    longest = Math.max(longest, ran - last);
    last = ran;
  };
  const timer = setInterval(look, every);
  return {
    end: () => {
      clearInterval(timer);
      return longest;
    },
  };
}
