// The words of a notification: built from short facts, in the operator's language, and short enough for the wire.
import { fillText } from '../model/texts.ts';
import type { Texts } from '../model/texts.ts';
import { byCodeUnit } from './fingerprint.ts';
import type { Alert, LabelSet } from './alert.ts';
import type { Bundle } from './ledger/records.ts';
import { weighSms } from './channels/sms/segments.ts';
import type { SmsWeight, WeighSms } from './channels/sms/segments.ts';
import type { Whole } from './naming.ts';

/** A group as people are told about it; the alerts in the order in which they should be read. */
export interface Notice {
  readonly groupKey: string;
  readonly groupLabels: LabelSet;
  readonly receiver: string;
  readonly alerts: readonly Alert[];
  /** alerts that are only counted */
  readonly unnamed?: number;
  /** what is so of all of them, the unnamed included; absent: all are named */
  readonly whole?: Whole;
  /** why it speaks for several groups */
  readonly bundle?: Bundle;
  /** where somebody says that he is on it */
  readonly acknowledgeUrl?: string;
  /** by which he says so where there is no link */
  readonly acknowledgeCode?: string;
}

/** Why several groups come in one message; empty where it is one. */
export const bundleWords = ({ bundle }: Notice, texts: Texts): string =>
  bundle === undefined ? '' : fillText(texts, `message.bundle.${bundle.why}`, { count: bundle.groups });

/** The pairs that all of them have. */
export function commonPairs(sets: readonly LabelSet[]): LabelSet {
  const [one, ...others] = sets;
  if (one === undefined) return {};
  return Object.fromEntries(
    Object.entries(one).filter(([name, value]) =>
      others.every((other) => Object.hasOwn(other, name) && other[name] === value),
    ),
  );
}

export const isFiring = (alert: Alert): boolean => alert.ended === null;

const nameOf = (alert: Alert): string => alert.labels['alertname'] ?? 'alert';

/** Everything the labels say, for an alert that brought no words of its own. */
const labelsInWords = (alert: Alert): string =>
  Object.entries(alert.labels)
    .filter(([name]) => name !== 'alertname')
    .sort(([left], [right]) => byCodeUnit(left, right))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

/** The alert's own words; else the catalogue's sentence about its labels; else its labels. */
function wordsOf(alert: Alert, texts: Texts, ...kinds: readonly ('sms' | 'summary' | 'description')[]): string {
  for (const kind of kinds) {
    const own = oneLine(alert.annotations[kind] ?? '');
    if (own !== '') return own;
    const code = `alert.${nameOf(alert)}.${kind}`;
    if (texts.sentences[code] !== undefined) return oneLine(fillText(texts, code, alert.labels));
  }
  return [nameOf(alert), labelsInWords(alert)].join(' ').trim();
}

/** Labels that say how an alert was measured, not what it is about. */
const beside = new Set([
  ...[
    'alertname',
    'severity',
    'job',
    'prometheus',
    'prometheus_replica',
    'replica',
    'endpoint',
    'metrics_path',
    'monitor',
  ],
  ...['service', 'container', 'uid', 'id', '__name__', 'receive', 'tenant_id', 'alertgroup'],
]);
const first = [
  'cluster',
  'namespace',
  'nodegroup',
  'node',
  'deployment',
  'statefulset',
  'daemonset',
  'pod',
  'instance',
];
const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
const mostWhich = 4;

/** As a word of its own: the pod `a` is not said by `crash`. */
function says(text: string, word: string): boolean {
  const isInWord = (character: string): boolean =>
    /[\p{L}\p{N}]/u.test(character) && !/\p{Script=Han}/u.test(character);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!isInWord(text[at - 1] ?? ' ') && !isInWord(text[at + word.length] ?? ' ')) return true;
  return false;
}

/** Which one it is, where its words leave that open: values of labels that they do not hold. */
function whichOf(alert: Alert, said: string, shared: LabelSet): string[] {
  return Object.entries(alert.labels)
    .filter(([name, value]) => !beside.has(name) && !Object.hasOwn(shared, name) && !says(said, value))
    .sort(([left], [right]) => rank(left) - rank(right) || byCodeUnit(left, right))
    .map(([, value]) => oneLine(value))
    .filter((value) => value !== '')
    .slice(0, mostWhich);
}

/** Control characters have no business in a subject, a header or an SMS. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

export const summaryOf = (alert: Alert, texts: Texts): string => wordsOf(alert, texts, 'summary', 'description', 'sms');

/** For an SMS. A summary of others' rules often names no place: `Pod is crash looping.` */
function shortOf(alert: Alert, texts: Texts, shared: LabelSet = {}): string {
  const own = wordsOf(alert, texts, 'sms', 'summary', 'description');
  const { sms = '', summary = '', description = '' } = alert.annotations;
  if (oneLine(sms) !== '' || texts.sentences[`alert.${nameOf(alert)}.sms`] !== undefined) return own;
  if (oneLine(summary) === '' && oneLine(description) === '') return own;
  return [own.replace(/[.。]$/, ''), ...whichOf(alert, own, shared)].join(', ');
}

/** null where it says no more than the summary. */
export function descriptionOf(alert: Alert, texts: Texts): string | null {
  const text = wordsOf(alert, texts, 'description', 'summary', 'sms');
  return text === summaryOf(alert, texts) ? null : text;
}

export interface SmsText extends SmsWeight {
  readonly text: string;
  /** alerts that are only counted */
  readonly unnamed: number;
}

/** At most so many segments: whole alerts give way first, then whole clauses, and never half a number. */
export function smsText(notice: Notice, texts: Texts, maxSegments: number, weigh: WeighSms = weighSms): SmsText {
  const shared = commonPairs(notice.alerts.map(({ labels }) => labels));
  const facts = notice.alerts.map((alert, index) => smsFact(alert, index, texts, index === 0 ? {} : shared));
  const beyond = notice.unnamed ?? 0;
  const done = (text: string, unnamed: number): SmsText => ({ text, unnamed, ...weigh(text) });
  const fits = (text: string): boolean => weigh(text).segments <= maxSegments;
  const link = notice.acknowledgeUrl === undefined ? '' : ` ${notice.acknowledgeUrl}`;
  const head = bundleWords(notice, texts);
  const withMore = (text: string, unnamed: number, tail = link): string => {
    const counted = unnamed === 0 ? text : fillText(texts, 'message.sms.more', { text, count: unnamed });
    return `${head === '' ? '' : `${head}: `}${counted}${tail}`;
  };
  for (let named = facts.length; named > 0; named -= 1) {
    const unnamed = facts.length - named + beyond;
    const text = withMore(facts.slice(0, named).join('; '), unnamed);
    if (fits(text)) return done(text, unnamed);
  }
  const unnamed = Math.max(0, facts.length - 1) + beyond;
  const [first] = notice.alerts;
  const shorter = first === undefined ? [''] : shorterFacts(first, texts);
  // a link that leaves no place for what has happened is of no use
  const whole = [link, ''].flatMap((tail) => shorter.map((text) => withMore(text, unnamed, tail)));
  return done(whole.find(fits) ?? withMore(shorter.at(-1) ?? '', unnamed, ''), unnamed);
}

/** One alert in fewer and fewer words, at last in the beginning of its name. */
function shorterFacts(alert: Alert, texts: Texts): readonly string[] {
  const name = nameOf(alert);
  const said = (text: string): string => firstFact(alert, text, texts);
  const begun = Array.from(name.slice(0, 70), (_, length) => shortened(name, 70 - length));
  return [...shorterOf(shortOf(alert, texts)).map(said), said(name), name, ...begun.filter((text) => text !== '…')];
}

/**
 * A text that somebody else has written, cut where it does not fit; what stands in it to answer by, a link or a code,
 * loses nothing, and stands at the end then.
 */
export function fittedSms(
  text: string,
  maxSegments: number,
  { acknowledgeUrl: link, acknowledgeCode: code }: Pick<Notice, 'acknowledgeUrl' | 'acknowledgeCode'> = {},
  weigh: WeighSms = weighSms,
): string {
  const whole = oneLine(text);
  const fits = (said: string): boolean => weigh(said).segments <= maxSegments;
  if (fits(whole)) return whole;
  let rest = whole;
  const kept: string[] = [];
  // the link first: a code may stand in it, too
  for (const [word = '', marked = word] of [[link], [code, code === undefined ? undefined : `#${code}`]]) {
    const found = [marked, word].find((one) => one !== '' && rest.includes(one));
    if (found === undefined) continue;
    rest = oneLine(rest.replace(found, ' '));
    kept.push(found);
  }
  const said = (shorter: string): string => [shorter, ...kept].join(' ');
  const shorter = [rest, ...shorterOf(rest)].find((one) => fits(said(one)));
  return shorter === undefined ? '' : said(shorter);
}

/** In ten segments, more than which nobody may ask for. */
const mostInSms = 10 * 160;

function shorterOf(text: string): string[] {
  const begun = text.slice(0, mostInSms + 1);
  return [...cutsOf(begun, clauseEnds), ...cutsOf(begun, wordEnds)];
}

function smsFact(alert: Alert, index: number, texts: Texts, shared: LabelSet): string {
  const text = shortOf(alert, texts, shared);
  return index === 0 || !isFiring(alert) || alert.flapping !== undefined ? firstFact(alert, text, texts) : text;
}

function firstFact(alert: Alert, text: string, texts: Texts): string {
  if (!isFiring(alert)) return fillText(texts, 'message.sms.resolved', { text });
  if (alert.flapping !== undefined)
    return fillText(texts, 'message.sms.flapping', { text, count: alert.flapping.begins });
  return fillText(texts, 'message.sms.firing', { text });
}

const clauseEnds = /[;,.:](?=\s)|[；，。：、]/gu;
// between words, or beside a character of a script without spaces; numbers and Latin words stay whole
const wordEnds = /(?=\s)|(?<=\p{Script=Han})|(?=\p{Script=Han})/gu;

const beginsNumber = /[\d０-９零〇一二两三四五六七八九十百千万亿兆][.,点]?$/u;
const endsNumber = /^[\d０-９零〇一二两三四五六七八九十百千万亿兆点]/u;
const lastNumber =
  /(?:(?<=^|\s)[+-])?[\d０-９零〇一二两三四五六七八九十百千万亿兆][\d０-９零〇一二两三四五六七八九十百千万亿兆.,点\s]*$/u;

/** 35万, 三千五百, 1 234 and 35 万 are one number each: half of one says another number. */
function isInNumber(kept: string, rest: string): boolean {
  const [before, after] = [kept.trimEnd(), rest.trimStart()];
  if (before === kept && after === rest) return beginsNumber.test(kept) && endsNumber.test(rest);
  return (
    (/(?<!\d)\d{1,3}$/.test(before) && /^\d{3}(?!\d)/.test(after)) ||
    (/\d$/.test(before) && /^[十百千万亿兆]/u.test(after))
  );
}

/** The text cut at each such place, the longest first. */
function cutsOf(text: string, places: RegExp): string[] {
  return [...text.matchAll(places)]
    .map(({ index }) => [text.slice(0, index), text.slice(index)] as const)
    .filter(([kept, rest]) => !isInNumber(kept, rest))
    .map(([kept]) => kept.trimEnd())
    .filter((kept) => kept !== '')
    .reverse();
}

/** The subject of a mail. */
export function subjectOf(notice: Notice, texts: Texts): string {
  const [first] = notice.alerts;
  const more = notice.alerts.length - 1 + (notice.unnamed ?? 0);
  const text = first === undefined ? notice.groupKey : summaryOf(first, texts);
  const whole = more > 0 ? fillText(texts, 'message.email.more', { text, count: more }) : text;
  const code = notice.alerts.some(isFiring) ? 'message.email.firing' : 'message.email.resolved';
  return shortened(oneLine(fillText(texts, code, { text: whole })), 180);
}

/** For lines that may lose their end: at a place between words, else anywhere but within a number. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = cutsOf(text, wordEnds).find(({ length }) => length < most);
  return `${cut ?? beforeNumber(text, most - 1)}…`;
}

/** What is left of a number says another number: of one that would be cut nothing is. */
function beforeNumber(text: string, most: number): string {
  const [kept, rest] = [text.slice(0, most), text.slice(most)];
  const written = /(?:(?<!\w)0x[\da-f]*|\d[\d.,]*e[+-]?\d*)$/i.exec(kept);
  if (written !== null && /^[\da-f+-]/i.test(rest)) return kept.slice(0, written.index);
  const isCut = isInNumber(kept, rest) || (/\d$/.test(kept) && /^(?:[.,]\d|e[+-]?\d)/i.test(rest));
  return isCut ? kept.replace(lastNumber, '') : kept;
}
