// Places for transmissions: each destination has its own, so that a mail server that hangs delays mails and no SMS.
import type { AlertsDocument } from '../model/config.ts';
import { gatewayOf } from './channels/sms/sms-channel.ts';
import type { Integration } from './integrations.ts';
import { createLimiter } from './limiter.ts';
import type { Limiter } from './limiter.ts';
import type { ChannelKind } from './ledger/records.ts';

const atOneDestination = 16;
/** Of webhooks there may be hundreds. */
const atOneHost = 4;
const byOneChannel = 64;

export class Places {
  readonly #destinations = new Map<string, Limiter>();
  readonly #channels: Readonly<Record<ChannelKind, Limiter>> = {
    email: createLimiter(byOneChannel),
    sms: createLimiter(byOneChannel),
    webhook: createLimiter(byOneChannel),
  };

  /** Whoever waits for a place of his destination takes none of the channel's. */
  take<Value>(
    integration: Integration,
    document: AlertsDocument,
    isNews: boolean,
    work: () => Promise<Value>,
  ): Promise<Value> {
    const { channel } = integration;
    const destination = `${channel} ${destinationOf(integration, document)}`;
    const limiter =
      this.#destinations.get(destination) ?? createLimiter(channel === 'webhook' ? atOneHost : atOneDestination);
    this.#destinations.set(destination, limiter);
    return limiter(() => this.#channels[channel](work, isNews), isNews);
  }
}

function destinationOf({ channel, settings, receiver, index }: Integration, document: AlertsDocument): string {
  switch (channel) {
    case 'email':
      return settings.smarthost ?? document.global.smtp_smarthost ?? '';
    case 'sms':
      return gatewayOf(document, settings)?.name ?? '';
    case 'webhook':
      return settings.url === undefined || !URL.canParse(settings.url)
        ? JSON.stringify([receiver, index])
        : new URL(settings.url).host;
  }
}
