// What `alerts explain` knows: how far each of those that speak for a group has come, and by which message somebody was told.
import { expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { GroupExplanation } from '../../src/alerts/explain.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const steps = '[{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }]';
const page = `  - { name: page, escalation: ${steps} }`;
const at = (second: number): string => rfc3339(later(start, seconds(second)));

function explained(story: Story): GroupExplanation | undefined {
  const [view] = story.pipeline.alerts();
  return story.pipeline.explain(view?.alert.fingerprint ?? '')?.groups[0];
}
const standings = (story: Story): unknown[] =>
  (explained(story)?.recipients ?? []).map(({ receiver, to, toldAt, why, next }) => [
    receiver,
    to,
    toldAt ?? why,
    next,
  ]);

it('shows the steps of a receiver that stands in for what is not supported, and when its next one begins', async () => {
  const story = aStory(
    dutyDocument(`wechat_configs: [{ to_user: x }]`, `${page}\nunsupportedReceivers: { use: page }`),
  );
  await pushDown(story, {});
  expect(explained(story)?.escalations).toEqual([
    { receiver: 'page', steps: 2, step: null, next: null, none: 'quiet' },
  ]);
  await story.pass(minutes(1), seconds(10));
  const began = story.taken[0]?.second ?? 0;
  const next = at(began + 600);
  expect(explained(story)?.escalations).toEqual([{ receiver: 'page', steps: 2, step: 0, next, none: null }]);
  expect(standings(story)).toEqual([
    ['page', 'zhang', at(began), null],
    ['page', 'li', 'step', next],
  ]);
  await story.pass(minutes(11), seconds(10));
  expect(explained(story)?.escalations).toMatchObject([{ step: 1, next: null, none: 'last' }]);
});

it('says of each that speaks in steps how far it has come by itself, and of one that does not speak that it stands in', async () => {
  const own = `escalation: [{ email: { to: x@bank.cn } }, { unacknowledgedFor: 30m, email: { to: y@bank.cn } }]`;
  const story = aStory(dutyDocument(`${own}\nfallback: { receiver: page, after: 2m }`, page), (to, channel) =>
    channel === 'email' ? retry(to, 'Unreachable', 'no answer') : null,
  );
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(10));
  expect(explained(story)?.escalations.map(({ receiver }) => receiver)).toEqual(['duty']);
  expect(standings(story).slice(2)).toEqual([
    ['page', 'zhang', 'standsIn', null],
    ['page', 'li', 'standsIn', null],
  ]);
  await story.pass(minutes(2), seconds(10));
  const began = story.taken[0]?.second ?? 0;
  const page1 = at(began + 600);
  expect(explained(story)?.escalations).toEqual([
    { receiver: 'duty', steps: 2, step: 0, next: at(30 + 1800), none: null },
    { receiver: 'page', steps: 2, step: 0, next: page1, none: null },
  ]);
  expect(standings(story).slice(1)).toEqual([
    ['duty', 'y@bank.cn', 'step', at(30 + 1800)],
    ['page', 'zhang', at(began), null],
    ['page', 'li', 'step', page1],
  ]);
});

it('says why no step is to come', async () => {
  const none = (story: Story): unknown => explained(story)?.escalations[0]?.none;
  const story = aStory(dutyDocument(`escalation: ${steps}`));
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(10));
  const silence = await story.pipeline.silencer.set({
    matchers: [[{ name: 'instance', operator: '=', value: 'a' }]],
    startsAt: null,
    endsAt: later(story.clock.now(), minutes(60)),
    createdBy: 'zhang',
    comment: 'maintenance',
  });
  await story.pass(seconds(10));
  expect([silence, none(story)]).toEqual([expect.anything(), 'quiet']);
  // who heard of it before the silence was told of it
  expect(standings(story)[0]).toEqual(['duty', 'zhang', at(story.taken[0]?.second ?? 0), null]);
  await story.pass(minutes(66), seconds(30));
  expect(none(story)).toBeNull();
  await story.pipeline.acknowledge({ groupKey: explained(story)?.key ?? '' }, 'zhang');
  expect(none(story)).toBe('acknowledged');
});

it('says that the next step waits for what this one says, while that is held back', async () => {
  const night = `time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] }]`;
  const story = aStory(dutyDocument(`escalation: ${steps}\nquietHours: { use: night, then: digest }`, night));
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(10));
  expect(explained(story)?.escalations).toEqual([{ receiver: 'duty', steps: 2, step: 0, next: null, none: 'held' }]);
  expect(standings(story)[0]).toEqual(['duty', 'zhang', 'held', null]);
});

it('names the message that told somebody last, also where a reload has made other groups since', async () => {
  const grouped = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');
  const story = aStory(grouped);
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(10));
  story.reload(grouped.replace('group_by: [alertname]', 'group_by: [alertname, instance]'));
  await pushDown(story, { name: 'Beside', instance: 'b' });
  const [view] = story.pipeline.alerts();
  const explanation = story.pipeline.explain(view?.alert.fingerprint ?? '');
  const [message] = explanation?.notifications ?? [];
  expect(message).toMatchObject({ to: 'zhang', providerId: 'm1', gateway: 'main', receipt: null });
  expect(explanation?.groups[0]?.recipients).toMatchObject([
    { to: 'zhang', toldAt: at(story.taken[0]?.second ?? 0), toldBy: message?.id },
  ]);
});

it('has the code of a message for as long as it says of something that fires, and what its provider said', async () => {
  const story = aStory(dutyDocument('sms_configs: [{ to: [zhang], gateway: main, send_resolved: true }]'));
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(10));
  const receipt = { gateway: 'main', providerId: 'm1', reference: null, to: null, code: 'EXPIRED', at: null } as const;
  await story.pipeline.receive({ ...receipt, status: 'failed' });
  const [view] = story.pipeline.alerts();
  await pushDown(story, { over: true });
  await story.pass(minutes(1));
  const before = story.pipeline.explain(view?.alert.fingerprint ?? '')?.notifications;
  const { acknowledgeCode: code } = story.taken[0]?.delivery.notice ?? {};
  expect(before?.at(-1)).toMatchObject({
    receipt: { status: 'failed', code: 'EXPIRED', at: at(60) },
    acknowledge: { code, until: at(30 + 24 * 3600) },
  });
  await story.pass(minutes(6), seconds(30));
  await story.restart();
  const after = story.pipeline.explain(view?.alert.fingerprint ?? '')?.notifications;
  expect(after?.map(({ acknowledge }) => acknowledge?.code ?? null)).toEqual([null, code]);
});
