// What fills the variables of an approved template: short facts, without what the vendors refuse in a variable.
import type { TemplateParam } from '../../../config/schema/sms-gateways.ts';
import { labelValue } from '../../../model/label-value.ts';
import type { Texts } from '../../../model/texts.ts';
import { fillText } from '../../../model/texts.ts';
import type { Instant } from '../../../model/units.ts';
import { isFiring, oneLine, shortened, summaryOf } from '../../render.ts';
import type { Notice } from '../../render.ts';

export interface TemplateContext {
  readonly notice: Notice;
  readonly text: string;
  readonly texts: Texts;
  readonly timeZone: string;
  readonly variableLength: number;
}

/** The value of one variable, never empty: an empty one is refused. */
export function paramValue(param: TemplateParam, context: TemplateContext): string {
  const { fact, length } = typeof param === 'string' ? { fact: param, length: undefined } : param;
  const spoken = withoutAddresses(oneLine(factOf(fact, context)), tokenOf(context.notice));
  const most = length ?? context.variableLength;
  const others = named.has(fact) ? othersOf(context.notice) : '';
  // half a code leads nowhere
  const said = fact === 'token' && spoken.length > most ? '' : counted(spoken, others, most);
  const value = said.replace(/\p{Surrogate}/gu, '').trim();
  return value === '' ? '-' : value;
}

/** Where there is no place for a name beside the number of the others, the number is the news. */
function counted(spoken: string, others: string, most: number): string {
  if (others.length > most) return fitting(spoken, most);
  return (others.length === most ? '' : fitting(spoken, most - others.length)) + others;
}

/** What stands for all alerts of the message says how many more there are. */
const named: ReadonlySet<string> = new Set(['alertname', 'summary']);

const countOf = ({ alerts, unnamed = 0 }: Notice): number => alerts.length + unnamed;

const othersOf = (notice: Notice): string => (countOf(notice) > 1 ? `+${countOf(notice) - 1}` : '');

/** A number loses places behind the point, and is left out where that is not enough; everything else loses its end. */
function fitting(spoken: string, most: number): string {
  if (spoken.length <= most) return spoken;
  if (!/^[+-]?\d+(?:\.\d+)?$/.test(spoken)) return shortened(spoken, most);
  const places = most - spoken.replace(/\..*$/, '').length - 1;
  const rounded = Number(spoken).toFixed(Math.max(0, Math.min(20, places)));
  return rounded.length <= most ? rounded : '';
}

/** By which somebody says that he is on it; empty where there is nothing to be on. */
const tokenOf = ({ acknowledgeCode }: Notice): string => (acknowledgeCode === undefined ? '' : `#${acknowledgeCode}`);

function factOf(fact: string, { notice, text, texts, timeZone }: TemplateContext): string {
  const [first] = notice.alerts;
  const label = (name: string): string => labelValue(first?.labels ?? {}, name) || labelValue(notice.groupLabels, name);
  const firing = notice.alerts.some(isFiring);
  switch (fact) {
    case 'status':
      return fillText(texts, firing ? 'message.sms.firing' : 'message.sms.resolved', { text: '' });
    case 'since':
      return first === undefined ? '' : clockOf(first.since, timeZone);
    case 'value':
      return first?.annotations['value'] ?? label('value');
    case 'summary':
      return first === undefined ? text : summaryOf(first, texts);
    case 'count':
      return String(countOf(notice));
    case 'groups':
      return String(notice.bundle?.groups ?? 1);
    case 'text':
      return text;
    case 'token':
      return tokenOf(notice);
    default: {
      const [, kind, name] = /^(labels|annotations)\.(.+)$/.exec(fact) ?? [];
      if (kind === 'annotations') return labelValue(first?.annotations ?? {}, name ?? '');
      return label(name ?? fact);
    }
  }
}

/** 11-21 09:07 */
function clockOf(at: Instant, timeZone: string): string {
  const digits = { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const parts = new Intl.DateTimeFormat('en', { ...digits, hourCycle: 'h23', timeZone }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}

// it ends where Chinese begins, of which none stands in a link as it is sent
const url = /\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.)[^\s\p{Script=Han}\u3000-\u303f\uff00-\uffef“”‘’…]+/giu;
const mail = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu;
const ipv4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)(?::\d{1,5})?(?:\/\d{1,2})?/gu;
const ipv6 = /(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?(?::\d{1,5})?(?![\w:])/giu;
const host = /(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?![\w-])/giu;

/** Links, addresses and names of hosts are refused in variables: what can be said without dots is, the rest is the code. */
const withoutAddresses = (text: string, token: string): string =>
  text
    .replace(url, token)
    .replace(mail, token)
    .replace(ipv4, (address) => address.replaceAll('.', '-').replace(':', '_').replace('/', '_'))
    .replace(ipv6, (found) => (found.includes('::') || found.split(':').length > 6 ? token : found))
    .replace(host, (name) => name.replaceAll('.', '-'))
    .replaceAll('【', '[')
    .replaceAll('】', ']');

/** The text that the vendor will make of it: ${name} of Aliyun, {1} of Tencent. */
export const filledTemplate = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\$\{(\w+)\}|\{(\d+)\}/g, (place, name: string | undefined, number: string | undefined) => {
    const key = name ?? number ?? '';
    return Object.hasOwn(values, key) ? (values[key] ?? place) : place;
  });
