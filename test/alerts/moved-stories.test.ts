// Stories of reloads that make other groups of what fires: nothing of the old ones speaks any more, and whoever is on it stays on it.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const byInstance = (text: string): string => text.replace('group_by: [alertname]', 'group_by: [alertname, instance]');
const escalating = dutyDocument(`
escalation:
  - sms: { person: zhang }
  - { unacknowledgedFor: 10m, sms: { person: li } }
  - { unacknowledgedFor: 20m, sms: { person: chief } }`);

describe.each([
  ['a reload', false],
  ['a restart with another file', true],
])('%s that groups otherwise', (_, restarts) => {
  const change = async (story: Story, to: string): Promise<void> => {
    story.reload(to);
    if (restarts) await story.restart();
    // as a sender does who is still there
    await pushDown(story, { name: 'Beside', instance: 'beside', more: { quiet: 'yes' } });
  };

  it('leaves an acknowledgement where it was', async () => {
    const story = aStory(escalating);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(2), seconds(30));
    const [group] = story.pipeline.groups();
    await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
    await change(story, byInstance(escalating));
    await story.pass(minutes(9), seconds(30));
    await story.pass(minutes(60), seconds(30));
    const ofDown = story.taken.filter(({ firing }) => firing.includes('a') || firing.includes('b'));
    expect(ofDown.map(({ to, firing }) => [to, firing])).toEqual([['zhang', ['a', 'b']]]);
    // it covers what it covered, and no more: they fire anew
    await pushDown(story, { over: true });
    await story.pass(minutes(10), seconds(30));
    const from = story.taken.length;
    await story.pipeline.push([{ labels: { alertname: 'Down', instance: 'a' } }]);
    await story.pass(minutes(12), seconds(30));
    const again = story.taken.slice(from).filter(({ firing }) => firing.includes('a'));
    expect(again.map(({ to }) => to)).toContain('zhang');
  });

  it('calls nobody from the old groups', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    await change(story, byInstance(escalating));
    await story.pass(minutes(6), seconds(30));
    await pushDown(story, { over: true });
    const from = story.taken.length;
    await story.pass(minutes(60), seconds(30));
    expect(story.taken.slice(from).flatMap(({ firing }) => firing)).not.toContain('a');
    expect(story.taken.slice(from).flatMap(({ resolved }) => resolved)).toEqual(['a']);
  });

  it('goes no step further for a receiver that is told the end only', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    await change(
      story,
      escalating.replace('repeat_interval: 4h,', 'repeat_interval: 4h, routes: [{ receiver: boss }]'),
    );
    await story.pass(minutes(60), seconds(30));
    await pushDown(story, { over: true });
    await story.pass(minutes(10), seconds(30));
    const ofDown = story.told().filter((line) => /\ba\b/.test(line));
    expect(ofDown).toEqual(['sms zhang: a', 'email boss@bank.cn: a', 'sms zhang: -a', 'email boss@bank.cn: -a']);
  });

  it('lets no digest tell from a group that is gone', async () => {
    const digest = `email_configs: [{ to: pay@bank.cn, send_resolved: true }]
digest: { at: ['17:00'], timeZone: Asia/Shanghai }`;
    const story = aStory(dutyDocument(digest));
    await pushDown(story, {});
    await story.pass(minutes(60), minutes(5));
    await change(story, dutyDocument(digest, '', 'routes: [{ receiver: boss, matchers: [alertname="Down"] }]'));
    await story.pass(minutes(60), minutes(5));
    await pushDown(story, { over: true });
    await story.pass(minutes(30 * 60), minutes(5));
    const ofDown = story.told().filter((line) => /\ba\b/.test(line));
    expect(ofDown).toEqual(['email boss@bank.cn: a', 'email boss@bank.cn: -a']);
  });

  it('takes back what could not be sent, and tells it as it is', async () => {
    let down = true;
    const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');
    const story = aStory(plain, (to) => (down ? retry(to, 'ServerError', 'the gateway is down') : null));
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(3), seconds(30));
    await change(story, byInstance(plain));
    await story.pass(minutes(3), seconds(30));
    await pushDown(story, { over: true });
    await story.pass(minutes(20), seconds(30));
    down = false;
    await story.pass(minutes(60), minutes(1));
    const told = story.taken.filter(({ delivery }) =>
      delivery.notice.alerts.some(({ labels }) => labels['alertname'] === 'Down'),
    );
    expect(told.flatMap(({ firing }) => firing)).toEqual(['b']);
    expect(story.pipeline.status().owed).toBe(0);
  });
});
