// Stories of alerts that are handed on to a central one: who tells people while it answers, while it is silent, and after.
import { describe, expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { SendResult } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const documentOf = (more = '', receiver = 'sms_configs: [{ to: [zhang], gateway: main }]'): string =>
  dutyDocument(receiver, more);
const forwarding = "forwardTo: { url: 'http://user:secret@central:9093/hidden', silentAfter: 2m }";
const central = documentOf(forwarding);
const escalating = documentOf(
  forwarding,
  'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 5m, sms: { person: chief } }]',
);

const push = (story: Story, ...names: readonly string[]): ReturnType<typeof pushDown> =>
  pushDown(story, ...names.map((name) => ({ instance: name.replace('-', ''), over: name.startsWith('-') })));

describe('while the central one answers', () => {
  it('is told everything at once, again and again, and nobody is told from here', async () => {
    const story = aStory(central);
    await story.pass(seconds(5), seconds(1));
    await push(story, 'a', 'b');
    await story.pass(seconds(2), seconds(1));
    expect([...story.central.firing]).toEqual(['a', 'b']);
    await push(story, '-a');
    await story.pass(seconds(2), seconds(1));
    expect([[...story.central.firing], story.central.ended]).toEqual([['b'], ['a']]);
    const before = story.central.pushes;
    await story.pass(minutes(10), seconds(10));
    expect(story.central.pushes - before).toBeGreaterThanOrEqual(19);
    expect(story.told()).toEqual([]);
    expect(story.pipeline.status().central).toMatchObject({ host: 'central:9093', tells: 'central', problem: null });
  });

  it('says so to whoever asks why nobody was told', async () => {
    const story = aStory(central);
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    const [fingerprint = ''] = story.ledger.state.alerts.keys();
    expect(story.pipeline.explain(fingerprint)?.groups[0]?.recipients).toMatchObject([
      { to: 'zhang', toldAt: null, why: 'central', detail: 'central:9093' },
    ]);
  });

  it('lets no escalation begin here', async () => {
    const story = aStory(escalating);
    await push(story, 'a');
    await story.pass(minutes(30), seconds(10));
    expect(story.told()).toEqual([]);
  });
});

describe('while it is silent', () => {
  it('tells people from here after silentAfter, and what is told here is taken back here', async () => {
    const story = aStory(central);
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    story.central.answers = false;
    await story.pass(seconds(80), seconds(10));
    expect(story.told()).toEqual([]);
    await story.pass(seconds(50), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
    expect(story.pipeline.status().central).toMatchObject({ tells: 'local', problem: 'no answer' });
    await push(story, '-a');
    await story.pass(minutes(6), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: -a']);
    expect(story.ledger.state.alerts.size).toBe(0);
  });

  it('does not take back here what nobody was told of here', async () => {
    const story = aStory(central);
    await push(story, 'a', 'b');
    await story.pass(minutes(1), seconds(10));
    await push(story, '-b');
    story.central.answers = false;
    await story.pass(minutes(10), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
  });

  it('goes on where it was after a restart, and does not wait anew at each', async () => {
    const story = aStory(central);
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    story.central.answers = false;
    for (let round = 0; round < 5; round += 1) {
      await story.pass(seconds(30), seconds(10));
      await story.restart();
    }
    await story.pass(seconds(10), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
    await story.restart();
    await story.pass(minutes(10), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
  });

  it('escalates from here', async () => {
    const story = aStory(escalating);
    story.central.answers = false;
    await push(story, 'a');
    await story.pass(minutes(8), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a', 'sms chief: a']);
  });
});

describe('when it answers again', () => {
  it('tells people of nothing twice, and what was told here is taken back here', async () => {
    const story = aStory(central);
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    story.central.answers = false;
    await story.pass(minutes(3), seconds(10));
    story.central.answers = true;
    await story.pass(minutes(1), seconds(10));
    await push(story, 'b');
    await story.pass(minutes(600), seconds(30));
    expect(story.told()).toEqual(['sms zhang: a']);
    expect([...story.central.firing]).toEqual(['a', 'b']);
    await push(story, '-a', '-b');
    await story.pass(minutes(6), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a', 'sms zhang: -a']);
    expect(story.central.ended.toSorted()).toEqual(['a', 'b']);
    expect(story.pipeline.status()).toMatchObject({ firing: 0, groups: 0, owed: 0 });
  });

  it('and falls silent once more, what was told here is not told again', async () => {
    const story = aStory(central);
    await push(story, 'a');
    for (let round = 0; round < 3; round += 1) {
      story.central.answers = false;
      await story.pass(minutes(6), seconds(10));
      story.central.answers = true;
      await story.pass(minutes(6), seconds(10));
    }
    expect(story.told()).toEqual(['sms zhang: a']);
  });

  it('stops an escalation that runs here', async () => {
    const story = aStory(escalating);
    story.central.answers = false;
    await push(story, 'a');
    await story.pass(minutes(3), seconds(10));
    story.central.answers = true;
    await story.pass(minutes(30), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
  });

  it('takes over what is owed here, but for what may have arrived', async () => {
    let answer: SendResult | null = retry('zhang', 'ServerError', 'down');
    const ask = (): SendResult | null => answer;
    const story = aStory(central, ask);
    story.central.answers = false;
    await push(story, 'a');
    await story.pass(minutes(3), seconds(10));
    expect(story.pipeline.status().owed).toBe(1);
    story.central.answers = true;
    await story.pass(minutes(1), seconds(10));
    expect(story.pipeline.status().owed).toBe(0);

    const other = aStory(central, ask);
    other.central.answers = false;
    await push(other, 'a');
    answer = retry('zhang', 'Timeout', 'no answer', { uncertain: true });
    await other.pass(minutes(3), seconds(10));
    other.central.answers = true;
    await other.pass(minutes(1), seconds(10));
    expect(other.pipeline.status().owed).toBe(1);
    answer = null;
    await other.pass(minutes(10), seconds(10));
    await push(other, '-a');
    await other.pass(minutes(10), seconds(10));
    expect(other.told()).toEqual(['sms zhang: a', 'sms zhang: -a']);
  });
});

describe('a reload', () => {
  it('begins and ends the forwarding', async () => {
    const story = aStory(documentOf());
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    expect([story.told(), story.central.pushes]).toEqual([['sms zhang: a'], 0]);
    story.reload(central);
    await push(story, 'b');
    await story.pass(minutes(10), seconds(10));
    expect([story.told(1), [...story.central.firing]]).toEqual([[], ['a', 'b']]);
    story.reload(documentOf());
    await story.pass(minutes(6), seconds(10));
    expect(story.told(1)).toEqual(['sms zhang: a b']);
    expect(story.pipeline.status().central).toBeNull();
  });
});
