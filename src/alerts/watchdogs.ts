// Alerts that must keep coming in: they are told to nobody, and their silence is springtide's own alert.
import type { Clock } from '../clock.ts';
import { compileMatcher, parseMatchers } from '../matching/matchers.ts';
import type { CompiledMatcher } from '../matching/matchers.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import { rfc3339, since } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { asOf } from './alert.ts';
import type { Alert } from './alert.ts';
import type { LedgerRecord, WatchdogHeard } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';

export interface WatchdogParts {
  readonly clock: Clock;
  readonly state: Pick<LedgerState, 'missingWatchdogs' | 'watchdogsHeard'>;
  readonly document: () => AlertsDocument;
  readonly write: (records: readonly LedgerRecord[]) => void;
}

interface Listening {
  readonly name: string;
  readonly within: Milliseconds;
  readonly matchers: readonly CompiledMatcher[];
  /** when it came last; where it never did, when we began to listen */
  heardAt: Instant;
  /** its silence, were we always here: what it was waited for in earlier processes lies before our start */
  silentFrom: Instant;
}

/** Not each word is written down: a process that is killed forgets this share of the silence at most. */
const share = 0.25;

export class Watchdogs {
  readonly #parts: WatchdogParts;
  #written: AlertsDocument['watchdogs'] = [];
  #listening: readonly Listening[] = [];

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#refresh(parts.clock.now());
  }

  /** True: it is one of them, and nothing else is to be done about it. */
  takes(alert: Alert): boolean {
    const now = this.#parts.clock.now();
    this.#refresh(now);
    const meant = this.#listening.filter(({ matchers }) => matchers.every((one) => one.matches(alert.labels)));
    if (asOf(alert, now).ended === null) for (const one of meant) this.#hear(one, now);
    return meant.length > 0;
  }

  /** Those that have been silent for too long; one that was missing before a restart is missing until it is heard. */
  missing(): NonNullable<LoopFacts['missingWatchdogs']> {
    const now = this.#parts.clock.now();
    this.#refresh(now);
    const { state, write } = this.#parts;
    for (const { name, within, heardAt, silentFrom } of this.#listening) {
      if (state.missingWatchdogs.has(name)) continue;
      const silentFor = since(silentFrom, now);
      const kept = state.watchdogsHeard.get(name)?.silentFor ?? 0;
      if (silentFor >= within) write([{ kind: 'watchdog', name, missingSince: heardAt }]);
      else if (silentFor - kept >= within * share) this.#keep(name, { at: heardAt, silentFor });
    }
    return this.#listening.flatMap(({ name, within }) => {
      const missingSince = state.missingWatchdogs.get(name);
      return missingSince === undefined ? [] : [{ name, since: rfc3339(missingSince), withinSeconds: within / 1000 }];
    });
  }

  #hear(one: Listening, now: Instant): void {
    const { name, within } = one;
    const { state, write } = this.#parts;
    one.heardAt = now;
    one.silentFrom = now;
    if (state.missingWatchdogs.has(name)) write([{ kind: 'watchdog', name, missingSince: null }]);
    const kept = state.watchdogsHeard.get(name);
    if (kept === undefined || kept.silentFor > 0 || since(kept.at, now) >= within * share)
      this.#keep(name, { at: now, silentFor: 0 as Milliseconds });
  }

  #keep(name: string, heard: WatchdogHeard | null): void {
    this.#parts.write([{ kind: 'watchdogHeard', name, heard }]);
  }

  /** While we were away nobody could be heard: that time is not counted. */
  #refresh(now: Instant): void {
    const { watchdogs } = this.#parts.document();
    if (watchdogs === this.#written) return;
    const { state, write } = this.#parts;
    const before = new Map(this.#listening.map((one) => [one.name, one]));
    this.#written = watchdogs;
    this.#listening = watchdogs.map(({ name, within, matchers }) => {
      const { at, silentFor } = state.watchdogsHeard.get(name) ?? { at: now, silentFor: 0 };
      const { heardAt, silentFrom } = before.get(name) ?? { heardAt: at, silentFrom: (now - silentFor) as Instant };
      const compiled = matchers.flatMap((text) => parseMatchers(text)).map(compileMatcher);
      return { name, within, matchers: compiled, heardAt, silentFrom };
    });
    const names = new Set(watchdogs.map(({ name }) => name));
    for (const name of state.missingWatchdogs.keys())
      if (!names.has(name)) write([{ kind: 'watchdog', name, missingSince: null }]);
    for (const name of state.watchdogsHeard.keys()) if (!names.has(name)) this.#keep(name, null);
  }
}
