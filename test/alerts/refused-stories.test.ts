// What a provider refuses for good: it is news at the next turn, what was announced is still taken back, and nobody hears the end of what he never heard of.
import { describe, expect, it } from 'vitest';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import type { FailureReason, SendResult } from '../../src/alerts/channels/channel.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import { start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');

/** A provider that refuses whatever it is given, while that is set. */
function aRefusingStory(
  document = plain,
  reason: FailureReason = 'ClientError',
): { story: Story; provider: { refuses: boolean } } {
  const provider = { refuses: true };
  const story = aStory(document, (to) => (provider.refuses ? failed(to, reason, 'no') : null));
  return { story, provider };
}

describe('what was refused for good', () => {
  it('is told at the next turn, not after repeat_interval', async () => {
    const { story, provider } = aRefusingStory();
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(1), seconds(10));
    provider.refuses = false;
    await story.pass(minutes(5), seconds(10));
    expect(story.taken.map(({ second, firing }) => [second, ...firing])).toEqual([[330, 'a']]);
  });

  it('is not ended for somebody who never heard of it, and nothing is remembered', async () => {
    const { story, provider } = aRefusingStory();
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(1), seconds(10));
    provider.refuses = false;
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(10), seconds(10));
    expect([story.told(), story.ledger.state.told.size, story.pipeline.status().groups]).toEqual([[], 0, 0]);
  });

  it('leaves known what was known: its end is told, over a restart too', async () => {
    const { story, provider } = aRefusingStory();
    provider.refuses = false;
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(1), seconds(10));
    provider.refuses = true;
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(5), seconds(10));
    await story.restart();
    await pushDown(story, { instance: 'a', over: true }, { instance: 'b', over: true });
    provider.refuses = false;
    await story.pass(minutes(10), seconds(10));
    expect(story.told()[0]).toBe('sms zhang: a');
    expect(story.told()[1]).toMatch(/^sms zhang: .*-a/);
    expect([story.told().length, story.ledger.state.told.size]).toEqual([2, 0]);
  });

  it('may be the end: it is said at the next turn', async () => {
    const { story, provider } = aRefusingStory();
    provider.refuses = false;
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(1), seconds(10));
    provider.refuses = true;
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(6), seconds(10));
    provider.refuses = false;
    await story.pass(minutes(6), seconds(10));
    expect([story.told(), story.pipeline.status().groups]).toEqual([['sms zhang: a', 'sms zhang: -a'], 0]);
  });

  it('because of an address waits for repeat_interval: asking again changes nothing', async () => {
    const { story } = aRefusingStory(plain, 'AddressInvalid');
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(200), minutes(1));
    expect(story.ledger.state.recent).toHaveLength(1);
  });
});

describe('what may have been heard before it was refused for good', () => {
  const lost = (to: string): SendResult => retry(to, 'Timeout', 'the answer is lost', { uncertain: true });
  const no = (to: string): SendResult => failed(to, 'ClientError', 'no');

  it.each([false, true])('is taken back, though its end is refused once, too; over a restart: %s', async (restarts) => {
    let answers = [lost, no];
    const story = aStory(plain, (to) => answers.shift()?.(to) ?? null);
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(2), seconds(10));
    expect([story.told(), answers.length]).toEqual([[], 0]);
    if (restarts) await story.restart();
    answers = [no];
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(15), seconds(10));
    expect([story.told(), story.ledger.state.told.size]).toEqual([['sms zhang: -a'], 0]);
  });

  it('is news at the next turn where it still fires', async () => {
    const answers = [lost, no];
    const story = aStory(plain, (to) => answers.shift()?.(to) ?? null);
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(12), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
  });

  it('is taken back where something newer, which was refused, took its place', async () => {
    let isWell = false;
    const story: Story = aStory(plain, (to) => {
      if (isWell) return null;
      return story.clock.now() < later(start, seconds(330)) ? lost(to) : no(to);
    });
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(2), seconds(10));
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(5), seconds(10));
    expect(story.ledger.state.recent.map(({ settled }) => settled?.how)).toEqual(['superseded', 'done']);
    await pushDown(story, { instance: 'a', over: true }, { instance: 'b', over: true });
    isWell = true;
    await story.pass(minutes(6), seconds(10));
    expect(story.told()).toEqual(['sms zhang: -a -b']);
    expect(story.ledger.state.told.size).toBe(0);
  });

  it('is taken back where it is silenced before it is said again', async () => {
    let answer: typeof no | null = lost;
    const story = aStory(plain, (to) => answer?.(to) ?? null);
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(1), seconds(10));
    await story.pipeline.silencer.set({
      matchers: [[{ name: 'instance', operator: '=', value: 'a' }]],
      startsAt: null,
      endsAt: later(story.clock.now(), minutes(60)),
      createdBy: 'li',
      comment: 'known',
    });
    await story.pass(minutes(6), seconds(10));
    answer = null;
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(6), seconds(10));
    expect(story.told()).toEqual(['sms zhang: -a']);
  });
});

describe('a step of an escalation', () => {
  it('is lost only when nothing of it arrived', async () => {
    const steps =
      'escalation: [{ sms: { person: zhang, gateway: main }, email: { person: zhang } }, { unacknowledgedFor: 30m, sms: { person: chief, gateway: main } }]';
    const story = aStory(dutyDocument(steps), (to, channel) =>
      to === 'zhang' && channel === 'sms' ? failed(to, 'ClientError', 'no') : null,
    );
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(20), seconds(10));
    expect(story.told()).toEqual(['email zhang: a']);
    await story.pass(minutes(15), seconds(10));
    expect(story.told(1)).toEqual(['sms chief: a']);
  });

  it('is lost where all of it was refused, though one answer came later', async () => {
    const steps =
      'escalation: [{ sms: { person: zhang, gateway: main }, email: { person: zhang } }, { unacknowledgedFor: 30m, sms: { person: chief, gateway: main } }]';
    let waits = true;
    const story = aStory(dutyDocument(steps), (to, channel) => {
      if (to !== 'zhang') return null;
      return channel === 'email' && waits ? retry(to, 'Timeout', 'no answer') : failed(to, 'ClientError', 'no');
    });
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(3), seconds(10));
    expect(story.told()).toEqual([]);
    waits = false;
    await story.pass(minutes(3), seconds(10));
    expect(story.told()).toEqual(['sms chief: a']);
  });
});
