// Stories of people who are in several steps of an escalation, on a virtual clock: each step calls them, and news comes once.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const steps = dutyDocument(`escalation:
  - { sms: { person: zhang } }
  - { unacknowledgedFor: 5m, sms: { person: zhang } }
  - { unacknowledgedFor: 10m, sms: { to: [zhang, chief] } }`);

async function called(story: Story): Promise<void> {
  await pushDown(story, {});
  await story.pass(minutes(14), seconds(30));
  expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: a', 'sms zhang: a', 'sms chief: a']);
}

describe('whoever is in three steps of an escalation', () => {
  it('is called by each, and told once what joins and what ends', async () => {
    const story = aStory(steps);
    await called(story);
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(4).sort()).toEqual(['sms chief: a b', 'sms zhang: a b']);
    await pushDown(story, { over: true }, { instance: 'b', over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(6).sort()).toEqual(['sms chief: -a -b', 'sms zhang: -a -b']);
    expect(story.ledger.state.episodes.size).toBe(0);
    await story.pass(minutes(300), minutes(1));
    expect(story.told()).toHaveLength(8);
    expect(story.pipeline.groups()).toEqual([]);
  });

  it.each([false, true])('is reminded once, by whichever step, also after a restart: %j', async (restarts) => {
    const story = aStory(steps);
    await called(story);
    if (restarts) await story.restart();
    await story.pass(minutes(245), minutes(1));
    expect(story.told(4).toSorted()).toEqual(['sms chief: a', 'sms zhang: a']);
    await story.pass(minutes(245), minutes(1));
    expect(story.told(6).toSorted()).toEqual(['sms chief: a', 'sms zhang: a']);
  });

  it('is reminded by a later step where the first cannot tell him', async () => {
    let isDown = false;
    const twice = dutyDocument(
      `escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 5m, sms: { person: zhang, gateway: other } }]`,
    ).replace('sms_gateways: [', "sms_gateways: [{ name: other, http: { url: 'http://127.0.0.1:1/other' } }, ");
    const story = aStory(twice.replace('person: zhang }', 'person: zhang, gateway: main }'), (to) =>
      isDown ? retry(to, 'Timeout', 'no answer') : null,
    );
    await pushDown(story, {});
    await story.pass(minutes(10), seconds(30));
    expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: a']);
    isDown = true;
    await story.pass(minutes(240), minutes(1));
    isDown = false;
    await story.pass(minutes(10), minutes(1));
    expect(story.told(2)).toEqual(['sms zhang: a', 'sms zhang: a']);
  });

  it('is called by each anew for what joins after somebody was on it', async () => {
    const story = aStory(steps);
    await called(story);
    const [group] = story.pipeline.groups();
    await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(16), seconds(30));
    expect(story.told(4)).toEqual(['sms zhang: a b', 'sms zhang: a b', 'sms zhang: a b', 'sms chief: a b']);
  });

  it('hears it from a later step where the first is still owed to him', async () => {
    let isDown = true;
    const story = aStory(steps, (to) => (isDown ? retry(to, 'Timeout', 'no answer') : null));
    await pushDown(story, {});
    await story.pass(minutes(14), seconds(30));
    isDown = false;
    await story.pass(minutes(6), seconds(30));
    const taken = story.told();
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told().filter((one) => one === 'sms zhang: -a')).toHaveLength(1);
    expect(taken).toContain('sms chief: a');
    expect(story.ledger.state.open.size).toBe(0);
  });

  it('is told by both of two gateways', async () => {
    const story = aStory(
      dutyDocument(`escalation:
  - { sms: { person: zhang } }
  - { unacknowledgedFor: 5m, sms: { person: zhang, gateway: other } }`)
        .replace('sms_gateways: [', "sms_gateways: [{ name: other, http: { url: 'http://127.0.0.1:2/sms' } }, ")
        .replace('person: zhang } }', 'person: zhang, gateway: main } }'),
    );
    await pushDown(story, {});
    await story.pass(minutes(7), seconds(30));
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(2)).toEqual(['sms zhang: a b', 'sms zhang: a b']);
  });
});

it('whoever comes on duty is told once by all steps in which the rota is', async () => {
  const story = aStory(
    dutyDocument(
      'escalation: [{ sms: { oncall: pay } }, { unacknowledgedFor: 10m, sms: { oncall: pay } }]',
      "oncall: [{ name: pay, timeZone: Asia/Shanghai, handover: '15 10 * * *', rotation: [zhang, li], since: 2026-11-09T10:15:00+08:00 }]",
    ),
  );
  await pushDown(story, {});
  await story.pass(minutes(25), seconds(30));
  const [first] = story.taken;
  const relieved = story.taken.filter(({ to }) => to !== first?.to);
  expect(story.taken.filter(({ to }) => to === first?.to)).toHaveLength(2);
  expect(relieved).toHaveLength(1);
});
