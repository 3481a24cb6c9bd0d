// The budget of a telephone as its owner sees it: however often groups are looked at, however many come at once, by whatever name.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

const plain = dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]');
const twoAnHour = 'budgets: { sms: { perNumber: { hour: 2 } } }';

describe('what goes over a budget', () => {
  it.each(['30s', '1m', '2m', '5m'])('is told in one digest where groups are looked at each %s', async (interval) => {
    const story = aStory(`${plain.replace('group_interval: 5m', `group_interval: ${interval}`)}\n${twoAnHour}`);
    for (const name of ['A', 'B', 'C', 'D']) {
      await pushDown(story, { name, instance: name });
      await story.pass(seconds(40), seconds(5));
    }
    await story.pass(minutes(5), seconds(5));
    const sms = story.told().filter((line) => line.startsWith('sms'));
    expect(sms).toEqual(['sms zhang: A', 'sms zhang: B', 'sms zhang: D C']);
    await story.pass(minutes(30), seconds(30));
    expect(story.ledger.state.held.size).toBe(0);
  });

  it('is what comes at once too: nothing is sent before the first answer is there', async () => {
    const story = aStory(`${plain}\n${twoAnHour}`);
    const names = Array.from({ length: 25 }, (_, number) => `N${String(number).padStart(2, '0')}`);
    await pushDown(story, ...names.map((name) => ({ name, instance: name })));
    await story.pass(minutes(10), seconds(5));
    const sms = story.told().filter((line) => line.startsWith('sms'));
    expect(sms.slice(0, 2)).toEqual(['sms zhang: N00', 'sms zhang: N01']);
    expect(sms).toHaveLength(3);
    expect(sms[2]?.split(' ').slice(2).toSorted()).toEqual(names.slice(2));
  });

  it('counts what waits for its gateway, once, over a restart too', async () => {
    let answers = false;
    const story = aStory(`${plain}\n${twoAnHour}`, (to, channel) =>
      answers || channel !== 'sms' ? null : retry(to, 'Timeout', 'no answer'),
    );
    await pushDown(story, { name: 'A', instance: 'A' }, { name: 'B', instance: 'B' });
    await story.pass(minutes(1), seconds(5));
    expect([...story.ledger.state.smsOwed.values()].map((owed) => owed.size)).toEqual([2]);
    await story.restart();
    await pushDown(story, { name: 'C', instance: 'C' });
    answers = true;
    await story.pass(minutes(10), seconds(5));
    expect(story.told().filter((line) => line.startsWith('sms'))).toEqual([
      'sms zhang: A',
      'sms zhang: B',
      'sms zhang: C',
    ]);
    expect(story.ledger.state.smsOwed.size).toBe(0);
    await story.pass(minutes(300), minutes(1));
    expect(story.ledger.state.held.size).toBe(0);
  });

  it('is that of a telephone, whoever it is called', async () => {
    const people = plain.replace('[zhang]', "[zhang, desk, '+86 138 0000 0001', '13800000001', '008613800000001']");
    const story = aStory(people.replace('people:', "people:\n  desk: { sms: '+8613800000001' }"));
    await pushDown(story, { name: 'A', instance: 'A' });
    await story.pass(minutes(1), seconds(5));
    expect(story.told()).toEqual(['sms zhang: A']);
  });

  it.each(['zhang', 'zhang@bank.cn', '"Zhang" <Zhang@bank.cn>'])(
    'is mailed to nobody twice, where the receiver mails %s itself',
    async (to) => {
      const receiver = `sms_configs: [{ to: [zhang] }]\nemail_configs: [{ to: '${to}' }]`;
      const story = aStory(dutyDocument(receiver, 'budgets: { sms: { perNumber: { hour: 1 } } }'));
      for (const name of ['A', 'B']) {
        await pushDown(story, { name, instance: name });
        await story.pass(seconds(60), seconds(5));
      }
      expect(story.told()).toEqual(['sms zhang: A', `email ${to}: A`, `email ${to}: B`]);
    },
  );

  it('is what a bundle is counted from, by whichever name the telephone had its last SMS', async () => {
    const route = 'routes: [{ matchers: [alertname=B], receiver: desk }]';
    const desk = "  - { name: desk, sms_configs: [{ to: ['13800000001'] }] }\nbudgets: { sms: { bundle: 2m } }";
    const story = aStory(dutyDocument('sms_configs: [{ to: [zhang] }]', desk, route));
    for (const name of ['A', 'B', 'C']) {
      await pushDown(story, { name, instance: name });
      await story.pass(seconds(125), seconds(5));
    }
    await story.pass(minutes(5), seconds(5));
    expect(story.told()).toEqual(['sms zhang: A', 'sms 13800000001: B', 'sms zhang: C']);
    const [first = 0, second = 0, third = 0] = story.taken.map((one) => one.second);
    expect([second - first, third - second].every((wait) => wait >= 120)).toBe(true);
  });
});
