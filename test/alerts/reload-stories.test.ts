// Stories of reloads and restarts while alerts fire: whoever was told is told the end, and nobody is told twice because a file was put in order.
import { describe, expect, it } from 'vitest';
import { failed } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const head = `
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
people:
  zhang: { sms: '+8613800000001', email: zhang@bank.cn }
  li: { sms: '+8613800000002' }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]`;
const routed = (route: string, receivers: string, above = head): string => `${above}
route: { receiver: duty, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h${route} }
receivers:
${receivers}
  - { name: other, webhook_configs: [{ url: 'http://other/', send_resolved: true }] }`;
const withDuty = (duty: string): string => routed('', `  - { name: duty, ${duty} }`);
const sms = (...names: readonly string[]): string => `{ to: [${names.join(', ')}], send_resolved: true }`;
const mail = (to: string): string => `{ to: '${to}', send_resolved: true }`;
const hook = (path: string, more = ''): string => `{ url: 'http://hooks/${path}', send_resolved: true${more} }`;

/** Told under the first file, over under the second one. */
async function moved(first: string, second: string, restarts: boolean, answer?: Parameters<typeof aStory>[1]) {
  const story = aStory(first, answer);
  await pushDown(story, {});
  await story.pass(minutes(6), seconds(30));
  const before = story.taken.length;
  story.reload(second);
  if (restarts) await story.restart();
  await pushDown(story, { name: 'Beside' });
  await story.pass(minutes(11), seconds(30));
  const between = story.taken.length;
  await pushDown(story, { over: true }, { name: 'Beside', over: true });
  await story.pass(minutes(11), seconds(30));
  const tellDown = (one: Story['taken'][number]): boolean =>
    one.delivery.notice.alerts.some(({ labels }) => labels['alertname'] === 'Down');
  const says = (from: number, to?: number): string[] =>
    story.taken
      .slice(from, to)
      .filter(tellDown)
      .map(({ channel, to: who, firing, resolved, delivery, url }) => {
        const where = delivery.document.people[who]?.sms ?? '';
        return [channel, url ?? who, where, ...firing, ...resolved.map((name) => `-${name}`)].join(' ');
      });
  return { before: says(0, before), between: says(before, between), after: says(between), story };
}

const zhang = 'zhang +8613800000001';
const li = 'li +8613800000002';

describe.each([
  ['a reload', false],
  ['a restart with another file', true],
])('after %s', (_, restarts) => {
  it.each<[string, string, string, readonly string[]]>([
    [
      'one of a list is taken away',
      withDuty(`sms_configs: [${sms('zhang', 'li')}]`),
      withDuty(`sms_configs: [${sms('li')}]`),
      [`sms ${zhang} -a`, `sms ${li} -a`],
    ],
    [
      'a person is gone with his number',
      withDuty(`sms_configs: [${sms('zhang', 'li')}]`),
      routed('', `  - { name: duty, sms_configs: [${sms('li')}] }`, head.replace(/ {2}zhang.*\n/, '')),
      [`sms ${zhang} -a`, `sms ${li} -a`],
    ],
    [
      'one of two configurations is taken away, the first',
      withDuty(`email_configs: [${mail('a@b.cn')}, ${mail('c@d.cn')}]`),
      withDuty(`email_configs: [${mail('c@d.cn')}]`),
      ['email a@b.cn  -a', 'email c@d.cn  -a'],
    ],
    [
      'configurations change their places',
      withDuty(`email_configs: [${mail('a@b.cn')}, ${mail('c@d.cn')}]`),
      withDuty(`email_configs: [${mail('c@d.cn')}, ${mail('a@b.cn')}]`),
      ['email c@d.cn  -a', 'email a@b.cn  -a'],
    ],
    [
      'two become one',
      withDuty(`email_configs: [${mail('a@b.cn')}, ${mail('c@d.cn')}]`),
      withDuty(`email_configs: [${mail('c@d.cn, a@b.cn')}]`),
      ['email c@d.cn  -a', 'email a@b.cn  -a'],
    ],
    [
      'the first webhook is taken away',
      withDuty(`webhook_configs: [${hook('one')}, ${hook('two')}]`),
      withDuty(`webhook_configs: [${hook('two', ', max_alerts: 7')}]`),
      ['webhook http://hooks/one  -a', 'webhook http://hooks/two  -a'],
    ],
    [
      'webhooks change their places',
      withDuty(`webhook_configs: [${hook('one')}, ${hook('two')}]`),
      withDuty(`webhook_configs: [${hook('two')}, ${hook('one')}]`),
      ['webhook http://hooks/one  -a', 'webhook http://hooks/two  -a'],
    ],
    [
      'a step of an escalation is taken away',
      withDuty(`escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 2m, sms: { person: li } }]`),
      withDuty(`escalation: [{ sms: { person: zhang } }]`),
      [`sms ${zhang} -a`, `sms ${li} -a`],
    ],
    [
      'the first step of an escalation is taken away',
      withDuty(`escalation: [{ sms: { person: zhang } }, { unacknowledgedFor: 2m, sms: { person: li } }]`),
      withDuty(`escalation: [{ sms: { person: li } }]`),
      [`sms ${zhang} -a`, `sms ${li} -a`],
    ],
    [
      'the receiver has another name',
      withDuty(`sms_configs: [${sms('zhang')}]`),
      routed('', `  - { name: night, sms_configs: [${sms('zhang')}] }`).replace('receiver: duty', 'receiver: night'),
      [`sms ${zhang} -a`],
    ],
    [
      'groups are made otherwise',
      withDuty(`sms_configs: [${sms('zhang')}]`),
      withDuty(`sms_configs: [${sms('zhang')}]`).replace('[alertname]', '[alertname, instance]'),
      [`sms ${zhang} -a`],
    ],
  ])('everybody who was told is told the end, once: %s', async (__, first, second, ends) => {
    const { before, between, after } = await moved(first, second, restarts);
    expect(before.length).toBe(ends.length);
    expect(between).toEqual([]);
    expect(after.sort()).toEqual([...ends].sort());
  });

  it.each<[string, string, string, readonly string[]]>([
    [
      'the receiver is gone',
      withDuty(`webhook_configs: [${hook('one')}], sms_configs: [${sms('zhang')}]`),
      routed('', '', head.replace(/ {2}zhang.*\n/, '')).replace('receiver: duty', 'receiver: other'),
      ['webhook http://hooks/one  -a', `sms ${zhang} -a`, 'webhook http://other/  -a'],
    ],
    [
      'no route leads to the receiver any more',
      withDuty(`sms_configs: [${sms('zhang')}]`),
      withDuty(`sms_configs: [${sms('zhang')}]`).replace('receiver: duty', 'receiver: other'),
      [`sms ${zhang} -a`, 'webhook http://other/  -a'],
    ],
  ])('who is told instead is told, and who was told before is told the end: %s', async (__, first, second, ends) => {
    const { between, after } = await moved(first, second, restarts);
    expect(between).toEqual(['webhook http://other/  a']);
    expect(after.sort()).toEqual([...ends].sort());
  });

  it.each<[string, string, string]>([
    ['for others', 'webhook http://other/', '[{ receiver: other, matchers: [instance="b"] }]'],
    ['of its own', '', '[{ matchers: [instance="b"], group_by: [alertname, instance] }]'],
  ])('whoever knows of two hears the end of both, where one of them has got a route %s', async (__, beside, routes) => {
    const both = withDuty(`sms_configs: [${sms('zhang')}], webhook_configs: [${hook('one')}]`);
    const story = aStory(both);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(6), seconds(30));
    const before = story.taken.length;
    story.reload(both.replace('repeat_interval: 4h', `repeat_interval: 4h, routes: ${routes}`));
    if (restarts) await story.restart();
    await pushDown(story, { name: 'Beside' });
    await story.pass(minutes(11), seconds(30));
    const ofDown = (from: number): string[] =>
      story.taken
        .slice(from)
        .filter(({ delivery }) => delivery.notice.alerts.some(({ labels }) => labels['alertname'] === 'Down'))
        .map(
          ({ channel, url, to, firing, resolved }) =>
            `${channel} ${url ?? to} ${firing.join(' ')}-${resolved.join(' ')}`,
        );
    expect(ofDown(before)).toEqual(beside === '' ? [] : [`${beside} b-`]);
    // where he is told of it, and nowhere else
    const known = [...story.ledger.state.told].flatMap(([key, { firing }]) => (key.includes('zhang') ? firing : []));
    expect(known.toSorted()).toEqual([...new Set(known)].toSorted());
    const between = story.taken.length;
    await pushDown(story, { over: true }, { instance: 'b', over: true }, { name: 'Beside', over: true });
    await story.pass(minutes(11), seconds(30));
    const ends = ['sms zhang -a', 'sms zhang -b', 'webhook http://hooks/one -a', 'webhook http://hooks/one -b'];
    expect(ofDown(between).sort()).toEqual([...ends, ...(beside === '' ? [] : [`${beside} -b`])].sort());
    expect(story.ledger.state.told.size).toBe(0);
  });

  it('nothing is remembered when all have been told', async () => {
    const { story } = await moved(
      withDuty(`webhook_configs: [${hook('one')}], sms_configs: [${sms('zhang')}]`),
      routed('', '').replace('receiver: duty', 'receiver: other'),
      restarts,
    );
    const { told, toldOf, alerts, open } = story.ledger.state;
    expect([told.size, toldOf.size, alerts.size, open.size, story.pipeline.groups()]).toEqual([0, 0, 0, 0, []]);
  });

  it('one who is gone hears of nothing that began since, and nothing of what goes on', async () => {
    const story = aStory(withDuty(`sms_configs: [${sms('zhang', 'li')}]`));
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(6), seconds(30));
    story.reload(withDuty(`sms_configs: [${sms('li')}]`));
    if (restarts) await story.restart();
    const from = story.taken.length;
    await pushDown(story, { instance: 'c' }, { over: true });
    await story.pass(minutes(11), seconds(30));
    await pushDown(story, { instance: 'b', over: true });
    await story.pass(minutes(301), seconds(30));
    expect(story.told(from).filter((line) => line.includes('zhang'))).toEqual(['sms zhang: b -a', 'sms zhang: -b']);
  });

  it('one who comes back is told as before', async () => {
    const both = withDuty(`sms_configs: [${sms('zhang', 'li')}]`);
    const story = aStory(both);
    await pushDown(story, {});
    await story.pass(minutes(6), seconds(30));
    for (const text of [withDuty(`sms_configs: [${sms('li')}]`), both]) {
      story.reload(text);
      if (restarts) await story.restart();
      await pushDown(story, { name: 'Beside' });
      await story.pass(minutes(6), seconds(30));
    }
    await pushDown(story, { over: true });
    await story.pass(minutes(11), seconds(30));
    expect(story.told().filter((line) => line.startsWith('sms zhang'))).toEqual([
      'sms zhang: a',
      expect.stringContaining('zhang'),
      'sms zhang: -a',
    ]);
  });

  it('an end that is refused for a while is owed to one who is gone, too', async () => {
    let refuses = false;
    const { after } = await moved(
      withDuty(`sms_configs: [${sms('zhang', 'li')}]`),
      withDuty(`sms_configs: [${sms('li')}]`),
      restarts,
      (to) => {
        if (to !== 'zhang') return null;
        refuses = !refuses;
        return refuses ? null : failed(to, 'AccountRefused', 'not now');
      },
    );
    expect(after).toContain(`sms ${zhang} -a`);
  });
});

describe('between two writes of a hand-over', () => {
  it.each([
    ['of the first', 1],
    ['of both', 2],
  ])('a kill after the write %s loses nothing, and the next start ends it', async (_, writes) => {
    const first = withDuty(`sms_configs: [${sms('zhang', 'li')}], webhook_configs: [${hook('one')}]`);
    const second = routed('', `  - { name: night, sms_configs: [${sms('zhang')}] }`).replace('r: duty', 'r: night');
    const story = aStory(first);
    await pushDown(story, {}, { instance: 'b' });
    await story.pass(minutes(6), seconds(30));
    const append = story.ledger.append.bind(story.ledger);
    let left = writes;
    story.ledger.append = (records) => {
      if (records.some(({ kind }) => kind !== 'told')) return append(records);
      left -= 1;
      return left >= 0 ? append(records) : Promise.reject(new Error('killed'));
    };
    story.reload(second);
    await story.restart();
    await story.pipeline.stop(minutes(0));
    story.ledger.append = append;
    const from = story.taken.length;
    await story.restart();
    await story.pass(minutes(6), seconds(30));
    expect(story.told(from)).toEqual([]);
    await pushDown(story, { over: true }, { instance: 'b', over: true });
    await story.pass(minutes(11), seconds(30));
    expect(story.told(from).sort()).toEqual(['sms li: -a -b', 'sms zhang: -a -b', 'webhook webhook 1: -a -b']);
    expect(story.ledger.state.told.size).toBe(0);
  });
});

describe('secrets that stand in the file itself', () => {
  const secretly = "http_config: { basic_auth: { username: ops, password: 'pA55word' } }";
  const first = withDuty(
    `webhook_configs: [{ url: 'http://hooks/one', send_resolved: true, ${secretly} }, ${hook('T0/B0/q7ZxK2m9Vw4tYb81')}],
     email_configs: [{ to: 'a@b.cn', send_resolved: true, smarthost: 'own:25', auth_username: ops, auth_password: 'pA55word' }]`,
  );
  const second = withDuty(`sms_configs: [${sms('li')}]`);
  const passwordOf = (taken: Story['taken'][number]): string => JSON.stringify(taken.settings);
  const ends = async (story: Story): Promise<Story['taken']> => {
    const from = story.taken.length;
    await pushDown(story, { over: true });
    await story.pass(minutes(11), seconds(30));
    return story.taken.slice(from).filter(({ resolved, channel }) => resolved.length > 0 && channel !== 'sms');
  };
  const begun = async (): Promise<Story> => {
    const story = aStory(first);
    await pushDown(story, {});
    await story.pass(minutes(6), seconds(30));
    return story;
  };

  it('are in nothing that is written', async () => {
    const story = await begun();
    const written = JSON.stringify([...story.ledger.state.ways.values()]);
    expect(written).not.toMatch(/pA55word|q7ZxK2m9Vw4tYb81/);
    expect(written).toContain('http://hooks/one');
  });

  it.each([
    ['a reload', false],
    ['a restart, and then a reload', true],
  ])('are known to this process, so that the end arrives after %s', async (_, restarts) => {
    const story = await begun();
    if (restarts) {
      await story.restart();
      await story.pass(minutes(2), seconds(30));
    }
    story.reload(second);
    await story.pass(minutes(2), seconds(30));
    const told = await ends(story);
    expect(told.map(({ channel, url, to }) => `${channel} ${url ?? to}`).sort()).toEqual([
      'email a@b.cn',
      'webhook http://hooks/T0/B0/q7ZxK2m9Vw4tYb81',
      'webhook http://hooks/one',
    ]);
    for (const one of told.filter(({ url }) => url?.includes('q7Zx') !== true))
      expect(passwordOf(one)).toContain('pA55word');
  });

  it('are gone with a restart after the reload: the end takes the way that needs none', async () => {
    const story = await begun();
    story.reload(second);
    await story.restart();
    const told = await ends(story);
    expect(told.map(({ channel, to }) => `${channel} ${to}`)).toEqual(['email a@b.cn']);
    expect(told.map(passwordOf).join()).not.toMatch(/own:25|ops/);
  });
});
