// Stories of reloads in the midst of messages that fail or are on their way: nothing stale is told, and nobody is left without the end.
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
])('%s that ends a group', (_, restarts) => {
  const change = async (story: Story, to: string): Promise<void> => {
    story.reload(to);
    if (restarts) await story.restart();
    await pushDown(story, { name: 'Beside', instance: 'beside' });
  };

  it.each([
    ['that may have arrived', true],
    ['that has not arrived', false],
  ])('lets no message of it %s say later that something fires which is over', async (__, uncertain) => {
    let down = true;
    const plain = dutyDocument(sms('zhang'));
    const story = aStory(plain, (to) => (down ? retry(to, 'Timeout', 'no answer', { uncertain }) : null));
    await pushDown(story, {});
    await story.pass(minutes(3), seconds(30));
    await change(story, byInstance(plain));
    await pushDown(story, { over: true });
    await story.pass(minutes(2), seconds(30));
    down = false;
    await story.pass(minutes(60), seconds(30));
    expect(ofDown(story)).toEqual(['zhang -a']);
    expect(left(story)).toEqual([]);
  });

  it('tells whoever was only owed it nothing where he is gone', async () => {
    let down = true;
    const plain = dutyDocument(sms('zhang', 'li'));
    const story = aStory(plain, (to) => (down ? retry(to, 'ServerError', 'down') : null));
    await pushDown(story, {});
    await story.pass(minutes(3), seconds(30));
    await change(story, byInstance(dutyDocument(sms('li'))));
    await pushDown(story, { over: true });
    await story.pass(minutes(2), seconds(30));
    down = false;
    await story.pass(minutes(60), seconds(30));
    expect(ofDown(story)).toEqual(['li -a']);
    expect(left(story)).toEqual([]);
  });

  it('tells what may have been heard again, and once', async () => {
    let down = true;
    const plain = dutyDocument(sms('zhang'));
    const story = aStory(plain, (to) => (down ? retry(to, 'Timeout', 'no answer', { uncertain: true }) : null));
    await pushDown(story, {});
    await story.pass(minutes(3), seconds(30));
    await change(story, byInstance(plain));
    down = false;
    await story.pass(minutes(60), seconds(30));
    expect(ofDown(story)).toEqual(['zhang a']);
    await pushDown(story, { over: true });
    await story.pass(minutes(11), seconds(30));
    expect(ofDown(story)).toEqual(['zhang a', 'zhang -a']);
  });
});

it.each([
  ['a reload', false],
  ['a restart with another file', true],
])('a webhook that takes the number of another by %s does not take over what that one hears', async (_, restarts) => {
  const hook = (path: string): string =>
    dutyDocument(`webhook_configs: [{ url: 'http://hooks/${path}', send_resolved: true }]`);
  let down = true;
  const story = aStory(hook('one'), (to) => (down ? retry(to, 'Timeout', 'no answer', { uncertain: true }) : null));
  await pushDown(story, {});
  await story.pass(minutes(3), seconds(30));
  story.reload(hook('two'));
  if (restarts) await story.restart();
  await pushDown(story, { name: 'Beside', instance: 'beside' });
  down = false;
  await story.pass(minutes(20), seconds(30));
  await pushDown(story, { over: true });
  await story.pass(minutes(11), seconds(30));
  const told = story.taken
    .map(({ url, firing, resolved }) => [url, ...firing, ...resolved.map((name) => `-${name}`)].join(' '))
    .filter((line) => !line.includes('beside'));
  expect(told.toSorted()).toEqual(['one -a', 'two -a', 'two a'].map((line) => `http://hooks/${line}`));
  expect(left(story)).toEqual([]);
});

it('tells the end once to whoever is gone, after all that still says that it fires, whichever group says it', async () => {
  const routes = (who: string): string =>
    dutyDocument(
      sms(who),
      '',
      'routes: [{ receiver: duty, continue: true }, { receiver: duty, group_by: [alertname, instance] }],',
    );
  let down = false;
  const story = aStory(routes('zhang'), (to) => (down ? retry(to, 'Timeout', 'no answer', { uncertain: true }) : null));
  await pushDown(story, {}, { instance: 'b' });
  await story.pass(minutes(3), seconds(30));
  const before = story.taken.length;
  story.reload(routes('li'));
  down = true;
  await pushDown(story, { instance: 'b', over: true });
  await story.pass(minutes(5), seconds(30));
  await pushDown(story, { over: true });
  down = false;
  await story.pass(minutes(20), seconds(5));
  // once, though he was told of it by two groups: the second waited for what the first still had to say
  expect(ofDown(story, before).filter((line) => line.startsWith('zhang'))).toEqual([
    'zhang a -b',
    'zhang -b',
    'zhang -a',
  ]);
  expect(left(story)).toEqual([]);
});
