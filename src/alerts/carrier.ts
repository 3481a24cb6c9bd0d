// What takes an owed message to one recipient: the integration that it was made for, wherever that stands now, or the way as remembered.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import type { Intent, Recipient } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { mayHaveArrived } from './plan-notification.ts';
import { goneIntegration, isGone, serves } from './ways.ts';

/** Null: the configuration does not name him any more, and nothing that he has heard of is over. */
export function carrierOf(
  intent: Intent,
  recipient: Recipient,
  { ways }: Pick<LedgerState, 'ways'>,
  document: AlertsDocument,
  now: Instant,
): Integration | null {
  const { receiver, channel, index, way } = intent;
  const place = { receiver, channel, index, to: recipient.to };
  if (isGone(place)) return goneIntegration(place, way, ways, document);
  const remembered = way === undefined ? undefined : ways.get(way);
  const found = integrationsOf(document, receiver, now).filter((one) => serves(one, place, remembered));
  const carrier = found.find((one) => one.index === index) ?? found[0];
  if (carrier !== undefined) return carrier;
  return intent.firing.length === 0 || mayHaveArrived(recipient) ? goneIntegration(place, way, ways, document) : null;
}
