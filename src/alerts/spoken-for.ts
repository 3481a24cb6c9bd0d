// For which groups a message speaks, and whether it says all that there is to say of one of them.
import type { AlertsDocument } from '../model/config.ts';
import { periodOf } from './alert.ts';
import type { Group, GroupTable } from './group-table.ts';
import type { Intent } from './ledger/records.ts';
import { toldBy } from './reach.ts';

export interface Standing {
  readonly document: AlertsDocument;
  readonly groups: Pick<GroupTable, 'of'>;
}

/** Those of them that stand: of its own receiver, and of those that this one stands in for. */
export function groupsOf(
  { groupKey, receiver, covers }: Pick<Intent, 'groupKey' | 'receiver' | 'covers'>,
  { document, groups }: Standing,
): readonly Group[] {
  const receivers = toldBy(document, receiver);
  const keys = (covers ?? [{ groupKey }]).map((cover) => cover.groupKey);
  return keys.flatMap((key) => receivers.flatMap((name) => groups.of(key, name) ?? []));
}

/** To each of them, what there is to say of the group now. */
export const saysAll = (intent: Intent, group: Group, to: readonly string[]): boolean =>
  to.every((one) => intent.to.includes(one)) &&
  [...group.alerts.values()].every((alert) =>
    (alert.ended === null ? intent.firing : intent.resolved).includes(periodOf(alert)),
  );
