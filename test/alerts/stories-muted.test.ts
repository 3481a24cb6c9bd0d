// Stories of what is silenced or inhibited, on a virtual clock: what still fires afterwards is told, and no end goes astray.
import { describe, expect, it } from 'vitest';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');

describe('a silence', () => {
  const silence = (story: Story, length: Milliseconds, instance = 'a') =>
    story.pipeline.silencer.set({
      matchers: [[{ name: 'instance', operator: '=', value: instance }]],
      startsAt: null,
      endsAt: later(story.clock.now(), length),
      createdBy: 'zhang',
      comment: 'maintenance',
    });

  it('keeps back what it means, over a restart too, and what still fires after it is told', async () => {
    const story = aStory(plain);
    expect(await silence(story, minutes(8))).toEqual({ ok: true, id: 'id-1' });
    await pushDown(story, { instance: 'a' }, { instance: 'b' });
    await story.pass(seconds(31));
    await story.restart();
    await story.pass(minutes(6), minutes(1));
    expect(story.told()).toEqual(['sms zhang: b']);
    expect(story.pipeline.alerts().map(({ state, silencedBy }) => [state, silencedBy.length])).toEqual([
      ['suppressed', 1],
      ['active', 0],
    ]);
    await story.pass(minutes(5), minutes(1));
    expect(story.told(1)).toEqual(['sms zhang: a b']);
  });

  it.each([100, 125, 24 * 100])('of %i hours over something announced does not swallow its end', async (hours) => {
    const story = aStory(plain);
    await pushDown(story, {});
    await story.pass(seconds(31));
    await silence(story, minutes(60 * 24 * 365));
    await story.pass(minutes(60 * hours), minutes(60));
    await story.restart();
    await pushDown(story, { over: true });
    await story.pass(minutes(30), minutes(5));
    expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: -a']);
    expect([story.pipeline.status().groups, story.ledger.state.told.size]).toEqual([0, 0]);
  });

  it('of 125 hours is no reason to keep back what still fires after it', async () => {
    const story = aStory(plain);
    await pushDown(story, {});
    await story.pass(seconds(31));
    await silence(story, minutes(60 * 125));
    await story.pass(minutes(60 * 125 + 10), minutes(5));
    expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: a']);
  });

  it('over something announced does not swallow its end', async () => {
    const story = aStory(plain);
    await pushDown(story, { instance: 'a' }, { instance: 'b' });
    await story.pass(seconds(31));
    await silence(story, minutes(600));
    await story.pass(minutes(5));
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(6));
    expect(story.told(1)).toEqual(['sms zhang: b -a']);
  });

  it('can be ended early', async () => {
    const story = aStory(plain);
    await silence(story, minutes(600));
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(1));
    expect(await story.pipeline.silencer.expire('id-1')).toBe('done');
    expect(await story.pipeline.silencer.expire('nobody')).toBe('unknown');
    await story.pass(minutes(5));
    expect(story.told()).toEqual(['sms zhang: a']);
  });
});

describe('inhibition', () => {
  const inhibiting = dutyDocument(
    'sms_configs: [{ to: [zhang], gateway: main }]',
    `inhibit_rules: [{ source_matchers: [alertname="ClusterDown"], target_matchers: [alertname="Down"], equal: [cluster] }]`,
  );

  it('keeps back what follows, and no end is told of what nobody heard of', async () => {
    const story = aStory(inhibiting);
    await pushDown(story, { name: 'ClusterDown', instance: 'x' }, { name: 'Down', instance: 'a' });
    await story.pass(seconds(31));
    await pushDown(
      story,
      { name: 'ClusterDown', instance: 'x', over: true },
      { name: 'Down', instance: 'a', over: true },
    );
    await story.pass(minutes(6));
    expect(story.told()).toEqual(['sms zhang: x', 'sms zhang: -x']);
  });

  it('that ends lets what still fires be told', async () => {
    const story = aStory(inhibiting);
    await pushDown(story, { name: 'ClusterDown', instance: 'x' }, { name: 'Down', instance: 'a' });
    await story.pass(seconds(31));
    await pushDown(story, { name: 'ClusterDown', instance: 'x', over: true });
    await story.pass(minutes(6));
    expect(story.told(1).sort()).toEqual(['sms zhang: -x', 'sms zhang: a']);
  });
});

it('whoever has been relieved hears the end of what he was told, also after 125 hours', async () => {
  const story = aStory(
    dutyDocument(
      'sms_configs: [{ oncall: pay, gateway: main }]',
      "oncall: [{ name: pay, timeZone: UTC, since: '2026-11-11T00:00:00Z', handover: '0 3 * * *', rotation: [zhang, li], overrides: [{from: '2026-11-11T03:00:00Z', until: '2026-12-31T00:00:00Z', who: li}] }]",
    ),
  );
  await pushDown(story, {});
  await story.pass(minutes(60 * 125), minutes(30));
  const told = story.taken.length;
  await pushDown(story, { over: true });
  await story.pass(minutes(30), minutes(5));
  expect(story.told()[0]).toBe('sms zhang: a');
  expect(story.told(told).sort()).toEqual(['sms li: -a', 'sms zhang: -a']);
});
