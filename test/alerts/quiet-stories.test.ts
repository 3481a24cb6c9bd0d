// Stories of the night, on a virtual clock: what waits for its end does not call all steps at once, nor nobody.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory, type Story } from './recorder.ts';

/** The stories begin at two in the morning: the night ends an hour later. */
const night =
  "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '03:00' }] }] }]";
const steps = `escalation:
  - sms: { person: zhang }
  - { unacknowledgedFor: 10m, sms: { person: li } }
  - { unacknowledgedFor: 20m, sms: { person: chief } }`;

const minuteOf = ({ second }: { readonly second: number }): number => Math.floor(second / 60);
const heard = (story: Story): unknown[] =>
  story.taken.map((one) => [minuteOf(one), `${one.resolved.length > 0 ? '-' : ''}${one.channel} ${one.to}`]);
const oneByOne = [
  [60, 'sms zhang'],
  [70, 'sms li'],
  [80, 'sms chief'],
];

describe('an escalation whose first message waits', () => {
  const quiet = dutyDocument(`${steps}\nquietHours: { use: night }`, night);

  it('for the end of quiet hours begins then, step by step', async () => {
    const story = aStory(quiet);
    await pushDown(story, {});
    await story.pass(minutes(150), seconds(30));
    expect(heard(story)).toEqual(oneByOne);
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(3).sort()).toEqual(['sms chief: -a', 'sms li: -a', 'sms zhang: -a']);
    expect([story.ledger.state.held.size, story.ledger.state.episodes.size]).toEqual([0, 0]);
  });

  it.each([30, 59, 61, 75])('begins so over a restart after %i minutes too', async (after) => {
    const story = aStory(quiet);
    await pushDown(story, {});
    await story.pass(minutes(after), seconds(30));
    await story.restart();
    await story.pass(minutes(150 - after), seconds(30));
    expect(heard(story)).toEqual(oneByOne);
  });

  it('begins so where the end of the night passes while nothing runs', async () => {
    const story = aStory(quiet);
    await pushDown(story, {});
    await story.pass(minutes(30), seconds(30));
    await story.pipeline.stop(seconds(0));
    story.clock.advance(minutes(60));
    await story.restart();
    await story.pass(minutes(60), seconds(30));
    expect(heard(story)).toEqual([
      [90, 'sms zhang'],
      [100, 'sms li'],
      [110, 'sms chief'],
    ]);
  });

  it('begins so where a kill leaves that it waits beside the message that it waited for', async () => {
    let isDown = true;
    const story = aStory(quiet, (to) => (isDown ? retry(to, 'Timeout', 'no answer') : null));
    await pushDown(story, {});
    await story.pass(minutes(59), seconds(30));
    const [held] = story.ledger.state.held.values();
    const [[owner, episode] = []] = story.ledger.state.episodes;
    await story.pass(seconds(90), seconds(30));
    if (held === undefined || owner === undefined || episode === undefined) throw new Error('nothing waits');
    await story.ledger.append([
      { kind: 'held', held },
      { kind: 'episode', owner, episode },
    ]);
    await story.restart();
    expect(story.ledger.state.held.size).toBe(0);
    await story.pass(seconds(30), seconds(30));
    isDown = false;
    await story.pass(minutes(60), seconds(30));
    const told = heard(story) as [number, string][];
    expect(told.map(([, whom]) => whom)).toEqual(['sms zhang', 'sms li', 'sms chief']);
    expect((told[1]?.[0] ?? 0) - (told[0]?.[0] ?? 0)).toBeGreaterThanOrEqual(7);
  });

  it.each([null, 62])(
    'and then for its budget is one digest, from which the later steps are counted, with a restart at %j',
    async (restart) => {
      const story = aStory(
        dutyDocument(`${steps}\nquietHours: { use: night }`, `${night}\nbudgets: { sms: { perNumber: { hour: 2 } } }`),
      );
      await pushDown(story, {});
      await story.pass(minutes(45), seconds(30));
      for (const name of ['Lost', 'Broken']) {
        await pushDown(story, { name, instance: name, more: { severity: 'critical' } });
        await story.pass(minutes(4), seconds(30));
        const group = story.pipeline.groups().find(({ labels }) => labels['alertname'] === name);
        await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
      }
      await story.pass(minutes(9), seconds(30));
      if (restart !== null) await story.restart();
      await story.pass(minutes(25), seconds(30));
      const ofDown = story.taken.filter(({ channel, firing }) => channel === 'sms' && firing.includes('a'));
      expect(ofDown.map((one) => [minuteOf(one), one.to])).toEqual([
        [62, 'zhang'],
        [72, 'li'],
        [82, 'chief'],
      ]);
    },
  );

  it('for a digest begins with it', async () => {
    const story = aStory(dutyDocument(`${steps}\ndigest: { at: ['03:00'], timeZone: UTC }`));
    await pushDown(story, {});
    await story.pass(minutes(75), seconds(30));
    expect(heard(story)).toEqual([[60, 'sms zhang']]);
  });

  it('goes on at once where something grave comes in the night', async () => {
    const story = aStory(quiet);
    await pushDown(story, {});
    await story.pass(minutes(20), seconds(30));
    await pushDown(story, { instance: 'b', more: { severity: 'critical' } });
    await story.pass(minutes(30), seconds(30));
    expect(heard(story)).toEqual([
      [20, 'sms zhang'],
      [30, 'sms li'],
      [40, 'sms chief'],
    ]);
  });

  it('does not begin where somebody is on it before, nor where all is over', async () => {
    const taken = aStory(quiet);
    await pushDown(taken, {});
    await taken.pass(minutes(30), seconds(30));
    const [group] = taken.pipeline.groups();
    await taken.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
    await taken.pass(minutes(120), seconds(30));
    expect(heard(taken)).toEqual([[60, 'sms zhang']]);

    const over = aStory(quiet);
    await pushDown(over, {});
    await over.pass(minutes(30), seconds(30));
    await pushDown(over, { over: true });
    await over.pass(minutes(120), seconds(30));
    expect(heard(over)).toEqual([[60, '-sms zhang']]);
  });
});

describe('a step that the night meets', () => {
  it('waits for its end, and the one after it waits for this one', async () => {
    const story = aStory(
      dutyDocument(
        `${steps}\nquietHours: { use: night }`,
        "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '02:05', end_time: '03:00' }] }] }]",
      ),
    );
    await pushDown(story, {});
    await story.pass(minutes(30), seconds(30));
    const [alert] = story.pipeline.alerts();
    const [group] = story.pipeline.explain(alert?.alert.fingerprint ?? '')?.groups ?? [];
    expect(group?.recipients.find(({ to }) => to === 'chief')).toMatchObject({ why: 'step', next: null });
    await story.pass(minutes(90), seconds(30));
    expect(heard(story)).toEqual([
      [0, 'sms zhang'],
      [60, 'sms li'],
      [70, 'sms chief'],
    ]);
  });

  it('counts on from what was told where only a reminder waits', async () => {
    const long = steps.replace('20m', '5h');
    const story = aStory(
      dutyDocument(
        `${long}\nquietHours: { use: night }`,
        "time_intervals: [{ name: night, time_intervals: [{ times: [{ start_time: '05:30', end_time: '07:30' }] }] }]",
        '',
      ),
    );
    await pushDown(story, {});
    await story.pass(minutes(400), seconds(30));
    expect(heard(story).slice(0, 2)).toEqual([
      [0, 'sms zhang'],
      [10, 'sms li'],
    ]);
    expect(heard(story)).toContainEqual([330, 'sms chief']);
  });

  it.each([
    ['bundle: 15m', 'waits for the message that others go into', [15, 25]],
    ['perNumber: { hour: 1 }', 'does not wait for a telephone that has had its share', [60, 15]],
  ])('with budgets %s %s', async (budget, _what, [first, second]) => {
    const document = dutyDocument(
      steps.replace('person: zhang', 'person: boss').replace('person: li', 'person: zhang').replace('boss', 'li'),
      `  - { name: solo, sms_configs: [{ to: [li], gateway: main }] }\nbudgets: { sms: { ${budget} } }`,
      'routes: [{ receiver: solo, matchers: [alertname=~"Solo.*"] }]',
    );
    const story = aStory(document);
    await pushDown(story, { name: 'Solo', instance: 's' });
    await story.pass(minutes(1), seconds(30));
    await pushDown(story, { name: 'Solo2', instance: 't' });
    await story.pass(minutes(4), seconds(30));
    await pushDown(story, {});
    await story.pass(minutes(65), seconds(30));
    const when = (to: string): unknown =>
      story.taken.filter(({ firing, to: whom }) => firing.includes('a') && whom === to).map((one) => minuteOf(one))[0];
    expect([when('li'), when('zhang')]).toEqual([first, second]);
  });

  it('is told to whom it concerns at its end: who has been taken away, or relieved, is not waited for', async () => {
    const two = dutyDocument('sms_configs: [{ to: [zhang, li], gateway: main }]\nquietHours: { use: night }', night);
    const story = aStory(two);
    await pushDown(story, {});
    await story.pass(minutes(30), seconds(30));
    story.reload(two.replace('[zhang, li]', '[li]'));
    await story.pass(minutes(60), seconds(30));
    expect([story.told(), story.ledger.state.held.size]).toEqual([['sms li: a'], 0]);

    const rota =
      "oncall: [{ name: pay, timeZone: UTC, handover: '30 2 * * *', rotation: [zhang, li], since: 2026-11-10T02:30:00Z }]";
    const relieved = aStory(
      dutyDocument('sms_configs: [{ oncall: pay, gateway: main }]\nquietHours: { use: night }', `${night}\n${rota}`),
    );
    await pushDown(relieved, {});
    await relieved.pass(minutes(90), seconds(30));
    expect([relieved.told(), relieved.ledger.state.held.size]).toEqual([['sms li: a'], 0]);
  });

  it('of which a reload leaves nothing waits no longer', async () => {
    const story = aStory(dutyDocument(`${steps}\nquietHours: { use: night }`, night));
    await pushDown(story, {});
    await story.pass(minutes(30), seconds(30));
    story.reload(dutyDocument('email_configs: [{ to: pay@bank.cn }]', night));
    await story.pass(minutes(60), seconds(30));
    expect(story.told()).toEqual(['email pay@bank.cn: a']);
    expect(story.ledger.state.held.size).toBe(0);
  });
});

describe('a night in which mail may come', () => {
  const mailed = 'quietHours: { use: night, then: email }';

  it('is mailed at once to whoever has an address, and told by SMS at its end', async () => {
    const story = aStory(
      dutyDocument(`sms_configs: [{ to: [zhang, li], gateway: main, send_resolved: true }]\n${mailed}`, night),
    );
    await pushDown(story, {});
    await story.pass(minutes(20), seconds(30));
    expect(heard(story)).toEqual([[0, 'email zhang']]);
    await story.restart();
    await story.pass(minutes(70), seconds(30));
    expect(heard(story).slice(1).toSorted()).toEqual([
      [60, 'sms li'],
      [60, 'sms zhang'],
    ]);
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(3).toSorted()).toEqual(['email zhang: -a', 'sms li: -a', 'sms zhang: -a']);
  });

  it('is mailed once, where the receiver mails the same person', async () => {
    const story = aStory(
      dutyDocument(
        `sms_configs: [{ to: [zhang], gateway: main }]\nemail_configs: [{ to: zhang@bank.cn }]\n${mailed}`,
        night,
      ),
    );
    await pushDown(story, {});
    await story.pass(minutes(70), seconds(30));
    expect(heard(story)).toEqual([
      [0, 'email zhang@bank.cn'],
      [60, 'sms zhang'],
    ]);
  });

  it('mails the first of an escalation, whose steps begin when his telephone rings', async () => {
    const story = aStory(dutyDocument(`${steps}\n${mailed}`, night));
    await pushDown(story, {});
    await story.pass(minutes(90), seconds(30));
    expect(heard(story)).toEqual([[0, 'email zhang'], ...oneByOne]);
  });

  it('is left to the morning without the word', async () => {
    const story = aStory(
      dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]\nquietHours: { use: night }', night),
    );
    await pushDown(story, {});
    await story.pass(minutes(20), seconds(30));
    expect(story.told()).toEqual([]);
  });
});
