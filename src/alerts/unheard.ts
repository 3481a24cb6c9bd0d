// Whether those of a receiver hear nothing of a group: refused, owed for too long, kept by a vendor, or reported as not delivered.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { addresseesOf } from './addressees.ts';
import type { Group } from './group-table.ts';
import type { Integration } from './integrations.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { toldKey } from './told.ts';
import { shutUntil } from './vendor-limits.ts';

interface UnheardParts {
  readonly state: LedgerState;
  readonly document: AlertsDocument;
  /** so long whoever stands in waits */
  readonly after: number;
  readonly now: Instant;
}

/** The providers have refused everybody of an integration, owe it for too long, or will; or it has not arrived, and no step follows. */
export function isUnheard(own: readonly Integration[], group: Group, parts: UnheardParts): boolean {
  const { state, document, after, now } = parts;
  if (group.owedSince !== null && now - group.owedSince >= after) return true;
  const everybodyOf = (integration: Integration, isLost: (to: string) => boolean): boolean => {
    const people = addresseesOf(integration, group.key, state);
    return people.length > 0 && people.every(isLost);
  };
  const isRefused = (integration: Integration, to: string): boolean => {
    if (state.told.get(toldKey(group.key, integration, to))?.outcome === 'failed') return true;
    const shut = shutUntil(group.key, integration, to, state, document, now);
    return shut !== null && shut - now >= after;
  };
  const isLost = (integration: Integration): boolean =>
    everybodyOf(integration, (to) => isRefused(integration, to) || isUndelivered(group, integration, to, state));
  return own.some(
    (integration) =>
      everybodyOf(integration, (to) => isRefused(integration, to)) ||
      (isLost(integration) && lastBeside(integration, own, document)?.every(isLost) === true),
  );
}

/** What else says the same; undefined: a step follows, and begins in the place of this one. */
function lastBeside(
  { receiver, role }: Integration,
  own: readonly Integration[],
  { receivers }: AlertsDocument,
): readonly Integration[] | undefined {
  if (role.kind !== 'step') return [];
  const steps = receivers.find(({ name }) => name === receiver)?.escalation ?? [];
  if (role.step + 1 < steps.length) return undefined;
  return own.filter((one) => one.receiver === receiver && one.role.kind === 'step' && one.role.step === role.step);
}

/** His newest message of the group was taken, and did not arrive. */
function isUndelivered(
  { key }: Group,
  { receiver, channel, index }: Integration,
  to: string,
  { open, openOf, recent }: LedgerState,
): boolean {
  if (channel !== 'sms') return false;
  const isTaken = ({ intent, recipients }: Notification): boolean =>
    intent.index === index &&
    intent.channel === channel &&
    intent.receiver === receiver &&
    recipients.get(to)?.state === 'sent' &&
    (intent.covers ?? [intent]).some(({ groupKey }) => groupKey === key);
  const underWay = [...(openOf.get(groupOwner(key, receiver)) ?? [])].flatMap((id) => open.get(id) ?? []);
  const newest = underWay.findLast(isTaken) ?? recent.findLast(isTaken);
  return newest?.recipients.get(to)?.receipt?.status === 'failed';
}
