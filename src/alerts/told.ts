// What the ledger remembers of a group: what and when its people were told.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { recipientKey } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';

export const toldKey = (
  groupKey: string,
  { receiver, channel, index }: Pick<Integration, 'receiver' | 'channel' | 'index'>,
  to: string,
): string => recipientKey({ groupKey, receiver, channel, index }, to);

export function lastToldAt(
  state: LedgerState,
  document: AlertsDocument,
  groupKey: string,
  receiver: string,
  now: Instant,
): Instant | null {
  const instants = integrationsOf(document, receiver, now).flatMap((integration) =>
    integration.to.flatMap((to) => state.told.get(toldKey(groupKey, integration, to))?.at ?? []),
  );
  return instants.length === 0 ? null : (Math.max(...instants) as Instant);
}
