// Files of an Alertmanager as people write them: what its own program reads is read here too, and not one key more.
import { describe, expect, it } from 'vitest';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import { goodTexts, inMemory } from './files.ts';

const loaded = (alerts: string): LoadResult => loadFiles(inMemory({ ...goodTexts, 'alerts.yaml': alerts }));
const places = ({ problems }: LoadResult): string[] =>
  problems.map(({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`);

const plain = `
route: {receiver: a}
receivers: [{name: a}]
`;

describe('numbers and truths', () => {
  const { config, problems } = loaded(`
global:
  smtp_smarthost: ':465'
  smtp_from: ops@corp.cn
  smtp_auth_password_file: 007
  smtp_require_tls: no
route:
  receiver: 7
  group_by: [true]
  routes:
    - match: {code: 500, prod: true, version: 1.10, empty: , gone: ~, limits: 7}
      continue: Yes
      receiver: 7
receivers:
  - name: 7
    email_configs:
      - {to: 'a@corp.cn', send_resolved: ON, headers: {X-Priority: 1}}
`);

  it('stand for what is written where a text belongs', () => {
    expect(problems).toEqual([]);
    expect(config?.alerts?.global.smtp_auth_password_file).toBe('007');
    expect(config?.alerts?.route).toMatchObject({ receiver: '7', group_by: ['true'] });
    expect(config?.alerts?.route.routes[0]?.match).toEqual({
      code: '500',
      prod: 'true',
      version: '1.10',
      empty: '',
      gone: '',
      limits: '7',
    });
    expect(config?.alerts?.receivers[0]?.email_configs[0]?.headers).toEqual({ 'X-Priority': '1' });
  });

  it('are yes and no where one of them belongs', () => {
    expect(config?.alerts?.global.smtp_require_tls).toBe(false);
    expect(config?.alerts?.route.routes[0]?.continue).toBe(true);
    expect(config?.alerts?.receivers[0]?.email_configs[0]?.send_resolved).toBe(true);
  });

  it.each(['"yes"', 'yEs', 'ja', '1'])('is no truth: %s', (written) => {
    expect(places(loaded(`route: {receiver: a, routes: [{continue: ${written}}]}\nreceivers: [{name: a}]`))).toEqual([
      'error WrongType 1:42',
    ]);
  });
});

it.each([
  ['1y', 365],
  ['1y2w', 379],
  ['52w', 364],
  ['1Y', null],
])('a span of years is one: %s', (span, days) => {
  const { config, problems } = loaded(`route: {receiver: a, repeat_interval: ${span}}\nreceivers: [{name: a}]`);
  expect(problems.map(({ code }) => code)).toEqual(days === null ? ['WrongValue'] : []);
  if (days !== null) expect(config?.alerts.route.repeat_interval).toBe(days * 86_400_000);
});

it('an empty text where something is inherited is none, and a label may be called so', () => {
  const { config, problems } = loaded(`
global: {smtp_from: ops@corp.cn, smtp_smarthost: 'mail:25', smtp_auth_username: '', labels: {from: ''}}
route: {receiver: a, routes: [{receiver: '', match: {receiver: ''}}]}
receivers: [{name: a, email_configs: [{to: b@corp.cn, from: '', smarthost: '', auth_username: '', text: ''}]}]
`);
  expect(problems).toEqual([]);
  const [child] = config?.alerts.route.routes ?? [];
  expect([child?.receiver, child?.match]).toEqual([undefined, { receiver: '' }]);
  expect(config?.alerts.global).toMatchObject({ labels: { from: '' } });
  const [mail] = config?.alerts.receivers[0]?.email_configs ?? [];
  expect([mail?.from, mail?.smarthost, mail?.auth_username, mail?.text]).toEqual([undefined, undefined, undefined, '']);
  expect(places(loaded(`route: {receiver: ''}\nreceivers: [{name: a}]`))).toContain('error MissingKey 1:19');
});

it('an empty proxy is none, and an empty list of receivers of another kind asks for nothing', () => {
  const { config, problems } = loaded(`
route: {receiver: a}
receivers:
  - {name: a, slack_configs: [], pagerduty_configs: , webhook_configs: [{url: 'http://127.0.0.1:1/', http_config: {proxy_url: ''}}]}
`);
  expect(problems).toEqual([]);
  expect(config?.alerts.receivers[0]?.webhook_configs[0]?.http_config?.proxy_url).toBeUndefined();
  expect(places(loaded('route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{}]}]'))).toEqual([
    'error NotSupportedYet 2:23',
  ]);
});

it('a second document is refused where it begins; an empty one is none', () => {
  const one = 'route: {receiver: a}\nreceivers: [{name: a}]\n';
  const { problems } = loaded(`---\n${one}---\n# of the old cluster\n${one}`);
  expect(problems.map(({ code, line, message }) => [code, line, message])).toEqual([
    [
      'DuplicateDocument',
      6,
      'alerts.yaml is one document, this is a second one: an Alertmanager passes over it without a word',
    ],
  ]);
  expect(loaded(`---\n${one}---\n# nothing more\n`).problems).toEqual([]);
});

describe('a key with nothing behind it', () => {
  it.each(['global', 'templates', 'inhibit_rules', 'mute_time_intervals', 'time_intervals', 'tracing'])(
    'is one that is not there: %s',
    (key) => {
      expect(loaded(`${key}:${plain}`).problems).toEqual([]);
    },
  );

  it('leaves what stands without it', () => {
    const { config, problems } = loaded(`
global: {smtp_require_tls: , resolve_timeout: }
route: {receiver: a, group_by: , group_wait: , matchers: , routes: }
receivers:
  - name: a
    email_configs:
    webhook_configs: [{url: 'http://127.0.0.1:1/', http_config: , send_resolved: }]
`);
    expect(problems).toEqual([]);
    expect(config?.alerts?.global).toMatchObject({ smtp_require_tls: true, resolve_timeout: 300_000 });
    expect(config?.alerts?.route).toMatchObject({ group_by: [], group_wait: 30_000, routes: [] });
    expect(config?.alerts?.receivers[0]?.webhook_configs[0]?.send_resolved).toBe(true);
  });

  it.each([
    ['reciever:\n', 'error UnknownKey 1:1'],
    ['people:\n', 'error WrongType 1:8'],
    ['people: {zhang: {sms: 13800000001}}\n', 'error WrongType 1:23'],
    ['flapping: {changes: }\n', 'error WrongType 1:21'],
    ['global: {timeZone: , foo: }\n', 'error UnknownKey 1:22'],
    ['global: {labels: {limits: }, timeZone: }\n', 'error WrongType 1:40'],
  ])('is refused where nobody knows it, or where it is one of springtide: %s', (text, place) => {
    expect(places(loaded(`${text}${plain}`))).toContain(place);
  });

  it.each([
    ['route: {receiver: a, routes: [{match_re: {team: }}]}\nreceivers: [{name: a}]', '1:49'],
    ['inhibit_rules: [{source_match_re: {team: ~}}]\nroute: {receiver: a}\nreceivers: [{name: a}]', '1:42'],
    ['inhibit_rules: [{target_match_re: {team: }}]\nroute: {receiver: a}\nreceivers: [{name: a}]', '1:42'],
  ])('is no expression: %s', (text, place) => {
    expect(places(loaded(text))).toEqual([`error WrongType ${place}`]);
    expect(places(loaded(text.replace(/team: ~?/, "team: ''")))).toEqual([]);
  });

  it('is missing where it must be there', () => {
    expect(places(loaded('route: {receiver: }\nreceivers: [{name: a}]'))).toContain('error MissingKey 1:19');
  });
});

describe('a merge key', () => {
  it('takes over a mapping, and what stands beside it is before it', () => {
    const { config, problems } = loaded(`
route:
  receiver: a
  routes:
    - &base {receiver: a, matchers: [team="a"], continue: true}
    - {<<: *base, matchers: [team="b"]}
    - {<<: [{group_wait: 5s}, *base], continue: no}
receivers: [{name: a}]
`);
    expect(problems).toEqual([]);
    expect(config?.alerts?.route.routes).toMatchObject([
      { matchers: ['team="a"'], continue: true },
      { receiver: 'a', matchers: ['team="b"'], continue: true },
      { group_wait: 5000, receiver: 'a', matchers: ['team="a"'], continue: false },
    ]);
  });

  it('leads to the place where a mistake is written', () => {
    const result = loaded(`
global: {smtp_smarthost: 'mail:25', smtp_from: a@b.cn}
route: {receiver: a}
receivers:
  - name: a
    email_configs:
      - &mail {to: 'a b c', sendresolved: true}
      - <<: *mail
        to: b@c.cn
`);
    expect(places(result)).toEqual(['error WrongValue 7:20', 'error UnknownKey 7:29', 'error UnknownKey 7:29']);
  });

  it.each([
    ['{<<: 5, receiver: a}', 'error WrongMerge 1:32'],
    ['{<<: [5], receiver: a}', 'error WrongMerge 1:32'],
    ['&x {<<: *x, receiver: a}', 'error WrongMerge 1:35'],
    ['{<<: {receiver: a}, <<: {continue: true}}', 'error DuplicateKey 1:51'],
    ['{receiver: a, <<: {receiver: b}}', 'warning WrongMerge 1:32'],
    ['{"<<": {receiver: b}}', 'error UnknownKey 1:32'],
  ])('that takes over nothing, or not what an Alertmanager would, is told: %s', (route, place) => {
    const text = `route: {receiver: a, routes: [${route}]}\nreceivers: [{name: a}, {name: b}]`;
    expect(places(loaded(text))).toContain(place);
  });

  it('that takes over what takes over without end is refused at once', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0 ? 'a0: &a0 {x: 1}' : `a${level}: &a${level} {<<: [${`*a${level - 1}, `.repeat(9)}]}`,
    );
    expect(places(loaded(levels.join('\n')))).toEqual(['error TooManyAliases 1:1']);
    expect(places(loaded('a: &a {b: {<<: *a}}'))).toEqual(['error TooManyAliases 1:16']);
  });

  it.each([
    ['alerts.yaml', 'route: &r {receiver: a, routes: [*r]}\nreceivers: [{name: a}]', 1, 34],
    ['rules/web.yaml', 'groups: &g\n  - {name: a, rules: *g}', 2, 22],
    ['rules/web.yaml', 'groups:\n  - name: a\n    rules: [{alert: A, expr: up, labels: &l {x: *l}}]', 3, 49],
  ])('what contains itself is refused where it does: %s', (file, text, line, column) => {
    const { problems } = loadFiles(inMemory({ ...goodTexts, [file]: text }));
    expect(problems).toContainEqual(
      expect.objectContaining({ file, line, column, code: 'TooManyAliases', severity: 'error' }),
    );
  });

  it('is a key like any other in a document of springtide', () => {
    const web = (goodTexts['policies/web.yaml'] ?? '').replace('spec:', 'spec:\n  <<: {mode: act}');
    const { problems } = loadFiles(inMemory({ ...goodTexts, 'policies/web.yaml': web }));
    expect(problems).toMatchObject([{ code: 'UnknownKey', message: 'unknown key "<<"' }]);
  });
});

describe('an address without a host', () => {
  it.each([
    ['http:///hook', false],
    ['http:hook', false],
    ['https:/hook/x', false],
    ['http://?x', false],
    ['HTTP://hook', true],
    ['http://[::1]:8080', true],
    ['http://u:p@hook/x?y#z', true],
  ])('is refused, as by an Alertmanager, and not read as one with a host: %s', (url, taken) => {
    const text = `route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: '${url}'}]}]`;
    expect(places(loaded(text)).filter((place) => place.startsWith('error'))).toEqual(
      taken ? [] : ['error WrongValue 2:47'],
    );
  });

  it('keeps its password to itself', () => {
    for (const url of ['http:///u:a1b2@hook/', 'http:u:a1b2@hook', 'http:/a1b2@hook/x', 'http://u:x/a1b2@hook'])
      for (const written of [url, `'${url}'`]) {
        const { problems } = loaded(
          `route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: ${written} }]}]`,
        );
        expect(problems).toHaveLength(1);
        expect(JSON.stringify(problems)).toContain('@hook');
        expect(JSON.stringify(problems)).not.toContain('a1b2');
      }
  });
});

describe('the recipients of a mail', () => {
  const to = (text: string): string[] =>
    places(
      loaded(`
global: {smtp_smarthost: 'mail:25', smtp_from: a@b.cn}
people: {li: {email: li@corp.cn}}
route: {receiver: a}
receivers: [{name: a, email_configs: [{to: '${text}'}]}]
`),
    );

  it.each([
    ['Ops Team <ops@acme.com>, "Doe, John" <john@acme.com>', []],
    ['li, {{ .CommonLabels.owner }}', []],
    ['root', ['warning WrongValue 5:44']],
    ['a b, ops@acme.com', ['error WrongValue 5:44']],
    ['ops@acme.com, @', ['error WrongValue 5:44']],
  ])('are judged one by one: %s', (text, wanted) => {
    expect(to(text)).toEqual(wanted);
  });
});
