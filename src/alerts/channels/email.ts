// E-mail over SMTP: rendered before the connection is made, one transmission for all, an answer for each recipient.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import type { AlertsDocument } from '../../model/config.ts';
import { messageOf } from '../../model/errors.ts';
import type { Texts } from '../../model/texts.ts';
import { renderMail } from '../render-mail.ts';
import { oneLine } from '../render.ts';
import { failed, retry } from './channel.ts';
import type { Channel, Delivery, SendResult } from './channel.ts';
import { readMailSettings } from './mail-settings.ts';
import type { EmailSettings, MailSettings } from './mail-settings.ts';
import { mailAddressOf } from './people.ts';
import { resultOfMailError } from './mail-errors.ts';
import type { MailError } from './mail-errors.ts';

const deadline = 60_000;
const timeouts = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
  socketCloseTimeout: 1_000,
  dnsTimeout: 5_000,
};

export function createEmailChannel(options: { readonly texts: () => Texts }): Channel<EmailSettings> {
  return {
    style: 'together',
    send: (delivery, config) => sendMail(delivery, config, options.texts()),
    close: () => undefined,
  };
}

async function sendMail(delivery: Delivery, config: EmailSettings, texts: Texts): Promise<readonly SendResult[]> {
  const settings = readMailSettings(config, delivery.document);
  if (typeof settings === 'string') return delivery.to.map((to) => failed(to, 'Misconfigured', settings));
  const results: SendResult[] = [];
  const owed = new Map<string, string>();
  for (const to of delivery.to) {
    const found = mailAddressOf(to, delivery.document);
    if ('problem' in found) results.push(found.problem);
    else owed.set(to, found.address);
  }
  if (owed.size === 0) return results;
  const message = composed(delivery, settings, texts, owed);
  try {
    return [...results, ...(await transmit(delivery, settings, message, owed))];
  } catch (error) {
    const problem = `the files of the mail settings cannot be read: ${messageOf(error)}`;
    return [...results, ...[...owed.keys()].map((to) => retry(to, 'Misconfigured', problem))];
  }
}

type Message = ReturnType<typeof composed>;

function composed(delivery: Delivery, settings: MailSettings, texts: Texts, owed: ReadonlyMap<string, string>) {
  const { subject, text, html } = renderMail(delivery.notice, texts);
  const domain = settings.from.address.split('@')[1] ?? 'localhost';
  const thread = createHash('sha256').update(delivery.notice.groupKey).digest('hex').slice(0, 16);
  const root = `<group-${thread}@${domain}>`;
  const headers = { 'Auto-Submitted': 'auto-generated', ...settings.headers };
  return {
    from: settings.from,
    to: settings.everyone.flatMap((to) => visibleAddress(to, delivery.document)),
    envelope: { from: settings.from.address, to: [...owed.values()] },
    // the same for every attempt, so that a mail that came twice shows as one
    messageId: `<${delivery.id}@${domain}>`,
    references: root,
    inReplyTo: root,
    date: new Date(delivery.at),
    subject: settings.subject ?? subject,
    text,
    ...(html !== null && { html }),
    headers,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function visibleAddress(to: string, document: AlertsDocument): { name: string; address: string }[] {
  const found = mailAddressOf(to, document);
  return 'problem' in found ? [] : [{ name: '', address: found.address }];
}

async function transmit(
  delivery: Delivery,
  settings: MailSettings,
  message: Message,
  owed: ReadonlyMap<string, string>,
): Promise<SendResult[]> {
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.implicitTls,
    requireTLS: settings.requireTls && !settings.implicitTls,
    // not required: taken when it works, and plain when it does not
    opportunisticTLS: !settings.requireTls,
    name: settings.hello,
    pool: false,
    ...timeouts,
    ...(settings.user !== null && { auth: { user: settings.user, pass: await passwordOf(settings) } }),
    tls: await tlsOptions(settings),
  });
  const signal = AbortSignal.any([delivery.signal, AbortSignal.timeout(deadline)]);
  try {
    const answer = await transport.sendMail({ ...message, signal });
    const refused = refusals(answer.rejectedErrors);
    const providerId = oneLine(answer.response).slice(0, 120);
    return [...owed].map(([to, address]) => {
      const error = refused.get(address.toLowerCase());
      return error === undefined ? { to, status: 'sent', providerId } : resultOfMailError(to, error);
    });
  } catch (thrown) {
    const error: MailError = thrown instanceof Error ? thrown : new Error(String(thrown));
    const refused = refusals(error.rejectedErrors);
    return [...owed].map(([to, address]) => resultOfMailError(to, refused.get(address.toLowerCase()) ?? error));
  } finally {
    transport.close();
  }
}

const refusals = (errors: readonly MailError[] | undefined): Map<string, MailError> =>
  new Map((errors ?? []).map((error) => [(error.recipient ?? '').toLowerCase(), error]));

const passwordOf = async ({ passwordFile }: MailSettings): Promise<string> =>
  passwordFile === null ? '' : (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '');

async function tlsOptions({ tls, requireTls, implicitTls }: MailSettings): Promise<Readonly<Record<string, unknown>>> {
  const read = (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? Promise.resolve(undefined) : readFile(file, 'utf8');
  const [ca, cert, key] = await Promise.all([read(tls?.ca_file), read(tls?.cert_file), read(tls?.key_file)]);
  return {
    rejectUnauthorized: tls?.insecure_skip_verify !== true && (requireTls || implicitTls),
    ...(tls?.server_name !== undefined && { servername: tls.server_name }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
