// Stories of a clock that is set back by hours while something waits: nobody hears of it by hours later.
import { expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');
const twoHours = minutes(120);

it('a group is told at its next turn, and its end as well', async () => {
  const story = aStory(plain);
  await story.pass(minutes(180), minutes(1));
  await pushDown(story, {});
  await story.pass(minutes(2), seconds(10));
  story.clock.setBack(twoHours);
  await pushDown(story, { instance: 'b' });
  await story.pass(minutes(4), seconds(10));
  expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: a b']);
  await pushDown(story, { instance: 'b', over: true });
  await story.pass(minutes(6), seconds(10));
  expect(story.told(2)).toEqual(['sms zhang: a -b']);
  await pushDown(story, { name: 'Other', instance: 'c' });
  await story.pass(minutes(1), seconds(10));
  expect(story.told(3)).toEqual(['sms zhang: c']);
});

it('a group that came back after its end is told after its interval', async () => {
  const story = aStory(plain);
  await pushDown(story, {});
  await story.pass(minutes(2), seconds(10));
  story.clock.setBack(twoHours);
  await story.restart();
  await pushDown(story, { instance: 'b' });
  await story.pass(minutes(6), seconds(10));
  expect(story.told(1)).toEqual(['sms zhang: a b']);
});

it.each([false, true])(
  'the steps of an escalation come one by one, in their time (after a restart: %s)',
  async (isRestarted) => {
    const story = aStory(
      dutyDocument(
        'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }, { unacknowledgedFor: 20m, sms: { person: chief } }]',
      ),
    );
    await pushDown(story, {});
    await story.pass(minutes(6), seconds(10));
    story.clock.setBack(twoHours);
    if (isRestarted) await story.restart();
    await story.pass(minutes(isRestarted ? 9 : 4), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
    await story.pass(minutes(2), seconds(10));
    expect(story.told(1)).toEqual(['sms li: a']);
    await story.pass(minutes(11), seconds(10));
    expect(story.told(2)).toEqual(['sms chief: a']);
  },
);

it.each([false, true])('what is tried again is tried in its time (after a restart: %s)', async (isRestarted) => {
  let isDown = true;
  const story = aStory(plain, (to) => (isDown ? retry(to, 'ServerError', 'busy') : null));
  await pushDown(story, {});
  await story.pass(minutes(2), seconds(10));
  story.clock.setBack(twoHours);
  if (isRestarted) await story.restart();
  isDown = false;
  await story.pass(minutes(2), seconds(10));
  expect(story.told()).toEqual(['sms zhang: a']);
});

it('what is held back for a moment is told after it', async () => {
  const story = aStory(`${plain}\nbudgets: { sms: { bundle: 2m } }`);
  await pushDown(story, { name: 'A', instance: 'a' });
  await story.pass(seconds(40), seconds(5));
  await pushDown(story, { name: 'B', instance: 'b' });
  await story.pass(seconds(40), seconds(5));
  story.clock.setBack(twoHours);
  await pushDown(story, { name: 'C', instance: 'c' });
  await story.pass(minutes(6), seconds(5));
  expect(
    story
      .told()
      .flatMap((one) => one.replace('sms zhang: ', '').split(' '))
      .sort(),
  ).toEqual(['a', 'b', 'c']);
});

it('a central one that fell silent is waited for no longer than it would have been', async () => {
  const story = aStory(`${plain}\nforwardTo: { url: 'http://central:9093' }`);
  await story.pass(minutes(2), seconds(10));
  story.central.answers = false;
  story.clock.setBack(twoHours);
  await pushDown(story, {});
  await story.pass(minutes(5), seconds(10));
  expect(story.told()).toEqual(['sms zhang: a']);
});
