// The story on a virtual clock: the same daemon over the same HTTP, each tick as soon as the last one has ended.
import { assemble } from '../assemble.ts';
import { systemClock } from '../clock.ts';
import { watchedLists } from '../clients/kubernetes/resources.ts';
import type { KubernetesClient } from '../clients/kubernetes/client.ts';
import type { Config } from '../model/config.ts';
import type { InboxItem } from '../model/report.ts';
import { fillText } from '../model/texts.ts';
import { seconds, since, type Instant } from '../model/units.ts';
import { VirtualClock } from '../sandbox/clock.ts';
import { storySeconds } from '../sandbox/shop.ts';
import type { Driver } from '../sandbox/openstack/stack.ts';
import { startWorld, type EmbeddedWorld } from '../sandbox/world.ts';
import { createLogger } from '../server/log.ts';
import { connectTo } from './connect.ts';
import { inboxOf } from './inbox.ts';
import { Person } from './person.ts';
import { chaptersOf, Story, type Chapter } from './story.ts';
import { decisionsOf, messageLines, tableHead, tableRow } from './table.ts';

const start = Date.parse('2026-11-11T00:00:00Z') as Instant;
/** A tick's fifteen seconds pass in a few milliseconds. */
const virtualSpeed = 1000;
const patience = seconds(20);

/** The watches have seen all that the world has done: only then is a tick the same one every time. */
export async function caughtUp(world: EmbeddedWorld, kubernetes: KubernetesClient): Promise<void> {
  const version = world.kubernetes.resourceVersion();
  const reached = Promise.all(watchedLists.map((list) => kubernetes.lists.reached(list, version, patience)));
  // A watch that was just being renewed misses a bookmark: they are sent until everybody has seen one.
  world.kubernetes.sendBookmarks();
  const again = setInterval(() => world.kubernetes.sendBookmarks(), 20);
  try {
    await reached;
  } finally {
    clearInterval(again);
  }
}

export interface Played {
  readonly missing: readonly Chapter[];
  /** what arrived in mailboxes and on telephones */
  readonly messages: readonly InboxItem[];
}

export interface OnceOptions {
  readonly seed: number;
  readonly driver: Driver;
  /** the policies are those of the story: its person may write into them */
  readonly isOurs: boolean;
  readonly print: (line: string) => void;
}

export async function playOnce(shipped: Config, { seed, driver, isOurs, print }: OnceOptions): Promise<Played> {
  const clock = new VirtualClock(start);
  const world = await startWorld({ clock, seed, driver });
  const { config, env, remove } = await connectTo(world, shipped, '127.0.0.1:0');
  const { texts } = config;
  const person = new Person(config);
  const springtide = await assemble({
    config: () => person.config,
    refused: () => [],
    clock,
    wireClock: systemClock,
    speed: virtualSpeed,
    env,
    log: createLogger({ level: 'silent' }),
    http: null,
    codeKey: `demo ${seed}`,
  });
  const story = new Story(world, driver);
  const signal = new AbortController().signal;
  try {
    print(fillText(texts, 'demo.once', { count: seed, what: driver }));
    print(tableHead(texts));
    let shown = '';
    while (clock.now() < start + seconds(storySeconds)) {
      clock.advance(config.daemon.interval);
      await springtide.rules.settle();
      await springtide.forecasts.settled();
      await springtide.alerts.settle();
      await caughtUp(world, springtide.world.kubernetes);
      const report = await springtide.tick(clock.now(), signal);
      story.watch(report, springtide.daemon.memory);
      const wrote = isOurs && person.reads(report) ? [fillText(texts, 'demo.person')] : [];
      const sentences = [...decisionsOf(report, texts), ...wrote];
      if (sentences.length > 0 && sentences.join() !== shown)
        print(tableRow(since(start, clock.now()) / 1000, story.scene(report), sentences));
      shown = sentences.join();
    }
    clock.advance(seconds(60));
    await springtide.alerts.settle();
    const messages = inboxOf(world);
    print(`\n${fillText(texts, 'demo.messages')}\n${messageLines(messages, texts)}`);
    print(`\n${fillText(texts, 'demo.chapters')}`);
    for (const chapter of chaptersOf(driver))
      print(`  ${story.missing.includes(chapter) ? '✗' : '✓'} ${fillText(texts, `demo.chapter.${chapter}`)}`);
    const { missing } = story;
    print(fillText(texts, missing.length === 0 ? 'demo.complete' : 'demo.incomplete', { count: missing.length }));
    return { missing, messages };
  } finally {
    await springtide.close();
    await world.stop();
    await remove();
  }
}
