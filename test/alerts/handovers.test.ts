// Stories of rotas that are handed over while something fires, on a virtual clock: whoever comes on duty is told then.
import { expect, it } from 'vitest';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const rota = (more = ''): string =>
  `oncall: [{ name: pay, timeZone: Asia/Shanghai, handover: '35 10 * * *', rotation: [li, zhang], since: 2026-11-10T10:35:00+08:00, ${more} }]`;
/** By its own turns each group is looked at once an hour only. */
const hourly = (receiver: string, more = rota()): string =>
  dutyDocument(receiver, more).replace('group_interval: 5m', 'group_interval: 1h');
const steps = 'escalation: [{ sms: { oncall: pay } }, { unacknowledgedFor: 90m, sms: { person: chief } }]';
const calls = (story: Story): unknown[] =>
  story.taken.map(({ second, to, firing }) => [Math.floor(second / 60), to, ...firing]);

it.each([
  ['an escalation', steps],
  ['a receiver without steps', 'sms_configs: [{ oncall: pay, gateway: main }]'],
  ['a receiver that stands in', 'wechat_configs: [{ to_user: x }]'],
])('a handover is told at its minute, of what fires, by %s', async (what, receiver) => {
  const standIn = `unsupportedReceivers: { use: page }`;
  const document = hourly(receiver, `${what.endsWith('stands in') ? standIn : ''}\n${rota()}`).replace(
    '  - { name: boss',
    '  - { name: page, sms_configs: [{ oncall: pay, gateway: main }] }\n  - { name: boss',
  );
  const story = aStory(document);
  await pushDown(story, {});
  await story.pass(minutes(50), seconds(30));
  expect(calls(story)).toEqual([
    [0, 'li', 'a'],
    [35, 'zhang', 'a'],
  ]);
});

it('is told so over a restart, and where an override begins and ends', async () => {
  const story = aStory(
    hourly(
      steps,
      rota('overrides: [{ from: 2026-11-11T10:20:00+08:00, until: 2026-11-11T10:25:00+08:00, who: chief }]'),
    ),
  );
  await pushDown(story, {});
  await story.pass(minutes(10), seconds(30));
  await story.restart();
  await story.pass(minutes(40), seconds(30));
  expect(calls(story)).toEqual([
    [0, 'li', 'a'],
    [20, 'chief', 'a'],
    [35, 'zhang', 'a'],
  ]);
});

it('is no news where nobody else comes, or nothing was told yet', async () => {
  const alone = aStory(hourly(steps, rota().replace('[li, zhang]', '[li]')));
  await pushDown(alone, {});
  await alone.pass(minutes(50), seconds(30));
  expect(calls(alone)).toEqual([[0, 'li', 'a']]);

  const waits = aStory(hourly(steps).replace('group_wait: 30s', 'group_wait: 40m'));
  await pushDown(waits, {});
  await waits.pass(minutes(50), seconds(30));
  expect(calls(waits)).toEqual([[40, 'zhang', 'a']]);
});

it('is waited for anew when another rota is in force', async () => {
  const story = aStory(hourly(steps));
  await pushDown(story, {});
  await story.pass(minutes(10), seconds(30));
  story.reload(hourly(steps, rota().replaceAll('10:35', '10:20').replace("'35 10", "'20 10")));
  await pushDown(story, {});
  await story.pass(minutes(35), seconds(30));
  expect(calls(story)).toEqual([
    [0, 'li', 'a'],
    [20, 'zhang', 'a'],
  ]);
});
