// A message has come to rest, taken or refused: what waited for its answer goes on, group by group.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Course } from './courses.ts';
import type { Group, GroupTable } from './group-table.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import { fallbackOf, isFallbackCalled, openOf } from './reach.ts';
import { groupsOf, saysAll } from './spoken-for.ts';
import type { Telling } from './telling.ts';

export interface AnsweredParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly state: LedgerState;
  readonly document: () => AlertsDocument;
  readonly groups: Pick<GroupTable, 'of'>;
  readonly telling: Pick<Telling, 'escalations' | 'holds' | 'flush' | 'tidy'>;
}

/** In turns: it may have spoken for thousands. */
export function* answering(notification: Notification, parts: AnsweredParts): Course {
  const { intent, recipients, settled } = notification;
  const told = intent.to.filter((to) => recipients.get(to)?.state === 'sent');
  for (const { groupKey } of intent.covers ?? [intent])
    for (const group of groupsOf({ groupKey, receiver: intent.receiver }, { ...parts, document: parts.document() })) {
      goOn(group, { notification, told, isSettled: settled !== null }, parts);
      yield;
    }
}

/** Its provider says afterwards whether it has arrived: whoever comes next, or stands in, is called at once. */
export function* reporting(notification: Notification, to: string, parts: AnsweredParts): Course {
  const isLost = notification.recipients.get(to)?.receipt?.status === 'failed';
  const document = parts.document();
  for (const group of groupsOf(notification.intent, { ...parts, document })) {
    const now = parts.clock.now();
    parts.telling.escalations.noticed(group, notification);
    if (isLost && isFallbackCalled(group, { state: parts.state, document }, now)) parts.telling.flush(group, now);
    yield;
  }
}

interface Answer {
  readonly notification: Notification;
  /** those who have it */
  readonly told: readonly string[];
  readonly isSettled: boolean;
}

function goOn(group: Group, { notification, told, isSettled }: Answer, parts: AnsweredParts): void {
  const { clock, state, telling } = parts;
  const { intent } = notification;
  const document = parts.document();
  const now = clock.now();
  // what was held back beside it is said
  if (intent.covers === undefined && saysAll(intent, group, told)) telling.holds.release(group, intent, told);
  telling.escalations.noticed(group, notification);
  const isOpen = openOf(state, document, group).length > 0;
  group.owedSince = isOpen ? (group.owedSince ?? now) : null;
  const after = fallbackOf(document, group.route.receiver)?.after;
  // those who stand in are heard when their time has come, not at the next flush
  const isLate = group.owedSince !== null && after !== undefined && now - group.owedSince >= after;
  const isPassed = group.passedBy && intent.covers !== undefined && isSettled;
  if (group.again || isPassed || isLate) telling.flush(group, now);
  else telling.tidy(group);
}
