// Stories of receivers that stand in for others, on a virtual clock: their steps, their digests and their restarts are as if they were asked first.
import { describe, expect, it } from 'vitest';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const page =
  '  - { name: page, escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }, { unacknowledgedFor: 20m, sms: { person: chief } }] }';
/** What nobody here can send, and a mail server that does not answer. */
const unsupported = dutyDocument('wechat_configs: [{ to_user: x }]', `${page}\nunsupportedReceivers: { use: page }`);
const fallback = dutyDocument('email_configs: [{ to: x@bank.cn }]\nfallback: { receiver: page, after: 2m }', page);

const withoutMail = (document: string): Story =>
  aStory(document, (to, channel) => (channel === 'email' ? retry(to, 'Unreachable', 'no answer') : null));
const calls = (story: Story): [string, number][] => story.taken.map(({ second, to }) => [to, Math.round(second / 60)]);

describe.each([
  ['what is not supported', unsupported, 0],
  ['what does not answer', fallback, 2],
])('the steps of a receiver that stands in for %s', (_, document, after) => {
  it('come one by one, over a restart too', async () => {
    const story = withoutMail(document);
    await pushDown(story, {});
    await story.pass(minutes(after + 6), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
    const began = Math.round((story.taken[0]?.second ?? 0) / 60);
    await story.restart();
    await story.pass(minutes(30), seconds(10));
    expect(calls(story)).toEqual([
      ['zhang', began],
      ['li', began + 10],
      ['chief', began + 20],
    ]);
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(10));
    expect(story.told(3).sort()).toEqual(['sms chief: -a', 'sms li: -a', 'sms zhang: -a']);
  });

  it('stop when somebody is on it', async () => {
    const story = withoutMail(document);
    await pushDown(story, {});
    await story.pass(minutes(after + 4), seconds(10));
    const [group] = story.pipeline.groups();
    await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
    await story.pass(minutes(60), seconds(30));
    expect(story.told()).toEqual(['sms zhang: a']);
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(20), seconds(30));
    expect(story.told(1)).toEqual(['sms zhang: a b', 'sms li: a b']);
  });

  it('have their time from the end of a silence', async () => {
    const story = withoutMail(document);
    await pushDown(story, {});
    await story.pass(minutes(after + 4), seconds(10));
    await story.pipeline.silencer.set({
      matchers: [[{ name: 'instance', operator: '=', value: 'a' }]],
      startsAt: null,
      endsAt: later(story.clock.now(), minutes(120)),
      createdBy: 'zhang',
      comment: 'maintenance',
    });
    await story.pass(minutes(122), seconds(30));
    expect(story.told().filter((one) => !one.startsWith('sms zhang'))).toEqual([]);
    await story.pass(minutes(12), seconds(30));
    expect(story.told()).toContain('sms li: a');
    expect(story.told()).not.toContain('sms chief: a');
  });
});

it('steps of both count apart, where a receiver has some itself', async () => {
  const own = 'escalation: [{ email: { to: x@bank.cn } }, { unacknowledgedFor: 5m, email: { to: y@bank.cn } }]';
  const story = aStory(
    dutyDocument(`wechat_configs: [{ to_user: x }]\n${own}`, `${page}\nunsupportedReceivers: { use: page }`),
  );
  await pushDown(story, {});
  await story.pass(minutes(25), seconds(10));
  expect(calls(story).sort((one, other) => one[1] - other[1])).toEqual(
    expect.arrayContaining([
      ['y@bank.cn', 6],
      ['li', 11],
      ['chief', 21],
    ]),
  );
  expect(story.taken).toHaveLength(5);
});

it('what waits for the digest of one that stands in waits on after a restart', async () => {
  const digest =
    "email_configs: [{ to: pay@bank.cn, send_resolved: true }], digest: { at: ['17:00'], timeZone: Asia/Shanghai }";
  const story = aStory(
    dutyDocument(
      'wechat_configs: [{ to_user: x }]',
      `  - { name: late, ${digest} }\nunsupportedReceivers: { use: late }`,
    ),
  );
  await pushDown(story, {}, { name: 'Slow', instance: 'b' });
  await story.pass(minutes(60), minutes(5));
  await story.restart();
  await pushDown(story, { name: 'Slow', instance: 'b', over: true });
  await story.pass(minutes(8 * 60), minutes(5));
  expect(story.told()).toEqual(['email pay@bank.cn: a -b']);
});

it('an end that the one who stands in could not be sent yet is not forgotten', async () => {
  let isDown = false;
  const story = aStory(dutyDocument('wechat_configs: [{ to_user: x }]', 'unsupportedReceivers: { use: boss }'), (to) =>
    isDown ? retry(to, 'Unreachable', 'no answer') : null,
  );
  await pushDown(story, {});
  await story.pass(minutes(6), seconds(30));
  isDown = true;
  await pushDown(story, { over: true });
  await story.pass(minutes(30), seconds(30));
  expect(story.pipeline.status()).toMatchObject({ groups: 1, owed: 1 });
  isDown = false;
  await story.pass(minutes(30), seconds(30));
  expect([story.told(), story.pipeline.status().groups]).toEqual([
    ['email boss@bank.cn: a', 'email boss@bank.cn: -a'],
    0,
  ]);
});

describe('a fallback with hours of its own', () => {
  const night =
    "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '07:00' }], location: Asia/Shanghai }] }]";
  const digest = "digest: { at: ['09:00'], timeZone: Asia/Shanghai }";
  const quiet = 'quietHours: { use: night, then: digest }';
  const deputy = (hours: string): string =>
    `  - { name: deputy, ${hours}, email_configs: [{ to: pay@bank.cn, send_resolved: true }] }\n${night}`;
  const deadGateway = (own: string, hours: string): Story =>
    aStory(
      dutyDocument(
        `sms_configs: [{ to: [zhang], gateway: main }]\nfallback: { receiver: deputy, after: 5m }\n${own}`,
        deputy(hours),
        `routes: [{ matchers: [alertname="Slow"], receiver: deputy }]`,
      ),
      (to, channel) => (channel === 'sms' ? failed(to, 'AuthRefused', 'no') : null),
    );
  /** Eleven in the morning, and three at night. */
  const untilNight = minutes(16 * 60);

  it.each([
    ['a digest', digest],
    ['quiet hours', quiet],
  ])('speaks at once where it stands in, and keeps %s for what it is told itself', async (_, hours) => {
    const story = deadGateway('', hours);
    await story.pass(untilNight, minutes(60));
    await pushDown(story, {}, { name: 'Slow', instance: 'b' });
    await story.pass(minutes(12), seconds(30));
    expect(story.told()).toEqual(['email pay@bank.cn: a']);
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(1)).toEqual(['email pay@bank.cn: -a']);
    await story.pass(minutes(8 * 60), minutes(5));
    expect(story.told(2)).toEqual(['email pay@bank.cn: b']);
  });

  it('has the quiet hours of the one it stands in for', async () => {
    const story = deadGateway(quiet, digest);
    await pushDown(story, {});
    await story.pass(minutes(12), seconds(30));
    expect(story.told()).toEqual(['email pay@bank.cn: a']);
    await story.pass(untilNight, minutes(60));
    const before = story.told().length;
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(60), minutes(1));
    expect(story.told(before)).toEqual([]);
    await story.pass(minutes(5 * 60), minutes(1));
    expect(story.told(before)).toEqual(['email pay@bank.cn: a b']);
  });
});
