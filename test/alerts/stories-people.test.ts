// Stories of who is told, on a virtual clock: escalations, acknowledgements, and receivers that stand in.
import { describe, expect, it } from 'vitest';
import { linkToken } from '../../src/alerts/acknowledge-link.ts';
import { failed, retry } from '../../src/alerts/channels/channel.ts';
import { groupOwner } from '../../src/alerts/ledger/state.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { aLostReport, start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

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

  describe('where somebody uses the link of an older message', () => {
    const links = 'links: { externalUrl: https://st.bank.cn, secret: { env: LINKS } }';
    const steps = 'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: chief } }]';
    async function toldTwice() {
      const story = aStory(dutyDocument(steps, links), undefined, 'the secret of links');
      await pushDown(story, {});
      await story.pass(minutes(2), seconds(10));
      await pushDown(story, { instance: 'b' });
      await story.pass(minutes(4), seconds(10));
      expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: a b']);
      const [older = '', newer = ''] = story.taken.map(
        ({ delivery }) => delivery.notice.acknowledgeUrl?.split('/a/')[1] ?? '',
      );
      expect(await story.pipeline.acknowledge({ token: older }, 'li')).toMatchObject({ outcome: 'done', alerts: 1 });
      return { story, older, newer };
    }

    it('goes on for what that did not tell of, in its time', async () => {
      const { story, older } = await toldTwice();
      await story.pass(minutes(20), seconds(10));
      expect(story.taken.map(({ second, to }) => [second, to]).slice(2)).toEqual([[630, 'chief']]);
      expect(await story.pipeline.acknowledge({ token: older }, 'li')).toMatchObject({ outcome: 'already', by: 'li' });
    });

    it('stops when somebody is on the rest, by the link of the newer one', async () => {
      const { story, newer } = await toldTwice();
      expect(await story.pipeline.acknowledge({ token: newer }, 'zhang')).toMatchObject({ outcome: 'done', alerts: 2 });
      expect(await story.pipeline.acknowledge({ token: newer }, 'li')).toMatchObject({
        outcome: 'already',
        by: 'zhang',
      });
      await story.pass(minutes(60), minutes(1));
      expect(story.told(2)).toEqual([]);
    });

    it('begins anew where the rest has ended, and something joins later', async () => {
      const { story } = await toldTwice();
      await pushDown(story, { instance: 'b', over: true });
      await story.pass(minutes(8), seconds(10));
      await pushDown(story, { instance: 'c' });
      await story.pass(minutes(30), seconds(10));
      const firing = story.taken.filter(({ resolved }) => resolved.length === 0).slice(2);
      expect(firing.map(({ to, firing: names }) => [to, names.join(' ')])).toEqual([
        ['zhang', 'a c'],
        ['chief', 'a c'],
      ]);
      const [first, second] = firing.map((one) => one.second);
      expect((second ?? 0) - (first ?? 0)).toBe(600);
    });
  });

  it.each([
    ['from when the provider took its message', 9, [9, 19]],
    ['from its beginning where none takes it', 60, [10.5]],
  ])('counts its steps %s, whatever else was mailed', async (_, minutesDown, called) => {
    let isDown = true;
    const story = aStory(
      dutyDocument(
        'email_configs: [{ to: a@bank.cn }]\nescalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }]',
      ),
      (to, channel) => (channel === 'sms' && to === 'zhang' && isDown ? retry(to, 'ServerError', 'busy') : null),
    );
    await pushDown(story, {});
    await story.pass(minutes(minutesDown), seconds(5));
    isDown = false;
    await story.pass(minutes(20), seconds(5));
    const sms = story.taken.filter(({ channel }) => channel === 'sms').map(({ second }) => second / 60);
    expect(story.told()[0]).toBe('email a@bank.cn: a');
    for (const [index, minute] of called.entries()) expect(Math.abs((sms[index] ?? 0) - minute)).toBeLessThan(1.5);
  });

  it.each([
    ['the first was told', 2, 0],
    ['the second was called, too', 12, 1],
  ])('is counted from the first message where a kill leaves unwritten that %s', async (_, minutesPassed, step) => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(minutesPassed), seconds(30));
    const [[owner, episode] = []] = story.ledger.state.episodes;
    if (owner === undefined || episode === undefined) throw new Error('nobody is called');
    expect(episode.step).toBe(step);
    await story.ledger.append([{ kind: 'episode', owner, episode: { ...episode, began: start, accepted: null } }]);
    await story.restart();
    await story.pass(minutes(30), seconds(30));
    expect(story.taken.map(({ second }) => second)).toEqual([30, 630, 1230]);
  });

  it.each([null, 14])(
    'is counted from the first attempt where that is never taken, with a restart at %j',
    async (at) => {
      const story = aStory(escalating, (to) => (to === 'zhang' ? retry(to, 'Timeout', 'no answer') : null));
      await pushDown(story, {});
      await story.pass(minutes(at ?? 14), seconds(10));
      if (at !== null) await story.restart();
      await story.pass(minutes(26), seconds(10));
      expect(story.taken.map(({ second, to }) => [to, Math.floor(second / 60)])).toEqual([
        ['chief', 10],
        ['noc@bank.cn', 20],
      ]);
    },
  );

  it('is counted from the first message also where that is taken after the second was called', async () => {
    const takenFrom: Readonly<Record<string, number>> = { zhang: 12, chief: 18 };
    const story = aStory(escalating, (to) =>
      story.clock.now() < later(start, minutes(takenFrom[to] ?? 0)) ? retry(to, 'ServerError', 'busy') : null,
    );
    await pushDown(story, {});
    await story.pass(minutes(40), seconds(5));
    const [first, second, third] = story.taken.map(({ second: at, to }) => [to, Math.floor(at / 60)] as const);
    expect([first?.[0], second?.[0]]).toEqual(['zhang', 'chief']);
    expect(third).toEqual(['noc@bank.cn', (first?.[1] ?? 0) + 20]);
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
    await lost.pipeline.receive(aLostReport());
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
