// A message that was on its way while a reload carried what its people know elsewhere: of the ends that it told nothing is owed there.
import { fingerprintIn } from './alert.ts';
import type { GroupTable } from './group-table.ts';
import { placeOf, recipientKey } from './ledger/records.ts';
import type { Intent, LedgerRecord, Told } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { isSameWebhook } from './ways.ts';

export function heardEnds(
  { intent, recipients }: Notification,
  state: Pick<LedgerState, 'told' | 'toldOf' | 'ways'>,
  groups: Pick<GroupTable, 'holding'>,
): readonly LedgerRecord[] {
  const heard = new Map<string, Set<string>>();
  for (const { to, state: outcome } of recipients.values()) {
    if (outcome !== 'sent') continue;
    for (const { groupKey, resolved } of intent.covers ?? [intent])
      for (const period of resolved)
        for (const key of accountsOf(to, intent, groupKey, period, state, groups))
          heard.set(key, (heard.get(key) ?? new Set()).add(period));
  }
  return [...heard].flatMap(([key, periods]): LedgerRecord[] => {
    const entry = state.told.get(key);
    const rest = entry === undefined ? null : without(entry, periods);
    return rest === null ? [] : [{ kind: 'told', key, entry: rest }];
  });
}

/** Where else he may be known to have heard of it: in the groups that hold it now, and by whoever tells those who are gone. */
function accountsOf(
  to: string,
  intent: Intent,
  groupKey: string,
  period: string,
  { told, toldOf, ways }: Pick<LedgerState, 'told' | 'toldOf' | 'ways'>,
  groups: Pick<GroupTable, 'holding'>,
): readonly string[] {
  const own = recipientKey({ ...intent, groupKey }, to);
  const keys = new Set([groupKey, ...groups.holding(fingerprintIn(period)).map((group) => group.key)]);
  const isHis = (key: string): boolean => {
    const place = placeOf(key);
    if (key === own || place.channel !== intent.channel) return false;
    return place.channel === 'webhook' ? isSameWebhook(told.get(key)?.way, intent.way, ways) : place.to === to;
  };
  return [...keys].flatMap((one) => [...(toldOf.get(one) ?? [])].filter(isHis));
}

/** Null: nothing of it was there. */
function without(entry: Told, over: ReadonlySet<string>): Told | null {
  const { firing, muted, heard } = entry;
  const isOwed = (period: string): boolean => !over.has(period);
  if ([firing, muted, heard].every((some) => some?.every(isOwed) !== false)) return null;
  return {
    ...entry,
    firing: firing.filter(isOwed),
    ...(muted !== undefined && { muted: muted.filter(isOwed) }),
    ...(heard !== undefined && { heard: heard.filter(isOwed) }),
  };
}
