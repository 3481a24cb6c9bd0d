// What somebody may have heard of a message that another one takes the place of: nobody will ever know, and its end is to be told.
import type { Instant } from '../../model/units.ts';
import { mayHaveArrived } from '../plan-notification.ts';
import { recipientKey } from './records.ts';
import type { Cover, LedgerRecord, Recipient } from './records.ts';
import type { LedgerState, Notification } from './state.ts';
import { maybeTold } from './told-entry.ts';

/** `owed`: what of it he is to be told the end of, though he may have heard nothing. */
export const doubtsOf = (
  { intent, recipients }: Notification,
  { told }: Pick<LedgerState, 'told'>,
  at: Instant,
  owed: (one: Recipient, cover: Cover) => readonly string[] = () => [],
): readonly LedgerRecord[] =>
  [...recipients.values()].flatMap((one): readonly LedgerRecord[] => {
    if (one.state !== 'owed' && one.state !== 'attempted') return [];
    return (intent.covers ?? [intent]).flatMap((cover): readonly LedgerRecord[] => {
      const key = recipientKey({ ...intent, groupKey: cover.groupKey }, one.to);
      const known = told.get(key);
      // of what he has heard the end already nothing is owed
      const over = new Set(known?.resolved);
      const rest = owed(one, cover).filter((period) => !over.has(period));
      const firing = [...new Set([...(mayHaveArrived(one) ? cover.firing : []), ...rest])];
      if (firing.length === 0) return [];
      return [{ kind: 'told', key, entry: { ...maybeTold({ firing }, at, known), way: intent.way } }];
    });
  });
