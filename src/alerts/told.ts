// What the ledger remembers of a group: what is under way for it, and what and when its people were told.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import type { Group } from './group-table.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { recipientKey } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';

export const toldKey = (groupKey: string, { receiver, channel, index }: Integration, to: string): string =>
  recipientKey({ groupKey, receiver, channel, index }, to);

/** Of all integrations of its receiver. */
export const openOf = (state: LedgerState, group: Group): readonly Notification[] =>
  [...state.open.values()].filter(
    ({ intent }) => intent.groupKey === group.key && intent.receiver === group.route.receiver,
  );

export function lastToldAt(
  state: LedgerState,
  document: AlertsDocument,
  groupKey: string,
  receiver: string,
): Instant | null {
  const instants = integrationsOf(document, receiver).flatMap((integration) =>
    integration.to.flatMap((to) => state.told.get(toldKey(groupKey, integration, to))?.at ?? []),
  );
  return instants.length === 0 ? null : (Math.max(...instants) as Instant);
}
