// What arrived in the embedded world's mailbox and on its telephones, for the page and the table.
import type { InboxItem } from '../model/report.ts';
import { rfc3339 } from '../model/units.ts';
import type { EmbeddedWorld } from '../sandbox/world.ts';

export function inboxOf(world: EmbeddedWorld): readonly InboxItem[] {
  const mails = world.mail.mails.map((mail): InboxItem => ({
    at: rfc3339(mail.at),
    channel: 'email',
    to: mail.to.join(', '),
    subject: mail.subject,
    text: mail.text,
    outcome: 'received',
  }));
  const texts = world.sms.messages.map((sms): InboxItem => ({
    at: rfc3339(sms.at),
    channel: 'sms',
    to: sms.to,
    text: sms.text,
    outcome: 'received',
  }));
  return [...mails, ...texts].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}
