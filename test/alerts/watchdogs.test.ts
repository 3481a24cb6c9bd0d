// Alerts that must keep coming in: told to nobody, missed when they stay away, over restarts and reloads too.
import { describe, expect, it } from 'vitest';
import { minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { start } from './builders.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const documentOf = (more: string): string => `
route: { receiver: duty, group_wait: 0s }
receivers: [{ name: duty, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
${more}`;
const watched = documentOf(
  `watchdogs: [{ name: prometheus, matchers: [alertname="Watchdog", prometheus=~"mon/.*"], within: 5m }]`,
);
const labels = { alertname: 'Watchdog', prometheus: 'mon/k8s' };
const bark = (story: Story, more: object = {}) => story.pipeline.push([{ labels: { ...labels, ...more } }]);
const missing = (story: Story): readonly string[] =>
  story.pipeline.missingWatchdogs().map(({ name, since }) => `${name} since ${since}`);
const at = (offset: number): string => rfc3339((start + offset) as typeof start);

describe('a watchdog', () => {
  it('is told to nobody while it comes, and forwarded to nobody', async () => {
    const story = aStory(`${watched}\nforwardTo: { url: 'http://central:9093' }`);
    for (let minute = 0; minute < 20; minute += 1) {
      expect(await bark(story)).toMatchObject({ accepted: 1, durable: true });
      await story.pass(minutes(1));
      expect(missing(story)).toEqual([]);
    }
    expect([story.told(), story.ledger.state.alerts.size, story.central.firing.size]).toEqual([[], 0, 0]);
  });

  it('is missed after its time, and heard again', async () => {
    const story = aStory(watched);
    await story.pass(minutes(1));
    await bark(story);
    await story.pass(seconds(299));
    expect(missing(story)).toEqual([]);
    await story.pass(seconds(1));
    expect(missing(story)).toEqual([`prometheus since ${at(minutes(1))}`]);
    await bark(story);
    expect(missing(story)).toEqual([]);
  });

  it('is missed where it never came', async () => {
    const story = aStory(watched);
    expect(missing(story)).toEqual([]);
    await story.pass(minutes(5));
    expect(missing(story)).toEqual([`prometheus since ${at(0)}`]);
    expect(story.pipeline.missingWatchdogs()).toMatchObject([{ withinSeconds: 300 }]);
  });

  it('is not heard in one of another kind, nor in its own end', async () => {
    const story = aStory(watched);
    expect(missing(story)).toEqual([]);
    await story.pass(minutes(4));
    await bark(story, { prometheus: 'other' });
    await story.pipeline.push([{ labels, startsAt: at(0), endsAt: at(minutes(1)) }]);
    await story.pass(minutes(1));
    expect(missing(story)).toHaveLength(1);
    expect(story.told()).toEqual(['webhook webhook 1: Watchdog']);
  });

  it('that is missing is missing after a restart; one that is not has its whole time', async () => {
    const story = aStory(watched);
    expect(missing(story)).toEqual([]);
    await story.pass(minutes(3));
    await story.restart();
    await story.pass(minutes(3));
    expect(missing(story)).toEqual([]);
    await story.pass(minutes(5));
    expect(missing(story)).toEqual([`prometheus since ${at(minutes(3))}`]);
    await story.restart();
    expect(missing(story)).toEqual([`prometheus since ${at(minutes(3))}`]);
    await bark(story);
    await story.restart();
    expect(missing(story)).toEqual([]);
  });

  it('that is silent over many restarts is missed after its time, that in between not counted', async () => {
    const story = aStory(watched);
    await story.pass(minutes(1));
    await bark(story);
    for (let lives = 0; lives < 3; lives += 1) {
      for (let tick = 0; tick < 6; tick += 1) {
        await story.pass(seconds(15));
        expect(missing(story)).toEqual([]);
      }
      await story.restart();
      story.clock.advance(minutes(60));
      await story.restart();
    }
    // a quarter of its time at most is forgotten at each restart
    for (let tick = 0; tick < 5; tick += 1) await story.pass(seconds(15));
    expect(missing(story)).toEqual([`prometheus since ${at(minutes(1))}`]);
    await bark(story);
    await story.restart();
    await story.pass(seconds(299));
    expect(missing(story)).toEqual([]);
  });

  it('is written down seldom while it comes', async () => {
    const story = aStory(watched);
    const kept = new Set<number>();
    for (let word = 0; word < 40; word += 1) {
      await bark(story);
      kept.add(story.ledger.state.watchdogsHeard.get('prometheus')?.at ?? 0);
      await story.pass(seconds(15));
    }
    expect(kept.size).toBe(8);
  });

  it('that is written no more is missed no more', async () => {
    const story = aStory(watched);
    expect(missing(story)).toEqual([]);
    await story.pass(minutes(6));
    expect(missing(story)).toHaveLength(1);
    story.reload(documentOf(''));
    await bark(story);
    const { missingWatchdogs, watchdogsHeard } = story.ledger.state;
    expect([missing(story), missingWatchdogs.size, watchdogsHeard.size]).toEqual([[], 0, 0]);
  });
});
