// Stories of escalations under silences and mute intervals, on a virtual clock: afterwards people are called one by one, too.
import { describe, expect, it } from 'vitest';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const steps =
  'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }, { unacknowledgedFor: 20m, sms: { person: chief } }]';
const escalating = dutyDocument(steps);

const silence = (story: Story, length: Milliseconds) =>
  story.pipeline.silencer.set({
    matchers: [[{ name: 'instance', operator: '=', value: 'a' }]],
    startsAt: null,
    endsAt: later(story.clock.now(), length),
    createdBy: 'zhang',
    comment: 'maintenance',
  });

/** "zhang 0.5" for who was called, and in which minute. */
const calls = (story: Story): string[] => story.taken.map(({ second, to }) => `${to} ${second / 60}`);

describe('the steps of an escalation', () => {
  it('do not all come at the end of a silence: its time does not count', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    await silence(story, minutes(120));
    await story.pass(minutes(180), seconds(30));
    // a minute and a half of the ten had passed
    expect(calls(story)).toEqual(['zhang 0.5', 'zhang 125.5', 'li 134', 'chief 144']);
  });

  it('nor where the silence is ended by hand, or the process is another one', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    const set = await silence(story, minutes(600));
    await story.pass(minutes(60), seconds(30));
    await story.restart();
    await story.pass(minutes(60), seconds(30));
    await story.pipeline.silencer.expire(set.ok ? set.id : '');
    await story.pass(minutes(30), seconds(30));
    expect(calls(story)).toEqual(['zhang 0.5', 'zhang 127', 'li 135.5', 'chief 145.5']);
  });

  it('nor at the end of a mute interval, of which only a flush or a step knows', async () => {
    const story = aStory(
      dutyDocument(
        steps,
        "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '02:02', end_time: '08:00' }] }] }]",
        'routes: [{ receiver: duty, mute_time_intervals: [night] }]',
      ),
    );
    await pushDown(story, {});
    await story.pass(minutes(8 * 60), seconds(30));
    expect(calls(story)).toEqual(['zhang 0.5', 'zhang 360.5', 'li 365.5', 'chief 375.5']);
  });

  it('go on where something else of the group fires all the time', async () => {
    const story = aStory(escalating);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(2), seconds(30));
    await silence(story, minutes(120));
    await story.pass(minutes(22), seconds(30));
    expect(calls(story)).toEqual(['zhang 0.5', 'li 10.5', 'chief 20.5']);
  });

  it('are counted up over short silences: many of them keep nobody asleep', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    for (let round = 0; round < 6; round += 1) {
      await story.pass(minutes(6), seconds(30));
      await silence(story, minutes(6));
      await story.pass(minutes(6), seconds(30));
    }
    expect(story.taken.map(({ to }) => to)).toEqual(expect.arrayContaining(['li', 'chief']));
  });
});
