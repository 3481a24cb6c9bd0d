// Stories of a message for many groups that is put together in turns: what others do meanwhile is in it, or comes after it.
import { describe, expect, it } from 'vitest';
import { later, minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const webhook = (url: string): string =>
  dutyDocument(`webhook_configs: [{ url: '${url}' }]`, 'limits: { messagesInMinute: 1 }');
const plain = webhook('http://127.0.0.1:1/');
const names = Array.from({ length: 60 }, (_, index) => `Down${index}`);
const [first = ''] = names;
const last = names.at(-1) ?? '';

/** All of them wait for one message, which has been begun: the first group has been looked at, the last one has not. */
async function begun(text = plain, atFirst: readonly string[] = ['webhook webhook 1: Alone']): Promise<Story> {
  const story = aStory(text);
  await pushDown(story, { name: 'Alone', instance: 'Alone' }, ...names.map((name) => ({ name, instance: name })));
  await story.pass(seconds(30));
  expect(story.told()).toEqual(atFirst);
  story.clock.look = 1;
  story.clock.advance(minutes(1));
  expect(story.taken.length).toBe(atFirst.length);
  return story;
}

async function ended(story: Story): Promise<void> {
  story.clock.look = 0;
  await story.pipeline.settle();
}

const settled = (story: Story): string[] => story.told(1).map((line) => line.replace('webhook webhook 1: ', ''));
const sorted = (names: readonly string[]): string[] => [...names].sort();
const firing = (story: Story, message = 1): string[] => sorted(story.taken[message]?.firing ?? []);

describe('while a message for many groups is put together', () => {
  it('it is one message of all of them', async () => {
    const story = await begun();
    await ended(story);
    expect(firing(story)).toEqual(sorted(names));
    await story.pass(minutes(20), seconds(30));
    expect(story.taken.length).toBe(2);
    expect([...story.ledger.state.held.values()]).toEqual([]);
  });

  it.each([first, last])('what ends is not told as firing: %s', async (name) => {
    const story = await begun();
    const pushed = pushDown(story, { name, instance: name, over: true });
    await ended(story);
    await pushed;
    expect(firing(story)).toEqual(sorted(names.filter((one) => one !== name)));
    await story.pass(minutes(20), seconds(30));
    expect(settled(story).filter((line) => line === `-${name}`)).toEqual([]);
  });

  it('what joins a group that was looked at before is told with it', async () => {
    const story = await begun();
    const pushed = pushDown(story, { name: first, instance: 'late' });
    await ended(story);
    await pushed;
    expect(firing(story)).toEqual(sorted([...names, 'late']));
  });

  it.each([first, last])('what is silenced is not told: %s', async (name) => {
    const story = await begun();
    const silenced = story.pipeline.silencer.set({
      matchers: [[{ name: 'alertname', operator: '=', value: name }]],
      startsAt: null,
      endsAt: later(story.clock.now(), minutes(60)),
      createdBy: 'zhang',
      comment: 'known',
    });
    await ended(story);
    await silenced;
    expect(firing(story)).toEqual(sorted(names.filter((one) => one !== name)));
  });

  it('a group whose turn has come is decided after it, and tells nothing twice', async () => {
    const story = await begun();
    story.clock.advance(minutes(5));
    await ended(story);
    await story.pass(minutes(20), seconds(30));
    expect(firing(story)).toEqual(sorted(names));
    expect(story.taken.length).toBe(2);
    await pushDown(story, ...names.map((name) => ({ name, instance: name, over: true })));
    await story.pass(minutes(20), seconds(30));
    expect(sorted(story.taken.slice(2).flatMap(({ resolved }) => resolved))).toEqual(sorted(names));
  });

  it('what others are to be told at the same time is made after it', async () => {
    const receivers = "webhook_configs: [{ url: 'http://127.0.0.1:1/' }]\nemail_configs: [{ to: duty@bank.cn }]";
    const limits = 'limits: { messagesInMinute: 1, namedInMessage: 100 }';
    const story = await begun(dutyDocument(receivers, limits), [
      'email duty@bank.cn: Alone',
      'webhook webhook 1: Alone',
    ]);
    await ended(story);
    for (const channel of ['email', 'webhook']) {
      const messages = story.taken.filter((one) => one.channel === channel).map((one) => sorted(one.firing));
      expect(messages).toEqual([['Alone'], sorted(names)]);
    }
  });

  it('another one to the same telephone counts: what is over its budget then waits on', async () => {
    const budgets = `budgets: { sms: { bundle: 2m, perNumber: { hour: 2 }, exempt: 'severity="critical"' } }`;
    const story = aStory(dutyDocument('sms_configs: [{ to: [li], gateway: main }]', budgets));
    await pushDown(story, { name: 'Alone', instance: 'Alone' }, ...names.map((name) => ({ name, instance: name })));
    await story.pass(seconds(149), seconds(1));
    story.clock.look = 1;
    story.clock.advance(seconds(2));
    const pushed = pushDown(story, { name: 'Grave', instance: 'Grave', more: { severity: 'critical' } });
    story.clock.advance(seconds(1));
    await ended(story);
    await pushed;
    expect(story.told()).toEqual(['sms li: Alone', 'sms li: Grave']);
    await story.pass(minutes(5), seconds(5));
    expect(story.taken.slice(2).map(({ delivery }) => delivery.notice.bundle?.why)).toEqual(['budget']);
  });

  it('a reload counts for all of it', async () => {
    const story = await begun();
    story.reload(
      dutyDocument('email_configs: [{ to: duty@bank.cn }]', 'limits: { messagesInMinute: 1, namedInMessage: 100 }'),
    );
    const pushed = pushDown(story, { name: 'Later', instance: 'Later' });
    await ended(story);
    await pushed;
    await story.pass(minutes(20), seconds(30));
    const { open, recent } = story.ledger.state;
    const written = [...open.values(), ...recent].map(({ intent }) => intent.channel);
    expect(written.filter((channel) => channel === 'webhook')).toEqual(['webhook']);
    expect(sorted(story.taken.slice(1).flatMap(({ firing: told }) => told))).toEqual(
      sorted(['Alone', ...names, 'Later']),
    );
  });

  it('a stop leaves it to the next start, and nobody is told twice', async () => {
    const story = await begun();
    story.clock.look = 0;
    await story.restart();
    await story.pass(minutes(10), seconds(5));
    expect(sorted(story.taken.slice(1).flatMap(({ firing: told }) => told))).toEqual(sorted(names));
  });
});
