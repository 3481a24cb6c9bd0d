// Stories of several routes that have the same matchers and the same receiver: one tells in office hours, another outside of them.
import { describe, expect, it } from 'vitest';
import { minutes, seconds } from '../../src/model/units.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

/** The stories begin at 02:00; the office closes at 03:00. */
const document = (routes: string): string => `
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
time_intervals:
  - { name: office, time_intervals: [{ times: [{ start_time: '01:00', end_time: '03:00' }] }] }
  - { name: always, time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }] }
route: { receiver: root, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [${routes}] }
receivers:
  - { name: root, email_configs: [{ to: root@bank.cn, send_resolved: true }] }
  - { name: db, email_configs: [{ to: db@bank.cn, send_resolved: true }] }
  - { name: pages, email_configs: [{ to: pages@bank.cn, send_resolved: true }] }
`;
const inOffice = 'active_time_intervals: [office]';
const outside = 'mute_time_intervals: [office]';
const db = 'matchers: [team="db"], receiver: db';
const split = `{ ${db}, ${inOffice}, continue: true }, { ${db}, ${outside} }`;
const ofDb = { more: { team: 'db' } };
const times = (story: ReturnType<typeof aStory>): number[] => story.taken.map(({ second }) => second / 60);

describe('routes of the same matchers and receiver', () => {
  it.each([
    ['beside each other', split],
    ['the other way round', `{ ${db}, ${outside}, continue: true }, { ${db}, ${inOffice} }`],
    ['below one parent', `{ ${db}, routes: [{ ${inOffice}, continue: true }, { ${outside} }] }`],
  ])('%s tell once, whichever may speak', async (_where, routes) => {
    const story = aStory(document(routes));
    await pushDown(story, ofDb);
    await story.pass(minutes(90), minutes(1));
    expect(story.told()).toEqual(['email db@bank.cn: a']);
    expect(story.pipeline.alerts().map(({ state, mutedBy }) => [state, mutedBy])).toEqual([['active', []]]);
    await pushDown(story, { ...ofDb, over: true });
    await story.pass(minutes(6), minutes(1));
    expect(story.told(1)).toEqual(['email db@bank.cn: -a']);
  });

  it('are silent where none of them may speak, and say so', async () => {
    const story = aStory(
      document(`{ ${db}, mute_time_intervals: [always], continue: true }, { ${db}, ${outside} }, { ${db} }`),
    );
    await pushDown(story, ofDb);
    await story.pass(minutes(30), minutes(1));
    expect(story.told()).toEqual([]);
    const [view] = story.pipeline.alerts();
    expect([view?.state, view?.mutedBy]).toEqual(['suppressed', ['always', 'office']]);
    const [group] = story.pipeline.groups();
    expect(group?.alerts.map(({ mutedBy }) => mutedBy)).toEqual([['always', 'office']]);
    const explained = story.pipeline.explain(fingerprintOf({ alertname: 'Down', instance: 'a', team: 'db' }));
    expect(explained?.groups.map(({ hours }) => hours)).toEqual([['always', 'office']]);
    // the office closes
    await story.pass(minutes(40), minutes(1));
    expect(story.told()).toEqual(['email db@bank.cn: a']);
  });

  it('wait as long as the one says that may speak', async () => {
    const story = aStory(
      document(
        `{ ${db}, ${inOffice}, group_wait: 10m, continue: true }, { ${db}, ${outside}, group_wait: 0s, group_interval: 1m }`,
      ),
    );
    await pushDown(story, ofDb);
    const [group] = story.pipeline.groups();
    expect(group?.nextFlush).toBe(story.clock.now() + minutes(10));
    await story.pass(minutes(30), seconds(30));
    expect([story.told(), times(story)]).toEqual([['email db@bank.cn: a'], [10]]);
  });

  it('tell at the first group_wait where both may speak, and again at the shorter repeat_interval', async () => {
    const story = aStory(
      document(
        `{ ${db}, group_wait: 1m, repeat_interval: 20m, continue: true }, { ${db}, group_wait: 7m, group_interval: 1m }`,
      ),
    );
    await pushDown(story, ofDb);
    await story.pass(minutes(30), minutes(1));
    expect(times(story)).toEqual([1, 22]);
  });

  it('repeat as the one says that may speak', async () => {
    const story = aStory(
      document(`{ ${db}, ${inOffice}, continue: true }, { ${db}, ${outside}, repeat_interval: 20m }`),
    );
    await pushDown(story, ofDb);
    await story.pass(minutes(59), minutes(1));
    expect(times(story)).toHaveLength(1);
    await story.pass(minutes(30), minutes(1));
    expect(story.told(1)).toEqual(['email db@bank.cn: a', 'email db@bank.cn: a']);
  });

  it('mute an alert to which only the muted one leads, and the others not', async () => {
    // pages go elsewhere in office hours
    const pages = `routes: [{ matchers: [severity="page"], receiver: pages }]`;
    const story = aStory(document(`{ ${db}, ${inOffice}, continue: true, ${pages} }, { ${db}, ${outside} }`));
    await pushDown(story, { ...ofDb, instance: 'slow' }, { instance: 'gone', more: { team: 'db', severity: 'page' } });
    await story.pass(minutes(10), minutes(1));
    expect(story.told().toSorted()).toEqual(['email db@bank.cn: slow', 'email pages@bank.cn: gone']);
    await story.pass(minutes(60), minutes(1));
    expect(story.told(2)).toEqual(['email db@bank.cn: gone slow']);
  });

  it('tell nothing again after a restart, and the end', async () => {
    const story = aStory(document(split));
    await pushDown(story, ofDb);
    await story.pass(minutes(10), minutes(1));
    await story.restart();
    await story.pass(minutes(70), minutes(1));
    expect(story.told()).toEqual(['email db@bank.cn: a']);
    await story.restart();
    await pushDown(story, { ...ofDb, over: true });
    await story.pass(minutes(6), minutes(1));
    expect(story.told(1)).toEqual(['email db@bank.cn: -a']);
  });

  it('speak as soon as a reload brings one that may, and go on with the turns that there were', async () => {
    const only = `{ ${db}, ${outside} }`;
    const story = aStory(document(only));
    await pushDown(story, ofDb);
    await story.pass(minutes(7), minutes(1));
    story.reload(document(split));
    await story.pass(minutes(20), seconds(30));
    expect([story.told(), times(story)]).toEqual([['email db@bank.cn: a'], [10.5]]);
    // and are silent where it takes that one away; the end of what was announced is told all the same
    story.reload(document(only));
    await pushDown(story, { ...ofDb, over: true }, { ...ofDb, instance: 'b' });
    await story.pass(minutes(12), minutes(1));
    expect(story.told(1)).toEqual(['email db@bank.cn: -a']);
  });
});
