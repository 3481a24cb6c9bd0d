// Stories of alerts that others send in, on a virtual clock: taken, told, ended, forgotten, and flapping.
import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../../src/model/units.ts';
import { aCondition } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');

describe('what others send in', () => {
  it('is told, ended, and forgotten', async () => {
    const story = aStory(plain);
    expect(await pushDown(story, { instance: 'a' }, { instance: 'b' })).toMatchObject({ accepted: 2, durable: true });
    await story.pass(seconds(31));
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(6));
    await pushDown(story, { instance: 'b', over: true });
    await story.pass(minutes(6));
    expect(story.told()).toEqual(['sms zhang: a b', 'sms zhang: b -a', 'sms zhang: -b']);
    expect(story.pipeline.status()).toMatchObject({ firing: 0, groups: 0, owed: 0 });
    expect(story.ledger.state.alerts.size).toBe(0);
  });

  it('ends by itself when its sender is silent, but not because we were away', async () => {
    const story = aStory(plain);
    await story.pipeline.push([{ labels: { alertname: 'Down' } }]);
    await story.pass(seconds(31));
    await story.restart();
    await story.pass(minutes(4), seconds(30));
    expect(story.told()).toEqual(['sms zhang: Down']);
    await story.pass(minutes(7), seconds(30));
    expect(story.told()).toEqual(['sms zhang: Down', 'sms zhang: -Down']);
  });

  it('is counted and named where there is no place for it, and springtide says so itself', async () => {
    const story = aStory(`${plain}\nlimits: { alerts: 2 }`);
    expect(story.pipeline.leftOut()).toBeNull();
    await pushDown(story, { instance: 'a' }, { instance: 'b' }, { instance: 'c' }, { name: 'Slow', instance: 'd' });
    expect(story.pipeline.leftOut()).toEqual({ count: 2, limit: 2, names: ['Down', 'Slow'] });
    await story.pipeline.tell([aCondition('SpringtideAlertsLeftOut')], story.clock.now());
    await story.pass(seconds(31));
    expect(story.told()).toEqual(['sms zhang: a b', 'sms zhang: SpringtideAlertsLeftOut']);
  });

  it('is taken though its neighbour in the batch cannot be', async () => {
    const story = aStory(plain);
    const outcome = await story.pipeline.push([{ labels: {} }, { labels: { alertname: 'Down' } }]);
    expect(outcome).toMatchObject({
      accepted: 1,
      problems: [{ index: 0, problem: 'at least one label pair required' }],
    });
  });
});

describe('a flapping alert', () => {
  it.each([
    ['in one process', false],
    ['where each time another process sees it begin', true],
  ])('is told once as flapping, %s', async (_, restarts) => {
    const story = aStory(`${plain}\nflapping: { changes: 3, per: 1h }`);
    for (let round = 0; round < 8; round += 1) {
      if (restarts) await story.restart();
      await pushDown(story, { more: {} });
      await story.pass(minutes(3), seconds(30));
      await pushDown(story, { over: true });
      await story.pass(minutes(3), seconds(30));
    }
    const flapping = story.taken.filter(({ delivery }) =>
      delivery.notice.alerts.some((alert) => alert.flapping !== undefined),
    );
    expect(flapping).toHaveLength(1);
    await story.pass(minutes(40), minutes(1));
    expect(story.told().at(-1)).toBe('sms zhang: -a');
  });
});
