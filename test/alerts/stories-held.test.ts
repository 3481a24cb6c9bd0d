// Stories of what is held back, on a virtual clock: for digests, quiet hours, budgets, bundles and storms.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');

const digested = dutyDocument(
  "email_configs: [{ to: pay@bank.cn, send_resolved: true }]\ndigest: { at: ['17:00'], timeZone: Asia/Shanghai }",
);
const quiet = dutyDocument(
  'sms_configs: [{ to: [zhang], gateway: main }]\nquietHours: { use: night }',
  "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '03:00' }] }] }]",
);

/** Of so many groups, four alerts each. */
const storm = (groups: number, prefix = ''): { readonly name: string; readonly instance: string }[] =>
  Array.from({ length: groups * 4 }, (_, index) => ({
    name: `${prefix}Down${index % groups}`,
    instance: `${prefix}i${index}`,
  }));

describe('what is held back', () => {
  it('by a digest is told at its hour, together, with what has ended meanwhile', async () => {
    const story = aStory(digested);
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
    const story = aStory(digested);
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
    const story = aStory(quiet);
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
    const story = aStory(quiet);
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
    const story = aStory(
      `${plain.replace('sms_configs: [{ to: [zhang], gateway: main }]', "webhook_configs: [{ url: 'http://127.0.0.1:1/' }]")}\nlimits: { messagesInMinute: 10, namedInMessage: 5 }`,
    );
    await pushDown(story, ...storm(2500));
    await story.pass(minutes(3), seconds(5));
    expect(story.taken.length).toBe(11);
    expect(story.taken.at(-1)?.delivery.notice.bundle).toEqual({ why: 'storm', groups: 2490 });
    await story.pass(minutes(6), minutes(1));
    expect(story.taken.length).toBe(11);
  }, 60_000);

  it('in a storm is three SMS to a telephone and one that says how many, by whatever receivers it has them', async () => {
    const both = dutyDocument(
      'sms_configs: [{ to: [zhang], gateway: main }]',
      "  - { name: other, sms_configs: [{ to: ['+86 138 0000 0001'], gateway: main }] }",
      'routes: [{ receiver: other, matchers: [alertname=~"Down1.*"] }]',
    );
    for (const [document, most] of [
      [plain, 4],
      [both, 5],
    ] as const) {
      const story = aStory(document);
      await pushDown(story, ...storm(2500));
      await story.pass(minutes(10), seconds(5));
      expect(story.taken.map(({ second }) => second)).toEqual([
        30,
        30,
        30,
        ...Array.from({ length: most - 3 }, () => 150),
      ]);
      const told = story.taken.slice(3).map(({ delivery: { text, notice } }) => {
        const [, groups = '', more = ''] = /^Many at once, (\d+) groups: .*; \+(\d+) more$/.exec(text) ?? [];
        return { groups: Number(groups), alerts: notice.alerts.length + (notice.unnamed ?? 0), more: Number(more) };
      });
      expect(told.reduce((sum, { groups }) => sum + groups, 0)).toBe(2497);
      expect(told.reduce((sum, { alerts }) => sum + alerts, 0)).toBe(9988);
      expect(told.every(({ alerts, more }) => more > 0 && alerts - more < 40)).toBe(true);
    }
  }, 60_000);

  it('in a storm that lasts is one SMS in two minutes, over a restart too, and the last of them is as any other', async () => {
    const story = aStory(plain);
    for (let wave = 0; wave < 20; wave += 1) {
      await pushDown(story, ...storm(10, `W${wave}-`));
      await story.pass(seconds(30), seconds(5));
      if (wave === 9) await story.restart();
    }
    await story.pass(minutes(10), seconds(5));
    const told = story.taken.map(({ second }) => second);
    expect(told.slice(0, 5)).toEqual([30, 30, 30, 150, 270]);
    expect(told.length).toBeLessThanOrEqual(3 + 6);
    expect(
      new Set(story.taken.flatMap(({ delivery }) => delivery.notice.alerts.map(({ labels }) => labels['instance'])))
        .size,
    ).toBeGreaterThan(100);
    await pushDown(story, { name: 'Later', instance: 'l' });
    await story.pass(minutes(3), seconds(5));
    expect(story.taken.at(-1)?.delivery.text).toBe('ALERT Later instance=l');
  }, 60_000);

  it('after a message for many waits for company, is told as if alone where none comes, and at once where it is grave', async () => {
    const story = aStory(`${plain}\nbudgets: { sms: { perNumber: { hour: 9 }, exempt: 'severity="critical"' } }`);
    await pushDown(story, ...storm(10));
    await story.pass(minutes(3), seconds(5));
    expect(story.taken.map(({ second }) => second)).toEqual([30, 30, 30, 150]);
    await pushDown(story, { name: 'One', instance: 'one' });
    await pushDown(story, { name: 'Grave', instance: 'grave', more: { severity: 'critical' } });
    await story.pass(minutes(3), seconds(5));
    expect(story.taken.slice(4).map(({ second, firing }) => [second, ...firing])).toEqual([
      [185, 'grave'],
      [270, 'one'],
    ]);
    expect(story.taken.at(-1)?.delivery.notice.bundle).toBeUndefined();
  });

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
