// Whole stories of the pipeline on a virtual clock: pushes, mutes, people, and what becomes of a message afterwards.
import { describe, expect, it } from 'vitest';
import { linkToken } from '../../src/alerts/acknowledge-link.ts';
import { groupOwner } from '../../src/alerts/ledger/state.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import { aCondition, start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');

describe('what others send in', () => {
  it('is told, ended, and forgotten', async () => {
    const story = aStory(plain);
    expect(await pushDown(story, { instance: 'a' }, { instance: 'b' })).toMatchObject({ accepted: 2, durable: true });
    await story.pass(seconds(31));
    await pushDown(story, { instance: 'a', over: true });
    await story.pass(minutes(6));
    await pushDown(story, { instance: 'b', over: true });
    await story.pass(minutes(6));
    expect(story.told()).toEqual(['sms zhang: a b', 'sms zhang: b -a', 'sms zhang: -b']);
    expect(story.pipeline.status()).toMatchObject({ firing: 0, groups: 0, owed: 0 });
    expect(story.ledger.state.alerts.size).toBe(0);
  });

  it('ends by itself when its sender is silent, but not because we were away', async () => {
    const story = aStory(plain);
    await story.pipeline.push([{ labels: { alertname: 'Down' } }]);
    await story.pass(seconds(31));
    await story.restart();
    await story.pass(minutes(4), seconds(30));
    expect(story.told()).toEqual(['sms zhang: Down']);
    await story.pass(minutes(7), seconds(30));
    expect(story.told()).toEqual(['sms zhang: Down', 'sms zhang: -Down']);
  });

  it('is counted and named where there is no place for it, and springtide says so itself', async () => {
    const story = aStory(`${plain}\nlimits: { alerts: 2 }`);
    expect(story.pipeline.leftOut()).toBeNull();
    await pushDown(story, { instance: 'a' }, { instance: 'b' }, { instance: 'c' }, { name: 'Slow', instance: 'd' });
    expect(story.pipeline.leftOut()).toEqual({ count: 2, limit: 2, names: ['Down', 'Slow'] });
    await story.pipeline.tell([aCondition('SpringtideAlertsLeftOut')], story.clock.now());
    await story.pass(seconds(31));
    expect(story.told()).toEqual(['sms zhang: a b', 'sms zhang: SpringtideAlertsLeftOut']);
  });

  it('is taken though its neighbour in the batch cannot be', async () => {
    const story = aStory(plain);
    const outcome = await story.pipeline.push([{ labels: {} }, { labels: { alertname: 'Down' } }]);
    expect(outcome).toMatchObject({
      accepted: 1,
      problems: [{ index: 0, problem: 'at least one label pair required' }],
    });
  });
});

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

describe('an escalation', () => {
  const escalating = dutyDocument(
    `
escalation:
  - sms: { oncall: pay }
  - { unacknowledgedFor: 10m, sms: { person: chief } }
  - { unacknowledgedFor: 20m, email: { to: noc@bank.cn } }`,
    `
oncall: [{ name: pay, timeZone: Asia/Shanghai, handover: '0 9 * * 1', rotation: [zhang, li], since: 2026-11-09T09:00:00+08:00 }]`,
  );

  it('goes from step to step while nobody is on it, and tells everybody the end', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(31), seconds(30));
    expect(story.taken.map(({ second, channel, to }) => [second, channel, to])).toEqual([
      [30, 'sms', 'zhang'],
      [630, 'sms', 'chief'],
      [1230, 'email', 'noc@bank.cn'],
    ]);
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(3).sort()).toEqual(['email noc@bank.cn: -a', 'sms chief: -a', 'sms zhang: -a']);
    expect(story.ledger.state.episodes.size).toBe(0);
  });

  it('stops when somebody is on it; what joins later begins anew', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(2), seconds(30));
    const [group] = story.pipeline.groups();
    expect(await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang')).toMatchObject({
      outcome: 'done',
      alerts: 1,
    });
    await story.pass(minutes(600), minutes(5));
    expect(story.told()).toEqual(['sms zhang: a']);
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(25), seconds(30));
    expect(story.told(1)).toEqual(['sms zhang: a b', 'sms chief: a b', 'email noc@bank.cn: a b']);
  });

  it('goes on over a restart', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(5), seconds(30));
    await story.restart();
    await story.pass(minutes(6), seconds(30));
    expect(story.told()).toEqual(['sms zhang: a', 'sms chief: a']);
  });

  it('goes on at once where the provider refuses for good, or says later that nothing arrived', async () => {
    const refused = aStory(escalating, (to, channel) =>
      channel === 'sms' && to === 'zhang' ? failed(to, 'AddressInvalid', 'no such number') : null,
    );
    await pushDown(refused, {});
    await refused.pass(minutes(1), seconds(30));
    expect(refused.told()).toEqual(['sms chief: a']);

    const lost = aStory(escalating);
    await pushDown(lost, {});
    await lost.pass(minutes(1), seconds(30));
    await lost.pipeline.receive({
      gateway: 'main',
      providerId: 'm1',
      reference: null,
      to: null,
      status: 'failed',
      code: 'UNDELIV',
      at: null,
    });
    await lost.pass(seconds(30));
    expect(lost.told()).toEqual(['sms zhang: a', 'sms chief: a']);
  });

  it('tells the next on duty of what still fires, and the one before of its end only', async () => {
    const story = aStory(escalating);
    story.clock.advance((Date.parse('2026-11-16T08:50:00+08:00') - start) as Milliseconds);
    await pushDown(story, {});
    await story.pass(minutes(5), seconds(30));
    const [group] = story.pipeline.groups();
    await story.pass(minutes(20), seconds(30));
    await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'li');
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told().filter((line) => /zhang|li/.test(line))).toEqual([
      'sms zhang: a',
      'sms li: a',
      'sms li: -a',
      'sms zhang: -a',
    ]);
  });

  it('is acknowledged by a link, once, and not by a forged one', async () => {
    const secret = 'only ours';
    const story = aStory(
      `${escalating}\nlinks: { externalUrl: 'https://st.bank.cn', secret: { env: LINKS } }`,
      undefined,
      secret,
    );
    await pushDown(story, {});
    await story.pass(minutes(1), seconds(30));
    const [{ delivery } = { delivery: undefined }] = story.taken;
    const owner = groupOwner(delivery?.notice.groupKey ?? '', 'duty');
    const token = linkToken(owner, delivery?.at ?? start, secret);
    expect(token.length).toBeLessThanOrEqual(26);
    expect(delivery?.text).toBe(`ALERT Down instance=a https://st.bank.cn/a/${token}`);
    expect(await story.pipeline.acknowledge({ token: linkToken(owner, start, 'guessed') }, 'li')).toEqual({
      outcome: 'forged',
    });
    expect(await story.pipeline.acknowledge({ token }, 'zhang')).toMatchObject({ outcome: 'done' });
    expect(await story.pipeline.acknowledge({ token }, 'li')).toMatchObject({ outcome: 'already', by: 'zhang' });
    await story.pass(minutes(60), minutes(1));
    expect(story.told()).toEqual(['sms zhang: a']);
  });
});

describe('a receiver that stands in', () => {
  const withFallback = dutyDocument(
    'sms_configs: [{ to: [zhang], gateway: main }]\nfallback: { receiver: boss, after: 5m }',
  );

  it('is heard when nobody could be told for so long, and tells the end as well', async () => {
    let broken = true;
    const story = aStory(withFallback, (to, channel) =>
      broken && channel === 'sms' ? retry(to, 'ServerError', 'down') : null,
    );
    await pushDown(story, {});
    await story.pass(minutes(4), seconds(10));
    expect(story.told()).toEqual([]);
    await story.pass(minutes(3), seconds(10));
    expect(story.told()).toEqual(['email boss@bank.cn: a']);
    broken = false;
    await story.pass(minutes(6), seconds(10));
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(10));
    expect(story.told(1).sort()).toEqual(['email boss@bank.cn: -a', 'sms zhang: -a', 'sms zhang: a']);
  });

  it('is heard where everybody was refused for good', async () => {
    const story = aStory(withFallback, (to, channel) =>
      channel === 'sms' ? failed(to, 'AddressInvalid', 'no') : null,
    );
    await pushDown(story, {});
    await story.pass(minutes(7), seconds(30));
    expect(story.told()).toEqual(['email boss@bank.cn: a']);
  });
});

describe('what is held back', () => {
  it('by a digest is told at its hour, together, with what has ended meanwhile', async () => {
    const story = aStory(
      dutyDocument(
        "email_configs: [{ to: pay@bank.cn, send_resolved: true }]\ndigest: { at: ['17:00'], timeZone: Asia/Shanghai }",
      ),
    );
    await pushDown(story, { name: 'Down' }, { name: 'Slow', instance: 'b' });
    await story.pass(minutes(60), minutes(5));
    await pushDown(story, { name: 'Slow', instance: 'b', over: true });
    // it is ten in the morning over there when the story begins
    await story.pass(minutes(5 * 60 + 59), minutes(5));
    expect(story.told()).toEqual([]);
    await story.pass(minutes(2), minutes(1));
    expect(story.told()).toEqual(['email pay@bank.cn: a -b']);
    expect(story.taken[0]?.delivery.notice.bundle).toEqual({ why: 'digest', groups: 2 });
    await story.pass(minutes(30), minutes(5));
    expect(story.told()).toHaveLength(1);
  });

  it('by a digest waits on after a restart, also where it ended meanwhile', async () => {
    const story = aStory(
      dutyDocument(
        "email_configs: [{ to: pay@bank.cn, send_resolved: true }]\ndigest: { at: ['17:00'], timeZone: Asia/Shanghai }",
      ),
    );
    await pushDown(story, { name: 'Down' }, { name: 'Slow', instance: 'b' });
    await story.pass(minutes(60), minutes(5));
    await story.restart();
    await pushDown(story, { name: 'Slow', instance: 'b', over: true });
    await story.pass(minutes(60), minutes(5));
    await story.restart();
    await story.pass(minutes(4 * 60 + 59), minutes(5));
    expect([story.told(), story.ledger.state.held.size]).toEqual([[], 2]);
    await story.pass(minutes(2), minutes(1));
    expect([story.told(), story.ledger.state.held.size]).toEqual([['email pay@bank.cn: a -b'], 0]);
    await story.pass(minutes(30), minutes(5));
    expect(story.told()).toHaveLength(1);
    expect(story.pipeline.status()).toMatchObject({ firing: 1, groups: 1 });
  });

  it('over the end of quiet hours that pass while nothing runs is told at the next start', async () => {
    const story = aStory(
      dutyDocument(
        'sms_configs: [{ to: [zhang], gateway: main }]\nquietHours: { use: night }',
        "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '03:00' }] }] }]",
      ),
    );
    await pushDown(story, { name: 'Slow', instance: 'b' });
    await story.pass(minutes(30), minutes(1));
    await pushDown(story, { name: 'Slow', instance: 'b', over: true });
    await story.pipeline.stop(seconds(0));
    story.clock.advance(minutes(120));
    await story.restart();
    await story.pass(minutes(2), minutes(1));
    expect(story.told()).toEqual(['sms zhang: -b']);
    expect(story.pipeline.status()).toMatchObject({ firing: 0, groups: 0 });
  });

  it('for somebody whom a reload has taken away is forgotten with him', async () => {
    const digest = "digest: { at: ['17:00'], timeZone: Asia/Shanghai }";
    const story = aStory(dutyDocument(`email_configs: [{ to: pay@bank.cn }]\n${digest}`));
    await pushDown(story, {});
    await story.pass(minutes(5), minutes(1));
    expect(story.ledger.state.held.size).toBe(1);
    story.reload(plain);
    await story.restart();
    await story.pass(minutes(5), minutes(1));
    expect([story.told(), story.ledger.state.held.size]).toEqual([['sms zhang: a'], 0]);
  });

  it('by quiet hours is told at their end, what is grave at once', async () => {
    const story = aStory(
      dutyDocument(
        'sms_configs: [{ to: [zhang], gateway: main }]\nquietHours: { use: night }',
        "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '03:00' }] }] }]",
      ),
    );
    await pushDown(story, { name: 'Slow', instance: 'b' }, { name: 'Down', more: { severity: 'critical' } });
    await story.pass(minutes(30), minutes(1));
    expect(story.told()).toEqual(['sms zhang: a']);
    await story.pass(minutes(32), minutes(1));
    expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: b']);
  });

  it('by a budget goes by mail at once, and in one digest by SMS', async () => {
    const story = aStory(`${plain}\nbudgets: { sms: { perNumber: { hour: 2 }, exempt: 'severity="critical"' } }`);
    for (const name of ['A', 'B', 'C', 'D']) {
      await pushDown(story, { name, instance: name });
      await story.pass(minutes(1), seconds(30));
    }
    expect(story.told()).toEqual([
      'sms zhang: A',
      'sms zhang: B',
      'email zhang: C',
      'email zhang: D',
      'sms zhang: D C',
    ]);
    await pushDown(story, { name: 'E', instance: 'E', more: { severity: 'critical' } });
    await story.pass(minutes(3), seconds(30));
    expect(story.told(5)).toEqual(['sms zhang: E']);
  });

  it('by SMS that come too soon after another is one message, and what is grave is told at once', async () => {
    const story = aStory(
      `${plain}\nbudgets: { sms: { bundle: 2m, perNumber: { hour: 4 }, exempt: 'severity="critical"' } }`,
    );
    await pushDown(story, { name: 'A', instance: 'a' }, { name: 'B', instance: 'b' });
    await story.pass(minutes(1), seconds(5));
    await pushDown(story, { name: 'C', instance: 'c' });
    await story.pass(seconds(40), seconds(5));
    await pushDown(story, { name: 'D', instance: 'd', more: { severity: 'critical' } });
    await story.pass(minutes(2), seconds(5));
    expect(story.taken.map(({ second, firing }) => [second, ...firing])).toEqual([
      [30, 'a'],
      [105, 'd'],
      [150, 'c', 'b'],
    ]);
    expect(story.taken.at(-1)?.delivery.text).toMatch(/^Together, 2 groups: /);
    // of four in an hour three are gone: a bundle is a message as others are
    await story.pass(minutes(1), seconds(5));
    await pushDown(story, { name: 'E', instance: 'e' }, { name: 'F', instance: 'f' });
    await story.pass(minutes(4), seconds(5));
    expect(story.told(3)).toEqual(['sms zhang: e', 'email zhang: f', 'sms zhang: f']);
  });

  it('and that nothing came to is told as if it had not waited, over a restart too', async () => {
    const story = aStory(
      `${plain}\nbudgets: { sms: { bundle: 2m } }\nlinks: { externalUrl: 'https://a.cn', secret: { env: LINKS } }`,
      undefined,
      'secret',
    );
    await pushDown(story, { name: 'A', instance: 'a' });
    await story.pass(minutes(1), seconds(5));
    await pushDown(story, { name: 'B', instance: 'b' });
    await story.pass(seconds(40), seconds(5));
    expect(story.told()).toEqual(['sms zhang: a']);
    await story.restart();
    await story.pass(minutes(7), seconds(5));
    expect(story.taken.map(({ second, firing }) => [second, ...firing])).toEqual([
      [30, 'a'],
      [150, 'b'],
    ]);
    const { notice, text } = story.taken.at(-1)?.delivery ?? {};
    expect([notice?.bundle, notice?.groupKey, text]).toEqual([
      undefined,
      '{}:{alertname="B"}',
      expect.stringContaining('https://a.cn/a/'),
    ]);
  });

  it('for one of two is not told again to the other, whose own message arrived meanwhile', async () => {
    let isDown = true;
    const two = dutyDocument(
      'sms_configs: [{ to: [zhang, li], gateway: main }]',
      '  - { name: solo, sms_configs: [{ to: [li], gateway: main }] }\nbudgets: { sms: { bundle: 30m } }',
      'routes: [{ receiver: solo, matchers: [alertname="Solo"] }]',
    );
    const story = aStory(two, (to) => (isDown && to === 'zhang' ? retry(to, 'ServerError', 'out of order') : null));
    await pushDown(story, { name: 'Solo', instance: 's' });
    await story.pass(minutes(1), seconds(10));
    await pushDown(story, { instance: 'a' });
    await story.pass(minutes(6), seconds(10));
    isDown = false;
    await story.pass(minutes(30), seconds(30));
    expect(story.told()).toEqual(['sms li: s', 'sms zhang: a', 'sms li: a']);
  });

  it('in a storm becomes a few messages that say how many', async () => {
    const story = aStory(`${plain}\nlimits: { messagesInMinute: 10, namedInMessage: 5 }`);
    await pushDown(
      story,
      ...Array.from({ length: 10_000 }, (_, index) => ({ name: `Down${index % 2500}`, instance: `i${index}` })),
    );
    await story.pass(minutes(3), seconds(5));
    expect(story.taken.length).toBe(11);
    const last = story.taken.at(-1)?.delivery.notice;
    expect([last?.bundle, last?.alerts.length, last?.unnamed]).toEqual([{ why: 'storm', groups: 2490 }, 5, 9955]);
    await story.pass(minutes(6), minutes(1));
    expect(story.taken.length).toBe(11);
  }, 60_000);

  it('by a budget is told together without others of the receiver missing the end', async () => {
    const both = dutyDocument(
      "sms_configs: [{ to: [zhang], gateway: main, send_resolved: true }]\nwebhook_configs: [{ url: 'http://127.0.0.1:1/' }]",
    );
    const story = aStory(`${both}\nbudgets: { sms: { perNumber: { hour: 1 } } }`);
    await pushDown(story, { name: 'A', instance: 'a' });
    await story.pass(minutes(1), seconds(5));
    await pushDown(story, { name: 'B', instance: 'b' });
    await story.pass(minutes(1.5), seconds(5));
    await pushDown(story, { name: 'B', instance: 'b', over: true });
    // the digest of what went over the budget comes before the group's next flush
    await story.pass(minutes(20), seconds(5));
    const ofB = story.told().filter((line) => /\bb\b/.test(line));
    expect(ofB).toContain('webhook webhook 1: b');
    expect(ofB).toContain('webhook webhook 1: -b');
  });

  it('in a storm and still owed keeps nobody from hearing of an end', async () => {
    let isDown = false;
    const both = dutyDocument(
      "sms_configs: [{ to: [zhang], gateway: main, send_resolved: true }]\nwebhook_configs: [{ url: 'http://127.0.0.1:1/' }]",
    );
    const story = aStory(`${both}\nlimits: { messagesInMinute: 1, namedInMessage: 5 }`, (to, channel) =>
      isDown && channel === 'sms' ? retry(to, 'ServerError', 'out of order') : null,
    );
    await pushDown(story, { name: 'A', instance: 'a' }, { name: 'B', instance: 'b' }, { name: 'C', instance: 'c' });
    await story.pass(seconds(40), seconds(5));
    isDown = true;
    // the message for B and C is owed, and C is over meanwhile
    await story.pass(minutes(3), seconds(5));
    await pushDown(story, { name: 'C', instance: 'c', over: true });
    await story.pass(minutes(12), seconds(30));
    isDown = false;
    await story.pass(minutes(30), seconds(30));
    const ends = story.taken.filter(({ channel, resolved }) => channel === 'sms' && resolved.includes('c'));
    expect(ends).toHaveLength(1);
  });
});

describe('a flapping alert', () => {
  it('is told once as flapping', async () => {
    const story = aStory(`${plain}\nflapping: { changes: 3, per: 1h }`);
    for (let round = 0; round < 8; round += 1) {
      await pushDown(story, { more: {} });
      await story.pass(minutes(3), seconds(30));
      await pushDown(story, { over: true });
      await story.pass(minutes(3), seconds(30));
    }
    const flapping = story.taken.filter(({ delivery }) =>
      delivery.notice.alerts.some((alert) => alert.flapping !== undefined),
    );
    expect(flapping).toHaveLength(1);
    await story.pass(minutes(40), minutes(1));
    expect(story.told().at(-1)).toBe('sms zhang: -a');
  });
});
