// Settings as they may be shown: how long, when, whom and by which files; whatever else is written could be a secret, and says `<secret>`.
import type { Instant, Milliseconds } from '../../model/units.ts';
import { rfc3339 } from '../../model/units.ts';

/** Alertmanager's own word, which its amtool reads back. */
const secretWord = '<secret>';

const shownTexts = new Set([
  ...['name', 'receiver', 'person', 'oncall', 'who', 'rotation', 'gateway', 'to', 'email', 'from', 'use', 'then'],
  ...['matchers', 'except', 'exempt', 'at', 'timeZone', 'handover', 'externalUrl', 'file', 'files', 'env'],
  ...['smtp_from', 'smtp_smarthost', 'smtp_hello', 'smtp_auth_username', 'smtp_auth_identity', 'templates'],
  ...['smarthost', 'hello', 'auth_username', 'auth_identity', 'html', 'text', 'thread_by_date', 'username', 'type'],
  ...[
    'server_name',
    'serverName',
    'min_version',
    'max_version',
    'no_proxy',
    'sign',
    'template',
    'templateText',
    'region',
  ],
  ...['host', 'systemId', 'bind', 'dataCoding', 'longMessages', 'signature', 'method', 'contentType', 'currency'],
]);
const addresses = new Set(['url', 'endpoint', 'proxy', 'proxy_url', 'token_url', 'statusCallback']);
const lengths = new Set([
  ...['timeout', 'silentAfter', 'every', 'within', 'per', 'after', 'unacknowledgedFor', 'enquireLink'],
]);
const instants = new Set(['from', 'until', 'since']);
/** Their keys are chosen by whoever writes the file: what is under them is told by where they stand. */
const headerLists = new Set(['headers', 'http_headers', 'proxy_connect_header', 'endpoint_params', 'templateParams']);

const looksLikeNumber = /^\+?\d[\d ()-]{4,}$/;
const isFileKey = (key: string): boolean => /(?:_f|F)ile$/.test(key);

export function shownSetting(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return shownText(value, key);
  if (typeof value === 'number') return shownNumber(value, key);
  if (Array.isArray(value)) return value.map((one) => shownSetting(one, key));
  if (typeof value !== 'object' || value === null) return value;
  if (key === 'labels') return value;
  if (headerLists.has(key)) return Object.fromEntries(Object.keys(value).map((name) => [name, secretWord]));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shownSetting(one, name)]));
}

function shownText(text: string, key: string): string {
  if (text === '') return text;
  if (addresses.has(key)) return shownAddress(text);
  return isFileKey(key) || (shownTexts.has(key) && !looksLikeNumber.test(text)) ? text : secretWord;
}

function shownNumber(value: number, key: string): number | string {
  if (lengths.has(key)) return durationText(value as Milliseconds);
  return instants.has(key) ? rfc3339(value as Instant) : value;
}

/** Where it leads; a path, a query, a name and a password may each be what lets somebody in. */
function shownAddress(text: string): string {
  if (!URL.canParse(text)) return secretWord;
  const { protocol, host, pathname, search } = new URL(text);
  return `${protocol}//${host}${(pathname === '/' || pathname === '') && search === '' ? '' : `/${secretWord}`}`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

export function durationText(length: Milliseconds): string {
  let rest: number = length;
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
