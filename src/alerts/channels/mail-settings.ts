// What an email_config comes to with the global settings under it, and what makes it unusable.
import type { AlertsDocument } from '../../model/config.ts';
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
  readonly passwordFile: string | null;
  readonly tls: EmailSettings['tls_config'];
  readonly from: { readonly name: string; readonly address: string };
  readonly everyone: readonly string[];
  readonly subject: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the message is made of is not for a header of the configuration to change. */
const ownHeaders =
  /^(?:from|to|cc|bcc|date|subject|message-id|references|in-reply-to|mime-version|content-.*|return-path|received)$/i;

/** The settings, or why there are none. */
export function readMailSettings(config: EmailSettings, { global }: AlertsDocument): MailSettings | string {
  const smarthost = config.smarthost ?? global.smtp_smarthost;
  if (smarthost === undefined) return 'no smarthost: set global.smtp_smarthost to host:port';
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(smarthost) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) return `the smarthost "${smarthost}" is not host:port`;
  const from = fromOf(config.from ?? global.smtp_from);
  if (from === null) return 'no usable sender: set global.smtp_from to an address such as springtide@example.com';
  const headers = Object.entries(config.headers);
  const subject = headers.find(([name]) => name.toLowerCase() === 'subject')?.[1];
  return {
    host,
    port: Number(port),
    implicitTls: Number(port) === 465,
    requireTls: config.require_tls ?? global.smtp_require_tls,
    hello: config.hello ?? global.smtp_hello,
    user: config.auth_username ?? global.smtp_auth_username ?? null,
    passwordFile: config.auth_password_file ?? global.smtp_auth_password_file ?? null,
    tls: config.tls_config ?? global.smtp_tls_config,
    from,
    everyone: splitRecipients(config.to),
    subject: subject === undefined ? null : oneLine(subject),
    headers: Object.fromEntries(
      headers
        .filter(([name]) => /^[A-Za-z][A-Za-z0-9-]*$/.test(name) && !ownHeaders.test(name))
        .map(([name, value]) => [name, oneLine(value)]),
    ),
  };
}

function fromOf(written: string | undefined): MailSettings['from'] | null {
  const [, name = '', bracketed] = /^(.*?)<([^<>]+)>$/.exec(written?.trim() ?? '') ?? [];
  const address = bracketed ?? written?.trim() ?? '';
  if (!/^[^\s@<>,;\p{Cc}]+@[^\s@<>,;\p{Cc}]+$/u.test(address)) return null;
  return { name: oneLine(name.replace(/^\s*"|"\s*$/g, '')), address };
}
