// Stories of inhibition after a restart and a reload: nobody is told of what follows from something graver, whoever of their senders is heard first.
import { describe, expect, it } from 'vitest';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { start } from './builders.ts';
import { dutyDocument } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const rule = `inhibit_rules: [{ source_matchers: [severity="page"], target_matchers: [severity="warning"], equal: [rack] }]`;
const mail = 'email_configs: [{ to: pay@bank.cn, send_resolved: true }]';
const without = dutyDocument(mail).replace('group_wait: 30s', 'group_wait: 0s');
const inhibiting = `${without}\n${rule}`;

/** Sent in by one of two senders; each says what it has, and again within half a minute. */
const push = (
  story: Story,
  labels: Readonly<Record<'alertname' | 'severity' | 'instance' | 'rack', string>>,
  more: { readonly over?: boolean } = {},
): Promise<unknown> =>
  story.pipeline.push([
    {
      labels,
      startsAt: rfc3339(start),
      endsAt: rfc3339(more.over === true ? story.clock.now() : later(story.clock.now(), minutes(400))),
    },
  ]);
const target = (story: Story, instance = 'slow'): Promise<unknown> =>
  push(story, { alertname: 'Slow', severity: 'warning', instance, rack: 'r1' });
const source = (story: Story, more: { readonly over?: boolean } = {}): Promise<unknown> =>
  push(story, { alertname: 'RackDown', severity: 'page', instance: 'rack', rack: 'r1' }, more);
const others = async (story: Story): Promise<void> => {
  for (const instance of ['one', 'two', 'three'])
    await push(story, { alertname: `Other${instance}`, severity: 'warning', instance, rack: 'r2' });
};

/** Of a ledger that knows of much, told and untold, and into which nobody has written for as long. */
async function afterDowntime(down: Milliseconds, before: (story: Story) => Promise<unknown> = others): Promise<Story> {
  const story = aStory(inhibiting, undefined, null, undefined, true);
  await story.pass(minutes(1), seconds(10));
  await before(story);
  await story.pass(minutes(10), seconds(10));
  await story.pipeline.stop(seconds(0));
  story.clock.advance(down);
  await story.restart();
  return story;
}

describe('after a restart with a ledger', () => {
  it.each([
    ['the graver one is heard last', 1, 25],
    ['the graver one is heard first', 25, 1],
    ['both are heard in the last second', 29, 29],
  ])('what follows from something graver is not told: %s', async (_, ofTarget, ofSource) => {
    const story = await afterDowntime(minutes(30));
    const from = story.taken.length;
    for (let second = 0; second < 60; second += 1) {
      if (second === ofTarget) await target(story);
      if (second === ofSource) await source(story);
      await story.pass(seconds(1));
      // nobody is told of anything before both are heard
      if (second < Math.max(ofTarget, ofSource)) expect(story.told(from)).toEqual([]);
    }
    await story.pass(minutes(20), seconds(10));
    expect(story.told(from)).toEqual(['email pay@bank.cn: rack']);
    // it was not lost
    await source(story, { over: true });
    await story.pass(minutes(10), seconds(10));
    expect(story.told(from).sort()).toEqual([
      'email pay@bank.cn: -rack',
      'email pay@bank.cn: rack',
      'email pay@bank.cn: slow',
    ]);
  });

  it('nor where it joins a group that people know already, and whose turn comes while senders are still heard', async () => {
    const story = aStory(inhibiting, undefined, null, undefined, true);
    await target(story, 'known');
    await story.pass(minutes(2), seconds(1));
    expect(story.told()).toEqual(['email pay@bank.cn: known']);
    await story.pipeline.stop(seconds(0));
    story.clock.advance(seconds((story.taken[0]?.second ?? 0) + 290 - 120));
    await story.restart();
    const from = story.taken.length;
    await story.pass(seconds(2), seconds(1));
    await target(story);
    await story.pass(seconds(24), seconds(1));
    expect(story.told(from)).toEqual([]);
    await source(story);
    await story.pass(minutes(20), seconds(5));
    expect(story.told(from)).toEqual(['email pay@bank.cn: rack']);
  });

  it('what is known to be inhibited stays so, before its source is heard again', async () => {
    const story = await afterDowntime(minutes(120), async (one) => {
      await source(one);
      await target(one);
    });
    expect(story.told().filter((line) => line.includes('slow'))).toEqual([]);
    const from = story.taken.length;
    await target(story);
    await story.pass(minutes(20), seconds(10));
    expect(story.told(from).filter((line) => line.includes('slow'))).toEqual([]);
  });
});

describe('a reload that adds the rule', () => {
  it('keeps back what waits for its first turn, whoever of both began first', async () => {
    for (const begin of [
      [target, source],
      [source, target],
    ] as const) {
      const story = aStory(dutyDocument(mail));
      for (const one of begin) await one(story);
      await story.pass(seconds(20), seconds(1));
      story.reload(`${dutyDocument(mail)}\n${rule}`);
      await story.pass(minutes(10), seconds(10));
      expect(story.told()).toEqual(['email pay@bank.cn: rack']);
      await source(story, { over: true });
      await story.pass(minutes(10), seconds(10));
      expect(story.told()).toContain('email pay@bank.cn: slow');
    }
  });

  it('before both are heard after a restart, lets nobody be told', async () => {
    const story = await afterDowntime(minutes(30), (one) => {
      one.reload(without);
      return others(one);
    });
    const from = story.taken.length;
    await target(story);
    await story.pass(seconds(10), seconds(1));
    story.reload(inhibiting);
    await story.pass(seconds(15), seconds(1));
    await source(story);
    await story.pass(minutes(10), seconds(10));
    expect(story.told(from)).toEqual(['email pay@bank.cn: rack']);
  });

  it('reminds nobody of what was told before, but tells its end', async () => {
    const story = aStory(without);
    await target(story);
    await source(story);
    await story.pass(minutes(2), seconds(10));
    expect(story.told().sort()).toEqual(['email pay@bank.cn: rack', 'email pay@bank.cn: slow']);
    story.reload(inhibiting);
    await story.pass(minutes(390), minutes(1));
    expect(story.told().filter((line) => line.includes('slow'))).toEqual(['email pay@bank.cn: slow']);
    await story.pass(minutes(30), minutes(1));
    expect(story.told()).toContain('email pay@bank.cn: -slow');
  });
});
