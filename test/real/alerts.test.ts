// Alerts between springtide, a true Prometheus and a true Alertmanager, and amtool asking springtide.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertOf } from '../../src/alerts/alert.ts';
import { createForwarder } from '../../src/alerts/channels/forward.ts';
import { systemClock } from '../../src/clock.ts';
import { minutes } from '../../src/model/units.ts';
import { aCondition, anAlertsDocument } from '../alerts/builders.ts';
import { startHearer, startSpringtide, type Hearer, type Springtide } from './alerts/springtide.ts';
import { amtool, startAlertmanager } from './servers/alertmanager.ts';
import { at, listAt, requestJson, textAt } from './servers/json.ts';
import { eventually } from './servers/process.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { useServer } from './servers/suite.ts';

const token = 'shown-by-senders';
let hearer: Hearer;
let springtide: Springtide;

const written = (url: string): string => `
global: { resolve_timeout: 10m, smtp_smarthost: 'mail:25', smtp_from: a@b.cn, smtp_auth_username: us, smtp_auth_password: never-shown }
people: { zhang: { sms: '+8613800000001', email: zhang@bank.cn } }
route:
  receiver: duty
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  routes: [{ receiver: night, matchers: ['team="night"'], mute_time_intervals: [noon], group_wait: 0s }]
receivers:
  - { name: duty, webhook_configs: [{ url: '${url}' }] }
  - { name: night }
  - name: nobody
    email_configs: [{ to: a@b.cn, headers: { Subject: down }, threading: {} }]
    webhook_configs:
      - { url: 'http://u:never-shown@127.0.0.1:9/never-shown', http_config: { http_headers: { X-Key: { secrets: [never-shown] } }, tls_config: { min_version: TLS12, cert_file: /x, key_file: /y }, proxy_url: 'http://proxy:3128' } }
      - { url_file: /secrets/url, timeout: 5s }
inhibit_rules:
  - { name: grave, source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [job], equalPresent: [job] }
time_intervals:
  - { name: noon, time_intervals: [{ times: [{ start_time: '12:00', end_time: '12:01' }], location: Asia/Shanghai }] }
`;

beforeAll(async () => {
  hearer = await startHearer();
  springtide = await startSpringtide(anAlertsDocument(written(hearer.url)), token);
});
afterAll(async () => {
  await springtide.close();
  hearer.close();
});

const heard = (alertname: string, count: number): Promise<readonly string[]> =>
  eventually(`${count} words about ${alertname}`, () => {
    const words = hearer.heard(alertname);
    return words.length >= count ? words : undefined;
  });

describe('a true Prometheus', () => {
  let jobs = 7;
  const target = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`jobs{queue="mail"} ${jobs}\n`);
  });
  beforeAll(() => new Promise<void>((resolve) => void target.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    target.closeAllConnections();
    target.close();
  });
  const prometheus = useServer(() =>
    startPrometheus({
      scrapeConfigs: [
        { job_name: 'work', static_configs: [{ targets: [`127.0.0.1:${(target.address() as AddressInfo).port}`] }] },
      ],
      rules: {
        'rules.yml': JSON.stringify({
          groups: [{ name: 'work', rules: [{ alert: 'TooManyJobs', expr: 'jobs > 5', labels: { severity: 'page' } }] }],
        }),
      },
      config: {
        alerting: {
          alertmanagers: [
            {
              api_version: 'v2',
              authorization: { credentials: token },
              static_configs: [{ targets: [new URL(springtide.url).host] }],
            },
          ],
        },
      },
      // what fires is repeated every 5 s, and would end by itself after 20 s: repetitions are no news
      arguments: ['--rules.alert.resend-delay=5s'],
    }),
  );
  /** What Prometheus has sent to springtide, and what of it springtide did not take. */
  const counted = async (metric: string): Promise<number> => {
    const { text } = await requestJson(`${prometheus().url}/metrics`);
    return Number(new RegExp(`^${metric}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const sentMore = async (count: number): Promise<void> => {
    const before = await counted('prometheus_notifications_sent_total');
    await eventually(`Prometheus sends ${count} more`, async () =>
      (await counted('prometheus_notifications_sent_total')) >= before + count ? true : undefined,
    );
  };

  it('names springtide among its alertmanagers: what fires and what ends is told once each', async () => {
    expect(await heard('TooManyJobs', 1)).toEqual(['firing']);
    const { body } = await requestJson(`${springtide.url}/api/v2/alerts?filter=alertname%3DTooManyJobs`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(body).toMatchObject([
      {
        labels: { alertname: 'TooManyJobs', job: 'work', queue: 'mail', severity: 'page' },
        status: { state: 'active' },
        generatorURL: expect.stringContaining('/graph?g0.expr=jobs') as string,
      },
    ]);
    await sentMore(1);
    expect(hearer.heard('TooManyJobs')).toEqual(['firing']);
    jobs = 1;
    expect(await heard('TooManyJobs', 2)).toEqual(['firing', 'resolved']);
    await sentMore(1);
    expect(hearer.heard('TooManyJobs')).toEqual(['firing', 'resolved']);
    expect(await counted('prometheus_notifications_errors_total')).toBe(0);
  });
});

describe('a true Alertmanager', () => {
  const alertmanager = useServer(() =>
    startAlertmanager({
      route: { receiver: 'springtide', group_by: ['alertname'], group_wait: '100ms', group_interval: '1s' },
      receivers: [
        {
          name: 'springtide',
          webhook_configs: [
            { url: `${springtide.url}/api/v1/webhook`, http_config: { authorization: { credentials: token } } },
          ],
        },
      ],
    }),
  );

  it('has springtide as a webhook receiver: what fires and what ends arrives', async () => {
    const send = (endsAt?: string): ReturnType<typeof requestJson> =>
      requestJson(`${alertmanager().url}/api/v2/alerts`, {
        method: 'POST',
        body: [{ labels: { alertname: 'DiskFull', instance: 'db-1' }, annotations: { summary: 'full' }, endsAt }],
      });
    expect(await send()).toMatchObject({ status: 200 });
    expect(await heard('DiskFull', 1)).toEqual(['firing']);
    expect(await send(new Date().toISOString())).toMatchObject({ status: 200 });
    expect(await heard('DiskFull', 2)).toEqual(['firing', 'resolved']);
  });

  it('takes what springtide forwards', async () => {
    const forwarder = createForwarder();
    const now = systemClock.now();
    const firing = alertOf({ ...aCondition('PoolFull'), since: new Date(now - 60_000).toISOString() }, {}, now);
    const forward = (alert: typeof firing): ReturnType<typeof forwarder.forward> =>
      forwarder.forward(
        [alert],
        { url: alertmanager().url, silentAfter: minutes(2) },
        { validFor: minutes(5), signal: new AbortController().signal },
      );
    const known = async (): Promise<readonly unknown[]> =>
      listAt((await requestJson(`${alertmanager().url}/api/v2/alerts?filter=alertname%3DPoolFull`)).body);
    try {
      expect(await forward(firing)).toMatchObject({ status: 'sent' });
      expect(await known()).toMatchObject([
        {
          fingerprint: firing.fingerprint,
          labels: { alertname: 'PoolFull', cluster: 'bank-3', severity: 'page' },
          annotations: { summary: 'PoolFull on bank-3' },
          startsAt: new Date(now - 60_000).toISOString(),
        },
      ]);
      expect(Date.parse(textAt(await known(), 0, 'endsAt')) - now).toBeGreaterThanOrEqual(minutes(5));
      // it comes back by the webhook: whoever forwards to one that tells springtide hears himself once
      expect(await heard('PoolFull', 1)).toEqual(['firing']);
      expect(await forward({ ...firing, ended: systemClock.now() })).toMatchObject({ status: 'sent' });
      expect(await heard('PoolFull', 2)).toEqual(['firing', 'resolved']);
    } finally {
      forwarder.close();
    }
  });
});

describe('a true Alertmanager as the central one', () => {
  it('tells people while it answers; when it is gone, people are told from here, and of the end too', async () => {
    const central = await startAlertmanager({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] });
    const people = await startHearer();
    const branch = await startSpringtide(
      anAlertsDocument(`
route: { receiver: duty, group_by: [alertname], group_wait: 0s, group_interval: 1s }
receivers: [{ name: duty, webhook_configs: [{ url: '${people.url}' }] }]
forwardTo: { url: '${central.url}', silentAfter: 2s }
`),
      token,
    );
    try {
      const push = (endsAt?: string): ReturnType<typeof branch.pipeline.push> =>
        branch.pipeline.push([{ labels: { alertname: 'PoolFull' }, endsAt }]);
      await push();
      await eventually('the central one knows', async () => {
        const { body } = await requestJson(`${central.url}/api/v2/alerts?filter=alertname%3DPoolFull`);
        return listAt(body).length === 1 ? true : undefined;
      });
      expect(branch.pipeline.status().central).toMatchObject({ tells: 'central', problem: null });
      expect(people.heard('PoolFull')).toEqual([]);
      await central.stop();
      await eventually('people are told', () => (people.heard('PoolFull').length > 0 ? true : undefined));
      expect(branch.pipeline.status().central).toMatchObject({ tells: 'local' });
      await push(new Date().toISOString());
      await eventually('people are told of the end', () => (people.heard('PoolFull').length > 1 ? true : undefined));
      expect(people.heard('PoolFull')).toEqual(['firing', 'resolved']);
    } finally {
      await branch.close();
      people.close();
      await central.stop();
    }
  });
});

describe('an alert that a true Alertmanager refuses', () => {
  it.each([
    ['of a batch whose others it takes', { 'a.b': 'no name of old' }, undefined],
    ['with a whole batch', {}, 'http://a`/'],
  ])('%s is told from here, and no other is', async (_, labels, generatorURL) => {
    const central = await startAlertmanager({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] });
    const people = await startHearer();
    const branch = await startSpringtide(
      anAlertsDocument(`
route: { receiver: duty, group_by: [alertname], group_wait: 0s, group_interval: 1s }
receivers: [{ name: duty, webhook_configs: [{ url: '${people.url}' }] }]
forwardTo: { url: '${central.url}', silentAfter: 4s }
`),
      token,
    );
    const known = async (): Promise<number> => listAt((await requestJson(`${central.url}/api/v2/alerts`)).body).length;
    try {
      const others = Array.from({ length: 300 }, (_none, index) => ({
        labels: { alertname: 'Good', number: String(index) },
      }));
      const push = (endsAt?: string): ReturnType<typeof branch.pipeline.push> =>
        branch.pipeline.push([
          ...others.map((one) => ({ ...one, endsAt })),
          { labels: { alertname: 'Refused', ...labels }, endsAt, generatorURL },
        ]);
      await push();
      await eventually('people are told', () => (people.heard('Refused').length > 0 ? true : undefined));
      await eventually('the others are known', async () => ((await known()) === 300 ? true : undefined));
      // longer than a central one may be silent
      const { heard } = branch.pipeline.status().central ?? {};
      await eventually('it is sent all again, and takes it', () => {
        const later = branch.pipeline.status().central?.heard;
        return Date.parse(later ?? '') - Date.parse(heard ?? '') > 6_000 ? true : undefined;
      });
      expect(branch.pipeline.status().central).toMatchObject({
        tells: 'central',
        problem: null,
        refuses: { count: 1, labels: { alertname: 'Refused' } },
      });
      await push(new Date().toISOString());
      await eventually('people are told of the end', () => (people.heard('Refused').length > 1 ? true : undefined));
      await eventually('the ends are known', async () => ((await known()) === 0 ? true : undefined));
      expect([people.heard('Refused'), people.heard('Good')]).toEqual([['firing', 'resolved'], []]);
    } finally {
      await branch.close();
      people.close();
      await central.stop();
    }
  });
});

describe('amtool', () => {
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'springtide-amtool-'));
    writeFileSync(join(directory, 'http.yml'), `authorization: { credentials: ${token} }\n`);
    writeFileSync(join(directory, 'basic.yml'), `basic_auth: { username: anybody, password: ${token} }\n`);
    await springtide.pipeline.push([
      { labels: { alertname: 'LinkDown', job: 'net', severity: 'critical' }, annotations: { summary: 'no light' } },
      { labels: { alertname: 'LinkSlow', job: 'net', severity: 'warning' } },
    ]);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const ask = (...words: readonly string[]): Promise<string> =>
    amtool(springtide.url, `--http.config.file=${join(directory, 'http.yml')}`, '--no-version-check', ...words);
  const asked = async (...words: readonly string[]): Promise<unknown> =>
    JSON.parse(await ask('--output=json', ...words)) as unknown;
  const names = async (...words: readonly string[]): Promise<readonly string[]> =>
    listAt(await asked('alert', 'query', ...words))
      .map((alert) => textAt(alert, 'labels', 'alertname'))
      .sort();

  it('is refused without the token, and heard with it as bearer or password', async () => {
    await expect(amtool(springtide.url, 'alert', 'query')).rejects.toThrow('401');
    const basic = `--http.config.file=${join(directory, 'basic.yml')}`;
    expect(await amtool(springtide.url, basic, 'alert', 'query')).toContain('LinkDown');
  });

  it('queries alerts, by filter, by name, by receiver, and those that are kept back', async () => {
    expect(await ask('alert', 'query', 'job=net')).toMatch(
      /Alertname +Starts At +Summary +State[^]*LinkDown .*no light +active/,
    );
    expect(await names('job=net')).toEqual(['LinkDown']);
    expect(await names('LinkDown')).toEqual(['LinkDown']);
    expect(await names('severity=~crit.*', 'job!=mail')).toEqual(['LinkDown']);
    expect(await names('job=mail')).toEqual([]);
    expect(await names('--inhibited', 'job=net')).toEqual(['LinkSlow']);
    expect(await names('--receiver=du.*', 'job=net')).toEqual(['LinkDown']);
    expect(await names('--receiver=night', 'job=net')).toEqual([]);
  });

  it('adds alerts', async () => {
    await ask('alert', 'add', 'ByHand', 'job=hand', '--annotation=summary=tried');
    expect(await names('ByHand')).toEqual(['ByHand']);
    expect(await heard('ByHand', 1)).toEqual(['firing']);
  });

  it('adds, queries, changes and expires silences', async () => {
    const silence = ['silence', 'add', '--author=zhang', '--comment=new cable', '--duration=2h'];
    const id = (await ask(...silence, 'alertname=LinkDown', 'job=~n.t', 'severity!=page')).trim();
    expect(await ask('silence', 'query')).toMatch(/ID +Matchers +Ends At +Created By +Comment/);
    expect(await asked('silence', 'query', 'alertname=LinkDown')).toMatchObject([
      {
        id,
        comment: 'new cable',
        createdBy: 'zhang',
        status: { state: 'active' },
        matchers: [
          { name: 'alertname', value: 'LinkDown', isRegex: false, isEqual: true },
          { name: 'job', value: 'n.t', isRegex: true, isEqual: true },
          { name: 'severity', value: 'page', isRegex: false, isEqual: false },
        ],
      },
    ]);
    expect(await asked('silence', 'query', 'alertname=Other')).toEqual([]);
    expect(await names('job=net')).toEqual([]);
    expect(await names('--silenced', 'job=net')).toEqual(['LinkDown']);
    expect(await asked('silence', 'update', id, '--comment=still the cable')).toMatchObject([
      { comment: 'still the cable' },
    ]);
    const [current] = listAt(await asked('silence', 'query'));
    await ask('silence', 'expire', textAt(current, 'id'));
    expect(await asked('silence', 'query')).toEqual([]);
    expect(at(await asked('silence', 'query', '--expired'), 0, 'status', 'state')).toBe('expired');
    expect(await names('job=net')).toEqual(['LinkDown']);
    await expect(ask(...silence, 'alertname=~.*')).rejects.toThrow('400');
    await expect(ask('silence', 'expire', 'nobody')).rejects.toThrow('404');
  });

  it('shows the configuration without its secrets, and routes by it', async () => {
    expect(await ask('cluster', 'show')).toContain('disabled');
    const shown = await ask('config', 'show');
    expect(shown).toContain('group_interval: "1s"');
    expect(shown).toMatch(
      /smtp_auth_password: "<secret>"[^]*webhook_configs:[^]*url: "http:\/\/127\.0\.0\.1:\d+\/<secret>"/,
    );
    expect(shown).toMatch(/^# people:[^]*^# +email: "zhang@bank.cn"/m);
    expect(shown).not.toMatch(/never-shown|8613800000001/);
    expect(await ask('config', 'routes', 'show')).toMatch(/receiver: duty[^]*\{team="night"\}.*receiver: night/);
    expect(await ask('config', 'routes', 'test', 'team=night')).toBe('night\n');
    expect(await ask('config', 'routes', 'test', 'team=day')).toBe('duty\n');
  });
});
