// Which Kubernetes object a record of the ledger is kept in: one a notification group, a few for alerts, one for what belongs to all.
import { createHash } from 'node:crypto';
import type { LedgerRecord } from './records.ts';
import { reportedOn } from './receipts.ts';
import type { LedgerState, Notification } from './state.ts';

/** The end of an object's name. */
export type Home = string;

const alertHomes = 8;
const common: Home = 'common';
/** Seldom written, but then before a message goes that needs it. */
const ways: Home = 'ways';
/** As many alerts as one group may have. */
const mostKnown = 200_000;

/** A message asks for the homes of all its alerts, and hashing takes its time. */
function remembering(found: (key: string) => Home): (key: string) => Home {
  const known = new Map<string, Home>();
  return (key) => {
    let home = known.get(key);
    if (home === undefined) {
      home = found(key);
      if (known.size >= mostKnown) known.clear();
      known.set(key, home);
    }
    return home;
  };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

const alertHomeNames = Array.from({ length: alertHomes }, (_, number): Home => `alerts-${number}`);
const alertHome = remembering((key) => {
  const number = Number.parseInt(hashOf(key).slice(0, 8), 16) % alertHomes;
  return alertHomeNames[number] ?? '';
});
export const groupHome = remembering((groupKey) => `g-${hashOf(groupKey)}`);
export const isGroupHome = (home: Home): boolean => home.startsWith('g-');

/** Keys of what is told and of episodes begin with the group's. */
const firstOf = (key: string): string => {
  const [groupKey] = JSON.parse(key) as readonly unknown[];
  return typeof groupKey === 'string' ? groupKey : '';
};

const homeOfKey = remembering((key) => groupHome(firstOf(key)));

/** Intents, recipients and settlements belong to the group of the intent that was read before them. */
export function homesInOrder(): (record: LedgerRecord) => Home {
  const ofIntent = new Map<string, Home>();
  return (record) => {
    if (record.kind === 'intent') {
      const home = groupHome(record.intent.groupKey);
      ofIntent.set(record.intent.id, home);
      return home;
    }
    if ('id' in record && record.kind !== 'silenceForgotten' && record.kind !== 'way')
      return ofIntent.get(record.id) ?? common;
    return plainHome(record);
  };
}

type Plain = Exclude<
  LedgerRecord,
  { readonly kind: 'intent' | 'attempt' | 'sent' | 'retry' | 'failed' | 'settled' | 'recipient' }
>;

function plainHome(record: Plain): Home {
  switch (record.kind) {
    case 'alert':
      return alertHome(record.alert.fingerprint);
    case 'forgotten':
      return alertHome(record.fingerprint);
    case 'rule':
      return alertHome(record.memory.rule);
    case 'told':
      return homeOfKey(record.key);
    case 'episode':
      return homeOfKey(record.owner);
    case 'code':
      return groupHome(record.stands.groupKey);
    case 'way':
      return ways;
    case 'held':
      return groupHome(record.held.groupKey);
    case 'silence':
    case 'silenceForgotten':
    case 'smsSent':
    case 'watchdog':
    case 'watchdogHeard':
    case 'central':
    case 'receipt':
      return common;
  }
}

export interface Touched {
  /** durable before the append resolves */
  readonly at: readonly Home[];
  /** it follows from those, and may come later */
  readonly beside: readonly Home[];
}

/** Where the alerts are kept that somebody is about to be told of, and how: what is told must not be newer than what is known after a kill. */
export const spokenOf = (record: LedgerRecord, state: LedgerState): readonly Home[] =>
  record.kind === 'attempt'
    ? [
        ways,
        ...(notificationOf(state, record.id)?.intent.alerts ?? []).map(({ fingerprint }) => alertHome(fingerprint)),
      ]
    : [];

const notificationOf = (state: LedgerState, id: string): Notification | undefined =>
  state.open.get(id) ?? state.recent.findLast(({ intent }) => intent.id === id);

/** Where a record that has been applied to the state shows. */
export function touchedBy(record: LedgerRecord, state: LedgerState): Touched {
  switch (record.kind) {
    case 'intent':
      return { at: [groupHome(record.intent.groupKey)], beside: [] };
    case 'receipt': {
      const intent = reportedOn(state, record)?.notification.intent;
      return { at: intent === undefined ? [] : [groupHome(intent.groupKey)], beside: [] };
    }
    case 'attempt':
    case 'sent':
    case 'retry':
    case 'failed':
    case 'settled':
    case 'recipient': {
      const intent = notificationOf(state, record.id)?.intent;
      if (intent === undefined) return { at: [], beside: [] };
      // What a message for several groups has told follows from the message itself.
      const covered = (intent.covers ?? []).map(({ groupKey }) => groupHome(groupKey));
      const counts = record.kind === 'sent' && intent.channel === 'sms' ? [common] : [];
      const tells = record.kind === 'sent' || record.kind === 'failed';
      return { at: [groupHome(intent.groupKey)], beside: tells ? [...covered, ...counts] : [] };
    }
    default:
      return { at: [plainHome(record)], beside: [] };
  }
}
