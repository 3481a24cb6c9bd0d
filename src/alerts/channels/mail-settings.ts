// What an email_config comes to with the global settings under it, and what makes it unusable.
import { senderIn } from '../../model/addresses.ts';
import type { Sender } from '../../model/addresses.ts';
import type { AlertsDocument } from '../../model/config.ts';
import type { Filled } from '../notice-templates.ts';
import { oneLine } from '../render.ts';

export type EmailSettings = AlertsDocument['receivers'][number]['email_configs'][number];

/** Written in the configuration, or in a file that it names. */
export type Credential = { readonly text: string } | { readonly file: string };

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly implicitTls: boolean;
  readonly requireTls: boolean;
  readonly hello: string;
  readonly user: string | null;
  readonly password: Credential | null;
  /** for CRAM-MD5 */
  readonly secret: Credential | null;
  readonly tls: EmailSettings['tls_config'];
  readonly from: Sender;
}

/** A sender may be a template, and those of recipients say why they name nobody. */
export type Fill = (what: string, template: string) => Filled;

/** The settings, or why there are none. */
export function readMailSettings(config: EmailSettings, { global }: AlertsDocument, fill: Fill): MailSettings | string {
  const smarthost = config.smarthost ?? global.smtp_smarthost;
  if (smarthost === undefined) return 'no smarthost: set global.smtp_smarthost to host:port';
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(smarthost) ?? [];
  const host = bracketed ?? (plain === '' ? 'localhost' : plain);
  if (host === undefined || Number(port) > 65_535) return `the smarthost "${smarthost}" is not host:port`;
  const sender = fill('from', config.from ?? global.smtp_from ?? '');
  if (!sender.ok) return sender.why;
  const from = senderIn(sender.text);
  if (from === null) return 'no usable sender: set global.smtp_from to an address such as springtide@example.com';
  return {
    host,
    port: Number(port),
    implicitTls: config.force_implicit_tls ?? global.smtp_force_implicit_tls ?? Number(port) === 465,
    requireTls: config.require_tls ?? global.smtp_require_tls,
    hello: config.hello ?? global.smtp_hello,
    user: config.auth_username ?? global.smtp_auth_username ?? null,
    password:
      credentialOf(config.auth_password, config.auth_password_file) ??
      credentialOf(global.smtp_auth_password, global.smtp_auth_password_file),
    secret:
      credentialOf(config.auth_secret, config.auth_secret_file) ??
      credentialOf(global.smtp_auth_secret, global.smtp_auth_secret_file),
    tls: config.tls_config ?? global.smtp_tls_config,
    from: { ...from, name: oneLine(from.name) },
  };
}

/** Its file before its text, as a file can be changed without a reload. */
function credentialOf(text: string | undefined, file: string | undefined): Credential | null {
  if (file !== undefined) return { file };
  return text === undefined ? null : { text };
}
