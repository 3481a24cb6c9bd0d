// The story live: the embedded world at many times real speed, the page beside it, until somebody ends it.
import { assemble } from '../assemble.ts';
import { sleep, systemClock } from '../clock.ts';
import { runLoop } from '../loop.ts';
import type { Config } from '../model/config.ts';
import { fillText } from '../model/texts.ts';
import { since } from '../model/units.ts';
import { scaledClock } from '../sandbox/clock.ts';
import type { Driver } from '../sandbox/openstack/stack.ts';
import { startWorld } from '../sandbox/world.ts';
import { createLogger } from '../server/log.ts';
import { connectTo } from './connect.ts';
import { inboxOf } from './inbox.ts';
import { Person } from './person.ts';
import { Story } from './story.ts';
import { decisionsOf, tableHead, tableRow } from './table.ts';

export interface LiveOptions {
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
  readonly driver: Driver;
  /** the policies are those of the story: its person may write into them */
  readonly isOurs: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

export async function playLive(shipped: Config, options: LiveOptions): Promise<void> {
  const { port, speed, seed, driver, isOurs, signal, print } = options;
  const clock = scaledClock(speed);
  const start = clock.now();
  const world = await startWorld({ clock, seed, driver });
  const { config, env, remove } = await connectTo(world, shipped, `127.0.0.1:${port}`);
  const { texts } = config;
  const story = new Story(world, driver);
  const person = new Person(config);
  const springtide = await assemble({
    config: () => person.config,
    refused: () => [],
    clock,
    wireClock: systemClock,
    speed,
    env,
    log: createLogger({ level: 'error', pretty: true }),
    http: { listen: config.daemon.http.listen, metricsListen: null },
    inbox: () => inboxOf(world),
  }).catch(async (thrown: unknown) => {
    await world.stop();
    await remove();
    throw thrown;
  });
  try {
    const query = texts.language === 'en' ? '' : `/?lang=${texts.language}`;
    print(fillText(texts, 'demo.page', { url: `${springtide.server?.urls.page ?? ''}${query}` }));
    print(fillText(texts, 'demo.speed', { count: speed, what: driver }));
    print(tableHead(texts));
    let shown = '';
    await sleep(clock, config.daemon.interval, signal);
    await runLoop({
      clock,
      interval: () => config.daemon.interval,
      signal,
      tick: async (due) => {
        const report = await springtide.tick(due, signal);
        const fresh = story
          .watch(report, springtide.daemon.memory)
          .map((chapter) => `✓ ${fillText(texts, `demo.chapter.${chapter}`)}`);
        const wrote = isOurs && person.reads(report) ? [fillText(texts, 'demo.person')] : [];
        const sentences = [...decisionsOf(report, texts), ...fresh, ...wrote];
        if (sentences.length > 0 && sentences.join() !== shown)
          print(tableRow(since(start, clock.now()) / 1000, story.scene(report), sentences));
        shown = sentences.join();
      },
    });
  } finally {
    await springtide.close();
    await world.stop();
    await remove();
    print(fillText(texts, 'demo.ended'));
  }
}
