// The mail: plain text and HTML that reads well on a phone; when that fails, a plain body that still says everything.
import { messageOf } from '../model/errors.ts';
import { fillText } from '../model/texts.ts';
import type { Texts } from '../model/texts.ts';
import { rfc3339 } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { byCodeUnit } from './fingerprint.ts';
import type { Alert, LabelSet } from './alert.ts';
import { descriptionOf, isFiring, oneLine, subjectOf, summaryOf } from './render.ts';
import type { Notice } from './render.ts';

export interface MailBody {
  readonly subject: string;
  readonly text: string;
  /** null for the fallback */
  readonly html: string | null;
}

export function renderMail(notice: Notice, texts: Texts): MailBody {
  try {
    return { subject: subjectOf(notice, texts), text: plainText(notice, texts), html: htmlText(notice, texts) };
  } catch (error) {
    return fallbackMail(notice, messageOf(error));
  }
}

const timeOf = (at: Instant): string =>
  rfc3339(at)
    .replace('T', ' ')
    .replace(/(?:\.\d+)?Z$/, ' UTC');

function spanOf(alert: Alert, texts: Texts): string {
  const since = timeOf(alert.since);
  if (alert.ended === null) return fillText(texts, 'message.email.since', { since });
  return fillText(texts, 'message.email.from', { since, until: timeOf(alert.ended) });
}

const entriesOf = (labels: LabelSet): (readonly [string, string])[] =>
  Object.entries(labels).sort(([left], [right]) => byCodeUnit(left, right));

const stateWord = (alert: Alert, texts: Texts): string =>
  fillText(texts, isFiring(alert) ? 'message.state.firing' : 'message.state.resolved');

const furtherOf = (alert: Alert): (readonly [string, string])[] =>
  entriesOf(alert.annotations).filter(([name]) => !['summary', 'description', 'sms'].includes(name));

function plainText(notice: Notice, texts: Texts): string {
  const blocks = notice.alerts.map((alert) =>
    [
      `${stateWord(alert, texts)}: ${summaryOf(alert, texts)}`,
      descriptionOf(alert, texts),
      spanOf(alert, texts),
      entriesOf(alert.labels)
        .map(([name, value]) => `${name}=${oneLine(value)}`)
        .join('  '),
      ...furtherOf(alert).map(([name, value]) => `${name}: ${oneLine(value)}`),
    ]
      .filter((line) => line !== null)
      .join('\n'),
  );
  return `${[...blocks, `-- \n${footer(notice, texts)}`].join('\n\n')}\n`;
}

const footer = (notice: Notice, texts: Texts): string =>
  fillText(texts, 'message.email.footer', { receiver: notice.receiver, group: notice.groupKey });

const colours = { page: '#b42318', critical: '#b42318', warning: '#b54708', info: '#175cd3', resolved: '#067647' };

function colourOf(alert: Alert): string {
  if (!isFiring(alert)) return colours.resolved;
  const severity = alert.labels['severity'];
  return severity === 'page' || severity === 'critical' || severity === 'info' ? colours[severity] : colours.warning;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);

const grey = 'color:#667085;font-size:13px';
const chip =
  'display:inline-block;margin:0 6px 4px 0;padding:1px 7px;border-radius:9px;background:#f2f4f7;font-size:13px';

function htmlText(notice: Notice, texts: Texts): string {
  const cards = notice.alerts.map((alert) => card(alert, texts)).join('');
  return [
    `<!doctype html><html lang="${texts.language}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escape(subjectOf(notice, texts))}</title></head>`,
    '<body style="margin:0;padding:12px;background:#f9fafb;color:#101828;',
    'font:16px/1.45 -apple-system,Segoe UI,Roboto,PingFang SC,Microsoft YaHei,sans-serif">',
    `<div style="max-width:600px;margin:0 auto">${cards}<p style="${grey}">${escape(footer(notice, texts))}</p></div>`,
    '</body></html>',
  ].join('\n');
}

function card(alert: Alert, texts: Texts): string {
  const colour = colourOf(alert);
  const description = descriptionOf(alert, texts);
  const labels = entriesOf(alert.labels).map(
    ([name, value]) => `<span style="${chip}">${escape(`${name}=${value}`)}</span>`,
  );
  const further = furtherOf(alert).map(([name, value]) => `<p style="margin:6px 0">${escape(`${name}: ${value}`)}</p>`);
  return [
    `<div style="background:#fff;border-left:5px solid ${colour};border-radius:6px;padding:12px 14px;margin:0 0 12px">`,
    `<div style="color:${colour};font-weight:600;font-size:13px">${escape(stateWord(alert, texts))}</div>`,
    `<div style="font-weight:600;font-size:17px;margin:2px 0 6px">${escape(summaryOf(alert, texts))}</div>`,
    description === null ? '' : `<p style="margin:6px 0">${escape(description)}</p>`,
    ...further,
    `<p style="margin:6px 0;${grey}">${escape(spanOf(alert, texts))}</p>`,
    `<div>${labels.join('')}</div></div>`,
  ].join('');
}

/** No catalogue, no layout: labels and annotations as they are, and why. */
export function fallbackMail(notice: Notice, why: string): MailBody {
  const blocks = notice.alerts.map((alert) =>
    [
      isFiring(alert) ? 'FIRING' : 'RESOLVED',
      ...entriesOf(alert.labels).map(([name, value]) => `${name} = ${value}`),
      ...entriesOf(alert.annotations).map(([name, value]) => `${name}: ${value}`),
      `since ${String(alert.since)}${alert.ended === null ? '' : `, ended ${String(alert.ended)}`}`,
    ].join('\n'),
  );
  const names = [...new Set(notice.alerts.map((alert) => alert.labels['alertname'] ?? 'alert'))].join(', ');
  const state = notice.alerts.some(isFiring) ? 'FIRING' : 'RESOLVED';
  return {
    subject: oneLine(`[${state}] ${names}`),
    text: `${[...blocks, `This message could not be laid out: ${why}`, notice.groupKey].join('\n\n')}\n`,
    html: null,
  };
}
