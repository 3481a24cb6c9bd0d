// The ledger's meaning: what its records add up to. The same fold serves live appends, replay and compaction.
import type { Instant } from '../../model/units.ts';
import type { Alert } from '../alert.ts';
import { recipientKey } from './records.ts';
import type { Intent, LedgerRecord, Recipient, Settlement, Told } from './records.ts';

export interface Notification {
  readonly intent: Intent;
  readonly recipients: ReadonlyMap<string, Recipient>;
  readonly settled: { readonly how: Settlement; readonly at: Instant } | null;
}

export interface LedgerState {
  readonly alerts: ReadonlyMap<string, Alert>;
  /** intents that somebody is still owed */
  readonly open: ReadonlyMap<string, Notification>;
  /** what each recipient of each group was last told */
  readonly told: ReadonlyMap<string, Told>;
  /** the last settled ones, the newest last */
  readonly recent: readonly Notification[];
}

interface MutableNotification {
  intent: Intent;
  recipients: Map<string, Recipient>;
  settled: Notification['settled'];
}

export interface MutableLedgerState {
  alerts: Map<string, Alert>;
  open: Map<string, MutableNotification>;
  told: Map<string, Told>;
  recent: MutableNotification[];
}

export const emptyLedgerState = (): MutableLedgerState => ({
  alerts: new Map(),
  open: new Map(),
  told: new Map(),
  recent: [],
});

const keptRecent = 200;

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
      return;
    case 'forgotten':
      state.alerts.delete(record.fingerprint);
      return;
    case 'intent': {
      const { intent } = record;
      const recipients = new Map(intent.to.map((to) => [to, newRecipient(to, intent.at)]));
      state.open.set(intent.id, { intent, recipients, settled: null });
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
        reason: null,
        message: null,
        at: record.at,
      }));
      tell(state, record.id, record.to, 'sent', record.at);
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
      tell(state, record.id, record.to, 'failed', record.at);
      return;
    case 'settled': {
      const notification = state.open.get(record.id);
      if (notification === undefined) return;
      notification.settled = { how: record.how, at: record.at };
      state.open.delete(record.id);
      state.recent.push(notification);
      if (state.recent.length > keptRecent) state.recent.splice(0, state.recent.length - keptRecent);
      return;
    }
    case 'told':
      remember(state, record.key, record.entry);
      return;
    case 'recipient':
      change(state, record.id, record.recipient.to, () => record.recipient);
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

function tell(state: MutableLedgerState, id: string, to: string, outcome: Told['outcome'], at: Instant): void {
  const intent = state.open.get(id)?.intent;
  if (intent === undefined) return;
  remember(state, recipientKey(intent, to), { firing: intent.firing, resolved: intent.resolved, at, outcome });
}

/** Somebody who knows of nothing that fires is as somebody who was never told. */
function remember(state: MutableLedgerState, key: string, entry: Told): void {
  if (entry.firing.length === 0) state.told.delete(key);
  else state.told.set(key, entry);
}

const longestRepeat = 90 * 86_400_000;

/** The shortest story that ends in this state; what nothing asks for any more is left out. */
export function* recordsOf(state: MutableLedgerState, now: Instant): Generator<LedgerRecord> {
  for (const alert of state.alerts.values()) yield { kind: 'alert', alert };
  for (const { intent, recipients, settled } of [...state.recent, ...state.open.values()]) {
    yield { kind: 'intent', intent };
    for (const recipient of recipients.values()) yield { kind: 'recipient', id: intent.id, recipient };
    if (settled !== null) yield { kind: 'settled', id: intent.id, ...settled };
  }
  for (const [key, entry] of state.told) if (now - entry.at < longestRepeat) yield { kind: 'told', key, entry };
}
