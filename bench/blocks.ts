// Loaded into the daemon beside its own code: tells its parent the longest block of the event loop, by the clock and without the time it waited for a core.
import { threadTime } from './thread-time.ts';

/** What the daemon's parent is told when it asks; it begins anew then. */
export interface Blocks {
  readonly longest: number;
  /** the longest of what the main thread was not merely waiting for a core, in ms */
  readonly running: number;
}

const every = 10;

let [longest, running] = [0, 0];
let [lastAt, lastWait] = [performance.now(), threadTime().waited];
setInterval(() => {
  const [at, wait] = [performance.now(), threadTime().waited];
  const block = at - lastAt - every;
  longest = Math.max(longest, block);
  running = Math.max(running, block - (wait - lastWait));
  [lastAt, lastWait] = [at, wait];
}, every).unref();

process.on('message', () => {
  process.send?.({ longest, running } satisfies Blocks);
  [longest, running] = [0, 0];
});
process.channel?.unref();
