// The story live: the embedded world at many times real speed, the page beside it, until somebody ends it.
import { assemble } from '../assemble.ts';
import { sleep, systemClock } from '../clock.ts';
import { runLoop } from '../loop.ts';
import type { Config } from '../model/config.ts';
import { fillText } from '../model/texts.ts';
import { since } from '../model/units.ts';
import { scaledClock } from '../sandbox/clock.ts';
import { startWorld } from '../sandbox/world.ts';
import { createLogger } from '../server/log.ts';
import { connectTo } from './connect.ts';
import { inboxOf } from './inbox.ts';
import { Story } from './story.ts';
import { decisionsOf, tableHead, tableRow } from './table.ts';

export interface LiveOptions {
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

export async function playLive(shipped: Config, { port, speed, seed, signal, print }: LiveOptions): Promise<void> {
  const clock = scaledClock(speed);
  const start = clock.now();
  const world = await startWorld({ clock, seed });
  const { config, env, remove } = await connectTo(world, shipped, `127.0.0.1:${port}`);
  const { texts } = config;
  const story = new Story(world);
  const springtide = await assemble({
    config: () => config,
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
    print(fillText(texts, 'demo.speed', { count: speed }));
    print(tableHead(texts));
    let shown = '';
    await sleep(clock, config.daemon.interval, signal);
    await runLoop({
      clock,
      interval: () => config.daemon.interval,
      signal,
      tick: async (due) => {
        const report = await springtide.tick(due, signal);
        const fresh = story.watch(report).map((chapter) => `✓ ${fillText(texts, `demo.chapter.${chapter}`)}`);
        const sentences = [...decisionsOf(report, texts), ...fresh];
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
