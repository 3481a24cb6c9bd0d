// The words of a notification: built from short facts, in the operator's language, and short enough for the wire.
import { fillText } from '../model/texts.ts';
import type { Texts } from '../model/texts.ts';
import { byCodeUnit } from './fingerprint.ts';
import type { Alert, LabelSet } from './alert.ts';
import { weighSms } from './channels/sms/segments.ts';
import type { SmsWeight } from './channels/sms/segments.ts';

/** A group as people are told about it; the alerts in the order in which they should be read. */
export interface Notice {
  readonly groupKey: string;
  readonly groupLabels: LabelSet;
  readonly receiver: string;
  readonly alerts: readonly Alert[];
  /** alerts that are only counted */
  readonly unnamed?: number;
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

/** Control characters have no business in a subject, a header or an SMS. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

export const summaryOf = (alert: Alert, texts: Texts): string => wordsOf(alert, texts, 'summary', 'description', 'sms');
export const shortOf = (alert: Alert, texts: Texts): string => wordsOf(alert, texts, 'sms', 'summary', 'description');

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
export function smsText(notice: Notice, texts: Texts, maxSegments: number): SmsText {
  const facts = notice.alerts.map((alert, index) => smsFact(alert, index, texts));
  const done = (text: string, unnamed: number): SmsText => ({ text, unnamed, ...weighSms(text) });
  const fits = (text: string): boolean => weighSms(text).segments <= maxSegments;
  const withMore = (text: string, unnamed: number): string =>
    unnamed === 0 ? text : fillText(texts, 'message.sms.more', { text, count: unnamed });
  for (let named = facts.length; named > 0; named -= 1) {
    const text = withMore(facts.slice(0, named).join('; '), facts.length - named);
    if (fits(text)) return done(text, facts.length - named);
  }
  const unnamed = Math.max(0, facts.length - 1);
  const [first = ''] = facts;
  const shorter = [...cutsOf(first, clauseEnds), ...cutsOf(first, wordEnds)].find((text) =>
    fits(withMore(text, unnamed)),
  );
  return done(withMore(shorter ?? (notice.alerts[0] ? nameOf(notice.alerts[0]) : ''), unnamed), unnamed);
}

function smsFact(alert: Alert, index: number, texts: Texts): string {
  const text = shortOf(alert, texts);
  if (!isFiring(alert)) return fillText(texts, 'message.sms.resolved', { text });
  return index === 0 ? fillText(texts, 'message.sms.firing', { text }) : text;
}

const clauseEnds = /[;,.:](?=\s)|[；，。：、]/gu;
// between words, or beside a character of a script without spaces; numbers and Latin words stay whole
const wordEnds = /(?=\s)|(?<=\p{Script=Han})|(?=\p{Script=Han})/gu;

/** The text cut at each such place, the longest first. */
function cutsOf(text: string, places: RegExp): string[] {
  return [...text.matchAll(places)]
    .map(({ index }) => text.slice(0, index).trimEnd())
    .filter((cut) => cut !== '')
    .reverse();
}

/** The subject of a mail. */
export function subjectOf(notice: Notice, texts: Texts): string {
  const [first] = notice.alerts;
  const more = notice.alerts.length - 1;
  const text = first === undefined ? notice.groupKey : summaryOf(first, texts);
  const whole = more > 0 ? fillText(texts, 'message.email.more', { text, count: more }) : text;
  const code = notice.alerts.some(isFiring) ? 'message.email.firing' : 'message.email.resolved';
  return shortened(oneLine(fillText(texts, code, { text: whole })), 180);
}

/** For lines that may lose their end: at a place between words. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = cutsOf(text, wordEnds).find(({ length }) => length < most);
  return `${cut ?? text.slice(0, most - 1)}…`;
}
