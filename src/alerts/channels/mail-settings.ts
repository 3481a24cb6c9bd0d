// What an email_config comes to with the global settings under it, and what makes it unusable.
import type { AlertsDocument } from '../../model/config.ts';
import type { Filled } from '../notice-templates.ts';
import { oneLine } from '../render.ts';
import { splitRecipients } from './people.ts';

export type EmailSettings = AlertsDocument['receivers'][number]['email_configs'][number];

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly implicitTls: boolean;
  readonly requireTls: boolean;
  readonly hello: string;
  readonly user: string | null;
  /** written in the configuration */
  readonly password: string | null;
  readonly passwordFile: string | null;
  readonly tls: EmailSettings['tls_config'];
  readonly from: { readonly name: string; readonly address: string };
  readonly everyone: readonly string[];
}

/** A sender or a recipient may be a template. */
export type Fill = (what: string, template: string) => Filled;

/** The settings, or why there are none. */
export function readMailSettings(config: EmailSettings, { global }: AlertsDocument, fill: Fill): MailSettings | string {
  const smarthost = config.smarthost ?? global.smtp_smarthost;
  if (smarthost === undefined) return 'no smarthost: set global.smtp_smarthost to host:port';
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(smarthost) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) return `the smarthost "${smarthost}" is not host:port`;
  const sender = fill('from', config.from ?? global.smtp_from ?? '');
  if (!sender.ok) return sender.why;
  const from = fromOf(sender.text);
  if (from === null) return 'no usable sender: set global.smtp_from to an address such as springtide@example.com';
  return {
    host,
    port: Number(port),
    implicitTls: config.force_implicit_tls ?? global.smtp_force_implicit_tls ?? Number(port) === 465,
    requireTls: config.require_tls ?? global.smtp_require_tls,
    hello: config.hello ?? global.smtp_hello,
    user: config.auth_username ?? global.smtp_auth_username ?? null,
    ...passwordOf(config, global),
    tls: config.tls_config ?? global.smtp_tls_config,
    from,
    everyone: splitRecipients(config.to),
  };
}

/** The nearer one of each pair; its file before its text, as a file can be changed without a reload. */
function passwordOf(
  config: EmailSettings,
  global: AlertsDocument['global'],
): { readonly password: string | null; readonly passwordFile: string | null } {
  const own = { password: config.auth_password, passwordFile: config.auth_password_file };
  const shared = { password: global.smtp_auth_password, passwordFile: global.smtp_auth_password_file };
  const { password, passwordFile } = own.password === undefined && own.passwordFile === undefined ? shared : own;
  return { password: password ?? null, passwordFile: passwordFile ?? null };
}

function fromOf(written: string | undefined): MailSettings['from'] | null {
  const [, name = '', bracketed] = /^(.*?)<([^<>]+)>$/.exec(written?.trim() ?? '') ?? [];
  const address = bracketed ?? written?.trim() ?? '';
  if (!/^[^\s@<>,;\p{Cc}]+@[^\s@<>,;\p{Cc}]+$/u.test(address)) return null;
  return { name: oneLine(name.replace(/^\s*"|"\s*$/g, '')), address };
}
