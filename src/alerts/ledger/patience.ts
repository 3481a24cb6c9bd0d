// How long a record of the ledger may wait to be written while others do: first what somebody waits for.
import { later, seconds, type Instant, type Milliseconds } from '../../model/units.ts';
import type { LedgerRecord } from './records.ts';

const none = seconds(0);
/** Decided, and not said yet: where it is said at once, that is written with it. */
const decided = seconds(30);
/** It follows from what is written already, or would be found out again after a kill. */
export const following = seconds(60);

/** A message goes, a place at a gateway is free, a sender or a person has his answer when it is written. */
function patienceOf(record: LedgerRecord): Milliseconds {
  switch (record.kind) {
    case 'attempt':
    case 'sent':
    case 'retry':
    case 'failed':
    case 'alert':
    case 'silence':
    case 'silenceForgotten':
    case 'receipt':
      return none;
    case 'episode':
      return record.episode === null || record.episode.acknowledged === null ? decided : none;
    case 'intent':
    case 'told':
    case 'recipient':
    case 'way':
    case 'held':
    case 'code':
    case 'rule':
    case 'watchdog':
    case 'central':
      return decided;
    case 'settled':
    case 'forgotten':
    case 'watchdogHeard':
    case 'smsSent':
      return following;
  }
}

/** `isRefused`: whoever sent it is asked to send it again. */
export const dueOf = (record: LedgerRecord, now: Instant, isRefused: boolean): Instant =>
  later(now, isRefused ? following : patienceOf(record));
