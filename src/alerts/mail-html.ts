// The layout of a mail in HTML: one column, large enough for a phone, light and dark; the first alerts whole, the rest a line each.
import { htmlEscaped as escape } from '../templates/escape.ts';
import { isFiring } from './render.ts';
import type { MailAlert, MailWords } from './render-mail.ts';

/** Of many alerts only the first few are told at length: nobody reads forty cards on a phone. */
const wholeCards = (count: number): number => (count > 10 ? 4 : count);

// Mail programs drop what they do not know: the looks that matter are inline, the dark ones override them where that is understood.
const dark = [
  '@media (prefers-color-scheme: dark) {',
  'body,.page{background:#101418!important;color:#e6e9ee!important}',
  '.card{background:#1b2128!important}',
  '.quiet{color:#9aa4b2!important}',
  '.chip{background:#2a323c!important;color:#cdd5df!important}',
  '.link{color:#84b6ff!important}',
  '.page-colour{color:#ff8a80!important}.page-edge{border-color:#ff6b60!important}',
  '.warning-colour{color:#ffb86b!important}.warning-edge{border-color:#f79e3d!important}',
  '.info-colour{color:#84b6ff!important}.info-edge{border-color:#5c9cff!important}',
  '.resolved-colour{color:#6ee7a8!important}.resolved-edge{border-color:#32c47c!important}',
  '}',
].join('');

const colours = { page: '#b42318', warning: '#b54708', info: '#175cd3', resolved: '#067647' };

function toneOf({ alert }: MailAlert): keyof typeof colours {
  if (!isFiring(alert)) return 'resolved';
  switch (alert.labels['severity']) {
    case 'page':
    case 'critical':
      return 'page';
    case 'info':
    case 'none':
      return 'info';
    default:
      return 'warning';
  }
}

const chipStyle =
  'display:inline-block;margin:0 6px 5px 0;padding:1px 8px;border-radius:9px;background:#e6eaf0;font-size:13px;overflow-wrap:anywhere';
const quietStyle = 'color:#5b6675;font-size:13px;margin:6px 0';

const chip = ([name, value]: readonly [string, string]): string =>
  `<span class="chip" style="${chipStyle}">${escape(`${name}=${value}`)}</span>`;
const link = ([name, value]: readonly [string, string]): string =>
  `<a class="link" style="color:#175cd3;display:inline-block;padding:4px 12px 4px 0" href="${escape(value)}">${escape(name)}</a>`;
const paragraph = (text: string): string => `<p style="margin:6px 0;overflow-wrap:anywhere">${escape(text)}</p>`;
const quiet = (text: string): string => `<p class="quiet" style="${quietStyle}">${escape(text)}</p>`;
const chips = (pairs: MailAlert['labels']): string =>
  pairs.length === 0 ? '' : `<div style="margin:8px 0 0">${pairs.map(chip).join('')}</div>`;

export function htmlMail(words: MailWords): string {
  const { language, subject, counts, common, alerts, unnamed, acknowledge, code, footer } = words;
  const head =
    counts === null
      ? ''
      : `<div style="margin:2px 2px 12px"><div style="font-weight:600;font-size:19px">${escape(counts)}</div>${chips(common)}</div>`;
  const rest = alerts.slice(wholeCards(alerts.length));
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escape(subject)}</title><style>${dark}</style></head>`,
    '<body style="margin:0;padding:12px;background:#f4f6f8;color:#101828;',
    'font:16px/1.45 -apple-system,Segoe UI,Roboto,PingFang SC,Microsoft YaHei,sans-serif">',
    `<div class="page" style="max-width:600px;margin:0 auto">${head}${alerts.slice(0, wholeCards(alerts.length)).map(card).join('')}`,
    rest.length === 0 ? '' : boxed(rest.map(row).join('')),
    unnamed === null ? '' : `<p style="margin:0 2px 12px;font-weight:600">${escape(unnamed)}</p>`,
    acknowledge === null ? '' : button(acknowledge),
    code === null ? '' : `<p style="margin:0 2px 12px">${escape(code)}</p>`,
    `<p class="quiet" style="${quietStyle};margin:6px 2px;overflow-wrap:anywhere">${escape(footer)}</p></div>`,
    '</body></html>',
  ].join('\n');
}

const button = ([words, address]: readonly [string, string]): string =>
  `<p style="margin:0 2px 12px"><a style="display:block;padding:12px;border-radius:8px;background:#175cd3;color:#fff;text-align:center;text-decoration:none;font-weight:600" href="${escape(address)}">${escape(words)}</a></p>`;

const boxed = (content: string): string =>
  `<div class="card" style="background:#fff;border-radius:6px;padding:4px 14px;margin:0 0 12px">${content}</div>`;

function card(words: MailAlert): string {
  const { state, summary, description, span, labels, further, links } = words;
  const tone = toneOf(words);
  return [
    `<div class="card ${tone}-edge" style="background:#fff;border-left:5px solid ${colours[tone]};border-radius:6px;padding:12px 14px;margin:0 0 12px">`,
    `<div class="${tone}-colour" style="color:${colours[tone]};font-weight:600;font-size:13px">${escape(state)}</div>`,
    `<div class="title" style="font-weight:600;font-size:17px;margin:2px 0 6px;overflow-wrap:anywhere">${escape(summary)}</div>`,
    description === null ? '' : paragraph(description),
    ...further.map(([name, value]) => paragraph(`${name}: ${value}`)),
    quiet(span),
    links.length === 0 ? '' : `<div>${links.map(link).join('')}</div>`,
    chips(labels),
    '</div>',
  ].join('');
}

/** One of many: what it is, which it is, since when. */
function row(words: MailAlert): string {
  const { state, summary, span, labels } = words;
  const tone = toneOf(words);
  const which = labels.map(([name, value]) => `${name}=${value}`).join('  ');
  return [
    '<div style="padding:8px 0;overflow-wrap:anywhere">',
    `<span class="${tone}-colour" style="color:${colours[tone]};font-weight:600;font-size:13px">${escape(state)}</span> ${escape(summary)}`,
    `<div class="quiet" style="${quietStyle};margin:2px 0 0">${escape([which, span].filter((text) => text !== '').join(' · '))}</div></div>`,
  ].join('');
}
