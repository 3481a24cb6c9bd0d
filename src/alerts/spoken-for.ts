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
export function saysAll({ to: told, firing, resolved }: Intent, { alerts }: Group, to: readonly string[]): boolean {
  if (!to.every((one) => told.includes(one))) return false;
  const said = { firing: new Set(firing), resolved: new Set(resolved) };
  for (const alert of alerts.values())
    if (!(alert.ended === null ? said.firing : said.resolved).has(periodOf(alert))) return false;
  return true;
}
