// The ledger's meaning: what its records add up to. The same fold serves live appends, replay and compaction.
import type { Instant } from '../../model/units.ts';
import type { Begun } from '../flapping.ts';
import { newestOf } from '../silence.ts';
import { keepCode, standsFor } from './codes.ts';
import { report } from './receipts.ts';
import { heldKey } from './records.ts';
import type { LedgerRecord, Recipient } from './records.ts';
import { countIfSms, countSms, oweNothing, oweSms } from './sms-counts.ts';
import { ownersOf } from './state.ts';
import type { MutableLedgerState, Notification } from './state.ts';
import { forgetOver, remember, tell } from './remember.ts';

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
      forgetOver(state, record.fingerprint);
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
        ...(record.parts !== undefined && { parts: record.parts.map((id) => ({ id, hasArrived: false })) }),
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
      if (record.recipient.state !== 'owed' && record.recipient.state !== 'attempted')
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
