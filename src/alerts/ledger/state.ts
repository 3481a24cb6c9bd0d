// The ledger's meaning: what its records add up to. The same fold serves live appends, replay and compaction.
import type { Instant } from '../../model/units.ts';
import { isRemembered, isValid } from '../acknowledge-code.ts';
import type { MessageCode } from '../acknowledge-code.ts';
import { ownerHash } from '../acknowledge-link.ts';
import { periodOf } from '../alert.ts';
import type { Alert } from '../alert.ts';
import { budgetMemory } from '../budget.ts';
import type { SentMessage } from '../budget.ts';
import type { Begun } from '../flapping.ts';
import type { RuleMemory } from '../rules/memory.ts';
import { newestOf } from '../silence.ts';
import type { Silence } from '../silence.ts';
import type { Way } from '../ways.ts';
import { doubtsOf } from './doubts.ts';
import { heldKey, placeOf, recipientKey } from './records.ts';
import { isEmpty, toldEntry, type Ending } from './told-entry.ts';
import type { Episode, HeldBack, Intent, LedgerRecord, Recipient, Settlement, Told, WatchdogHeard } from './records.ts';

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

interface MutableNotification {
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

const ownersOf = (intent: Intent): readonly string[] =>
  (intent.covers ?? [intent]).map(({ groupKey }) => groupOwner(groupKey, intent.receiver));

export const groupOwner = (groupKey: string, receiver: string): string => JSON.stringify([groupKey, receiver]);

const keptRecent = 200;
/** A storm of so many names is no flapping: what was forgotten first goes first. */
const mostBegun = 20_000;

const newRecipient = (to: string, at: Instant): Recipient => ({
  to,
  state: 'owed',
  attempts: 0,
  notBefore: at,
  maybeTwice: false,
  providerId: null,
  reason: null,
  message: null,
  at: null,
});

export function applyRecord(state: MutableLedgerState, record: LedgerRecord): void {
  switch (record.kind) {
    case 'alert':
      state.alerts.set(record.alert.fingerprint, record.alert);
      state.begun.delete(record.alert.fingerprint);
      return;
    case 'forgotten':
      state.alerts.delete(record.fingerprint);
      if (record.begun !== undefined) keepBegun(state, record.fingerprint, record.begun);
      return;
    case 'intent': {
      const { intent } = record;
      const recipients = new Map(intent.to.map((to) => [to, newRecipient(to, intent.at)]));
      state.open.set(intent.id, { intent, recipients, settled: null });
      oweSms(state, intent);
      if (intent.acknowledgeCode !== undefined) keepCode(state, intent.acknowledgeCode, standsFor(intent));
      for (const owner of ownersOf(intent)) {
        const known = state.openOf.get(owner);
        if (known === undefined) state.openOf.set(owner, new Set([intent.id]));
        else known.add(intent.id);
      }
      return;
    }
    case 'attempt':
      for (const to of record.to)
        change(state, record.id, to, (known) => ({
          state: 'attempted',
          attempts: known.attempts + 1,
          at: record.at,
          // an attempt whose end nobody wrote down may have arrived
          maybeTwice: known.maybeTwice || known.state === 'attempted',
        }));
      return;
    case 'sent':
      change(state, record.id, record.to, () => ({
        state: 'sent',
        providerId: record.providerId,
        ...(record.gateway !== undefined && { gateway: record.gateway }),
        reason: null,
        message: null,
        at: record.at,
      }));
      tell(state, record.id, record.to, { outcome: 'sent', at: record.at });
      countIfSms(state, record.id, record.to, record.at);
      oweNothing(state, record.id, record.to);
      return;
    case 'retry':
      change(state, record.id, record.to, (known) => ({
        state: 'owed',
        reason: record.reason,
        message: record.message,
        notBefore: record.notBefore,
        maybeTwice: known.maybeTwice || record.uncertain,
        at: record.at,
      }));
      return;
    case 'failed':
      change(state, record.id, record.to, () => ({
        state: 'failed',
        reason: record.reason,
        message: record.message,
        at: record.at,
      }));
      tell(state, record.id, record.to, {
        outcome: 'failed',
        at: record.at,
        reason: record.reason,
        mayHaveArrived: state.open.get(record.id)?.recipients.get(record.to)?.maybeTwice === true,
      });
      oweNothing(state, record.id, record.to);
      return;
    case 'settled': {
      const notification = state.open.get(record.id);
      if (notification === undefined) return;
      notification.settled = { how: record.how, at: record.at };
      state.open.delete(record.id);
      closed(state, notification);
      for (const to of notification.recipients.keys()) oweNothing(state, record.id, to);
      state.recent.push(notification);
      if (state.recent.length > keptRecent) state.recent.splice(0, state.recent.length - keptRecent);
      return;
    }
    case 'told':
      remember(state, record.key, record.entry);
      return;
    case 'way':
      state.ways.set(record.id, record.way);
      return;
    case 'recipient':
      change(state, record.id, record.recipient.to, () => record.recipient);
      if (record.recipient.state === 'sent' || record.recipient.state === 'failed')
        oweNothing(state, record.id, record.recipient.to);
      return;
    case 'silence':
      state.silences.set(record.silence.id, newestOf(state.silences.get(record.silence.id), record.silence));
      return;
    case 'silenceForgotten':
      state.silences.delete(record.id);
      return;
    case 'episode':
      if (record.episode === null) state.episodes.delete(record.owner);
      else state.episodes.set(record.owner, record.episode);
      return;
    case 'code':
      keepCode(state, record.code, record.stands);
      return;
    case 'rule':
      if (record.memory.alerts.length === 0) state.rules.delete(record.memory.rule);
      else state.rules.set(record.memory.rule, record.memory);
      return;
    case 'smsSent':
      countSms(state, record.to, record.messages);
      return;
    case 'held':
      if (record.held.to.length === 0) state.held.delete(heldKey(record.held));
      else state.held.set(heldKey(record.held), record.held);
      return;
    case 'watchdog':
      if (record.missingSince === null) state.missingWatchdogs.delete(record.name);
      else state.missingWatchdogs.set(record.name, record.missingSince);
      return;
    case 'watchdogHeard':
      if (record.heard === null) state.watchdogsHeard.delete(record.name);
      else state.watchdogsHeard.set(record.name, record.heard);
      return;
    case 'central':
      state.centralSilentSince = record.silentSince;
      return;
    case 'receipt':
      report(state, record);
  }
}

function keepBegun({ begun }: MutableLedgerState, fingerprint: string, one: Begun): void {
  begun.delete(fingerprint);
  begun.set(fingerprint, one);
  if (begun.size <= mostBegun) return;
  const [oldest] = begun.keys();
  if (oldest !== undefined) begun.delete(oldest);
}

const standsFor = (intent: Intent): MessageCode => ({
  groupKey: intent.groupKey,
  at: intent.at,
  owners: ownersOf(intent).map(ownerHash),
});

/** They come in the order of their messages: what nobody remembers is at the front. */
function keepCode({ codes }: MutableLedgerState, code: string, stands: MessageCode): void {
  codes.set(code, stands);
  for (const [old, known] of codes) {
    if (isRemembered(known, stands.at)) return;
    codes.delete(old);
  }
}

/** Those of messages that are written anyway follow from them. */
function* codesOf({ codes, recent, open }: MutableLedgerState, now: Instant): Generator<LedgerRecord> {
  const said = new Set([...recent, ...open.values()].map(({ intent }) => intent.acknowledgeCode));
  for (const [code, stands] of codes)
    if (isRemembered(stands, now) && !said.has(code))
      yield { kind: 'code', code, stands: isValid(stands, now) ? stands : { ...stands, owners: [] } };
}

/** Several that come within minutes would have been as many messages: theirs counts. */
const kindOf = ({ bundle }: Intent): SentMessage['kind'] =>
  bundle === undefined || bundle.why === 'together' ? 'single' : 'digest';

function countIfSms(state: MutableLedgerState, id: string, to: string, at: Instant): void {
  const intent = state.open.get(id)?.intent;
  if (intent?.channel === 'sms') countSms(state, to, [{ at, kind: kindOf(intent) }]);
}

function oweSms(state: MutableLedgerState, intent: Intent): void {
  if (intent.channel !== 'sms') return;
  for (const to of intent.to) {
    const owed = state.smsOwed.get(to) ?? new Map<string, SentMessage>();
    state.smsOwed.set(to, owed.set(intent.id, { at: intent.at, kind: kindOf(intent) }));
  }
}

function oweNothing(state: MutableLedgerState, id: string, to: string): void {
  const owed = state.smsOwed.get(to);
  owed?.delete(id);
  if (owed?.size === 0) state.smsOwed.delete(to);
}

function countSms(state: MutableLedgerState, to: string, messages: readonly SentMessage[]): void {
  const all = [...(state.smsSent.get(to) ?? []), ...messages];
  const newest = all.at(-1)?.at ?? 0;
  state.smsSent.set(
    to,
    all.filter(({ at }) => newest - at < budgetMemory),
  );
}

/** The newest message first: providers count their ids anew one day. */
export const newestFirst = <One extends Notification>(state: {
  readonly open: ReadonlyMap<string, One>;
  readonly recent: readonly One[];
}): readonly One[] => [...[...state.open.values()].toReversed(), ...state.recent.toReversed()];

type ReceiptRecord = LedgerRecord & { readonly kind: 'receipt' };

/** The message that it is about. */
export const reportedOn = <One extends Notification>(
  state: { readonly open: ReadonlyMap<string, One>; readonly recent: readonly One[] },
  { providerId, of }: Pick<ReceiptRecord, 'providerId' | 'of'>,
): { readonly notification: One; readonly recipient: Recipient } | undefined => {
  for (const notification of newestFirst(state))
    for (const recipient of notification.recipients.values())
      if (of === undefined ? recipient.providerId === providerId : isOf(notification, recipient, of))
        return { notification, recipient };
  return undefined;
};

const isOf = ({ intent }: Notification, { to }: Recipient, of: NonNullable<ReceiptRecord['of']>): boolean =>
  intent.id === of.id && to === of.to;

function report(state: MutableLedgerState, record: ReceiptRecord): void {
  const found = reportedOn(state, record);
  if (found === undefined) return;
  const { notification, recipient } = found;
  notification.recipients.set(recipient.to, { ...recipient, receipt: record.receipt });
}

function closed(state: MutableLedgerState, { intent }: Notification): void {
  for (const owner of ownersOf(intent)) {
    const ids = state.openOf.get(owner);
    ids?.delete(intent.id);
    if (ids?.size === 0) state.openOf.delete(owner);
  }
}

function change(
  state: MutableLedgerState,
  id: string,
  to: string,
  changes: (known: Recipient) => Partial<Recipient>,
): void {
  const recipients = state.open.get(id)?.recipients;
  const known = recipients?.get(to);
  if (recipients !== undefined && known !== undefined) recipients.set(to, { ...known, ...changes(known) });
}

function tell(state: MutableLedgerState, id: string, to: string, ending: Ending): void {
  const intent = state.open.get(id)?.intent;
  if (intent === undefined) return;
  for (const cover of intent.covers ?? [intent]) {
    const key = recipientKey({ ...intent, groupKey: cover.groupKey }, to);
    remember(state, key, { ...toldEntry(cover, ending, state.told.get(key)), way: intent.way });
  }
}

/** Somebody who knows of nothing that fires is as somebody who was never told. */
export function remember({ told, toldOf }: MutableLedgerState, key: string, entry: Told): void {
  const { groupKey } = placeOf(key);
  const keys = toldOf.get(groupKey) ?? new Set<string>();
  if (isEmpty(entry)) {
    told.delete(key);
    keys.delete(key);
    if (keys.size === 0) toldOf.delete(groupKey);
    return;
  }
  // what changes without a message changes nothing about how he was told
  const { way = told.get(key)?.way, ...rest } = entry;
  told.set(key, way === undefined ? rest : { ...rest, way });
  toldOf.set(groupKey, keys.add(key));
}

/** After a replay that a kill cut short: what another one has taken the place of, and nobody was left to say so. */
export function settleReplaced(state: MutableLedgerState): void {
  const newest = new Map<string, MutableNotification>();
  const inTime = [...state.open.values()].sort((one, other) => one.intent.at - other.intent.at);
  for (const notification of inTime)
    for (const owner of ownersOf(notification.intent)) {
      const { channel, index, at } = notification.intent;
      const place = JSON.stringify([owner, channel, index]);
      const before = newest.get(place);
      newest.set(place, notification);
      // what speaks for several groups is never replaced for one of them
      if (before === undefined || before.intent.covers !== undefined || before.intent.id === notification.intent.id)
        continue;
      for (const record of doubtsOf(before, state, at)) applyRecord(state, record);
      applyRecord(state, { kind: 'settled', id: before.intent.id, at, how: 'superseded' });
    }
}

const copied = (one: MutableNotification): MutableNotification => ({ ...one, recipients: new Map(one.recipients) });

/** As it is at this moment, while the state goes on: what records change in place is another one's. */
export function frozen(state: MutableLedgerState): MutableLedgerState {
  const parts = Object.entries(state).map(([name, part]: [string, unknown]) => [
    name,
    part instanceof Map ? new Map<unknown, unknown>(part) : part,
  ]);
  return {
    ...(Object.fromEntries(parts) as MutableLedgerState),
    open: new Map([...state.open].map(([id, one]) => [id, copied(one)])),
    recent: state.recent.map(copied),
  };
}

/** Those that somebody may still be told the end by. */
function waysInUse({ ways, told, open }: MutableLedgerState): readonly (readonly [string, Way])[] {
  const used = new Set<string | undefined>();
  for (const { way } of told.values()) used.add(way);
  for (const { intent } of open.values()) used.add(intent.way);
  return [...ways].filter(([id]) => used.has(id));
}

const longestRepeat = 90 * 86_400_000;

/** The shortest story that ends in this state; what nothing asks for any more is left out. */
export function* recordsOf(state: MutableLedgerState, now: Instant): Generator<LedgerRecord> {
  for (const alert of state.alerts.values()) yield { kind: 'alert', alert };
  for (const [fingerprint, begun] of state.begun)
    if (begun.until > now) yield { kind: 'forgotten', fingerprint, begun };
  for (const silence of state.silences.values()) yield { kind: 'silence', silence };
  for (const [to, messages] of state.smsSent)
    if (now - (messages.at(-1)?.at ?? 0) < budgetMemory) yield { kind: 'smsSent', to, messages };
  for (const memory of state.rules.values()) yield { kind: 'rule', memory };
  for (const [owner, episode] of state.episodes) yield { kind: 'episode', owner, episode };
  yield* codesOf(state, now);
  for (const { intent, recipients, settled } of [...state.recent, ...state.open.values()]) {
    yield { kind: 'intent', intent };
    for (const recipient of recipients.values()) yield { kind: 'recipient', id: intent.id, recipient };
    if (settled !== null) yield { kind: 'settled', id: intent.id, ...settled };
  }
  for (const [id, way] of waysInUse(state)) yield { kind: 'way', id, way };
  for (const held of state.held.values()) yield { kind: 'held', held };
  for (const [name, missingSince] of state.missingWatchdogs) yield { kind: 'watchdog', name, missingSince };
  for (const [name, heard] of state.watchdogsHeard) yield { kind: 'watchdogHeard', name, heard };
  if (state.centralSilentSince !== null) yield { kind: 'central', silentSince: state.centralSilentSince };
  const standing = new Set([...state.alerts.values()].map(periodOf));
  // the end of what was announced is owed for as long as it lasts, also where nobody is reminded of it
  const isOwed = ({ firing, muted = [], heard = [] }: Told): boolean =>
    [firing, muted, heard].some((periods) => periods.some((period) => standing.has(period)));
  for (const [key, entry] of state.told)
    if (now - entry.at < longestRepeat || isOwed(entry)) yield { kind: 'told', key, entry };
}
