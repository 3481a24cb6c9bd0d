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

const endsIn = ({ taken }: Story): string[] => [...new Set(taken.flatMap(({ resolved }) => resolved))].toSorted();

describe('an alert that it refuses by itself', () => {
  const escalation = 'escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 5m, sms: { person: chief } }]';

  it('is told from here, with its end, and nothing else of its group is', async () => {
    const story = aStory(central);
    story.central.refuses.add('r');
    await push(story, 'a', 'r');
    await story.pass(minutes(2), seconds(10));
    expect([story.told(), [...story.central.firing]]).toEqual([['sms zhang: r'], ['a']]);
    expect(story.pipeline.status().central).toMatchObject({
      tells: 'central',
      problem: null,
      refuses: { count: 1, labels: { instance: 'r' }, why: 'it answered 400: not this one' },
    });
    await push(story, 'b', '-a');
    await story.pass(minutes(10), seconds(10));
    expect(story.told(1)).toEqual([]);
    await push(story, '-r');
    await story.pass(minutes(10), seconds(10));
    expect(story.told(1)).toEqual(['sms zhang: -r']);
    expect([[...story.central.firing], story.central.ended]).toEqual([['b'], ['a']]);
    await push(story, '-b');
    await story.pass(minutes(10), seconds(10));
    expect(story.told(2)).toEqual([]);
    expect(story.pipeline.status()).toMatchObject({ firing: 0, groups: 0, owed: 0, central: { refuses: null } });
  });

  it('escalates and is repeated from here, and says why nobody is told of the others', async () => {
    const story = aStory(documentOf(forwarding, escalation));
    story.central.refuses.add('r');
    await push(story, 'a', 'r');
    await story.pass(minutes(8), seconds(10));
    expect(story.told()).toEqual(['sms zhang: r', 'sms chief: r']);
    const whys = [...story.ledger.state.alerts].map(([fingerprint, { labels }]) => [
      labels['instance'],
      story.pipeline.explain(fingerprint)?.groups[0]?.recipients.map(({ why }) => why ?? 'told'),
    ]);
    expect(Object.fromEntries(whys)).toEqual({ a: ['central', 'central'], r: ['told', 'told'] });
    await story.pass(minutes(250), seconds(30));
    expect(story.told(2)).toEqual(['sms zhang: r', 'sms chief: r']);
  });

  it('needs no further step when somebody is on it, whatever the central one tells', async () => {
    const story = aStory(documentOf(forwarding, escalation));
    story.central.refuses.add('r');
    await push(story, 'a', 'r');
    await story.pass(minutes(2), seconds(10));
    const [refused = ''] = [...story.ledger.state.alerts.values()]
      .filter(({ labels }) => labels['instance'] === 'r')
      .map(({ fingerprint }) => fingerprint);
    expect(await story.pipeline.acknowledge({ fingerprint: refused }, 'zhang')).toMatchObject({ outcome: 'done' });
    // what joins is the central one's
    await push(story, 'b', 'c');
    await story.pass(minutes(260), seconds(30));
    expect(story.told()).toEqual(['sms zhang: r']);
  });

  it('is told as soon as it is refused, also where its group had its turn before', async () => {
    const story = aStory(central.replace('group_wait: 30s', 'group_wait: 0s'));
    story.central.refuses.add('r');
    await push(story, 'a', 'r');
    await story.pass(seconds(5), seconds(1));
    expect(story.told()).toEqual(['sms zhang: r']);
  });

  it('is told with its end where it was held back in a storm before it ended', async () => {
    const each = central.replace('group_by: [alertname]', 'group_by: [instance]');
    const story = aStory(each.replace('group_wait: 30s', 'group_wait: 0s'));
    for (const name of 'rstuvw') story.central.refuses.add(name);
    // it has the word, and their groups have their first turn before it is known that it refuses them
    await story.pass(seconds(5), seconds(1));
    await push(story, 'r', 's', 't', 'u', 'v', 'w');
    await story.pass(seconds(20), seconds(1));
    expect(story.told()).toHaveLength(3);
    await push(story, '-r', '-s', '-t', '-u', '-v', '-w');
    await story.pass(minutes(10), seconds(10));
    expect(endsIn(story)).toEqual(['r', 's', 't', 'u', 'v', 'w']);
  });

  it('stays owed while nobody can be reached, and its end with it', async () => {
    let answer: SendResult | null = retry('zhang', 'ServerError', 'down');
    const story = aStory(central, () => answer);
    story.central.refuses.add('r');
    await push(story, 'a', 'r');
    await story.pass(minutes(12), seconds(10));
    expect(story.pipeline.status().owed).toBe(1);
    await push(story, '-r', '-a');
    await story.pass(minutes(12), seconds(10));
    answer = null;
    await story.pass(minutes(12), seconds(10));
    expect(story.told()).toEqual(['sms zhang: -r']);
  });

  it('is tried again now and then: once taken, it is told over there', async () => {
    const story = aStory(central);
    story.central.refuses.add('r');
    await push(story, 'r');
    await story.pass(minutes(2), seconds(10));
    expect(story.told()).toEqual(['sms zhang: r']);
    story.central.refuses.clear();
    await story.pass(minutes(2), seconds(10));
    expect([...story.central.firing]).toEqual([]);
    await story.pass(minutes(2), seconds(10));
    expect([...story.central.firing]).toEqual(['r']);
    // what was told here is taken back here, and no more
    await story.pass(minutes(600), minutes(1));
    await push(story, '-r');
    await story.pass(minutes(10), seconds(10));
    expect([story.told(), story.central.ended]).toEqual([['sms zhang: r', 'sms zhang: -r'], ['r']]);
  });

  it('is told at once where everything was told from here before, and nothing twice', async () => {
    const story = aStory(central);
    story.central.answers = false;
    await push(story, 'a');
    await story.pass(minutes(3), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
    story.central.refuses.add('r');
    story.central.answers = true;
    await push(story, 'b', 'r');
    await story.pass(minutes(6), seconds(10));
    // whoever was told of it here hears of it with what is told here
    expect(story.taken.slice(1).map(({ firing }) => firing.toSorted())).toEqual([['a', 'r']]);
    await push(story, '-a', '-b', '-r');
    await story.pass(minutes(6), seconds(10));
    expect(story.taken.slice(2).map(({ resolved }) => resolved.toSorted())).toEqual([['a', 'r']]);
  });

  it('is found anew after a restart', async () => {
    const story = aStory(central);
    story.central.refuses.add('r');
    await push(story, 'a', 'r');
    await story.pass(minutes(2), seconds(10));
    await story.restart();
    await story.pass(minutes(6), seconds(10));
    expect(story.told()).toEqual(['sms zhang: r']);
    await push(story, '-a', '-r');
    await story.pass(minutes(6), seconds(10));
    expect(story.told(1)).toEqual(['sms zhang: -r']);
  });
});

describe('a start', () => {
  it('remembers an end until it is heard over there', async () => {
    const story = aStory(central);
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    story.central.answers = false;
    await push(story, '-a');
    await story.pass(seconds(70), seconds(10));
    await story.restart();
    story.central.answers = true;
    await story.pass(minutes(1), seconds(10));
    expect([story.central.ended, story.told(), story.ledger.state.alerts.size]).toEqual([['a'], [], 0]);
  });

  it('of an end that is never heard remembers it for five minutes', async () => {
    const story = aStory(central);
    await push(story, 'a');
    await story.pass(minutes(1), seconds(10));
    story.central.answers = false;
    await push(story, '-a');
    await story.pass(minutes(5), seconds(10));
    expect(story.ledger.state.alerts.size).toBe(1);
    await story.pass(minutes(6), seconds(10));
    expect(story.ledger.state.alerts.size).toBe(0);
  });

  it('asks first: what was written of its silence may be old', async () => {
    const story = aStory(central);
    story.central.answers = false;
    await story.pass(minutes(1), seconds(10));
    await push(story, 'a');
    await story.pass(seconds(50), seconds(10));
    await story.pipeline.stop(seconds(0));
    // nobody runs, and nobody asks
    story.clock.advance(minutes(10));
    story.central.answers = true;
    await story.restart();
    await story.pass(minutes(10), seconds(10));
    expect([story.told(), [...story.central.firing]]).toEqual([[], ['a']]);
  });

  it('leaves nothing to it before it has answered: what it refuses is still owed, in a storm too', async () => {
    const story = aStory(central.replace('group_by: [alertname]', 'group_by: [instance]'));
    for (const name of 'rstuvw') story.central.refuses.add(name);
    await push(story, 'r', 's', 't', 'u', 'v', 'w');
    await story.pass(minutes(1), seconds(10));
    expect(story.told()).toHaveLength(3);
    story.central.answers = false;
    await story.restart();
    // their two minutes are over while nobody knows who has the word
    await story.pass(seconds(100), seconds(10));
    story.central.answers = true;
    await push(story, '-r', '-s', '-t', '-u', '-v', '-w');
    await story.pass(minutes(20), seconds(10));
    expect(endsIn(story)).toEqual(['r', 's', 't', 'u', 'v', 'w']);
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
