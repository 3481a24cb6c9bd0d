// E-mail over SMTP: rendered before the connection is made, one transmission for all, an answer for each recipient.
import { createHash } from 'node:crypto';
import MimeNode from 'nodemailer/lib/mime-node';
import { withoutTold } from '../../clients/http/forget.ts';
import { messageOf } from '../../model/errors.ts';
import type { Texts } from '../../model/texts.ts';
import { fillNotice } from '../notice-templates.ts';
import { oneLine } from '../render.ts';
import { isTemplate, splitRecipients } from '../../templates/recipients.ts';
import { formatTime, timeAt } from '../../templates/time.ts';
import { failed, retry } from './channel.ts';
import type { Channel, Delivery, SendResult } from './channel.ts';
import { composeMail } from './mail-content.ts';
import { readMailSettings } from './mail-settings.ts';
import type { EmailSettings, Fill, MailSettings } from './mail-settings.ts';
import { mailAddressOf } from './people.ts';
import { resultOfMailError } from './mail-errors.ts';
import type { MailError } from './mail-errors.ts';
import { mailTransport, proofOf } from './mail-transport.ts';

const deadline = 90_000;

export function createEmailChannel(options: { readonly texts: () => Texts }): Channel<EmailSettings> {
  return {
    style: 'together',
    send: (delivery, config) => sendMail(delivery, config, options.texts()),
    close: () => undefined,
  };
}

async function sendMail(delivery: Delivery, config: EmailSettings, texts: Texts): Promise<readonly SendResult[]> {
  const { document, notice, at } = delivery;
  const fill: Fill = (what, template) => fillNotice(what, template, { notice, document, now: at });
  const settings = readMailSettings(config, document, fill);
  if (typeof settings === 'string') return delivery.to.map((to) => failed(to, 'Misconfigured', settings));
  const results: SendResult[] = [];
  const owed = new Map<string, string>();
  const templates = splitRecipients(config.to).filter(isTemplate);
  for (const to of delivery.to) {
    const found = templates.includes(to) ? { problem: namesNobody(to, fill) } : mailAddressOf(to, document);
    if ('problem' in found) results.push(found.problem);
    else owed.set(to, found.address);
  }
  if (owed.size === 0) return results;
  const message = composed(delivery, config, settings, texts, owed);
  try {
    return [...results, ...(await transmit(delivery, settings, message, owed))];
  } catch (error) {
    const problem = `the files of the mail settings cannot be read: ${messageOf(error)}`;
    return [...results, ...[...owed.keys()].map((to) => retry(to, 'Misconfigured', problem))];
  }
}

/** Whom a template names is known before: here it stands for itself, as there was nobody. */
function namesNobody(to: string, fill: Fill): SendResult {
  const filled = fill('to', to);
  return failed(to, 'AddressInvalid', filled.ok ? `the template ${to} names nobody` : filled.why);
}

type Message = ReturnType<typeof composed>;

function composed(
  delivery: Delivery,
  config: EmailSettings,
  settings: MailSettings,
  texts: Texts,
  owed: ReadonlyMap<string, string>,
) {
  const { notice, document, at } = delivery;
  const { subject, text, html, headers, shown } = composeMail({ notice, config, document, texts, at });
  const domain = settings.from.address.split('@')[1] ?? 'localhost';
  const root = threadOf(delivery, config, domain);
  return {
    from: settings.from,
    to: [...everybodysAddresses(delivery, config)].map((address) => ({ name: '', address })),
    envelope: { from: settings.from.address, to: [...new Set(owed.values())] },
    // the same for every attempt, so that a mail that came twice shows as one
    messageId: `<${delivery.id}@${domain}>`,
    ...(root !== null && !namesThread(headers) && { references: root, inReplyTo: root }),
    date: new Date(at),
    subject,
    text,
    ...(html !== null && { html }),
    headers: { 'Auto-Submitted': 'auto-generated', ...headers },
    ...shown,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Whom the configuration names, and whom it is for beside them. */
function everybodysAddresses(
  { to: owed, everybody = owed, document }: Delivery,
  config: EmailSettings,
): ReadonlySet<string> {
  const named = [...splitRecipients(config.to).filter((to) => !isTemplate(to)), ...everybody];
  return new Set(
    named.flatMap((to) => {
      const found = mailAddressOf(to, document);
      return 'problem' in found ? [] : [found.address];
    }),
  );
}

const namesThread = (headers: Readonly<Record<string, string>>): boolean =>
  Object.keys(headers).some((name) => /^(?:references|in-reply-to)$/i.test(name));

/** The mails of a group hang on one that was never sent: so mail programs show them together. */
function threadOf({ notice, document, at }: Delivery, { threading }: EmailSettings, domain: string): string | null {
  if (threading?.enabled === false) return null;
  const group = createHash('sha256').update(notice.groupKey).digest('hex').slice(0, 16);
  const day =
    threading?.thread_by_date === 'daily' ? formatTime(timeAt(at, document.global.timeZone), '-2006-01-02') : '';
  return `<group-${group}${day}@${domain}>`;
}

async function transmit(
  delivery: Delivery,
  settings: MailSettings,
  message: Message,
  owed: ReadonlyMap<string, string>,
): Promise<SendResult[]> {
  const proof = await proofOf(settings);
  /** A server may repeat what it refuses. */
  const forget = (error: MailError): MailError =>
    Object.assign(error, { message: withoutTold(error.message, Object.values(proof)) });
  let isWhole = false;
  const transport = mailTransport(settings, proof, () => {
    isWhole = true;
  });
  const signal = AbortSignal.any([delivery.signal, AbortSignal.timeout(deadline)]);
  try {
    const answer = await transport.sendMail({ ...message, signal });
    const refused = refusals(answer.rejectedErrors);
    const providerId = oneLine(answer.response).slice(0, 120);
    return [...owed].map(([to, address]) => {
      const error = refused.get(keyOf(address));
      return error === undefined ? { to, status: 'sent', providerId } : resultOfMailError(to, error, isWhole);
    });
  } catch (thrown) {
    const error = forget(thrown instanceof Error ? thrown : new Error(String(thrown)));
    const refused = refusals(error.rejectedErrors);
    return [...owed].map(([to, address]) => resultOfMailError(to, refused.get(keyOf(address)) ?? error, isWhole));
  } finally {
    transport.close();
  }
}

const refusals = (errors: readonly MailError[] | undefined): Map<string, MailError> =>
  new Map((errors ?? []).map((error) => [(error.recipient ?? '').toLowerCase(), error]));

/** As servers are told it: a domain with an umlaut in its other spelling, `a..b` in quotes. */
const keyOf = (address: string): string => {
  const [told = address] = new MimeNode('text/plain').setEnvelope({ to: { name: '', address } }).getEnvelope().to;
  return told.toLowerCase();
};
