// What the limit of a vendor keeps: it is mailed, the receiver that stands in speaks, and it is said that somebody cannot be told.
import { expect, it } from 'vitest';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

/** Ten a day by default. */
const tencent =
  "sms_gateways: [{ name: main, tencent: { secretIdFile: /a, secretKeyFile: /b, appId: '1', sign: s, template: '1', templateParams: [status] } }]";
const withGateway = (document: string, gateway: string): string => document.replace(/sms_gateways: \[[^\n]*/, gateway);
const named = (number: number): string => `A${String(number).padStart(2, '0')}`;

/** One after the other, so slowly that it is no storm. */
async function pushThirteen(story: Story): Promise<void> {
  for (let number = 0; number < 13; number += 1) {
    await pushDown(story, { name: named(number), instance: named(number) });
    await story.pass(minutes(4), seconds(20));
  }
}

it('is mailed at once, where no budget is written too, and told together when the day is over', async () => {
  const story = aStory(withGateway(dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]'), tencent));
  await pushThirteen(story);
  expect(story.told().filter((line) => line.startsWith('email'))).toEqual([
    'email zhang: A10',
    'email zhang: A11',
    'email zhang: A12',
  ]);
  expect(story.told().filter((line) => line.startsWith('sms'))).toHaveLength(10);
});

it('is told by whoever stands in, at once and step by step, where the wait is longer than he waits', async () => {
  const deputy =
    '  - { name: deputy, escalation: [{ sms: { person: li } }, { unacknowledgedFor: 10m, sms: { person: chief } }] }';
  const receiver = 'sms_configs: [{ to: [zhang], gateway: main }]\nfallback: { receiver: deputy, after: 5m }';
  const story = aStory(
    withGateway(dutyDocument(receiver, deputy).replace('group_interval: 5m', 'group_interval: 1h'), tencent),
  );
  await pushThirteen(story);
  await story.pass(minutes(15), seconds(20));
  const calls = story.taken.filter(({ to }) => to === 'li' || to === 'chief');
  const minuteOf = (who: string, name: string): number | undefined =>
    calls
      .filter(({ to, firing }) => to === who && firing.includes(name))
      .map(({ second }) => Math.round(second / 60))[0];
  expect(calls.some(({ firing }) => firing.includes(named(9)))).toBe(false);
  for (const number of [10, 11, 12]) {
    expect([number, minuteOf('li', named(number))]).toEqual([number, number * 4]);
    expect([number, minuteOf('chief', named(number))]).toEqual([number, number * 4 + 10]);
  }
});

it('is trouble that is told of, over a restart too, until it is over', async () => {
  const story = aStory(withGateway(dutyDocument('sms_configs: [{ to: [li], gateway: main }]'), tencent));
  const failing = (): unknown => story.pipeline.tellingFails();
  await pushThirteen(story);
  expect(failing()).toEqual([]);
  await story.pass(minutes(6), seconds(20));
  expect(failing()).toMatchObject([
    { receiver: 'duty', channel: 'sms', count: 1, why: 'the vendor lets no more SMS through to the number' },
  ]);
  await story.restart();
  failing();
  await story.pass(minutes(6), seconds(20));
  expect(failing()).toHaveLength(1);
  await story.pass(minutes(24 * 60), minutes(1));
  expect(failing()).toEqual([]);
  expect(story.told().some((line) => line.includes('A12'))).toBe(true);
});

it('is nothing but a wait where the limit is of a minute', async () => {
  const gateway =
    "sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' }, perNumber: { minute: 1, day: 50 } }]";
  const receiver = 'sms_configs: [{ to: [zhang], gateway: main }]\nfallback: { receiver: boss, after: 5m }';
  const story = aStory(withGateway(dutyDocument(receiver), gateway));
  await pushDown(story, { name: 'A', instance: 'A' }, { name: 'B', instance: 'B' });
  await story.pass(minutes(10), seconds(5));
  expect(story.told()).toEqual(['sms zhang: A', 'sms zhang: B']);
  expect(story.pipeline.tellingFails()).toEqual([]);
});
