// What somebody may have heard of a message that another one takes the place of: nobody will ever know, and its end is to be told.
import type { Instant } from '../../model/units.ts';
import { mayHaveArrived } from '../plan-notification.ts';
import { recipientKey } from './records.ts';
import type { LedgerRecord } from './records.ts';
import type { LedgerState, Notification } from './state.ts';
import { maybeTold } from './told-entry.ts';

export const doubtsOf = (
  { intent, recipients }: Notification,
  { told }: Pick<LedgerState, 'told'>,
  at: Instant,
): readonly LedgerRecord[] =>
  [...recipients.values()]
    .filter((one) => one.state !== 'sent' && one.state !== 'failed' && mayHaveArrived(one) && intent.firing.length > 0)
    .map(({ to }): LedgerRecord => {
      const key = recipientKey(intent, to);
      return { kind: 'told', key, entry: { ...maybeTold(intent, at, told.get(key)), way: intent.way } };
    });
