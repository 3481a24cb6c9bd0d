// The document as Alertmanager writes it, for `amtool config`: secrets kept back, and what it has no words for as a comment.
import { stringify } from 'yaml';
import type { AlertsDocument } from '../../model/config.ts';
import { durationText, shownSetting } from './shown-settings.ts';

type Settings = Readonly<Record<string, unknown>>;
/** What Alertmanager 0.25 knows: one word more, and its amtool refuses the whole. */
interface Words {
  readonly [name: string]: true | Words;
}

const words = (...names: readonly string[]): Words => Object.fromEntries(names.map((name) => [name, true]));

const tlsWords = words('ca_file', 'cert_file', 'key_file', 'server_name', 'insecure_skip_verify', 'min_version');
const httpWords: Words = {
  ...words('bearer_token', 'bearer_token_file', 'proxy_url', 'follow_redirects', 'enable_http2'),
  basic_auth: words('username', 'password', 'password_file'),
  authorization: words('type', 'credentials', 'credentials_file'),
  tls_config: tlsWords,
};
const theirWords: Words = {
  global: {
    ...words('smtp_from', 'smtp_hello', 'smtp_smarthost', 'smtp_require_tls'),
    ...words('smtp_auth_username', 'smtp_auth_password', 'smtp_auth_secret', 'smtp_auth_identity', 'resolve_timeout'),
    http_config: httpWords,
  },
  inhibit_rules: words(
    ...['source_match', 'source_match_re', 'source_matchers', 'target_match', 'target_match_re', 'target_matchers'],
    'equal',
  ),
  receivers: {
    name: true,
    email_configs: {
      ...words('to', 'from', 'hello', 'smarthost', 'auth_username', 'auth_password', 'auth_secret', 'auth_identity'),
      ...words('headers', 'html', 'text', 'require_tls', 'send_resolved'),
      tls_config: tlsWords,
    },
    webhook_configs: { ...words('url', 'max_alerts', 'send_resolved'), http_config: httpWords },
  },
  ...words('route', 'time_intervals', 'mute_time_intervals', 'templates'),
};

/** A dashboard asks for it twice a minute, and of thousands of lines it is a tenth of a second of work. */
const known = new WeakMap<AlertsDocument, string>();

export function alertmanagerText(document: AlertsDocument): string {
  const text = known.get(document) ?? textOf(document);
  known.set(document, text);
  return text;
}

function textOf({ templateFiles: _files, ...document }: AlertsDocument): string {
  const { global, route, receivers } = document;
  const shown = {
    ...(shownSetting(document) as Settings),
    // these say nothing that is secret, in words that belong to Alertmanager
    global: { ...(shownSetting(global) as Settings), resolve_timeout: durationText(global.resolve_timeout) },
    route: routeOf(route),
    inhibit_rules: document.inhibit_rules,
    receivers: receivers.map((receiver) => ({
      ...(shownSetting(receiver) as Settings),
      email_configs: receiver.email_configs.map((config) => ({
        ...(shownSetting(config) as Settings),
        headers: config.headers,
      })),
    })),
    time_intervals: document.time_intervals,
    mute_time_intervals: document.mute_time_intervals,
  };
  const { theirs, others } = sorted(shown, theirWords);
  return `${yaml(theirs)}${commented(others)}`;
}

const isList = (value: unknown): value is readonly Settings[] => Array.isArray(value);

/** What is in their words, and the rest; what is empty is in neither. */
function sorted(settings: Settings, known: Words): { readonly theirs: Settings; readonly others: Settings } {
  const theirs: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const word = known[name];
    if (isEmpty(value)) continue;
    if (word === undefined) others[name] = value;
    else if (word === true) theirs[name] = value;
    else if (isList(value)) {
      const parts = value.map((one) => sortedItem(one, word));
      theirs[name] = parts.map((part) => part.theirs).filter((part) => !isEmpty(part));
      others[name] = parts.map((part) => part.others).filter((part) => !isEmpty(part));
    } else {
      const part = sorted(value as Settings, word);
      theirs[name] = part.theirs;
      others[name] = part.others;
    }
  }
  return { theirs: filled(theirs), others: filled(others) };
}

function sortedItem(item: Settings, known: Words): { readonly theirs: Settings; readonly others: Settings } {
  // an address that is in a file is a newer word, and without an address it is no receiver
  const { theirs, others } = sorted(item, known['url'] === true && item['url'] === undefined ? {} : known);
  return { theirs, others: isEmpty(others) || item['name'] === undefined ? others : { name: item['name'], ...others } };
}

function routeOf(route: Partial<AlertsDocument['route']['routes'][number]>): Settings {
  const lengthOf = (name: 'group_wait' | 'group_interval' | 'repeat_interval'): string | undefined =>
    route[name] === undefined ? undefined : durationText(route[name]);
  return filled({
    ...route,
    labels: undefined,
    continue: route.continue === true ? true : undefined,
    group_wait: lengthOf('group_wait'),
    group_interval: lengthOf('group_interval'),
    repeat_interval: lengthOf('repeat_interval'),
    routes: route.routes?.map(routeOf),
  });
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

const filled = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => !isEmpty(value)));

const yaml = (value: object): string =>
  stringify(value, {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });

function commented(settings: Settings): string {
  if (isEmpty(settings)) return '';
  const lines = ["springtide's own, for which Alertmanager has no words:", ...yaml(settings).trimEnd().split('\n')];
  return `\n${lines.map((line) => `# ${line}\n`).join('')}`;
}
