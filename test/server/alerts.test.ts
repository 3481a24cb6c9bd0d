// The alert API over real HTTP, before a pipeline on a virtual clock: as Prometheus sends, as amtool asks, as people answer.
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { linkToken } from '../../src/alerts/acknowledge-link.ts';
import { groupOwner } from '../../src/alerts/ledger/state.ts';
import { parseMatchers } from '../../src/matching/matchers.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import type { AlertServer } from '../../src/server/alerts/listener.ts';
import { TooLarge } from '../../src/server/alerts/too-large.ts';
import { start } from '../alerts/builders.ts';
import { aStory } from '../alerts/recorder.ts';
import { servedStory } from './story-server.ts';

const written = `
people: { zhang: { sms: '+8613800000001' } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
route: { receiver: duty, group_by: [alertname] }
receivers: [{ name: duty, sms_configs: [{ to: [zhang] }] }]
inhibit_rules: [{ source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [alertname] }]
`;
const secret = 'the secret of links';
let server: AlertServer | null = null;
afterEach(() => server?.close());

async function served(token: string | null = null, text = written) {
  const story = aStory(text, undefined, secret);
  const lines: string[] = [];
  const tooLarge = new TooLarge(story.clock, 64);
  server = await servedStory(story, text, {
    receipts: (gateway, { body }) =>
      Promise.resolve({ status: 200, contentType: 'application/json', body: JSON.stringify({ gateway, body }) }),
    token: () => Promise.resolve(token),
    onTooLarge: (sender) => tooLarge.refused(sender),
    log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
  });
  const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const { url } = server;
  const ask = async (path: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { 'content-type': 'application/json', ...headers },
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text.startsWith('{') || text.startsWith('[') || text.startsWith('"') ? (JSON.parse(text) as never) : text,
    };
  };
  return { story, ask, logged, tooLarge };
}

const alert = (labels: Record<string, string>) => ({
  labels: { alertname: 'Down', ...labels },
  startsAt: rfc3339(start),
  endsAt: rfc3339(later(start, minutes(10))),
});

describe('alerts', () => {
  it('for which there is no place are refused, and what is known goes on and ends all the same', async () => {
    const { ask, story } = await served(null, `${written}\nlimits: { alerts: 1 }`);
    expect(await ask('/api/v2/alerts', 'POST', [alert({ instance: 'a' })])).toMatchObject({ status: 200 });
    const refused = await ask('/api/v2/alerts', 'POST', [alert({ instance: 'a' }), alert({ instance: 'b' })]);
    expect(refused).toMatchObject({ status: 503 });
    expect(JSON.stringify(refused.body)).toContain('no place for 1 of them');
    const ended = { ...alert({ instance: 'a' }), endsAt: rfc3339(start) };
    story.clock.advance(seconds(31));
    await story.pipeline.settle();
    expect(story.told()).toEqual(['sms zhang: a']);
    expect(await ask('/api/v2/alerts', 'POST', [ended, alert({ instance: 'b' })])).toMatchObject({ status: 503 });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(1)).toEqual(['sms zhang: -a']);
    // now there is one
    expect(await ask('/api/v2/alerts', 'POST', [alert({ instance: 'b' })])).toMatchObject({ status: 200 });
  });

  it('beside one that cannot be are sent again where there was no place for them', async () => {
    const { ask } = await served(null, `${written}\nlimits: { alerts: 1 }`);
    const [known, more, bad] = [alert({ instance: 'a' }), alert({ instance: 'b' }), { ...alert({}), startsAt: 'soon' }];
    expect(await ask('/api/v2/alerts', 'POST', [known, bad])).toMatchObject({ status: 400 });
    expect(await ask('/api/v2/alerts', 'POST', [known, more, bad])).toMatchObject({ status: 503 });
    const group = (...alerts: readonly object[]) => ({
      version: '4',
      alerts: alerts.map((one) => ({ ...one, status: 'firing' })),
    });
    expect(await ask('/api/v1/webhook', 'POST', group(known, bad))).toMatchObject({ status: 400 });
    expect(await ask('/api/v1/webhook', 'POST', group(known, more, bad))).toMatchObject({ status: 503 });
  });

  it.each(['/api/v2/alerts', '/api/v1/webhook'])('keep every label that has a text at %s', async (path) => {
    const { ask } = await served();
    const sent = (labels: object) => {
      const one = { ...alert({}), labels: { alertname: 'Down', ...labels } };
      return path.endsWith('alerts') ? [one] : { version: '4', alerts: [{ ...one, status: 'firing' }] };
    };
    expect(await ask(path, 'POST', sent({ ['__proto__']: 'a', constructor: 'b' }))).toMatchObject({ status: 200 });
    const { body } = await ask('/api/v2/alerts');
    expect(JSON.stringify(body)).toContain('"labels":{"alertname":"Down","__proto__":"a","constructor":"b"}');
    const refused = await ask(path, 'POST', sent({ severity: 5 }));
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining('severity')]);
  });

  it.each(['/api/v2/alerts', '/api/v1/webhook'])('take null for nothing said at %s', async (path) => {
    const { ask } = await served();
    const [one, other] = [
      { ...alert({ instance: 'a' }), annotations: null },
      { ...alert({}), labels: { alertname: 'Down', pod: null }, annotations: { summary: 'down', description: null } },
    ];
    const sent = [one, other].map((each) => ({ ...each, status: 'firing' }));
    const body = path.endsWith('alerts') ? sent : { version: '4', alerts: sent };
    expect(await ask(path, 'POST', body)).toMatchObject({ status: 200 });
    const known = JSON.stringify((await ask('/api/v2/alerts')).body);
    expect(known).toContain('"labels":{"alertname":"Down"}');
    expect(known).toContain('"annotations":{"summary":"down"}');
  });

  it.each([
    ['later than now', { endsAt: rfc3339(later(start, minutes(61))) }],
    ['nowhere', { endsAt: undefined }],
    ['at no time', { endsAt: '0001-01-01T00:00:00Z' }],
    ['before it began', { startsAt: rfc3339(later(start, minutes(61))), endsAt: rfc3339(later(start, minutes(61))) }],
  ])('that an Alertmanager calls resolved are over, also where they end %s', async (_, times) => {
    const { ask, story } = await served();
    const sent = (status: string, changed = {}) => ({ version: '4', alerts: [{ ...alert({}), status, ...changed }] });
    expect(await ask('/api/v1/webhook', 'POST', sent('firing'))).toMatchObject({ status: 200 });
    await story.pass(minutes(60), minutes(5));
    expect(story.told()).toEqual(['sms zhang: Down']);
    expect(await ask('/api/v1/webhook', 'POST', sent('resolved', times))).toMatchObject({ status: 200 });
    expect((await ask('/api/v2/alerts')).body).toEqual([]);
    await story.pass(minutes(10), minutes(1));
    expect(story.told(1)).toEqual(['sms zhang: -Down']);
  });

  it('of a whole group at once are taken, however long their texts; what is larger is refused and logged, and said for half an hour', async () => {
    const { ask, logged, story, tooLarge } = await served();
    const long = { ...alert({}), annotations: { description: 'x'.repeat(12 * 1024 * 1024) } };
    expect(
      await ask('/api/v1/webhook', 'POST', { version: '4', alerts: [{ ...long, status: 'firing' }] }),
    ).toMatchObject({
      status: 200,
    });
    const spaces = ' '.repeat(64 * 1024 * 1024 + 1);
    expect((await ask('/api/v2/silences', 'POST', spaces)).status).toBe(413);
    expect(tooLarge.at()).toBeNull();
    const tooLong = await ask('/api/v1/webhook', 'POST', spaces);
    expect(tooLong.status).toBe(413);
    expect(logged()).toContainEqual(expect.objectContaining({ level: 50, path: '/api/v1/webhook' }));
    expect(tooLarge.at()).toMatchObject({ count: 1, limitMiB: 64, senders: [expect.stringContaining('127.0.0.1')] });
    story.clock.advance(minutes(29));
    tooLarge.refused('10.0.0.7');
    for (const again of ['10.0.0.8', '10.0.0.9']) tooLarge.refused(again);
    expect(tooLarge.at()).toMatchObject({ count: 4, senders: { length: 3 } });
    story.clock.advance(minutes(30));
    expect(tooLarge.at()).toBeNull();
    tooLarge.refused('10.0.0.7');
    expect(tooLarge.at()).toMatchObject({ count: 1, senders: ['10.0.0.7'] });
  });

  it('of an old Prometheus find out what to write there', async () => {
    const { ask } = await served();
    const { status, body } = await ask('/api/v1/alerts', 'POST', [alert({})]);
    expect([status, JSON.stringify(body)]).toEqual([404, expect.stringContaining('api_version: v2')]);
  });

  it('are taken, listed with what keeps them back, and filtered', async () => {
    const { ask } = await served();
    expect(
      await ask('/api/v2/alerts', 'POST', [alert({ severity: 'warning' }), alert({ severity: 'critical' })]),
    ).toMatchObject({ status: 200 });
    const all = (await ask('/api/v2/alerts')).body as unknown as {
      labels: Record<string, string>;
      status: { state: string };
      fingerprint: string;
    }[];
    expect(all.map(({ labels, status }) => [labels['severity'], status.state]).sort()).toEqual([
      ['critical', 'active'],
      ['warning', 'suppressed'],
    ]);
    expect((await ask('/api/v2/alerts?inhibited=false')).body).toHaveLength(1);
    for (const no of ['0', 'False', 'no', 'off'])
      expect((await ask(`/api/v2/alerts?inhibited=true&inhibited=${no}`)).body).toHaveLength(1);
    for (const yes of ['', '1', 'TRUE', 'on'])
      expect((await ask(`/api/v2/alerts?inhibited=${yes}`)).body).toHaveLength(2);
    expect((await ask('/api/v2/alerts?filter=severity%3Dwarning')).body).toHaveLength(1);
    expect((await ask('/api/v2/alerts?filter=%3D')).status).toBe(400);
    expect((await ask('/api/v2/alerts/groups')).body).toMatchObject([
      { labels: { alertname: 'Down' }, receiver: { name: 'duty' } },
    ]);
    expect((await ask('/api/v2/receivers')).body).toEqual([{ name: 'duty' }]);
    expect((await ask('/api/v2/status')).body).toMatchObject({
      versionInfo: { version: '1.2.3' },
      cluster: { status: 'disabled' },
    });
  });

  it('that cannot be are refused, the others of the batch are taken', async () => {
    const { ask, story } = await served();
    expect(await ask('/api/v2/alerts', 'POST', [{ labels: {} }, alert({})])).toMatchObject({ status: 400 });
    expect(story.pipeline.status().firing).toBe(1);
    expect((await ask('/api/v2/alerts', 'POST', '{"no":"list"}')).status).toBe(400);
    expect((await ask('/api/v2/alerts', 'POST', '[{')).status).toBe(400);
  });

  it('come with those that an Alertmanager has only counted: they are told as a number, again when they are more', async () => {
    const { story, ask } = await served();
    const sent = { version: '4', receiver: 'springtide', groupKey: '{}:{alertname="Down"}' };
    const alerts = ['a', 'b'].map((instance) => ({ status: 'firing', ...alert({ instance }) }));
    const send = async (truncatedAlerts: number, changed = {}): Promise<string | undefined> => {
      expect((await ask('/api/v1/webhook', 'POST', { ...sent, ...changed, truncatedAlerts, alerts })).status).toBe(200);
      const before = story.taken.length;
      await story.pass(minutes(6), seconds(30));
      return story.taken.slice(before).at(-1)?.delivery.text;
    };
    expect(await send(3)).toContain('+3 more');
    expect(await send(3)).toBeUndefined();
    expect(await send(1)).toBeUndefined();
    expect(await send(7)).toContain('+7 more');
    expect(await send(2, { receiver: 'another' })).toBeUndefined();
    expect((await ask('/api/v1/webhook', 'POST', { ...sent, truncatedAlerts: -1, alerts })).status).toBe(400);
  });

  it('come by the webhook of an Alertmanager as well', async () => {
    const { ask, story } = await served();
    const payload = { version: '4', alerts: [{ ...alert({}), status: 'firing', endsAt: '0001-01-01T00:00:00Z' }] };
    expect(await ask('/api/v1/webhook', 'POST', payload)).toMatchObject({ status: 200, body: { accepted: 1 } });
    await story.pass(minutes(60), minutes(5));
    expect(story.told()).toEqual(['sms zhang: Down']);
    expect((await ask('/api/v1/webhook', 'POST', { version: '3' })).status).toBe(400);
  });
});

describe('silences', () => {
  it('are set, changed, listed and ended', async () => {
    const { ask, story } = await served();
    await ask('/api/v2/alerts', 'POST', [alert({ severity: 'warning' })]);
    const silence = {
      matchers: [{ name: 'alertname', value: 'Down', isRegex: false }],
      startsAt: rfc3339(start),
      endsAt: rfc3339(later(start, minutes(60))),
      createdBy: 'zhang',
      comment: 'maintenance',
    };
    const made = await ask('/api/v2/silences', 'POST', silence);
    expect(made).toMatchObject({ status: 200, body: { silenceID: 'id-1' } });
    expect((await ask('/api/v2/alerts')).body).toMatchObject([
      { status: { state: 'suppressed', silencedBy: ['id-1'] } },
    ]);
    expect((await ask('/api/v2/silences')).body).toMatchObject([
      { id: 'id-1', status: { state: 'active' }, matchers: [{ name: 'alertname', isEqual: true }] },
    ]);
    expect(await ask('/api/v2/silences', 'POST', { ...silence, id: 'id-1', comment: 'longer' })).toMatchObject({
      body: { silenceID: 'id-1' },
    });
    expect((await ask('/api/v2/silences', 'POST', { ...silence, id: 'nobody' })).status).toBe(404);
    expect((await ask('/api/v2/silences', 'POST', { ...silence, matchers: [] })).status).toBe(400);
    expect((await ask('/api/v2/silence/id-1', 'DELETE')).status).toBe(200);
    expect((await ask('/api/v2/silence/nobody', 'DELETE')).status).toBe(404);
    await story.pass(seconds(1));
    expect((await ask('/api/v2/alerts')).body).toMatchObject([{ status: { state: 'active' } }]);
  });
});

it('silences are listed as Alertmanager lists them', async () => {
  const { ask, story } = await served();
  const spans = {
    late: [0, 90],
    held: [-60, 1],
    soon: [30, 99],
    early: [0, 60],
    heldLonger: [-60, 2],
    later: [40, 50],
  };
  for (const [comment, [from = 0, to = 0]] of Object.entries(spans))
    await ask('/api/v2/silences', 'POST', {
      matchers: [{ name: 'alertname', value: 'Down', isRegex: false, isEqual: null }],
      startsAt: rfc3339(later(start, minutes(from))),
      endsAt: rfc3339(later(start, minutes(to))),
      createdBy: 'zhang',
      comment,
    });
  await story.pass(minutes(5));
  const listed = (await ask('/api/v2/silences')).body as unknown as { comment: string; status: { state: string } }[];
  expect(listed.map(({ comment, status }) => `${status.state} ${comment}`)).toEqual([
    ...['active early', 'active late', 'pending soon', 'pending later', 'expired heldLonger', 'expired held'],
  ]);
});

describe('silences that amtool asks for', () => {
  it.each([
    ['instance=~".+0"', ['like']],
    ['team=~"a|b"', ['teams']],
    ['env!="prod"', ['notProd']],
    ['instance="db10"', ['db10']],
    ['instance=~"db10"', []],
    ['instance="db1"', []],
    ['env!="prod",instance="db10"', []],
    ['instance="db10",team="a"', ['db10']],
    ['instance!="db9"', ['two']],
    ['instance!="db8"', ['two']],
  ])('by %s are those that have these matchers', async (filter, found) => {
    const { ask } = await served();
    const matchers = (text: string) =>
      parseMatchers(text).map(({ name, value, operator }) => ({
        name,
        value,
        isRegex: operator.endsWith('~'),
        isEqual: operator.startsWith('='),
      }));
    const all = {
      like: 'instance=~".+0"',
      teams: 'team=~"a|b"',
      notProd: 'env!="prod",alertname="Down"',
      db10: 'instance="db10",team="a"',
      two: 'instance!="db8",instance!="db9",alertname="Down"',
    };
    for (const [comment, text] of Object.entries(all))
      await ask('/api/v2/silences', 'POST', {
        matchers: matchers(text),
        startsAt: rfc3339(start),
        endsAt: rfc3339(later(start, minutes(60))),
        createdBy: 'zhang',
        comment,
      });
    const { body } = await ask(`/api/v2/silences?filter=${encodeURIComponent(filter)}`);
    expect(body).toEqual(found.map((comment): unknown => expect.objectContaining({ comment })));
  });
});

describe('who may send', () => {
  it('shows the token, as bearer or as password', async () => {
    const { ask } = await served('s3cret');
    expect((await ask('/api/v2/alerts', 'POST', [alert({})])).status).toBe(401);
    expect((await ask('/api/v2/alerts', 'GET', undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask('/api/v2/alerts', 'GET', undefined, { authorization: 'Bearer s3cret' })).status).toBe(200);
    const basic = Buffer.from('anybody:s3cret').toString('base64');
    expect((await ask('/api/v2/alerts', 'GET', undefined, { authorization: `Basic ${basic}` })).status).toBe(200);
    expect((await ask('/-/ready')).status).toBe(200);
  });
});

const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function codeOfMessage(story: ReturnType<typeof aStory>): Promise<string> {
  await story.pipeline.push([alert({})]);
  await story.pass(seconds(31));
  return story.taken[0]?.delivery.notice.acknowledgeCode ?? 'none';
}

describe('a link', () => {
  it('is looked at without effect, and answered with one button', async () => {
    const { ask, story } = await served('s3cret');
    await story.pipeline.push([alert({})]);
    await story.pass(seconds(31));
    const [first] = story.taken;
    const token = linkToken(
      groupOwner(first?.delivery.notice.groupKey ?? '', 'duty'),
      first?.delivery.at ?? start,
      secret,
    );
    const look = await ask(`/a/${token}`);
    expect(look).toMatchObject({ status: 200, body: expect.stringContaining('<option>zhang</option>') as string });
    expect(story.ledger.state.episodes.size).toBe(0);
    expect((await ask(`/a/${token}`, 'POST', 'by=mallory', form)).status).toBe(400);
    expect((await ask(`/a/${token}`, 'POST', 'by=zhang', form)).status).toBe(200);
    expect((await ask(`/a/${token}`, 'POST', 'by=zhang', form)).body).toContain('zhang has been on it since');
    expect((await ask('/a/forged-forged-forged-forg', 'POST', 'by=zhang', form)).status).toBe(404);
  });

  it('is answered by whoever is none of the people too, by his name', async () => {
    const { ask, story } = await served('s3cret');
    const code = await codeOfMessage(story);
    expect((await ask(`/a/${code}`)).body).toContain('<option value="">');
    expect((await ask(`/a/${code}`, 'POST', 'by=&other=', form)).status).toBe(400);
    expect((await ask(`/a/${code}`, 'POST', 'by=&other=%0AWang+%3Cb%3E', form)).body).toContain(
      'Wang &#60;b&#62; is on it',
    );
    const [episode] = [...story.ledger.state.episodes.values()];
    expect(episode?.acknowledged?.by).toBe('Wang <b>');
  });
});

describe('a code', () => {
  it('is typed on a page that anybody may open, and says what became of it', async () => {
    const { ask, story } = await served('s3cret');
    const code = await codeOfMessage(story);
    expect((await ask('/a')).body).toContain('name="code"');
    const wrong = await ask('/a', 'POST', 'code=%2300000000&by=zhang', form);
    expect(wrong).toMatchObject({ status: 404, body: expect.stringContaining('value="#00000000"') as string });
    expect(story.ledger.state.episodes.size).toBe(0);
    expect(await ask('/a', 'POST', `code=%23${code.toUpperCase()}&by=zhang`, form)).toMatchObject({
      status: 200,
      body: expect.stringContaining('zhang is on it: 1 alerts') as string,
    });
    expect((await ask('/a', 'POST', `code=${code}&by=zhang`, form)).body).toContain('zhang has been on it since 2026-');
  });

  it('cannot be guessed: after twenty nobody of that address is heard for a while, with the right one neither', async () => {
    const { ask, story } = await served('s3cret');
    const code = await codeOfMessage(story);
    const answers: number[] = [];
    for (let guess = 0; guess < 22; guess += 1)
      answers.push((await ask(guess % 2 === 0 ? '/a' : '/a/0000000z', 'POST', 'code=0000000z&by=zhang', form)).status);
    expect([answers.slice(0, 20), answers.slice(20)]).toEqual([Array.from({ length: 20 }, () => 404), [429, 429]]);
    expect((await ask(`/a/${code}`, 'POST', 'by=zhang', form)).status).toBe(429);
    expect(story.ledger.state.episodes.size).toBe(0);
    // with the token of the listener it is a name, and no secret
    const shown = { authorization: 'Bearer s3cret' };
    expect((await ask('/api/v1/acknowledge', 'POST', { code, by: 'zhang' })).status).toBe(401);
    expect(await ask('/api/v1/acknowledge', 'POST', { code: '0000000z', by: 'zhang' }, shown)).toMatchObject({
      status: 200,
      body: { outcome: 'unknown' },
    });
    expect(await ask('/api/v1/acknowledge', 'POST', { code, by: 'zhang' }, shown)).toMatchObject({
      status: 200,
      body: { outcome: 'done', groups: 1, alerts: 1 },
    });
    expect((await ask('/api/v1/acknowledge', 'POST', { code, groupKey: 'x', by: 'zhang' }, shown)).status).toBe(400);
  });
});

describe('receipts', () => {
  it('reach their gateway as they were written', async () => {
    const { ask } = await served('s3cret');
    expect(await ask('/api/v1/sms/receipts/main', 'POST', '[{"biz_id":"1"}]')).toMatchObject({
      status: 200,
      body: { gateway: 'main', body: '[{"biz_id":"1"}]' },
    });
  });
});
