// What is expected, for one look at the world: the past is read at once, where a daemon would read it in the background.
import type { World } from '../assemble.ts';
import { sleep, systemClock } from '../clock.ts';
import { Forecasts } from '../forecasts/forecasts.ts';
import type { Config } from '../model/config.ts';
import type { Memory } from '../model/memory.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { seconds, type Instant } from '../model/units.ts';

/** Somebody sits in front of it: what is not read by then is taken as it stands. */
const patience = seconds(30);

export async function foreseeOnce(
  { prometheus }: Pick<World, 'prometheus'>,
  snapshot: Snapshot,
  config: Config,
  memory: Memory,
  now: Instant,
): Promise<Snapshot> {
  const tell = (what: string): boolean => process.stderr.write(`springtide: ${what}\n`);
  const forecasts = new Forecasts({
    prometheus,
    onPast: ({ metric, why }) => {
      if (why !== null) tell(`the past of ${metric} cannot be read, so its forecast is not trusted: ${why}`);
    },
  });
  const over = new AbortController();
  try {
    await forecasts.look(snapshot, config, memory, now);
    const late = sleep(systemClock, patience, over.signal).then(() => over.signal.aborted || tell(tooLong));
    await Promise.race([forecasts.settled(), late]);
    return await forecasts.look(snapshot, config, memory, now);
  } finally {
    over.abort();
    forecasts.close();
  }
}

const tooLong = `the past of some forecasts was not read within ${patience / 1000} s: those are taken as learning`;
