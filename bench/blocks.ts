// Loaded into the daemon beside its own code: tells its parent the longest block of the event loop, by the clock, without the time it waited for a core, and by its own work.
import { threadTime } from './thread-time.ts';

/** What the daemon's parent is told when it asks; it begins anew then. */
export interface Blocks {
  readonly longest: number;
  /** the longest of what the main thread was not merely waiting for a core, in ms */
  readonly running: number;
  /** the most that the main thread has worked between two looks, in ms: what others take from the machine does not count */
  readonly worked: number;
}

const every = 10;

let [longest, running, worked] = [0, 0, 0];
let [lastAt, last] = [performance.now(), threadTime()];
setInterval(() => {
  const [at, time] = [performance.now(), threadTime()];
  const block = at - lastAt - every;
  longest = Math.max(longest, block);
  running = Math.max(running, block - (time.waited - last.waited));
  worked = Math.max(worked, time.ran - last.ran);
  [lastAt, last] = [at, time];
}, every).unref();

process.on('message', () => {
  process.send?.({ longest, running, worked } satisfies Blocks);
  [longest, running, worked] = [0, 0, 0];
});
process.channel?.unref();
