// Texts: segments counted, facts dropped whole, mails that escape, and a fallback that still says everything.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMail } from '../../src/alerts/render-mail.ts';
import { smsText, subjectOf } from '../../src/alerts/render.ts';
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
