// Texts: segments counted, facts dropped whole, mails that escape, and a fallback that still says everything.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previewSms } from '../../src/alerts/channels/sms/preview.ts';
import { splitSms } from '../../src/alerts/channels/sms/segments.ts';
import { weighFor } from '../../src/alerts/channels/sms/weigh-for.ts';
import { renderMail } from '../../src/alerts/render-mail.ts';
import { fittedSms, shortened, smsText, subjectOf } from '../../src/alerts/render.ts';
import { smsGateway } from '../../src/config/schema/sms-gateways.ts';
import { anAlert, aNotice, catalogue } from './builders.ts';

const english = catalogue('en');
const chinese = catalogue('zh-CN');

describe('an SMS', () => {
  it('is the state and the short words', () => {
    const text = smsText(aNotice(anAlert({ sms: 'bank-3: workers at its max of 5 nodes, 3 pods wait' })), english, 2);
    expect(text).toEqual({
      text: 'ALERT bank-3: workers at its max of 5 nodes, 3 pods wait',
      encoding: 'GSM-7',
      units: 56,
      segments: 1,
      unnamed: 0,
    });
  });

  it('counts the alerts that do not fit', () => {
    const alerts = [1, 2, 3, 4, 5].map((number) =>
      anAlert(
        { sms: `bank-3: workload number ${number} is at its maximum of 1200 replicas and wants 1500` },
        { n: `${number}` },
      ),
    );
    const text = smsText(aNotice(...alerts), english, 1);
    expect(text.text).toMatch(/^ALERT bank-3: workload number 1 .* 1500; \+4 more$/);
    expect(text).toMatchObject({ segments: 1, unnamed: 4 });
  });

  it('gives up clauses before words, and says what ended', () => {
    const long = `集群告警：${'节点组无法扩容，'.repeat(12)}需要 1500 台`;
    const text = smsText(aNotice({ ...anAlert({ sms: long }), ended: anAlert({}).since }), chinese, 1);
    expect(text.segments).toBe(1);
    expect(text.text).toMatch(/^已恢复 集群告警：.*节点组无法扩容$/);
  });

  it('speaks for an alert without words', () => {
    const text = smsText(aNotice(anAlert({}, { alertname: 'DiskFull', instance: 'db-1' })), english, 1).text;
    expect(text).toBe('ALERT DiskFull cluster=bank-3, instance=db-1, severity=page');
  });

  it.each([
    ['支付核心库待对账流水已积压35万笔，请立即处理', ['35', '3']],
    ['超过阈值三千五百万笔的交易记录', ['三', '三千', '三千五', '三千五百']],
    ['余额 1 234 567 元 不足', ['1', '1 234']],
    ['排队 35 万 笔', ['35']],
    ['占用率９９％超限', ['９']],
    ['x=0x1F2A3B foo', ['x=0x1F2', 'x=0x1F2A']],
    ['eta=1e10foobarbaz', ['eta=1', 'eta=1e', 'eta=1e1']],
  ])('leaves no number in %s half said, however short it is cut', (text, halves) => {
    for (let most = 1; most < text.length; most += 1) {
      const cut = shortened(text, most);
      expect(cut.length).toBeLessThanOrEqual(Math.max(1, most));
      expect(halves.filter((half) => cut.replace(/…$/, '').trimEnd().endsWith(half))).toEqual([]);
    }
  });

  it('names the alert where not even its first word fits, and never says only that there is one', () => {
    const url = `https://shop.bank.example/${'health/'.repeat(30)}`;
    for (const texts of [english, chinese])
      for (const ended of [null, anAlert({}).since]) {
        const alert = { ...anAlert({ summary: url }, { alertname: 'ProbeFailed' }), ended };
        expect(smsText(aNotice(alert), texts, 1)).toMatchObject({ segments: 1 });
        expect(smsText(aNotice(alert), texts, 1).text).toContain('ProbeFailed');
        const strange = { ...alert, labels: { ...alert.labels, alertname: `Probe${'目标'.repeat(90)}` } };
        expect(smsText(aNotice(strange), texts, 1)).toMatchObject({ segments: 1 });
        expect(smsText(aNotice(strange), texts, 1).text).toContain('Probe目标');
      }
  });

  it('weighs what the gateway will send: its sign, or its alphabet', () => {
    const chineseSign = smsGateway.parse({
      name: 'main',
      http: { url: 'http://gw/', body: '{{ text }}', success: { status: [200] }, sign: '某某银行信息科技部' },
    });
    const wide = smsGateway.parse({
      name: 'main',
      smpp: { host: 'smsc', systemId: 'bank', passwordFile: 'p', dataCoding: 'ucs2' },
    });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('pods', '节点组', 'wait,', '；', 'full', '积压35万笔'), {
          minLength: 1,
          maxLength: 90,
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(chineseSign, wide),
        (words, limit, gateway) => {
          const notice = aNotice(anAlert({ sms: words.join(' ') }));
          const { text } = smsText(notice, english, limit, weighFor(gateway));
          const preview = previewSms(gateway, { notice, text, texts: english });
          expect(preview?.weight.segments).toBeLessThanOrEqual(limit);
          const { smpp } = gateway;
          if (smpp !== undefined)
            expect(splitSms(text, smpp.dataCoding).parts).toHaveLength(preview?.weight.segments ?? NaN);
        },
      ),
    );
  });

  it('says a link or a code of its own text whole, however long the rest is', () => {
    const code = { acknowledgeCode: 'k7m2p9qx' };
    const long = '支付核心库待对账流水已积压35万笔，'.repeat(9);
    expect(fittedSms(`${long}#k7m2p9qx`, 1, code)).toMatch(/ #k7m2p9qx$/);
    expect(fittedSms(`回 k7m2p9qx 确认 ${long}`, 2, code)).toMatch(/ k7m2p9qx$/);
    const link = { acknowledgeUrl: 'https://st.bank.cn/a/k7m2p9qx', ...code };
    expect(fittedSms(`${long} ${link.acknowledgeUrl}`, 2, link)).toMatch(/ https:\/\/st\.bank\.cn\/a\/k7m2p9qx$/);
  });

  it('never passes its limit and never breaks a number', () => {
    const word = fc.oneof(
      fc.constantFrom('pods', '节点', 'wait,', '；', 'nodes:'),
      fc.integer({ min: 1000 }).map(String),
    );
    const words = fc.array(word, { minLength: 1, maxLength: 120 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (facts, limit) => {
        const alerts = facts.map((sms, index) => anAlert({ sms }, { n: String(index) }));
        const { text, segments } = smsText(aNotice(...alerts), english, limit);
        expect(segments).toBeLessThanOrEqual(limit);
        const given = new Set(facts.join(' ').match(/\d+/g) ?? []);
        const told = text.replace(/; \+\d+ more$/, '').match(/\d+/g) ?? [];
        expect(told.filter((number) => !given.has(number))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a mail', () => {
  it('has a subject of one line whatever an alert says', () => {
    const notice = aNotice(anAlert({ summary: 'pool full\r\nBcc: evil@example.com' }));
    expect(subjectOf(notice, english)).toBe('[ALERT] pool full Bcc: evil@example.com');
  });

  it('says everything in both parts, in both languages, escaped', () => {
    const alert = anAlert({ summary: 'workers <5> & "full"', description: 'raise max', runbook: 'see page 4' });
    for (const texts of [english, chinese]) {
      const { subject, text, html } = renderMail(aNotice(alert), texts);
      expect(subject).toContain('workers <5> & "full"');
      for (const part of ['raise max', 'see page 4', 'cluster=bank-3', '2026-11-11 02:00:00 UTC']) {
        expect(text).toContain(part);
        expect(html).toContain(part);
      }
      expect(html).toContain('workers &lt;5&gt; &amp; &#34;full&#34;');
      expect(html).not.toContain('<5>');
    }
  });

  it('falls back to plain words when it cannot be laid out', () => {
    const broken = {
      language: 'en' as const,
      sentences: new Proxy(
        {},
        {
          get: () => {
            throw new Error('no texts');
          },
        },
      ),
    };
    const { subject, text, html } = renderMail(aNotice(anAlert({ summary: 'workers full' })), broken);
    expect(subject).toBe('[FIRING] SpringtidePoolAtMaximum');
    expect(html).toBeNull();
    for (const part of ['workers full', 'cluster = bank-3', 'no texts']) expect(text).toContain(part);
  });
});
