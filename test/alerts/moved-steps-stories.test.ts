// Stories of reloads that move alerts to other groups while their steps go on: nobody is called anew, and nobody who is to come is forgotten.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const steps = `
escalation:
  - sms: { person: zhang }
  - { unacknowledgedFor: 10m, sms: { person: li } }
  - { unacknowledgedFor: 20m, sms: { person: chief } }`;
const escalating = dutyDocument(steps);
const byInstance = escalating.replace('group_by: [alertname]', 'group_by: [alertname, instance]');
const routed = dutyDocument(steps, '', 'routes: [{ matchers: [instance="b"], group_by: [instance] }]');

/** "21 chief: a b", by the minute of the story, of what is named by one letter. */
const calls = (story: Story, from = 0): string[] =>
  story.taken
    .slice(from)
    .map(({ second, to, firing, resolved }) => {
      const names = [...firing, ...resolved.map((name) => `-${name}`)].filter((name) => name.length <= 2);
      return names.length === 0 ? '' : `${Math.floor(second / 60)} ${to}: ${names.join(' ')}`;
    })
    .filter((line) => line !== '');
/** A sender who is still there. */
const beside = (story: Story): Promise<unknown> =>
  pushDown(story, { name: 'Beside', instance: 'beside', more: { quiet: 'yes' } });

describe.each([
  ['a reload', false],
  ['a restart with another file', true],
])('%s', (_, restarts) => {
  const change = async (story: Story, to: string): Promise<number> => {
    story.reload(to);
    if (restarts) await story.restart();
    await beside(story);
    return story.taken.length;
  };

  it.each([
    ['groups otherwise', escalating, byInstance, ['20 chief: a', '20 chief: b']],
    ['gives some of a group a route of their own', escalating, routed, ['20 chief: a', '20 chief: b']],
    ['takes that route away again', routed, escalating, ['20 chief: a b']],
  ])('that %s lets the next step come in its time', async (__, before, after, then) => {
    const story = aStory(before);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(12), seconds(10));
    expect(new Set(story.taken.map(({ to }) => to))).toEqual(new Set(['zhang', 'li']));
    const from = await change(story, after);
    await story.pass(minutes(28), seconds(10));
    expect(calls(story, from).sort()).toEqual(then);
    const ends = story.taken.length;
    await pushDown(story, { over: true }, { instance: 'b', over: true });
    await story.pass(minutes(6), seconds(10));
    const told = story.taken.slice(ends).flatMap(({ to, resolved }) => resolved.map((name) => `${to} ${name}`));
    expect(told.sort()).toEqual(['chief a', 'chief b', 'li a', 'li b', 'zhang a', 'zhang b']);
    expect([...story.ledger.state.episodes.keys()].filter((owner) => owner.includes('Down'))).toEqual([]);
  });

  it('that makes one group of several goes on from the one that had come furthest', async () => {
    const story = aStory(byInstance);
    await pushDown(story, {});
    await story.pass(minutes(8), seconds(10));
    await pushDown(story, { instance: 'b' });
    await story.pass(minutes(4), seconds(10));
    expect(calls(story)).toEqual(['0 zhang: a', '8 zhang: b', '10 li: a']);
    const from = await change(story, escalating);
    await story.pass(minutes(28), seconds(10));
    // li is told of what has come to him, zhang of nothing anew
    expect(calls(story, from)).toEqual([expect.stringMatching(/^1\d li: a b$/), '20 chief: a b']);
  });

  it('that makes one group of what somebody is on and what nobody is on goes on for the latter', async () => {
    const story = aStory(byInstance);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(2), seconds(10));
    const ofB = [...story.pipeline.groups()].find(({ key }) => key.includes('"b"'));
    await story.pipeline.acknowledge({ groupKey: ofB?.key ?? '' }, 'zhang');
    await story.pass(minutes(10), seconds(10));
    const from = await change(story, escalating);
    await story.pass(minutes(20), seconds(10));
    expect(calls(story, from).filter((line) => line.includes('chief'))).toEqual(['20 chief: a b']);
    expect(calls(story, from).filter((line) => line.includes('zhang'))).toEqual([]);
  });

  it('that leaves a group where it is but moves one whom somebody is on leaves him on it', async () => {
    const story = aStory(escalating);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(2), seconds(10));
    const [group] = story.pipeline.groups();
    await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
    const from = await change(story, routed);
    await story.pass(minutes(300), minutes(1));
    expect(calls(story, from)).toEqual([]);
  });

  it('to another receiver begins there, and calls nobody from where it was', async () => {
    const night =
      '  - { name: night, escalation: [{ sms: { person: chief } }, { unacknowledgedFor: 10m, sms: { person: li } }] }';
    const story = aStory(dutyDocument(steps, night));
    await pushDown(story, {});
    await story.pass(minutes(5), seconds(10));
    const from = await change(
      story,
      dutyDocument(steps, night, 'routes: [{ receiver: night, matchers: [alertname="Down"] }]'),
    );
    await story.pass(minutes(28), seconds(10));
    expect(calls(story, from)).toEqual([
      expect.stringMatching(/^[56] chief: a$/),
      expect.stringMatching(/^1[56] li: a$/),
    ]);
  });

  describe('that gives the receiver another name', () => {
    const renamed = (text: string): string => text.replaceAll('duty', 'night');

    it('goes on with its steps', async () => {
      const story = aStory(escalating);
      await pushDown(story, {});
      await story.pass(minutes(12), seconds(10));
      const from = await change(story, renamed(escalating));
      await story.pass(minutes(28), seconds(10));
      expect(calls(story, from)).toEqual(['20 chief: a']);
      expect([...story.ledger.state.episodes.keys()].filter((owner) => owner.includes('duty'))).toEqual([]);
    });

    it('leaves who is on it on it', async () => {
      const story = aStory(escalating);
      await pushDown(story, {});
      await story.pass(minutes(2), seconds(10));
      const [group] = story.pipeline.groups();
      await story.pipeline.acknowledge({ groupKey: group?.key ?? '' }, 'zhang');
      const from = await change(story, renamed(escalating));
      await story.pass(minutes(200), minutes(1));
      expect(calls(story, from)).toEqual([]);
    });

    it('and calls others in its first steps begins there', async () => {
      const story = aStory(escalating);
      await pushDown(story, {});
      await story.pass(minutes(5), seconds(10));
      const from = await change(story, renamed(escalating).replace('{ person: zhang }', '{ person: chief }'));
      await story.pass(minutes(14), seconds(10));
      expect(calls(story, from)).toEqual([
        expect.stringMatching(/^[56] chief: a$/),
        expect.stringMatching(/^1[56] li: a$/),
      ]);
    });

    it('while the old one stays for others begins at its first step', async () => {
      const both = renamed(escalating).replace(
        'receivers:',
        'receivers:\n  - { name: duty, escalation: [{ sms: { person: zhang } }] }',
      );
      const story = aStory(escalating);
      await pushDown(story, {});
      await story.pass(minutes(12), seconds(10));
      const from = await change(story, both);
      await story.pass(minutes(28), seconds(10));
      expect(calls(story, from)).toEqual([expect.stringMatching(/^3[23] chief: a$/)]);
    });
  });

  it('that moves what a receiver tells that stands in goes on with its steps', async () => {
    const page =
      '  - { name: page, escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 10m, sms: { person: li } }, { unacknowledgedFor: 20m, sms: { person: chief } }] }';
    const before = dutyDocument('wechat_configs: [{ to_user: x }]', `${page}\nunsupportedReceivers: { use: page }`);
    const story = aStory(before);
    await pushDown(story, {});
    await story.pass(minutes(12), seconds(10));
    const from = await change(story, before.replace('group_by: [alertname]', 'group_by: [alertname, instance]'));
    await story.pass(minutes(28), seconds(10));
    expect(calls(story, from)).toEqual(['20 chief: a']);
  });

  it('while nobody can be reached goes on with the steps that have begun', async () => {
    let isDown = true;
    const story = aStory(escalating, (to) => (isDown ? retry(to, 'Unreachable', 'no answer') : null));
    await pushDown(story, {});
    await story.pass(minutes(12), seconds(10));
    const from = await change(story, byInstance);
    await story.pass(minutes(2), seconds(10));
    isDown = false;
    await story.pass(minutes(4), seconds(10));
    const called = calls(story, from).map((line) => line.replace(/^\d+ /, ''));
    expect(called.sort()).toEqual(['li: a', 'zhang: a']);
  });
});

const cleared = (record: LedgerRecord): boolean => record.kind === 'episode' && record.episode === null;

it.each<[string, readonly ((record: LedgerRecord) => boolean)[]]>([
  ['before anything is written', [() => false]],
  // in Kubernetes each group has an object of its own
  ['when the old place was written before the new one', [cleared]],
  ['before the old place is cleared', [() => true, () => false]],
])('a kill %s loses no step', async (_, writes) => {
  const story = aStory(escalating);
  await pushDown(story, {}, { instance: 'b' });
  await story.pass(minutes(12), seconds(10));
  const append = story.ledger.append.bind(story.ledger);
  const left = [...writes];
  story.ledger.append = async (records) => {
    if (!records.some(({ kind }) => kind === 'episode')) return append(records);
    const isWritten = left.shift() ?? (() => false);
    await append(records.filter(isWritten));
    if (!records.every(isWritten)) throw new Error('killed');
  };
  story.reload(byInstance);
  await beside(story);
  await story.pipeline.stop(minutes(0));
  story.ledger.append = append;
  await story.restart();
  const from = story.taken.length;
  await story.pass(minutes(28), seconds(10));
  expect(calls(story, from).sort()).toEqual(['20 chief: a', '20 chief: b']);
});

it('a step that a provider has taken is not waited for anew', async () => {
  const story = aStory(escalating);
  await pushDown(story, {});
  await story.pass(seconds(31), seconds(1));
  story.reload(byInstance);
  await beside(story);
  const episodes = [...story.ledger.state.episodes.values()];
  expect(episodes.map(({ step, accepted }) => [step, accepted])).toContainEqual([0, expect.any(Number)]);
});
