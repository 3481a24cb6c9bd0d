// Stories of reloads while somebody waits: for a message that is tried again, for his turn, for the end that others have heard.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import { byInstance, left, ofDown, sms } from './reload-words.ts';
import type { Story } from './recorder.ts';

describe.each([
  ['a reload', false],
  ['a restart with another file', true],
])('%s', (_, restarts) => {
  const change = async (story: Story, to: string): Promise<void> => {
    story.reload(to);
    if (restarts) await story.restart();
    await pushDown(story, { name: 'Beside', instance: 'beside' });
  };
  const pass = (story: Story, some: number): Promise<void> => story.pass(minutes(some), seconds(30));

  it('that takes one of two away owes him the end of what he may have heard', async () => {
    let down = true;
    const answer = (to: string): ReturnType<typeof retry> | null =>
      down && to === 'li' ? retry(to, 'Timeout', 'no answer', { uncertain: true }) : null;
    const story = aStory(dutyDocument(sms('zhang', 'li')), answer);
    await pushDown(story, {});
    await pass(story, 3);
    await change(story, dutyDocument(sms('zhang')));
    await pass(story, 6);
    down = false;
    await pushDown(story, { over: true });
    await pass(story, 12);
    expect(ofDown(story).toSorted()).toEqual(['li -a', 'zhang -a', 'zhang a']);
    expect(left(story)).toEqual([]);
  });

  it('that groups otherwise tells whoever was owed a message also what began and ended meanwhile', async () => {
    let down = true;
    const plain = dutyDocument(sms('zhang'));
    const story = aStory(plain, (to) => (down ? retry(to, 'ServerError', 'down') : null));
    await pushDown(story, {});
    await pass(story, 1);
    await pushDown(story, { instance: 'b' });
    await pass(story, 2);
    await pushDown(story, { instance: 'b', over: true });
    await change(story, byInstance(plain));
    down = false;
    await pass(story, 12);
    expect(ofDown(story).toSorted()).toEqual(['zhang -b', 'zhang a']);
  });

  it('that groups otherwise tells in the digest what began and ended while it was waited for', async () => {
    const digest = `${sms('zhang')}\ndigest: { at: ['09:00'], timeZone: UTC }`;
    const story = aStory(dutyDocument(digest));
    await pushDown(story, {});
    await pass(story, 3);
    await pushDown(story, { over: true });
    await change(story, byInstance(dutyDocument(digest)));
    await story.pass(minutes(24 * 60), minutes(5));
    expect(ofDown(story)).toEqual(['zhang beside -a']);
    expect(left(story)).toEqual([]);
  });

  it('tells nobody an end again that he has heard, and others not', async () => {
    let down = false;
    const plain = dutyDocument(sms('zhang', 'li'));
    const story = aStory(plain, (to) => (down && to === 'li' ? retry(to, 'ServerError', 'down') : null));
    await pushDown(story, {}, { instance: 'b' });
    await pass(story, 3);
    down = true;
    await pushDown(story, { over: true });
    await pass(story, 6);
    await change(story, byInstance(plain));
    await pass(story, 6);
    await change(story, plain);
    await pass(story, 6);
    down = false;
    await pass(story, 12);
    expect(ofDown(story).filter((line) => line.includes('-a'))).toEqual(['zhang b -a', 'li b -a']);
  });

  it('lets nobody who comes back be told what an older message said', async () => {
    let down = true;
    const story = aStory(dutyDocument(sms('zhang', 'li')), (to) =>
      down && to === 'li' ? retry(to, 'Timeout', 'no answer', { uncertain: true }) : null,
    );
    await pushDown(story, {});
    await pass(story, 3);
    await change(story, dutyDocument(sms('zhang')));
    await pass(story, 6);
    await change(story, dutyDocument(sms('li', 'zhang')));
    down = false;
    await pass(story, 6);
    await pushDown(story, { over: true });
    await pass(story, 12);
    expect(ofDown(story).toSorted()).toEqual(['li -a', 'li a', 'zhang -a', 'zhang a']);
    expect(left(story)).toEqual([]);
  });
});

it.each([
  ['by the same message', sms('zhang', 'li'), 'li a'],
  ['by another', `${sms('zhang')}\nemail_configs: [{ to: li@bank.cn }]`, 'li@bank.cn a'],
])('tells whoever is added within `group_interval`, though others are tried again: %s', async (_, more, told) => {
  const story = aStory(dutyDocument(sms('zhang')), (to) => (to === 'zhang' ? retry(to, 'ServerError', 'down') : null));
  await pushDown(story, {});
  await story.pass(minutes(3), seconds(30));
  story.reload(dutyDocument(more));
  await story.pass(minutes(5), seconds(30));
  expect(ofDown(story)).toEqual([told]);
});
