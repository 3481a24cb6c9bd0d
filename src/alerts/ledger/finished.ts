// What a group's object need not keep any more: all of it when the group is over, what was settled where there is too much.
import { minutes, type Instant } from '../../model/units.ts';
import type { LedgerRecord } from './records.ts';

/** A group that nobody is owed anything of is kept to be explained for as long as Alertmanager waits with a repetition. */
const finishedFor = minutes(240);

/** Only what was settled long ago is left of it. */
export function isFinished(records: readonly LedgerRecord[], now: Instant): boolean {
  const settled = new Set<string>();
  let newest = -Infinity;
  for (const record of records)
    if (record.kind === 'settled') {
      settled.add(record.id);
      newest = Math.max(newest, record.at);
    }
  const isOver = records.every(
    (record) =>
      record.kind === 'settled' ||
      record.kind === 'code' ||
      (record.kind === 'intent' && settled.has(record.intent.id)) ||
      (record.kind === 'recipient' && settled.has(record.id)),
  );
  return isOver && now - newest >= finishedFor;
}

/** Kept for explaining only: the first to go where there is too much. */
export function withoutSettled(records: readonly LedgerRecord[]): readonly LedgerRecord[] {
  const settled = new Set(records.flatMap((record) => (record.kind === 'settled' ? [record.id] : [])));
  return records.filter((record) => {
    if (record.kind === 'intent') return !settled.has(record.intent.id);
    return !(record.kind === 'settled' || record.kind === 'recipient') || !settled.has(record.id);
  });
}
