// Stories of receivers that cannot be told: springtide says so by another way, never by that one only, and takes it back.
import { describe, expect, it } from 'vitest';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import type { SendResult } from '../../src/alerts/channels/channel.ts';
import { insteadOf } from '../../src/alerts/instead.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { aCondition, anAlertsDocument, start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const document = dutyDocument('sms_configs: [{ to: [zhang, li], gateway: main, send_resolved: true }]');
const silent = (to: string): SendResult => retry(to, 'Unreachable', 'connection refused');
const refused = (to: string): SendResult => failed(to, 'AccountRefused', 'no balance');

/** As the daemon does at each tick. */
async function ticks(story: Story, count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) {
    const conditions = story.pipeline
      .tellingFails()
      .map(({ receiver, channel }) => aCondition('SpringtideTellingFails', { labels: { receiver, channel } }));
    await story.pipeline.tell(conditions, story.clock.now());
    await story.pass(seconds(15));
  }
}

describe.each([
  ['does not answer', silent],
  ['refuses for good', refused],
])('a channel that %s', (_, answer) => {
  it('is told of by another one after five minutes, and taken back when it works again', async () => {
    let works = false;
    const story = aStory(document, (to, channel) => (channel !== 'sms' || works ? null : answer(to)));
    await pushDown(story, {});
    await ticks(story, 20);
    expect(story.pipeline.tellingFails()).toEqual([]);
    await ticks(story, 12);
    expect(story.pipeline.tellingFails()).toMatchObject([{ receiver: 'duty', channel: 'sms', count: 2 }]);
    expect(story.told()).toEqual(['email boss@bank.cn: SpringtideTellingFails']);
    works = true;
    await ticks(story, 60);
    expect(story.pipeline.tellingFails()).toEqual([]);
    await ticks(story, 40);
    expect(story.told().at(-1)).toBe('email boss@bank.cn: -SpringtideTellingFails');
    expect(story.told().filter((line) => line.startsWith('email'))).toHaveLength(2);
  });

  it('is known after a restart for as long as before', async () => {
    const story = aStory(document, (to, channel) => (channel === 'sms' ? answer(to) : null));
    await pushDown(story, {});
    await story.pass(minutes(4), seconds(30));
    await story.restart();
    expect(story.pipeline.tellingFails()).toEqual([]);
    await story.pass(minutes(2), seconds(30));
    expect(story.pipeline.tellingFails()).toMatchObject([{ receiver: 'duty', channel: 'sms', count: 2 }]);
  });

  it('is forgotten with what nobody waits for any more', async () => {
    const story = aStory(document, (to) => answer(to));
    await pushDown(story, {});
    await story.pass(minutes(6), seconds(30));
    expect(story.pipeline.tellingFails()).toHaveLength(1);
    story.reload(dutyDocument('webhook_configs: [{ url: "http://hook/" }]'));
    await pushDown(story, { over: true });
    await story.pass(minutes(30), seconds(30));
    expect(story.pipeline.tellingFails().filter(({ channel }) => channel === 'sms')).toEqual([]);
  });
});

it('a message that nobody has refused is missed after ten minutes', async () => {
  const story = aStory(document, (to) => retry(to, 'RateLimited', 'wait', { retryAfter: minutes(60) }));
  await pushDown(story, {});
  await story.pass(minutes(3), seconds(30));
  expect(story.pipeline.tellingFails()).toEqual([]);
  await story.pass(minutes(9), seconds(30));
  expect(story.pipeline.tellingFails()).toMatchObject([{ receiver: 'duty', channel: 'sms', why: 'wait' }]);
});

describe('who is told instead', () => {
  const of = (receivers: string, routed: readonly string[], channel = 'sms', root = 'a'): string | null =>
    insteadOf(
      anAlertsDocument(
        `people: { z: { sms: '+8613800000001', email: z@b.cn } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
route: { receiver: ${root} }
receivers:
${receivers}`,
      ),
      { alertname: 'SpringtideTellingFails', receiver: 'a', channel },
      routed,
      start,
    );
  const sms = (name: string): string => `  - { name: ${name}, sms_configs: [{ to: [z] }] }`;
  const mail = (name: string): string => `  - { name: ${name}, email_configs: [{ to: z }] }`;
  const both = '  - { name: a, sms_configs: [{ to: [z] }], email_configs: [{ to: z }] }';
  const late = '  - { name: b, escalation: [{ sms: { person: z } }, { unacknowledgedFor: 5m, email: { person: z } }] }';

  it.each<[string, string, readonly string[], string | null]>([
    ['whoever speaks by another channel', [sms('a'), sms('b'), mail('c')].join('\n'), ['a'], 'c'],
    [
      'also where it is told to another one by the same channel',
      [sms('a'), sms('b'), mail('c')].join('\n'),
      ['b'],
      'c',
    ],
    ['nobody where its own receiver has another channel', [both, mail('c')].join('\n'), ['a'], null],
    ['nobody where a route leads to another channel', [sms('a'), mail('c')].join('\n'), ['a', 'c'], null],
    ['another receiver of the same channel, if there is no other', [sms('a'), sms('b')].join('\n'), ['a'], 'b'],
    ['not one whose other channel comes later', [sms('a'), late, mail('c')].join('\n'), ['a'], 'c'],
    ['nobody where there is nobody', sms('a'), ['a'], null],
  ])('%s', (_, receivers, routed, told) => {
    expect(of(receivers, routed)).toBe(told);
  });

  it('is asked of no other alert', () => {
    const document = anAlertsDocument('route: { receiver: a }\nreceivers: [{ name: a }]');
    expect(insteadOf(document, { alertname: 'Down', receiver: 'a', channel: 'sms' }, ['a'], start)).toBeNull();
  });
});
