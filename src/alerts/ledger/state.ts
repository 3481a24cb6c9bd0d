// What the ledger knows: the state that its records add up to.
import type { Instant } from '../../model/units.ts';
import type { MessageCode } from '../acknowledge-code.ts';
import type { Alert } from '../alert.ts';
import type { SentMessage } from '../budget.ts';
import type { Begun } from '../flapping.ts';
import type { RuleMemory } from '../rules/memory.ts';
import type { Silence } from '../silence.ts';
import type { Way } from '../ways.ts';
import type { Episode, HeldBack, Intent, Recipient, Settlement, Told, WatchdogHeard } from './records.ts';

export interface Notification {
  readonly intent: Intent;
  readonly recipients: ReadonlyMap<string, Recipient>;
  readonly settled: { readonly how: Settlement; readonly at: Instant } | null;
}

export interface LedgerState {
  readonly alerts: ReadonlyMap<string, Alert>;
  /** when alerts that are over have begun, the last forgotten last */
  readonly begun: ReadonlyMap<string, Begun>;
  /** intents that somebody is still owed */
  readonly open: ReadonlyMap<string, Notification>;
  /** their ids, by the group and receiver that they were made for */
  readonly openOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** what each recipient of each group was last told */
  readonly told: ReadonlyMap<string, Told>;
  /** its keys, by group */
  readonly toldOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** how those were told who may have to be told the end */
  readonly ways: ReadonlyMap<string, Way>;
  /** the last settled ones, the newest last */
  readonly recent: readonly Notification[];
  readonly silences: ReadonlyMap<string, Silence>;
  /** by group and receiver */
  readonly episodes: ReadonlyMap<string, Episode>;
  /** what the codes of messages stand for, the newest last */
  readonly codes: ReadonlyMap<string, MessageCode>;
  /** of rules that have alerts */
  readonly rules: ReadonlyMap<string, RuleMemory>;
  /** when SMS went to somebody in the last day, the newest last: what budgets count */
  readonly smsSent: ReadonlyMap<string, readonly SentMessage[]>;
  /** SMS that somebody is still owed, by the id of their notification: what goes out in this moment counts too */
  readonly smsOwed: ReadonlyMap<string, ReadonlyMap<string, SentMessage>>;
  /** what waits for a digest, the end of quiet hours, or a budget */
  readonly held: ReadonlyMap<string, HeldBack>;
  /** watchdogs that are not heard, and since when */
  readonly missingWatchdogs: ReadonlyMap<string, Instant>;
  /** how long each has been waited for */
  readonly watchdogsHeard: ReadonlyMap<string, WatchdogHeard>;
  /** the central one that we forward to has not answered since; null: it does */
  readonly centralSilentSince: Instant | null;
}

export interface MutableNotification {
  intent: Intent;
  recipients: Map<string, Recipient>;
  settled: Notification['settled'];
}

export interface MutableLedgerState {
  alerts: Map<string, Alert>;
  begun: Map<string, Begun>;
  open: Map<string, MutableNotification>;
  openOf: Map<string, Set<string>>;
  told: Map<string, Told>;
  toldOf: Map<string, Set<string>>;
  /** by an alert that is over: those who know no more of its group than that it is */
  knownOver: Map<string, Set<string>>;
  ways: Map<string, Way>;
  recent: MutableNotification[];
  silences: Map<string, Silence>;
  episodes: Map<string, Episode>;
  codes: Map<string, MessageCode>;
  rules: Map<string, RuleMemory>;
  smsSent: Map<string, readonly SentMessage[]>;
  smsOwed: Map<string, Map<string, SentMessage>>;
  held: Map<string, HeldBack>;
  missingWatchdogs: Map<string, Instant>;
  watchdogsHeard: Map<string, WatchdogHeard>;
  centralSilentSince: Instant | null;
}

export const emptyLedgerState = (): MutableLedgerState => ({
  alerts: new Map(),
  begun: new Map(),
  open: new Map(),
  openOf: new Map(),
  told: new Map(),
  toldOf: new Map(),
  knownOver: new Map(),
  ways: new Map(),
  recent: [],
  silences: new Map(),
  episodes: new Map(),
  codes: new Map(),
  rules: new Map(),
  smsSent: new Map(),
  smsOwed: new Map(),
  held: new Map(),
  missingWatchdogs: new Map(),
  watchdogsHeard: new Map(),
  centralSilentSince: null,
});

export const groupOwner = (groupKey: string, receiver: string): string => JSON.stringify([groupKey, receiver]);

/** The groups that a message speaks for, each with its receiver. */
export const ownersOf = (intent: Intent): readonly string[] =>
  (intent.covers ?? [intent]).map(({ groupKey }) => groupOwner(groupKey, intent.receiver));
