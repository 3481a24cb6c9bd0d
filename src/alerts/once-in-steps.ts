// Who is in several steps of an escalation: each step calls him in its time, and what is new is told to him once.
import type { AlertsDocument } from '../model/config.ts';
import type { Alert } from './alert.ts';
import { mailAddressOf } from './channels/people.ts';
import { gatewayOf } from './channels/sms/sms-channel.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import type { Told } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { knownTo } from './ledger/told-entry.ts';
import type { ToldEntry } from './dedup.ts';
import type { FlushDecision } from './plan-notification.ts';
import { telephoneOf } from './sms-history.ts';
import { toldKey } from './told.ts';
import type { Instant, Milliseconds } from '../model/units.ts';

/** What one step says in this flush, at once or when nothing keeps it any more. */
export interface SaidByStep {
  readonly receiver: string;
  readonly step: number;
  /** telephones with their gateways, and addresses */
  readonly places: ReadonlySet<string>;
  readonly alerts: ReadonlySet<Alert>;
}

/** By another gateway the same telephone is another place: where the one fails, the other may not. */
function placeOf(document: AlertsDocument, integration: Integration, to: string): string {
  switch (integration.channel) {
    case 'sms':
      return JSON.stringify(['sms', gatewayOf(document, integration.settings)?.name, telephoneOf(document, to)]);
    case 'email': {
      const found = mailAddressOf(to, document);
      return JSON.stringify(['email', 'address' in found ? found.address.toLowerCase() : to]);
    }
    case 'webhook':
      return JSON.stringify(['webhook', integration.index, to]);
  }
}

/** Null where it says nothing, or is no step. */
export function saidByStep(
  { notify }: FlushDecision,
  integration: Integration,
  document: AlertsDocument,
): SaidByStep | null {
  const { receiver, role } = integration;
  if (notify === null || role.kind !== 'step') return null;
  const places = new Set(notify.to.map((to) => placeOf(document, integration, to)));
  return { receiver, step: role.step, places, alerts: new Set(notify.alerts) };
}

export interface StepParts {
  readonly groupKey: string;
  readonly document: AlertsDocument;
  readonly told: LedgerState['told'];
  /** who waits for something of this step already: it is told, or given up, here */
  readonly isWaiting: (to: string) => boolean;
  /** how long it is until somebody is reminded */
  readonly repeat: Milliseconds;
  readonly now: Instant;
}

/** He knows all of it from this step, and has been told all of it by another one since he would have to be reminded. */
function isRemindedBeside(
  { firing, resolved }: FlushDecision,
  integration: Integration,
  to: string,
  { groupKey, document, told, repeat, now }: StepParts,
): boolean {
  const knows = (entry: Told | undefined): entry is Told => {
    const known = knownTo(entry);
    const [fires, over] = [new Set(known?.firing), new Set(known?.resolved)];
    return firing.every((period) => fires.has(period)) && resolved.every((period) => over.has(period));
  };
  if (firing.length === 0 || !knows(told.get(toldKey(groupKey, integration, to)))) return false;
  const place = placeOf(document, integration, to);
  return integrationsOf(document, integration.receiver, now)
    .filter((one) => one.role.kind === 'step' && one.receiver === integration.receiver && one !== integration)
    .some((one) =>
      one.to.some((name) => {
        const entry = told.get(toldKey(groupKey, one, name));
        return (
          entry?.outcome === 'sent' && entry.at > now - repeat && knows(entry) && placeOf(document, one, name) === place
        );
      }),
    );
}

/** Whoever hears all of it from an earlier step, or was reminded of it by any other, is only written down as knowing it. */
export function withoutRepeats(
  decision: FlushDecision,
  integration: Integration,
  said: readonly SaidByStep[],
  parts: StepParts,
): FlushDecision {
  const { document, isWaiting, now } = parts;
  const { notify, firing, resolved, muted, truncated } = decision;
  const { receiver, role } = integration;
  if (notify === null || role.kind !== 'step') return decision;
  const earlier = said.filter(
    (one) => one.receiver === receiver && one.step < role.step && notify.alerts.every((alert) => one.alerts.has(alert)),
  );
  const isRepeat = (to: string): boolean => {
    if (isWaiting(to)) return false;
    const place = placeOf(document, integration, to);
    return earlier.some(({ places }) => places.has(place)) || isRemindedBeside(decision, integration, to, parts);
  };
  const repeated = notify.to.filter(isRepeat);
  if (repeated.length === 0) return decision;
  const entry: ToldEntry = {
    firing,
    resolved,
    ...(muted.length > 0 && { muted }),
    ...(truncated !== undefined && { truncated }),
    at: now,
  };
  const to = notify.to.filter((one) => !repeated.includes(one));
  return {
    ...decision,
    silently: [...decision.silently, ...repeated.map((one) => ({ to: one, entry }))],
    notify: to.length === 0 ? null : { ...notify, to },
  };
}
