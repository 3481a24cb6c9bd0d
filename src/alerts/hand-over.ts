// After a reload or a start: what somebody knows is carried to where the configuration tells him now, or stays until he has heard its end.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { accountsBeside } from './accounts.ts';
import { fingerprintIn } from './alert.ts';
import type { Alert } from './alert.ts';
import { announcedIn, both, isSame, only, withEnds } from './carried-accounts.ts';
import type { Group } from './group-table.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { placeOf } from './ledger/records.ts';
import type { LedgerRecord, Told } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { knownTo } from './ledger/told-entry.ts';
import { fallbackOf } from './reach.ts';
import { toldKey } from './told.ts';
import { goneIndex, recallSecrets, serves } from './ways.ts';
import type { Place } from './ways.ts';

export interface HandOverParts {
  readonly state: LedgerState;
  readonly document: AlertsDocument;
  readonly groups: {
    of(key: string, receiver: string): Group | undefined;
    holding(fingerprint: string): readonly Group[];
  };
  readonly alerts: { get(fingerprint: string): Alert | undefined };
}

export interface HandOver {
  /** what is known in another place from now on: durable before the old place is cleared, so that a kill in between loses nothing */
  readonly first: readonly LedgerRecord[];
  /** asked for anew when that is durable */
  readonly then: readonly LedgerRecord[];
  /** the accounts that have what others lose: as they are now they must be durable before that */
  readonly targets: readonly string[];
  /** by group, those to which something of it is carried */
  readonly carriedTo: ReadonlyMap<string, ReadonlySet<string>>;
  /** by group and receiver: of these nobody but those who were told is told anything, and no more than the end */
  readonly left: readonly LeftBehind[];
}

export interface LeftBehind {
  readonly key: string;
  readonly receiver: string;
  readonly alerts: readonly Alert[];
}

type InGroup = Place & { readonly groupKey: string };

/** by account: what of another one it has from now on */
type Moves = Map<string, Set<string>>;

function carry(moves: Moves, key: string, period: string): void {
  const known = moves.get(key);
  if (known === undefined) moves.set(key, new Set([period]));
  else known.add(period);
}

interface Speaker {
  readonly group: Group;
  readonly integration: Integration;
}

/** All that may tell of a group: its receiver, and whoever stands in for it. */
export function speakersOf(document: AlertsDocument, receiver: string, now: Instant): readonly Integration[] {
  const fallback = fallbackOf(document, receiver)?.receiver;
  const names = fallback === undefined ? [receiver] : [receiver, fallback];
  return names.flatMap((name) => integrationsOf(document, name, now));
}

/** `heardIn`: groups to which something of these was carried before, and where people may have heard the end since. */
export function handOver(
  groupKeys: Iterable<string>,
  heardIn: Iterable<string>,
  parts: HandOverParts,
  now: Instant,
): HandOver {
  recallSecrets(parts.state.ways, parts.document, now);
  const course = new Course(parts, now);
  const keys = [...groupKeys];
  // first what people have heard the end of, by whichever account: nothing of that goes along with another one
  for (const key of new Set([...keys, ...heardIn])) course.hear(key);
  for (const key of keys) course.settle(key);
  return course.result();
}

class Course {
  readonly #parts: HandOverParts;
  readonly #now: Instant;
  readonly #speakers = new Map<string, readonly Integration[]>();
  readonly #added = new Map<string, Told>();
  /** by account: of what its owner has heard the end by another one */
  readonly #heard = new Map<string, Told>();
  /** something of them goes to another one, or all */
  readonly #gone = new Set<string>();
  /** and something stays: they are still of the same owner */
  readonly #stays = new Set<string>();
  readonly #carriedTo = new Map<string, Set<string>>();
  readonly #left = new Map<string, { key: string; receiver: string; alerts: Map<string, Alert> }>();

  constructor(parts: HandOverParts, now: Instant) {
    this.#parts = parts;
    this.#now = now;
  }

  hear(groupKey: string): void {
    const { state } = this.#parts;
    for (const key of state.toldOf.get(groupKey) ?? []) {
      const entry = state.told.get(key);
      if (entry !== undefined) this.#tellAccounts(key, entry);
    }
  }

  settle(groupKey: string): void {
    const { state, document, groups } = this.#parts;
    const keys = [...(state.toldOf.get(groupKey) ?? [])];
    if (keys.length === 0) return;
    const live = document.receivers.flatMap(({ name }) => {
      const group = groups.of(groupKey, name);
      return group === undefined || group.isLeft ? [] : [group];
    });
    for (const key of keys) {
      const entry = this.#known(key);
      if (entry !== undefined) this.#settle(key, entry, live);
    }
  }

  /** With the ends that its owner has heard by another one. */
  #known(key: string): Told | undefined {
    const entry = this.#parts.state.told.get(key);
    const ends = this.#heard.get(key);
    return entry === undefined || ends === undefined ? entry : withEnds(entry, ends);
  }

  #settle(key: string, entry: Told, live: readonly Group[]): void {
    const place = placeOf(key);
    const moves: Moves = new Map();
    for (const period of this.#overIn(entry)) this.#giveTo(period, place, entry, moves);
    this.#find(key, place, entry, live, moves);
    for (const [target, periods] of moves) this.#add(key, target, only(entry, periods));
  }

  #find(key: string, place: InGroup, entry: Told, live: readonly Group[], moves: Moves): void {
    const speaker = this.#speakerFor(place, entry, live);
    if (speaker !== null) {
      const target = keyOf(speaker, place);
      const stays = this.#sendAfter(place, entry, speaker.group, moves);
      if (target !== key || stays !== entry) this.#move(key, target, stays);
      return;
    }
    // of which nothing is left needs no end
    const announced = announcedIn(entry).filter((period) => this.#alertOf(period));
    const stood = live.find(({ route }) => route.receiver === place.receiver);
    const rest = announced.filter(
      (period) =>
        !this.#giveTo(period, place, entry, moves) &&
        (stood === undefined || isIn(stood, period) || !this.#leaveWith(period, place, entry, moves)),
    );
    const gone = goneKey(place, entry, this.#parts.state.ways);
    this.#gone.add(key);
    if (gone === key) this.#stays.add(key);
    for (const period of [...rest, ...this.#overIn(entry)]) carry(moves, gone, period);
    if (rest.length === 0) return;
    const { groupKey, receiver } = place;
    if (stood !== undefined) return;
    const id = JSON.stringify([groupKey, receiver]);
    const left = this.#left.get(id) ?? { key: groupKey, receiver, alerts: new Map<string, Alert>() };
    this.#left.set(id, left);
    for (const period of rest) {
      const alert = this.#alertOf(period);
      if (alert !== undefined) left.alerts.set(alert.fingerprint, alert);
    }
  }

  /** Of what he has heard the end nothing is owed anywhere else. */
  #tellAccounts(key: string, entry: Told): void {
    const { state, groups } = this.#parts;
    const heard: Moves = new Map();
    for (const period of this.#overIn(entry))
      for (const other of accountsBeside(key, period, state, groups)) carry(heard, other, period);
    for (const [other, periods] of heard) {
      const ends = only(entry, periods);
      const known = this.#heard.get(other);
      this.#heard.set(other, known === undefined ? ends : both(known, ends));
    }
  }

  /** Routes have taken some of it elsewhere: what he knows of that goes along. The same object where nothing has gone. */
  #sendAfter(place: InGroup, entry: Told, group: Group, moves: Moves): Told {
    const gone = new Set(
      announcedIn(entry).filter(
        (period) =>
          !isIn(group, period) &&
          (this.#giveTo(period, place, entry, moves) || this.#leaveWith(period, place, entry, moves)),
      ),
    );
    if (gone.size === 0) return entry;
    const { firing, muted, heard } = entry;
    const stays = (period: string): boolean => !gone.has(period);
    return {
      ...entry,
      firing: firing.filter(stays),
      ...(muted !== undefined && { muted: muted.filter(stays) }),
      ...(heard !== undefined && { heard: heard.filter(stays) }),
    };
  }

  /** Another group that holds the alert tells him now. */
  #giveTo(period: string, place: InGroup, entry: Told, moves: Moves): boolean {
    const speaker = this.#speakerFor(place, entry, this.#holding(period));
    if (speaker === null) return false;
    carry(moves, keyOf(speaker, place), period);
    return true;
  }

  /** The group that holds the alert tells others: him it tells the end. */
  #leaveWith(period: string, place: InGroup, entry: Told, moves: Moves): boolean {
    const [group] = this.#holding(period);
    if (group === undefined) return false;
    const there = { ...place, groupKey: group.key, receiver: group.route.receiver };
    carry(moves, goneKey(there, entry, this.#parts.state.ways), period);
    return true;
  }

  /** Of what he has heard the end, and others perhaps not. */
  #overIn(entry: Told): readonly string[] {
    return (knownTo(entry)?.resolved ?? []).filter((period) => this.#alertOf(period));
  }

  #holding(period: string): readonly Group[] {
    return this.#parts.groups.holding(fingerprintIn(period)).filter(({ isLeft }) => !isLeft);
  }

  /** Where he is now: by the same number, in the same receiver, or anywhere in these groups. */
  #speakerFor(place: Place, entry: Told, groups: readonly Group[]): Speaker | null {
    const way = entry.way === undefined ? undefined : this.#parts.state.ways.get(entry.way);
    const found = groups.flatMap((group) =>
      this.#speakersOf(group)
        .filter((integration) => serves(integration, place, way))
        .map((integration): Speaker => ({ group, integration })),
    );
    const inReceiver = found.filter(({ integration }) => integration.receiver === place.receiver);
    return inReceiver.find(({ integration }) => integration.index === place.index) ?? inReceiver[0] ?? found[0] ?? null;
  }

  #speakersOf({ route: { receiver } }: Group): readonly Integration[] {
    let speakers = this.#speakers.get(receiver);
    if (speakers === undefined) {
      speakers = speakersOf(this.#parts.document, receiver, this.#now);
      this.#speakers.set(receiver, speakers);
    }
    return speakers;
  }

  #alertOf(period: string): Alert | undefined {
    return this.#parts.alerts.get(fingerprintIn(period));
  }

  #move(from: string, to: string, entry: Told): void {
    this.#gone.add(from);
    if (to === from) this.#stays.add(from);
    this.#add(from, to, entry);
  }

  #add(from: string, key: string, entry: Told): void {
    const before = this.#added.get(key);
    this.#added.set(key, before === undefined ? entry : both(before, entry));
    const [source, target] = [placeOf(from).groupKey, placeOf(key).groupKey];
    if (source !== target) this.#carriedTo.set(source, (this.#carriedTo.get(source) ?? new Set()).add(target));
  }

  result(): HandOver {
    const { told } = this.#parts.state;
    const first: LedgerRecord[] = [];
    const then: LedgerRecord[] = [];
    for (const [key, entry] of this.#added) {
      const before = told.get(key);
      const known = this.#known(key);
      const isAnothers = this.#gone.has(key) && !this.#stays.has(key);
      const next = isAnothers || known === undefined ? entry : both(known, entry);
      // what comes to it is known from now on, also where something else of it goes
      if (!isAnothers && (before === undefined || !isSame(next, before)))
        first.push({ kind: 'told', key, entry: next });
      if (this.#gone.has(key) && (before === undefined || !isSame(entry, before)))
        then.push({ kind: 'told', key, entry });
    }
    // of an end that he has heard nothing is owed from now on, and not when the rest has its place
    for (const key of this.#heard.keys()) {
      const [before, next] = [told.get(key), this.#known(key)];
      if (this.#added.has(key) || before === undefined || next === undefined) continue;
      if (!isSame(next, before)) first.push({ kind: 'told', key, entry: next });
    }
    const nothing: Told = { firing: [], resolved: [], at: this.#now, outcome: 'nothingToSay' };
    for (const key of this.#gone) if (!this.#added.has(key)) then.push({ kind: 'told', key, entry: nothing });
    return {
      first,
      then,
      targets: [...new Set([...this.#added.keys(), ...this.#heard.keys()])],
      carriedTo: this.#carriedTo,
      left: [...this.#left.values()].map(({ alerts, ...group }) => ({ ...group, alerts: [...alerts.values()] })),
    };
  }
}

const isIn = ({ alerts }: Group, period: string): boolean => alerts.has(fingerprintIn(period));

/** A webhook is called by its number: that of where it is now. */
const keyOf = ({ group, integration }: Speaker, { to }: Place): string =>
  toldKey(group.key, integration, integration.channel === 'webhook' ? (integration.to[0] ?? to) : to);

const goneKey = (place: InGroup, { way }: Told, ways: LedgerState['ways']): string => {
  const { groupKey, receiver, channel, to } = place;
  const index = goneIndex(channel, to, way === undefined ? undefined : ways.get(way));
  return toldKey(groupKey, { receiver, channel, index }, to);
};
