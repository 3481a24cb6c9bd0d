// What a provider has taken and reports as not delivered: where no step follows the receiver that stands in speaks, and it is trouble.
import { expect, it } from 'vitest';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const fallback = 'fallback: { receiver: boss, after: 5m }';
const steps = 'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }]';
const mailedBeside =
  'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li }, email: { to: noc@bank.cn } }]';

/** Of the message that came as this one. */
const report = (story: Story, number: number, status: 'failed' | 'delivered' = 'failed'): Promise<boolean> =>
  story.pipeline.receive({
    gateway: 'main',
    providerId: `m${number}`,
    reference: null,
    to: null,
    status,
    code: 'UNDELIV',
    at: story.clock.now(),
  });

async function begun(receiver: string): Promise<Story> {
  const story = aStory(dutyDocument(receiver).replace('group_interval: 5m', 'group_interval: 1h'));
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(5));
  return story;
}

it('calls who stands in at once, and nobody twice', async () => {
  const story = await begun(`sms_configs: [{ to: [zhang], gateway: main }]\n${fallback}`);
  await report(story, 1);
  await story.pass(seconds(10), seconds(5));
  expect(story.told()).toEqual(['sms zhang: a', 'email boss@bank.cn: a']);
  await report(story, 1);
  await story.pass(minutes(130), seconds(30));
  expect(story.told()).toHaveLength(2);
  await pushDown(story, { over: true });
  await story.pass(minutes(65), seconds(30));
  expect(story.told(2).sort()).toEqual(['email boss@bank.cn: -a', 'sms zhang: -a']);
});

it('calls nobody where one of them has it', async () => {
  const story = await begun(`sms_configs: [{ to: [zhang, li], gateway: main }]\n${fallback}`);
  await report(story, 1);
  await report(story, 2, 'delivered');
  await story.pass(minutes(10), seconds(30));
  expect(story.told()).toEqual(['sms zhang: a', 'sms li: a']);
});

it('calls the next step, and who stands in after the last', async () => {
  const story = await begun(`${steps}\n${fallback}`);
  await report(story, 1);
  await story.pass(minutes(2), seconds(5));
  expect(story.told()).toEqual(['sms zhang: a', 'sms li: a']);
  await report(story, 2);
  await story.pass(seconds(10), seconds(5));
  expect(story.told(2)).toEqual(['email boss@bank.cn: a']);
});

it('calls nobody else where the last step has mailed somebody beside it', async () => {
  const story = await begun(`${mailedBeside}\n${fallback}`);
  await report(story, 1);
  await story.pass(minutes(2), seconds(5));
  expect(story.told()).toEqual(['sms zhang: a', 'sms li: a', 'email noc@bank.cn: a']);
  await report(story, 2);
  await story.pass(minutes(10), seconds(30));
  expect(story.told()).toHaveLength(3);
});

it('is trouble after five minutes, over a restart too, until one arrives or it is over', async () => {
  const story = await begun('sms_configs: [{ to: [zhang, li], gateway: main }]');
  await report(story, 1);
  await report(story, 2);
  await story.pass(minutes(4), seconds(30));
  expect(story.pipeline.tellingFails()).toEqual([]);
  await story.pass(minutes(2), seconds(30));
  const failing = {
    receiver: 'duty',
    channel: 'sms',
    since: '2026-11-11T02:01:00Z',
    why: 'it was reported as not delivered (UNDELIV)',
  };
  expect(story.pipeline.tellingFails()).toMatchObject([{ ...failing, count: 2 }]);
  await story.restart();
  expect(story.pipeline.tellingFails()).toMatchObject([{ ...failing, count: 2 }]);
  await pushDown(story, { instance: 'b' });
  await story.pass(minutes(60), seconds(30));
  await report(story, 3, 'delivered');
  await story.pass(seconds(30));
  expect(story.told(2)).toEqual(['sms zhang: a b', 'sms li: a b']);
  expect(story.pipeline.tellingFails()).toMatchObject([{ ...failing, count: 1 }]);
  await pushDown(story, { over: true }, { instance: 'b', over: true });
  await story.pass(minutes(65), seconds(30));
  expect(story.pipeline.tellingFails()).toEqual([]);
});
