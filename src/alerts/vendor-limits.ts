// Telephones to which their vendor lets nothing more through for hours: what waits for that is as good as refused.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { decideBudget, unlimited, vendorLimits } from './budget.ts';
import { gatewayOf } from './channels/sms/sms-channel.ts';
import type { SmsPlaces } from './channels/sms/sms-channel.ts';
import type { Integration } from './integrations.ts';
import { heldKey } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { smsHistory } from './sms-history.ts';

/** By the hour or the day: what the limit of a minute keeps is told in a moment. */
export function isLimitedByVendor(document: AlertsDocument, settings: SmsPlaces): boolean {
  const gateway = gatewayOf(document, settings);
  if (gateway === undefined) return false;
  const { hour, day } = vendorLimits(gateway);
  return hour !== null || day !== null;
}

/** Until when somebody who waits is sent nothing because of his vendor; null: it is not that, or a moment only. */
export function shutUntil(
  groupKey: string,
  integration: Integration,
  to: string,
  state: Pick<LedgerState, 'held' | 'smsSent' | 'smsOwed'>,
  document: AlertsDocument,
  now: Instant,
): Instant | null {
  const { receiver, channel, index } = integration;
  if (channel !== 'sms') return null;
  const held = state.held.get(heldKey({ groupKey, receiver, channel, index }));
  if (held?.why !== 'budget' || !held.to.includes(to)) return null;
  const gateway = gatewayOf(document, integration.settings);
  if (gateway === undefined) return null;
  const sent = smsHistory(state, document, to, undefined);
  const decision = decideBudget(sent, now, { own: unlimited, vendor: vendorLimits(gateway), exempt: false });
  return decision.kind === 'overflow' ? decision.until : null;
}
