// What the ledger remembers of a group: what and when its people were told.
import type { AlertsDocument } from '../model/config.ts';
import { minutes } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { addresseesOf } from './addressees.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
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
    addresseesOf(integration, groupKey, state).flatMap(
      (to) => state.told.get(toldKey(groupKey, integration, to))?.at ?? [],
    ),
  );
  return instants.length === 0 ? null : (Math.max(...instants) as Instant);
}

/** As long as a refused end is tried again: who refuses it for longer has other sorrows. */
const endsAreTried = minutes(24 * 60);

/** Somebody has heard of what is over, and not that it is: it was refused for good, or a reload came. It is said at the next turn. */
export function owesAnEnd(
  state: Pick<LedgerState, 'told' | 'toldOf'>,
  integrations: readonly Integration[],
  groupKey: string,
  alerts: Iterable<Alert>,
  now: Instant,
): boolean {
  const over = new Set([...alerts].filter(({ ended }) => ended !== null && now - ended < endsAreTried).map(periodOf));
  if (over.size === 0) return false;
  return integrations.some((integration) =>
    [...addresseesOf(integration, groupKey, state), ...integration.others].some((to) => {
      const entry = state.told.get(toldKey(groupKey, integration, to));
      if (entry === undefined || (entry.heard === undefined && !integration.sendResolved)) return false;
      return [...(entry.heard ?? entry.firing), ...(entry.muted ?? [])].some((period) => over.has(period));
    }),
  );
}
