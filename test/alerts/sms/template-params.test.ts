// What goes into the variables of a vendor's template: never part of a number, and in a storm how many there are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paramValue } from '../../../src/alerts/channels/sms/template-params.ts';
import { shortened } from '../../../src/alerts/render.ts';
import type { Notice } from '../../../src/alerts/render.ts';
import { anAlert, aNotice, catalogue } from '../builders.ts';

const texts = catalogue('en');
const valueOf = (fact: string, variableLength: number, notice: Notice): string =>
  paramValue(fact, { notice, text: 'a text', texts, timeZone: 'UTC', variableLength });
const about = (labels: Record<string, string>, annotations: Record<string, string> = {}): Notice =>
  aNotice(anAlert(annotations, { alertname: 'Down', ...labels }));

describe('a variable of a template', () => {
  it.each([
    ['1234567.8912345', 12, '1234567.8912'],
    ['1234567.8912345', 9, '1234567.9'],
    ['1234567.8912345', 8, '1234568'],
    ['1234567.8912345', 6, '-'],
    ['-0.000012345', 6, '-0.000'],
    ['97.5', 12, '97.5'],
  ])('says the number %s in %i characters as %s', (value, most, said) => {
    expect(valueOf('value', most, about({}, { value }))).toBe(said);
  });

  it.each([
    ['pay-sh-07123456', 12, 'pay-sh-…'],
    ['pay-sh-07', 12, 'pay-sh-07'],
    ['production-east', 12, 'production-…'],
  ])('says the name %s in %i characters as %s', (cluster, most, said) => {
    expect(valueOf('cluster', most, about({ cluster }))).toBe(said);
  });

  it.each(['constructor', 'labels.toString', 'annotations.valueOf'])('says nothing of a missing %s', (fact) => {
    expect(valueOf(fact, 20, about({}))).toBe('-');
  });

  it('says of a storm how many there are, beside the name of one', () => {
    const alert = anAlert({}, { alertname: 'Down' });
    const storm: Notice = {
      ...about({}),
      alerts: Array.from({ length: 40 }, () => alert),
      unnamed: 9_960,
      bundle: { why: 'storm', groups: 9_970 },
    };
    const facts = ['count', 'groups', 'alertname', 'severity'].map((fact) => valueOf(fact, 12, storm));
    expect(facts).toEqual(['10000', '9970', 'Down+9999', 'page']);
    expect(valueOf('alertname', 12, about({}))).toBe('Down');
    expect(valueOf('groups', 12, about({}))).toBe('1');
    // where there is no place for the name of one, how many others there are; where there is not for that, its name
    expect([6, 5, 4].map((most) => valueOf('alertname', most, storm))).toEqual(['…+9999', '+9999', 'Down']);
  });

  it.each([
    ['看板http://g.bank.cn/d/1，主库磁盘只剩5GB', '看板#k7m2p9qx，主库磁盘只剩5GB'],
    ['见https://wiki.bank.cn/页：请扩容', '见#k7m2p9qx页：请扩容'],
    ['see http://wiki.bank.cn/a?b=1, then call', 'see #k7m2p9qx then call'],
  ])('ends a link where Chinese begins: %s', (summary, said) => {
    expect(valueOf('summary', 35, { ...about({}, { summary }), acknowledgeCode: 'k7m2p9qx' })).toBe(said);
  });

  it('is the whole code of the message or none of it, and stands for links', () => {
    const told: Notice = { ...about({}, { summary: 'see http://wiki.bank.cn/1' }), acknowledgeCode: 'k7m2p9qx' };
    expect(['token', 'summary'].map((fact) => valueOf(fact, 35, told))).toEqual(['#k7m2p9qx', 'see #k7m2p9qx']);
    expect(valueOf('token', 8, told)).toBe('-');
    const over: Notice = about({}, { summary: 'see http://wiki.bank.cn/1' });
    expect(['token', 'summary'].map((fact) => valueOf(fact, 35, over))).toEqual(['-', 'see']);
  });

  it('is a beginning that ends within no number', () => {
    const parts = fc.array(
      fc.oneof(fc.constantFrom(' ', '-', '.', ',', 'pay', '中', 'x', '万', 'e'), fc.nat().map(String)),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(parts, fc.integer({ min: 2, max: 35 }), (words, most) => {
        const text = words.join('');
        const said = shortened(text, most);
        if (said === text) return;
        const kept = said.slice(0, -1);
        expect([said.length <= most, text.startsWith(kept), said.endsWith('…')]).toEqual([true, true, true]);
        expect(/\d$/.test(kept) && /^[.,]?\d/.test(text.slice(kept.length))).toBe(false);
      }),
    );
  });
});
