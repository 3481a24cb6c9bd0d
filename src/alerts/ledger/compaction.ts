// The state written anew: the shortest story that ends in it.
import type { Instant } from '../../model/units.ts';
import { periodOf } from '../alert.ts';
import { budgetMemory } from '../budget.ts';
import { codesOf } from './codes.ts';
import type { LedgerRecord, Told } from './records.ts';
import type { MutableLedgerState, MutableNotification } from './state.ts';

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

/**
 * Ways by which nobody may be told an end any more. Forgotten here and not only left out of what is written: whoever is
 * told by one of them again writes it down again.
 */
export function forgetWays({ ways, told, open, held }: MutableLedgerState): void {
  const used = new Set<string | undefined>();
  for (const { way } of told.values()) used.add(way);
  for (const { intent } of open.values()) used.add(intent.way);
  for (const { way } of held.values()) used.add(way);
  for (const id of ways.keys()) if (!used.has(id)) ways.delete(id);
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
  for (const [id, way] of state.ways) yield { kind: 'way', id, way };
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
