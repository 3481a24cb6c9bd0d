// Mails and SMS by an operator's templates, what stands in for a template that fails, and many alerts in one mail.
import { describe, expect, it } from 'vitest';
import { composeMail } from '../../src/alerts/channels/mail-content.ts';
import { intentOf } from '../../src/alerts/intent.ts';
import { integrationsOf } from '../../src/alerts/integrations.ts';
import type { Intent } from '../../src/alerts/ledger/records.ts';
import { fallbackMail, renderMail } from '../../src/alerts/render-mail.ts';
import { fittedSms, smsText } from '../../src/alerts/render.ts';
import type { Alert, LabelSet } from '../../src/alerts/alert.ts';
import { minutes } from '../../src/model/units.ts';
import { later } from '../../src/model/units.ts';
import { alertOf } from '../../src/alerts/alert.ts';
import { anAlert, anAlertsDocument, aNotice, catalogue, start } from './builders.ts';

const texts = catalogue('en');

/** As a Prometheus sends it: words that name no place. */
const pushed = (labels: LabelSet, annotations: LabelSet = { summary: 'Pod is crash looping.' }): Alert => ({
  ...alertOf(
    {
      labels: { alertname: 'KubePodCrashLooping', severity: 'warning', job: 'kube-state-metrics', ...labels },
      annotations,
      state: 'firing',
      since: '2026-11-11T02:00:00Z',
    },
    {},
    start,
  ),
  generatorURL: 'https://prometheus.example.com/graph?g0.expr=up%3C1&g0.tab=1',
});

const documentWith = (email: string, more = '') =>
  anAlertsDocument(`
global: { smtp_smarthost: 'localhost:25', smtp_from: springtide@example.com, timeZone: Asia/Shanghai }
people: { zhang: { sms: '+8613800000001' } }
sms_gateways: [{ name: main, http: { url: http://127.0.0.1:1 } }]
route: { receiver: duty }
receivers: [{ name: duty, ${more} email_configs: [{ to: duty@example.com, ${email} }] }]`);

function composed(email: string, files: Readonly<Record<string, string>> = {}) {
  const document = {
    ...documentWith(email),
    templateFiles: Object.entries(files).map(([name, text]) => ({ name, text })),
  };
  const [config] = document.receivers[0]?.email_configs ?? [];
  if (config === undefined) throw new Error('no e-mail in the document');
  const notice = aNotice(anAlert({ summary: 'workers <5> full' }, { pool: 'workers' }));
  return composeMail({ notice, config, document, texts, at: start });
}

const smsBy = (template: string): string => `sms_configs: [{ to: [zhang], max_segments: 1, text: '${template}' }],`;

/** What the first integration of that channel is told of all of these. */
function told(alerts: readonly Alert[], email: string, more: string, channel: 'sms' | 'email'): Intent | null {
  const document = documentWith(email, more);
  const found = integrationsOf(document, 'duty', start).find((one) => one.channel === channel);
  if (found === undefined) throw new Error(`no ${channel} in the document`);
  const decision = {
    ...{ firing: [], resolved: [], muted: [], silently: [], supersede: false },
    notify: { to: found.to, reason: 'FirstNotification' as const, alerts },
  };
  return intentOf(aNotice(), found, decision, { linkSecret: null, codeKey: null, document, texts }, start);
}

describe('templates of a mail', () => {
  it('fill in subject, headers, text and HTML, each in its own way', () => {
    const mail = composed(
      `headers: { subject: '{{ .Status | toUpper }} {{ .CommonLabels.pool }}', X-Pool: '{{ .CommonLabels.pool }}' },
       html: '<p title="{{ .CommonLabels.pool }}">{{ (index .Alerts 0).Annotations.summary }}</p>',
       text: '{{ template "mine" . }} {{ ((index .Alerts 0).StartsAt.Local).Format "15:04 MST" }}'`,
      { 'a.tmpl': '{{ define "mine" }}{{ len .Alerts }} alert of {{ .Receiver }}{{ end }}' },
    );
    expect(mail).toEqual({
      subject: 'FIRING workers',
      headers: { 'X-Pool': 'workers' },
      shown: {},
      html: '<p title="workers">workers &lt;5&gt; full</p>',
      text: '1 alert of duty 10:00 CST',
      fault: null,
    });
  });

  it("leave Alertmanager's own names to springtide's mail", () => {
    const own = composed('');
    expect(composed(`html: '{{ template "email.default.html" . }}'`)).toEqual(own);
    expect(composed(`html: ''`).html).toBeNull();
    expect(composed(`headers: { Subject: '{{ template "email.default.subject" . }}' }`).subject).toBe(
      '[FIRING:1] SpringtidePoolAtMaximum (bank-3 workers page)',
    );
  });

  const named = (part: string): string => `{{ template "email.default.${part}" . }}`;
  it.each([
    ['email.default.html', '', { html: 'mine: workers &lt;5&gt; full' }],
    ['email.default.html', `html: '${named('html')}'`, { html: 'mine: workers &lt;5&gt; full' }],
    ['email.default.text', `text: '${named('text')}'`, { text: 'mine: workers <5> full' }],
    ['email.default.subject', '', { subject: 'mine: workers <5> full' }],
    ['email.default.subject', `headers: { Subject: '${named('subject')}' }`, { subject: 'mine: workers <5> full' }],
    ['__subject', '', { subject: 'mine: workers <5> full' }],
    ['__subject', `headers: { subject: 'x' }`, { subject: 'x' }],
  ])('are what a file makes of %s, with { %s }, and the rest stays ours', (name, email, changed) => {
    const { subject, html, text } = composed(email.startsWith('headers') ? email : '');
    const files = { 'a.tmpl': `{{ define "${name}" }}mine: {{ (index .Alerts 0).Annotations.summary }}{{ end }}` };
    expect(composed(email, files)).toMatchObject({ subject, html, text, ...changed });
  });

  it('are taken for headers as they are written, but for what only the sender knows', () => {
    const headers = `headers: { to: '{{ .CommonLabels.pool }}@b.cn, "Doe, J" <j@b.cn>', From: 'Duty <duty@b.cn>', Cc: 'those on duty',
      Date: now, message-id: <1@b>, Bcc: c@b.cn, Content-Type: x, "X_Pool": 'a', "no name": b, References: <2@b> }`;
    expect(composed(headers)).toMatchObject({
      headers: { X_Pool: 'a', References: '<2@b>' },
      shown: { to: 'workers@b.cn, "Doe, J" <j@b.cn>', from: 'Duty <duty@b.cn>' },
    });
    expect(Object.keys(composed(headers).headers)).toHaveLength(2);
    expect(composed(headers).shown).not.toHaveProperty('cc');
  });

  it.each([
    [`html: '{{ .Nope }}'`, 'the html template: template.Data has no field .Nope'],
    [`text: '{{ index .Alerts 9 }}'`, 'the text template: index: index 9 is out of range: there are 1'],
    [`headers: { Subject: '{{ template "gone" . }}' }`, 'the Subject header template: there is no template "gone"'],
  ])('%s: a plain body says everything, and why', (email, why) => {
    const mail = composed(email);
    expect(mail).toMatchObject({ html: null, headers: {}, fault: why, subject: '[FIRING] SpringtidePoolAtMaximum' });
    for (const part of ['workers <5> full', 'pool = workers', 'cluster = bank-3', why])
      expect(mail.text).toContain(part);
  });
});

describe('a mail about many alerts', () => {
  const many = Array.from({ length: 40 }, (_, index) =>
    pushed(
      { cluster: 'c1', pod: `pay-${index}` },
      { summary: `pod pay-${index} restarts`, runbook_url: 'https://r/1' },
    ),
  );
  const ended = many.map((alert, index) => (index > 35 ? { ...alert, ended: later(alert.since, minutes(61)) } : alert));
  const mail = renderMail({ ...aNotice(...ended), unnamed: 7 }, texts, 'Asia/Shanghai');

  it('counts them, says once what they share, and leaves nobody out', () => {
    expect(mail.subject).toBe('[ALERT] pod pay-0 restarts (+46 more)');
    for (const part of [mail.text, mail.html ?? '']) {
      expect(part).toContain('43 firing · 4 resolved');
      expect(part.split('cluster=c1')).toHaveLength(2);
      expect(part).toContain('2026-11-11 10:00:00 CST to 2026-11-11 11:01:00 CST, 1h 1m 0s');
      expect(part).toContain('and 7 more alerts that are not listed here');
      for (let index = 0; index < 40; index += 1) expect(part).toContain(`pod pay-${index} restarts`);
    }
  });

  const hundred = Array.from({ length: 100 }, (_, index) =>
    pushed({ pod: `pay-${index}`, severity: index < 45 ? 'critical' : 'warning' }),
  );
  const subject = "headers: { Subject: '{{ .Alerts.Firing | len }} {{ .CommonLabels.severity }}' }";

  it.each([
    ['', 'email', 'Pod is crash looping. (+99 more)\n\n100 firing\nalertname=KubePodCrashLooping  job=', 40],
    [subject, 'email', '100\n\n100 firing\nalertname=KubePodCrashLooping  job=', 100],
    ["html: ''", 'email', '100 firing', 40],
    [smsBy('{{ .Alerts.Firing | len }} {{ .CommonLabels.severity }}'), 'sms', '100', 40],
  ] as const)(
    'counts those that it does not name, and gives no label of some to all: %s',
    (written, channel, said, kept) => {
      const intent = channel === 'email' ? told(hundred, written, '', channel) : told(hundred, '', written, channel);
      expect(intent?.text).toContain(said);
      expect(intent?.alerts).toHaveLength(kept);
      if (channel === 'email') expect(intent?.text).toContain('and 60 more alerts that are not listed here');
      if (channel === 'email') expect(intent?.text.split('Firing: Pod is crash looping.')).toHaveLength(41);
    },
  );

  it.each(['en', 'zh-CN'] as const)(
    'says by which code somebody is on it where there is no link, in %s',
    (language) => {
      const notice = { ...aNotice(pushed({})), acknowledgeCode: 'k7m2p9qx' };
      const coded = renderMail(notice, catalogue(language));
      const linked = renderMail({ ...notice, acknowledgeUrl: 'https://st.bank.cn/a/x' }, catalogue(language));
      for (const part of ['text', 'html'] as const) {
        expect(coded[part]).toContain('springtide alerts ack k7m2p9qx');
        expect(linked[part]).not.toContain('k7m2p9qx');
      }
      expect(fallbackMail(notice, 'why').text).toContain('I am on it: springtide alerts ack k7m2p9qx');
    },
  );

  it('links to where the alert comes from, and to what to do', () => {
    const { html, text } = renderMail(aNotice(pushed({}, { summary: 'x', runbook_url: 'https://r/1' })), texts);
    expect(html).toContain('href="https://prometheus.example.com/graph?g0.expr=up%3C1&amp;g0.tab=1">Source</a>');
    expect(html).toContain('href="https://r/1">Runbook</a>');
    expect(text).toContain('Source: https://prometheus.example.com/graph?g0.expr=up%3C1&g0.tab=1');
    const evil = renderMail(aNotice(pushed({}, { summary: 'x', runbook_url: 'javascript:alert(1)' })), texts);
    expect(evil.html).not.toContain('href="javascript');
  });
});

describe('an SMS about what others send', () => {
  it('says which one it is where the summary does not', () => {
    const one = pushed({ cluster: 'pay-sh-07', namespace: 'payment', pod: 'gateway-7c9', instance: '10.2.3.4:8080' });
    expect(smsText(aNotice(one), texts, 2).text).toBe(
      'ALERT Pod is crash looping, pay-sh-07, payment, gateway-7c9, 10.2.3.4:8080',
    );
    const named = pushed({ cluster: 'pay-sh-07', pod: 'gateway-7c9' }, { summary: 'gateway-7c9 crashes on pay-sh-07' });
    expect(smsText(aNotice(named), texts, 2).text).toBe('ALERT gateway-7c9 crashes on pay-sh-07');
  });

  it('says once what several share', () => {
    const both = ['a', 'b'].map((pod) => pushed({ cluster: 'pay-sh-07', pod }));
    expect(smsText({ ...aNotice(...both), unnamed: 3 }, texts, 2).text).toBe(
      'ALERT Pod is crash looping, pay-sh-07, a; Pod is crash looping, b; +3 more',
    );
  });

  it('is what a template makes of it, within its segments; facts where the template fails', () => {
    const link = 'https://st.bank.cn/a/k7m2p9qx';
    const textOf = (template: string): string | undefined =>
      told([anAlert({ sms: 'bank-3: workers full' }, { pool: 'workers' })], '', smsBy(template), 'sms')?.text;
    expect(textOf('{{ .CommonLabels.pool }}:{{ "\\n" }}{{ len .Alerts.Firing }}')).toBe('workers: 1');
    expect(textOf('{{ range 99 }}1234567 {{ end }}')).toMatch(/^(?:1234567 ){18}1234567$|^(?:1234567 ){19}1234567$/);
    expect(textOf('{{ .Nope }}')).toBe('ALERT bank-3: workers full');
    expect(textOf('{{ .CommonLabels.none }}')).toBe('ALERT bank-3: workers full');
    const cut = fittedSms(`see ${link} ${'1234567 '.repeat(99)}`, 1, { acknowledgeUrl: link });
    expect(cut).toMatch(/^see 1234567( 1234567){13,} https:\/\/st\.bank\.cn\/a\/k7m2p9qx$/);
    expect(fittedSms(`see ${'1234567 '.repeat(99)}`, 1, { acknowledgeUrl: link })).not.toContain(link);
  });

  it('has its link and all of its labels where a template of a mail fails', () => {
    const notice = { ...aNotice(anAlert({}, { pool: 'workers' })), acknowledgeUrl: 'https://st.bank.cn/a/k7m2p9qx' };
    const document = documentWith("html: '{{ .Nope }}'");
    const [mail] = integrationsOf(document, 'duty', start);
    if (mail?.channel !== 'email') throw new Error('no mail in the document');
    const { text } = composeMail({ notice, config: mail.settings, document, texts, at: start });
    expect(text).toContain('pool = workers');
    expect(text).toContain('\nI am on it: https://st.bank.cn/a/k7m2p9qx\n');
  });
});
