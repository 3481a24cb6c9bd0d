// Stories of people of whom one cannot be reached, on a virtual clock: he must not keep the others from what is new.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const hours = (many: number): Milliseconds => minutes(60 * many);

const both = 'sms_configs: [{ to: [zhang, li], gateway: main }]';
const night =
  "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '03:02' }] }] }]";
/** Many groups become one message by each of these. */
const bundled = {
  'a storm': dutyDocument(both, 'limits: { messagesInMinute: 3 }'),
  'a digest': dutyDocument(`${both}\ndigest: { at: ['11:00', '12:00', '13:00', '14:00'], timeZone: Asia/Shanghai }`),
  'quiet hours': dutyDocument(`${both}\nquietHours: { use: night }`, night),
};

/** The messages in which something is said of these. */
const toldOf = (story: Story, ...names: readonly string[]): string[] =>
  story.taken.flatMap(({ to, firing, resolved }) =>
    names.flatMap((name) => [
      ...(firing.includes(name) ? [`${to}: ${name}`] : []),
      ...(resolved.includes(name) ? [`${to}: -${name}`] : []),
    ]),
  );

describe.each(Object.entries(bundled))('one message for many groups, by %s', (_, document) => {
  const groups = 6;
  const last = { name: 'A5', instance: 'a5' };

  it('that one person cannot be sent keeps nobody else from what is new, and from what is over', async () => {
    let isUnreadable = true;
    const story = aStory(document, (to) =>
      to === 'li' && isUnreadable ? retry(to, 'AddressUnreadable', 'people.li.smsFile cannot be read') : null,
    );
    await pushDown(story, ...Array.from({ length: groups }, (_one, i) => ({ name: `A${i}`, instance: `a${i}` })));
    await story.pass(hours(3.5), seconds(30));
    expect(toldOf(story, 'a5')).toEqual(['zhang: a5']);
    await pushDown(story, { ...last, instance: 'new' }, { ...last, over: true });
    await story.pass(hours(2), minutes(1));
    expect(toldOf(story, 'a5', 'new')).toEqual(expect.arrayContaining(['zhang: new']));
    await pushDown(story, { ...last, instance: 'new', over: true });
    await story.pass(hours(22), minutes(1));
    expect(toldOf(story, 'new').at(-1)).toBe('zhang: -new');
    // nobody has his message twice, however long the other one waits
    expect(toldOf(story, 'new').filter((one) => one === 'zhang: -new')).toHaveLength(1);

    isUnreadable = false;
    await story.pass(hours(24), minutes(1));
    // he hears what the old message said, and that it is over
    expect(toldOf(story, 'a5').filter((one) => one.startsWith('li'))).toEqual(['li: a5', 'li: -a5']);
    expect(story.pipeline.status()).toMatchObject({ owed: 0, firing: groups - 1, groups: groups - 1 });
  });
});

it('is told at its own hours: the tries of another are no reason to hear more often', async () => {
  const story = aStory(bundled['a storm'], (to) => (to === 'li' ? retry(to, 'AddressUnreadable', 'no file') : null));
  await pushDown(story, ...Array.from({ length: 6 }, (_one, i) => ({ name: `A${i}`, instance: `a${i}` })));
  await story.pass(minutes(6), seconds(1));
  const said = story.taken.length;
  const groups = story.pipeline.groups();
  expect(groups).toHaveLength(6);
  await pushDown(story, { name: 'A5', instance: 'new' });
  const at = story.clock.now();
  await story.pass(minutes(6), seconds(1));
  const first = story.taken.slice(said).find(({ firing }) => firing.includes('new'));
  // the flushes of a group are five minutes apart, beginning with its first
  expect((first?.second ?? 0) % 300).toBe(30);
  expect(first?.delivery.at).toBeGreaterThan(at);
});

describe('a digest by mail to two', () => {
  it('goes on for the one whose server takes it', async () => {
    const story = aStory(
      dutyDocument(
        "email_configs: [{ to: 'pay@bank.cn, old@bank.cn', send_resolved: true }]\ndigest: { at: ['09:00', '17:00'], timeZone: Asia/Shanghai }",
      ),
      (to) => (to === 'old@bank.cn' ? retry(to, 'ServerError', '452 mailbox full') : null),
    );
    await pushDown(story, { name: 'Disk', instance: 'a' });
    await story.pass(hours(8), minutes(5));
    await pushDown(story, { name: 'Disk', instance: 'b' });
    await story.pass(hours(16), minutes(5));
    await pushDown(story, { name: 'Disk', instance: 'a', over: true }, { name: 'Disk', instance: 'b', over: true });
    await story.pass(hours(24), minutes(5));
    expect(story.told()).toEqual(['email pay@bank.cn: a', 'email pay@bank.cn: a b', 'email pay@bank.cn: -a -b']);
  });

  it('keeps over a restart what waits for the next one, while the last is still owed to the other', async () => {
    const story = aStory(
      dutyDocument(
        "email_configs: [{ to: 'pay@bank.cn, old@bank.cn', send_resolved: true }]\ndigest: { at: ['17:00', '18:00'], timeZone: Asia/Shanghai }",
      ),
      (to) => (to === 'old@bank.cn' ? retry(to, 'ServerError', '452 mailbox full') : null),
    );
    await pushDown(story, { name: 'Disk', instance: 'a' });
    await story.pass(minutes(7 * 60 + 10), minutes(5));
    await pushDown(story, { name: 'Disk', instance: 'b' });
    await story.pass(minutes(20), minutes(5));
    await pushDown(story, { name: 'Disk', instance: 'b', over: true });
    await story.restart();
    expect(story.ledger.state.held.size).toBe(1);
    await story.pass(hours(1), minutes(5));
    expect(story.told()).toEqual(['email pay@bank.cn: a', 'email pay@bank.cn: a -b']);
  });
});
