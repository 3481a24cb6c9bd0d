// springtide alerts against the alert listener over real HTTP: what an operator asks, and what he says.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import pino from 'pino';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addLiveAlertCommands } from '../../src/cli/alerts-live/commands.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { startAlertServer } from '../../src/server/alerts/listener.ts';
import type { AlertServer } from '../../src/server/alerts/listener.ts';
import { anAlertsDocument, catalogue, start } from '../alerts/builders.ts';
import { aStory } from '../alerts/recorder.ts';

const written = `
people:
  zhang: { sms: '+8613800000001' }
  li: { sms: '+8613800000002' }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
oncall: [{ name: nights, rotation: [zhang, li], handover: '0 9 * * 1', timeZone: Asia/Shanghai }]
route: { receiver: duty, group_by: [alertname] }
receivers:
  - name: duty
    escalation:
      - { sms: { person: zhang } }
      - { unacknowledgedFor: 10m, sms: { person: li } }
  - name: silentOne
inhibit_rules: [{ source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [alertname] }]
`;
const token = 's3cret';
let server: AlertServer | null = null;
const directories: string[] = [];
afterEach(async () => {
  await server?.close();
  server = null;
  delete process.env['SPRINGTIDE_ALERTS_TOKEN'];
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

type Story = ReturnType<typeof aStory>;
interface Answered {
  readonly out: string;
  /** beside the answer */
  readonly warned?: string;
  readonly code: number;
}

/** Calls `springtide alerts` with these words, at the time of the story. */
async function called(clock: Story['clock'], words: readonly string[]): Promise<Answered> {
  let out = '';
  let warned = '';
  let code = 0;
  const alerts = new Command('alerts').exitOverride();
  addLiveAlertCommands(alerts, {
    clock,
    print: (text) => (out += text),
    warn: (text) => (warned += text),
    exit: (given) => {
      code = given;
    },
  });
  await alerts.parseAsync([...words], { from: 'user' });
  return { out, code, ...(warned !== '' && { warned }) };
}

async function served(answer?: Parameters<typeof aStory>[1], more = '') {
  const story = aStory(`${written}${more}`, answer);
  server = await startAlertServer({
    listen: '127.0.0.1:0',
    desk: {
      ...story.pipeline,
      document: () => anAlertsDocument(written),
      now: () => story.clock.now(),
      startedAt: start,
      version: '1.2.3',
    },
    receipts: () => Promise.resolve({ status: 200, contentType: 'text/plain', body: '' }),
    words: () => ({ texts: catalogue('en'), people: ['zhang'] }),
    token: () => Promise.resolve(token),
    log: pino({ level: 'silent' }),
  });
  const { url } = server;
  process.env['SPRINGTIDE_ALERTS_TOKEN'] = token;
  const alerts = (...words: string[]): Promise<Answered> =>
    called(story.clock, [...words, '--url', url, '--tz', 'Asia/Shanghai', '--lang', 'en']);
  const asJson = async (...words: string[]): Promise<unknown> =>
    JSON.parse((await alerts(...words, '-o', 'json')).out) as unknown;
  return { story, url, alerts, asJson };
}

const alert = (labels: Record<string, string>) => ({
  labels: { alertname: 'Down', ...labels },
  startsAt: rfc3339(start),
  endsAt: rfc3339(later(start, minutes(60))),
});

describe('status and query', () => {
  it('count by receiver, and name what keeps an alert back', async () => {
    const { story, alerts, asJson } = await served();
    await story.pipeline.push([alert({ severity: 'critical' }), alert({ severity: 'warning' })]);
    expect((await alerts('status')).out).toContain('duty: 2; told: 1, kept back: 1');
    expect(await asJson('status')).toMatchObject({ version: '1.2.3', count: 2, active: 1, suppressed: 1 });
    const { out } = await alerts('query', 'severity=warning');
    expect(out).toMatch(/kept back {2}Down\{severity="warning"\}\n.*10:00:00.*to duty\n {4}inhibited by \w{16} Down/);
    expect(await asJson('query', '--active')).toMatchObject([{ labels: { severity: 'critical' } }]);
    expect(await asJson('query', 'Down', '--inhibited')).toMatchObject([{ labels: { severity: 'warning' } }]);
    expect((await alerts('query', 'Other')).out).toBe('no alerts\n');
    await expect(alerts('query', 'a=~(')).rejects.toMatchObject({ code: 'UsageInvalid' });
    await expect(alerts('query', 'a="b')).rejects.toThrow(
      'alerts: "a="b": the closing double quote is missing (write NAME=VALUE,',
    );
  });

  it('say who tells people where alerts are forwarded, and what is refused over there', async () => {
    const { story, alerts, asJson } = await served(undefined, "forwardTo: { url: 'http://central:9093/' }\n");
    story.central.refuses.add('r');
    await story.pass(minutes(1), seconds(10));
    expect((await alerts('status')).out).toContain('forwarded to central:9093, which tells people');
    expect(await asJson('status')).toMatchObject({ central: { tells: 'central', refuses: null } });
    await story.pipeline.push([alert({ instance: 'a' }), alert({ instance: 'r' })]);
    await story.pass(minutes(1), seconds(10));
    expect((await alerts('status')).out).toContain(
      '  1 of them it refuses, and people are told of those from here; the first is Down{instance="r"}: it answered 400',
    );
    expect(await asJson('status')).toMatchObject({ central: { tells: 'central', refuses: { count: 1 } } });
  });

  it('need the token, and a listener', async () => {
    const { alerts, url } = await served();
    process.env['SPRINGTIDE_ALERTS_TOKEN'] = 'wrong';
    await expect(alerts('query')).rejects.toMatchObject({ code: 'CredentialsInvalid' });
    await server?.close();
    const { clock } = aStory(written);
    await expect(called(clock, ['query', '--url', url])).rejects.toMatchObject({ code: 'WorldUnreadable' });
    await expect(called(clock, ['status', '--url', url])).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\); see that this is the address of http.alerts.listen, and that the daemon runs\.$/,
    );
    await expect(called(clock, ['query', '--url', 'here'])).rejects.toMatchObject({ code: 'UsageInvalid' });
  });
});

describe('silences', () => {
  it('are added, listed, named where they hold, and ended', async () => {
    const { story, alerts } = await served();
    await story.pipeline.push([alert({ severity: 'warning' })]);
    const wrong = ['silence', 'add', 'Down', '--comment', 'works'];
    await expect(alerts(...wrong)).rejects.toThrow('--for 2h');
    await expect(alerts(...wrong, '--until', '2026-11-11T01:00:00Z')).rejects.toThrow('over before it begins');
    await expect(alerts(...wrong, '--for', 'ever')).rejects.toThrow('no duration');
    const mute = ['silence', 'add', 'Down', '--for', '2h', '--comment'];
    await expect(alerts(...mute, ' ')).rejects.toThrow('--comment says nothing');
    await expect(alerts(...mute, 'works', '--by', ' ')).rejects.toThrow('--by has no name');
    const add = [...wrong, 'severity=~"warn.*"', '--for', '2h', '--by', 'zhang'];
    expect(await alerts(...add)).toEqual({ out: 'id-1\n', code: 0 });
    expect((await alerts('silence', 'list')).out).toBe(
      'id-1  active  alertname="Down", severity=~"warn.*"\n' +
        '    10:00:00 (0s ago) to 12:00:00 (in 2h), zhang: works\n',
    );
    expect((await alerts('query')).out).toContain('silenced by id-1 (zhang, until 12:00:00 (in 2h)): works');
    expect((await alerts('silence', 'expire', 'id-1')).out).toBe('ended: id-1\n');
    await expect(alerts('silence', 'expire', 'nobody')).rejects.toThrow('no silence nobody');
    await story.pass(seconds(1));
    expect((await alerts('silence', 'list')).out).toBe('no silences\n');
    expect((await alerts('silence', 'list', '--expired')).out).toContain('id-1  expired');
  });
});

describe('ack and explain', () => {
  it('say who was told, who was not yet, and that somebody is on it', async () => {
    const { story, alerts, asJson } = await served();
    await story.pipeline.push([alert({})]);
    const before = (await alerts('explain', 'Down')).out;
    expect(before).toContain('not told  sms zhang (step 1): the group gathers');
    await story.pass(seconds(31));
    const told = (await alerts('explain', 'alertname=Down')).out;
    expect(told).toMatch(/escalation of duty: step 1 of 2; the next one begins 10:10:3\d \(in 10m\)/);
    const { acknowledgeCode: code = 'none' } = story.taken[0]?.delivery.notice ?? {};
    const facts = `id m1 of main; code #${code} until 2026-11-12 10:00:30 (in 23h59m)`;
    expect(told).toContain(`    told      sms zhang (step 1)  10:00:31 (0s ago); ${facts}\n`);
    expect(told).toMatch(
      /not told {2}sms li \(step 2\): step 2 of the escalation has not begun; the next one begins: 10:10:3\d/,
    );
    expect(told).toContain(`sms zhang  first message; taken; ${facts}`);
    await story.pipeline.receive({
      gateway: 'main',
      providerId: 'm1',
      reference: null,
      to: null,
      status: 'delivered',
      code: 'DELIVRD',
      at: null,
    });
    expect((await alerts('explain', 'Down')).out).toMatch(
      /told {6}sms zhang .* of main; delivered 10:00:31 \(0s ago\); code/,
    );
    expect(await asJson('explain', 'Down')).toMatchObject([
      {
        groups: [
          {
            escalations: [{ receiver: 'duty', steps: 2, step: 0, next: '2026-11-11T02:10:31Z', none: null }],
            recipients: [
              { to: 'zhang', toldAt: '2026-11-11T02:00:31Z' },
              { to: 'li', toldAt: null, toldBy: null },
            ],
          },
        ],
        notifications: [{ providerId: 'm1', gateway: 'main', receipt: { status: 'delivered' }, acknowledge: { code } }],
      },
    ]);

    expect(await alerts('ack', 'Down', '--by', 'zhang')).toMatchObject({ code: 0 });
    await story.pass(minutes(20), minutes(1));
    expect(story.told()).toEqual(['sms zhang: Down']);
    const { out } = await alerts('explain', 'Down');
    expect(await asJson('explain', 'Down')).toMatchObject([
      { muted: { inhibitedBy: [], silencedBy: [], mutedBy: [] }, groups: [{ acknowledged: { by: 'zhang' } }] },
    ]);
    expect(Object.keys(((await asJson('explain', 'Down')) as { muted: object }[])[0]?.muted ?? {})).toHaveLength(3);
    expect(out).toContain('zhang is on it, since 10:00:31');
    expect(out).toContain('escalation of duty: step 1 of 2; no other begins, somebody is on it\n');
    expect(out).toContain('not told  sms li (step 2): somebody is on it');
    expect(await alerts('ack', 'Other')).toEqual({ out: 'nothing of it fires\n', code: 1 });
    expect(await asJson('ack', '--group', '{}:{alertname="Down"}', '--by', 'li')).toMatchObject([{ outcome: 'done' }]);
    await expect(alerts('ack')).rejects.toMatchObject({ code: 'UsageInvalid' });
    await expect(alerts('ack', 'Down', '--group', '{}')).rejects.toThrow(
      'either some alerts are meant or a whole group',
    );
    await expect(alerts('ack', 'Down', '--by', '')).rejects.toThrow('--by has no name');
    expect(await alerts('explain', '0123456789abcdef')).toEqual({ out: 'no alerts\n', code: 1 });
  });

  it('take the code of a message, and say what became of it', async () => {
    const { story, alerts, asJson } = await served();
    await story.pipeline.push([alert({})]);
    await story.pass(seconds(31));
    const code = story.taken[0]?.delivery.notice.acknowledgeCode ?? 'none';
    expect(await alerts('ack', '0000000z')).toEqual({ out: 'nobody knows the code #0000000z\n', code: 1 });
    await expect(alerts('ack', '#zzz')).rejects.toThrow(
      '#zzz is no code (a code has eight letters and digits: k7m2p9qx)',
    );
    // a name that reads as a code is first of all a name
    expect(await alerts('ack', 'Slowness')).toEqual({ out: 'nothing of it fires\n', code: 1 });
    expect(await asJson('ack', 'Slowness')).toEqual([{ code: 's10wness', outcome: 'nothing' }]);
    expect(await alerts('ack', `#${code.toUpperCase()}`, '--by', 'zhang')).toEqual({
      out: `zhang is on it: message #${code}, alerts: 1\n`,
      code: 0,
    });
    expect((await alerts('ack', `${code.slice(0, 4)}-${code.slice(4)}`.toUpperCase())).out).toMatch(
      /^zhang has been on it/,
    );
    const { out } = await alerts('ack', code, '--by', 'li');
    expect(out).toMatch(/^zhang has been on it since 10:00:31/);
    expect(await asJson('ack', code)).toMatchObject([{ code, outcome: 'already', by: 'zhang' }]);
    await story.pass(minutes(24 * 60), minutes(60));
    expect((await alerts('ack', code)).out).toMatch(/^the code #\w{8} has expired: its message is of /);
    // an alert that is called like a code
    await story.pipeline.push([
      { ...alert({}), labels: { alertname: 'gateway0' }, endsAt: rfc3339(later(story.clock.now(), minutes(5))) },
    ]);
    expect(await asJson('ack', 'gateway0', '--by', 'li')).toMatchObject([{ outcome: 'done', alerts: 1 }]);
  });

  it('name what was refused, and what is silenced', async () => {
    const refusal = { status: 'failed', reason: 'RecipientRefused', message: 'no such number' } as const;
    const { story, alerts } = await served((to) => (to === 'zhang' ? { to, ...refusal } : null));
    await story.pipeline.push([alert({})]);
    await story.pass(seconds(31));
    const refused = (await alerts('explain', 'Down')).out;
    expect(refused).toContain('not told  sms zhang (step 1): refused: no such number');
    // nobody has got the code of it
    expect(refused).toMatch(/sms zhang {2}first message; refused: no such number\n/);
    await alerts('silence', 'add', 'Late', '--for', '1h', '--comment', 'works', '--by', 'li');
    await story.pipeline.push([{ ...alert({}), labels: { alertname: 'Late' } }]);
    await story.pass(seconds(31));
    const { out } = await alerts('explain', 'Late');
    expect(out).toContain('silenced by id-1 (li');
    expect(out).toContain('not told  sms zhang (step 1): silenced by id-1');
  });
});

describe('explain', () => {
  it('says how many it leaves out, also beside what a program reads', async () => {
    const { story, alerts } = await served();
    await story.pipeline.push(Array.from({ length: 25 }, (_, number) => alert({ instance: `i${number}` })));
    const warned = 'The first 20 of them; 5 more match: name fewer, or one by its fingerprint.\n';
    const { out, ...text } = await alerts('explain', 'Down');
    expect([out.match(/Down\{/g)?.length, text]).toEqual([20, { code: 0, warned }]);
    const asJson = await alerts('explain', 'Down', '-o', 'json');
    expect([JSON.parse(asJson.out), asJson.warned]).toEqual([expect.objectContaining({ length: 20 }), warned]);
    expect(await alerts('explain', 'instance=i3')).not.toHaveProperty('warned');
  });
});

describe('an address without a configuration', () => {
  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, [], '没有告警\n'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, [], 'no alerts\n'],
    [{ LANG: 'en_GB.UTF-8', LC_MESSAGES: 'zh_CN' }, [], '没有告警\n'],
    [{ LANG: 'zh_CN.UTF-8' }, ['--lang', 'en'], 'no alerts\n'],
  ])('is answered in the language of the terminal: %o %o', async (given, words, answer) => {
    const { story, url } = await served();
    for (const name of ['LC_ALL', 'LC_MESSAGES', 'LANG'] as const) vi.stubEnv(name, given[name as keyof typeof given]);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await called(story.clock, ['query', '--url', url, ...words])).out).toBe(answer);
  });
});

describe('something else behind the address', () => {
  it.each([
    ['status'],
    ['query'],
    ['silence', 'list'],
    ['silence', 'add', 'Down', '--for', '1h', '--comment', 'works'],
    ['ack', '0123456789abcdef'],
    ['explain', '0123456789abcdef'],
    ['send-test', 'duty'],
  ])('is not taken for the alert listener by %s %s', async (...words) => {
    const other = createServer((_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    await expect(called(aStory(written).clock, [...words, '--url', url])).rejects.toMatchObject({
      code: 'WorldUnreadable',
      message: expect.stringContaining('/api/v') as string,
    });
  });
});

describe('send-test', () => {
  it('reaches everybody of the receiver at once, says that it is a test, and leaves no trace', async () => {
    const { story, alerts } = await served((to) =>
      to === 'li' ? { to, status: 'failed', reason: 'RecipientRefused', message: 'no such number' } : null,
    );
    const { out, code } = await alerts('send-test', 'duty');
    expect([out, code]).toEqual(['taken     sms zhang  m1\nNOT TAKEN sms li: RecipientRefused: no such number\n', 1]);
    expect(story.taken.map(({ delivery }) => delivery.text)).toEqual([expect.stringContaining('TEST of duty')]);
    expect([story.ledger.state.recent.length, story.ledger.state.open.size]).toEqual([0, 0]);
    expect((await alerts('send-test', 'silentOne')).out).toBe('the receiver silentOne tells nobody\n');
    await expect(alerts('send-test', 'nobody')).rejects.toThrow('there is no receiver "nobody": duty, silentOne');
  });
});

describe('oncall', () => {
  it('shows the turn and those that follow, of the configuration alone', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'springtide-oncall-'));
    directories.push(directory);
    await mkdir(directory, { recursive: true });
    await writeFile(
      path.join(directory, 'springtide.yaml'),
      "apiVersion: springtide/v1\nkind: Daemon\nspec: { cluster: a, prometheus: { url: 'http://127.0.0.1:1' } }\n",
    );
    await writeFile(path.join(directory, 'alerts.yaml'), written);
    const { clock } = aStory(written);
    const words = ['oncall', 'nights', '--config', directory];
    const { out } = await called(clock, [...words, '--at', '2026-11-16T09:00:00+08:00']);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe('nights (Asia/Shanghai)');
    expect(lines[1]).toMatch(/^ {2}\* 2026-11-16 09:00:00 to 2026-11-23 09:00:00 {2}(zhang|li)$/);
    expect(lines[2]).toMatch(/^ {4}2026-11-23 09:00:00 to 2026-11-30 09:00:00 {2}(zhang|li)$/);
    await expect(called(clock, ['oncall', 'days', '--config', directory])).rejects.toThrow('one of nights');
    await writeFile(path.join(directory, 'alerts.yaml'), 'route: { receiver: nobody }\n');
    await expect(called(clock, words)).rejects.toThrow('there is no receiver "nobody"');
    await writeFile(path.join(directory, 'springtide.yaml'), 'kind: Demon\n');
    await expect(called(clock, ['status', '--config', directory])).rejects.toThrow(
      /no Daemon document that can be used\n.*Demon/s,
    );
  });
});
