// Stories of people whose time is over, on a virtual clock: they hear the end of what they were told, and of nothing else.
import { expect, it } from 'vitest';
import { failed } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

/** Each has its beginning and its end in a turn of the group of its own. */
async function comeAndGo(story: Story, ...instances: readonly string[]): Promise<void> {
  for (const instance of instances) {
    await pushDown(story, { instance });
    await story.pass(minutes(6), seconds(30));
    await pushDown(story, { instance, over: true });
    await story.pass(minutes(6), seconds(30));
  }
}

const toldTo = (story: Story, ...people: readonly string[]): string[] =>
  story.told().filter((one) => people.some((person) => one.includes(` ${person}:`)));

it('whoever is off duty hears nothing of what begins and ends after his turn', async () => {
  const story = aStory(
    dutyDocument(
      'sms_configs: [{ oncall: pay, gateway: main }]',
      "oncall: [{ name: pay, timeZone: Asia/Shanghai, handover: '15 10 * * *', rotation: [li, zhang], since: 2026-11-10T10:15:00+08:00 }]",
    ),
  );
  await pushDown(story, {});
  await story.pass(minutes(25), seconds(30));
  expect(story.told()).toEqual(['sms li: a', 'sms zhang: a']);
  await comeAndGo(story, 'b', 'c');
  expect(toldTo(story, 'zhang')).toEqual([
    'sms zhang: a',
    'sms zhang: a b',
    'sms zhang: a -b',
    'sms zhang: a c',
    'sms zhang: a -c',
  ]);
  expect(toldTo(story, 'li')).toEqual(['sms li: a']);
  await pushDown(story, { over: true });
  await story.pass(minutes(6), seconds(30));
  expect(toldTo(story, 'li')).toEqual(['sms li: a', 'sms li: -a']);
});

it('whoever stood in once hears nothing of what begins and ends when he need not any more', async () => {
  let isRefused = true;
  const story = aStory(
    dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]\nfallback: { receiver: boss, after: 5m }'),
    (to, channel) => (isRefused && channel === 'sms' ? failed(to, 'AuthRefused', 'the key is unknown') : null),
  );
  await pushDown(story, {});
  await story.pass(minutes(6), seconds(30));
  isRefused = false;
  await story.pass(minutes(10), seconds(30));
  await comeAndGo(story, 'b', 'c');
  expect(toldTo(story, 'boss@bank.cn')).toEqual(['email boss@bank.cn: a']);
  expect(toldTo(story, 'zhang')).toContain('sms zhang: a -c');
  await pushDown(story, { over: true });
  await story.pass(minutes(6), seconds(30));
  expect(toldTo(story, 'boss@bank.cn')).toEqual(['email boss@bank.cn: a', 'email boss@bank.cn: -a']);
});

it('a later step hears nothing of what ends under somebody who is on it', async () => {
  const story = aStory(
    dutyDocument('escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }]'),
  );
  await pushDown(story, {});
  await story.pass(minutes(12), seconds(30));
  const [group] = story.pipeline.groups();
  await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
  await comeAndGo(story, 'b');
  expect(toldTo(story, 'li')).toEqual(['sms li: a']);
});
