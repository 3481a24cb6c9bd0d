// What somebody may have heard of a message that another one takes the place of: nobody will ever know, and its end is to be told.
import type { Instant } from '../../model/units.ts';
import { mayHaveArrived } from '../plan-notification.ts';
import { recipientKey } from './records.ts';
import type { LedgerRecord, Recipient } from './records.ts';
import type { LedgerState, Notification } from './state.ts';
import { maybeTold } from './told-entry.ts';

/** `owed`: what of it he is to be told the end of, though he may have heard nothing. */
export const doubtsOf = (
  { intent, recipients }: Notification,
  { told }: Pick<LedgerState, 'told'>,
  at: Instant,
  owed: (one: Recipient) => readonly string[] = () => [],
): readonly LedgerRecord[] =>
  [...recipients.values()].flatMap((one): readonly LedgerRecord[] => {
    if (one.state === 'sent' || one.state === 'failed') return [];
    const firing = [...new Set([...(mayHaveArrived(one) ? intent.firing : []), ...owed(one)])];
    if (firing.length === 0) return [];
    const key = recipientKey(intent, one.to);
    return [{ kind: 'told', key, entry: { ...maybeTold({ firing }, at, told.get(key)), way: intent.way } }];
  });
