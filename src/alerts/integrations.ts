// A receiver taken apart: one integration a configuration, each with the people it reaches.
import type { AlertsDocument } from '../model/config.ts';
import type { EmailSettings } from './channels/mail-settings.ts';
import { splitRecipients } from './channels/people.ts';
import type { SmsSettings } from './channels/sms/sms-channel.ts';
import type { Intent } from './ledger/records.ts';

interface Common {
  readonly receiver: string;
  readonly index: number;
  readonly to: readonly string[];
  readonly sendResolved: boolean;
}

export type Integration =
  | (Common & { readonly channel: 'email'; readonly settings: EmailSettings })
  | (Common & { readonly channel: 'sms'; readonly settings: SmsSettings });

/** SMS first: it is what wakes people. */
export function integrationsOf(document: AlertsDocument, receiver: string): Integration[] {
  const found = document.receivers.find(({ name }) => name === receiver);
  if (found === undefined) return [];
  return [
    ...found.sms_configs.map((settings, index) => ({
      channel: 'sms' as const,
      receiver,
      index,
      to: [...new Set(settings.to)],
      sendResolved: settings.send_resolved,
      settings,
    })),
    ...found.email_configs.map((settings, index) => ({
      channel: 'email' as const,
      receiver,
      index,
      to: splitRecipients(settings.to),
      sendResolved: settings.send_resolved,
      settings,
    })),
  ];
}

/** The integration that an intent was made for, where the configuration still has it. */
export const integrationOf = (document: AlertsDocument, intent: Intent): Integration | undefined =>
  integrationsOf(document, intent.receiver).find(
    ({ channel, index }) => channel === intent.channel && index === intent.index,
  );
