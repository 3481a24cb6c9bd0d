// The mail: plain text and HTML that reads well on a phone; when that fails, a plain body that still says everything.
import { messageOf } from '../model/errors.ts';
import { fillText } from '../model/texts.ts';
import type { Texts } from '../model/texts.ts';
import { since } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { humanizeDuration } from '../templates/humanize.ts';
import { formatTime, timeAt } from '../templates/time.ts';
import type { Alert, LabelSet } from './alert.ts';
import { byCodeUnit } from './fingerprint.ts';
import { htmlMail } from './mail-html.ts';
import { bundleWords, commonPairs, descriptionOf, isFiring, oneLine, subjectOf, summaryOf } from './render.ts';
import type { Notice } from './render.ts';

export interface MailBody {
  readonly subject: string;
  readonly text: string;
  /** null for the fallback */
  readonly html: string | null;
  /** why it is the fallback */
  readonly fault: string | null;
}

type Pairs = readonly (readonly [string, string])[];

/** An alert in the words of the mail. */
export interface MailAlert {
  readonly alert: Alert;
  readonly state: string;
  readonly summary: string;
  readonly description: string | null;
  readonly span: string;
  /** what it does not share with the others */
  readonly labels: Pairs;
  readonly further: Pairs;
  readonly links: Pairs;
}

/** All that is said, before it is laid out. */
export interface MailWords {
  readonly language: string;
  readonly subject: string;
  /** how many fire and how many are over; null for a single alert */
  readonly counts: string | null;
  /** labels that all of them have */
  readonly common: Pairs;
  readonly alerts: readonly MailAlert[];
  readonly unnamed: string | null;
  /** the words and the address of the link by which somebody says that he is on it */
  readonly acknowledge: readonly [string, string] | null;
  /** what he says it by where there is no link */
  readonly code: string | null;
  readonly footer: string;
}

export function renderMail(notice: Notice, texts: Texts, timeZone = 'UTC'): MailBody {
  try {
    const words = mailWords(notice, texts, timeZone);
    return { subject: words.subject, text: plainText(words), html: htmlMail(words), fault: null };
  } catch (error) {
    return fallbackMail(notice, messageOf(error));
  }
}

function mailWords(notice: Notice, texts: Texts, timeZone: string): MailWords {
  const { alerts, unnamed = 0, whole } = notice;
  const several = alerts.length > 1;
  const common = whole?.labels ?? (several ? commonPairs(alerts.map(({ labels }) => labels)) : {});
  const firing = alerts.filter(isFiring).length;
  // where all are named, the others are those that a sender only counted: they fire
  const { firing: fire, resolved: over } = whole ?? { firing: firing + unnamed, resolved: alerts.length - firing };
  const count = (code: string, number: number): string[] =>
    number === 0 ? [] : [fillText(texts, code, { count: number })];
  const bundle = bundleWords(notice, texts);
  const { acknowledgeUrl, acknowledgeCode } = notice;
  return {
    language: texts.language,
    subject: subjectOf(notice, texts),
    counts: several
      ? [
          ...(bundle === '' ? [] : [bundle]),
          ...count('message.email.countFiring', fire),
          ...count('message.email.countResolved', over),
        ].join(' · ')
      : null,
    common: entriesOf(common),
    alerts: alerts.map((alert) => alertWords(alert, texts, timeZone, common)),
    unnamed: unnamed > 0 ? fillText(texts, 'message.email.unnamed', { count: unnamed }) : null,
    acknowledge: acknowledgeUrl === undefined ? null : [fillText(texts, 'message.acknowledge.button'), acknowledgeUrl],
    code:
      acknowledgeUrl !== undefined || acknowledgeCode === undefined
        ? null
        : fillText(texts, 'message.email.code', { code: acknowledgeCode }),
    footer: fillText(texts, 'message.email.footer', { receiver: notice.receiver, group: notice.groupKey }),
  };
}

function alertWords(alert: Alert, texts: Texts, timeZone: string, common: LabelSet): MailAlert {
  const further = entriesOf(alert.annotations).filter(([name]) => !['summary', 'description', 'sms'].includes(name));
  const { generatorURL = '' } = alert;
  return {
    alert,
    state: stateOf(alert, texts),
    summary: summaryOf(alert, texts),
    description: descriptionOf(alert, texts),
    span: spanOf(alert, texts, timeZone),
    labels: entriesOf(alert.labels).filter(([name]) => !Object.hasOwn(common, name)),
    further: further.filter(([, value]) => !isLink(value)),
    links: [
      ...further.filter(([, value]) => isLink(value)).map(([name, value]) => [linkName(name, texts), value] as const),
      ...(isLink(generatorURL) ? [[fillText(texts, 'message.email.source'), generatorURL] as const] : []),
    ],
  };
}

function stateOf(alert: Alert, texts: Texts): string {
  if (!isFiring(alert)) return fillText(texts, 'message.state.resolved');
  const { flapping } = alert;
  if (flapping === undefined) return fillText(texts, 'message.state.firing');
  return fillText(texts, 'message.state.flapping', { count: flapping.begins });
}

const isLink = (text: string): boolean => /^https?:\/\/[^\s<>"]+$/i.test(text);
const linkName = (name: string, texts: Texts): string =>
  name === 'runbook_url' || name === 'runbook'
    ? fillText(texts, 'message.email.runbook')
    : name.replace(/_?url$/i, '').replaceAll('_', ' ') || name;

const timeOf = (at: Instant, timeZone: string): string => formatTime(timeAt(at, timeZone), '2006-01-02 15:04:05 MST');

function spanOf(alert: Alert, texts: Texts, timeZone: string): string {
  const began = timeOf(alert.since, timeZone);
  if (alert.ended === null) return fillText(texts, 'message.email.since', { since: began });
  const lasted = humanizeDuration(Math.round(since(alert.since, alert.ended) / 1000));
  return fillText(texts, 'message.email.from', { since: began, until: timeOf(alert.ended, timeZone), lasted });
}

const entriesOf = (labels: LabelSet): Pairs =>
  Object.entries(labels).sort(([left], [right]) => byCodeUnit(left, right));

const inLine = (pairs: Pairs): string => pairs.map(([name, value]) => `${name}=${oneLine(value)}`).join('  ');

function plainText({ counts, common, alerts, unnamed, acknowledge, code, footer }: MailWords): string {
  const blocks = alerts.map(({ state, summary, description, span, labels, further, links }) =>
    [
      `${state}: ${summary}`,
      ...(description === null ? [] : [description]),
      ...further.map(([name, value]) => `${name}: ${oneLine(value)}`),
      span,
      ...(labels.length === 0 ? [] : [inLine(labels)]),
      ...links.map(([name, value]) => `${name}: ${value}`),
    ].join('\n'),
  );
  const head = [...(counts === null ? [] : [counts]), ...(common.length === 0 ? [] : [inLine(common)])].join('\n');
  return `${[...(head === '' ? [] : [head]), ...blocks, ...(unnamed === null ? [] : [unnamed]), ...(acknowledge === null ? [] : [acknowledge.join(': ')]), ...(code === null ? [] : [code]), `-- \n${footer}`].join('\n\n')}\n`;
}

/** No catalogue, no layout: labels and annotations as they are, and why. */
export function fallbackMail(notice: Notice, why: string): MailBody {
  const blocks = notice.alerts.map((alert) =>
    [
      isFiring(alert) ? 'FIRING' : 'RESOLVED',
      ...entriesOf(alert.labels).map(([name, value]) => `${name} = ${value}`),
      ...entriesOf(alert.annotations).map(([name, value]) => `${name}: ${value}`),
      `since ${timeOf(alert.since, 'UTC')}${alert.ended === null ? '' : `, ended ${timeOf(alert.ended, 'UTC')}`}`,
    ].join('\n'),
  );
  const names = [...new Set(notice.alerts.map((alert) => alert.labels['alertname'] ?? 'alert'))].join(', ');
  const state = notice.alerts.some(isFiring) ? 'FIRING' : 'RESOLVED';
  const more = notice.unnamed === undefined ? [] : [`and ${notice.unnamed} more`];
  const { acknowledgeUrl: url, acknowledgeCode: code } = notice;
  const way = url ?? (code === undefined ? undefined : `springtide alerts ack ${code}`);
  const link = way === undefined ? [] : [`I am on it: ${way}`];
  return {
    subject: oneLine(`[${state}] ${names}`),
    text: `${[...blocks, ...more, ...link, `This message could not be laid out: ${why}`, notice.groupKey].join('\n\n')}\n`,
    html: null,
    fault: why,
  };
}
