// Alerts that must keep coming in: they are told to nobody, and their silence is springtide's own alert.
import type { Clock } from '../clock.ts';
import { compileMatcher, parseMatchers } from '../matching/matchers.ts';
import type { CompiledMatcher } from '../matching/matchers.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import { later, rfc3339 } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { asOf } from './alert.ts';
import type { Alert } from './alert.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';

export interface WatchdogParts {
  readonly clock: Clock;
  readonly state: Pick<LedgerState, 'missingWatchdogs'>;
  readonly document: () => AlertsDocument;
  readonly write: (records: readonly LedgerRecord[]) => void;
}

type Written = AlertsDocument['watchdogs'];

export class Watchdogs {
  readonly #parts: WatchdogParts;
  readonly #seen = new Map<string, Instant>();
  #written: Written = [];
  #matchers = new Map<string, readonly CompiledMatcher[]>();

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#refresh(parts.clock.now());
  }

  /** True: it is one of them, and nothing else is to be done about it. */
  takes(alert: Alert): boolean {
    const now = this.#parts.clock.now();
    this.#refresh(now);
    const meant = [...this.#matchers].filter(([, matchers]) => matchers.every((one) => one.matches(alert.labels)));
    if (asOf(alert, now).ended === null)
      for (const [name] of meant) {
        this.#seen.set(name, now);
        if (this.#parts.state.missingWatchdogs.has(name))
          this.#parts.write([{ kind: 'watchdog', name, missingSince: null }]);
      }
    return meant.length > 0;
  }

  /** Those that have been silent for too long; one that was missing before a restart is missing until it is heard. */
  missing(): NonNullable<LoopFacts['missingWatchdogs']> {
    const now = this.#parts.clock.now();
    this.#refresh(now);
    const { state, write } = this.#parts;
    for (const { name, within } of this.#written) {
      const seen = this.#seen.get(name) ?? now;
      if (!state.missingWatchdogs.has(name) && later(seen, within) <= now)
        write([{ kind: 'watchdog', name, missingSince: seen }]);
    }
    return this.#written.flatMap(({ name, within }) => {
      const since = state.missingWatchdogs.get(name);
      return since === undefined ? [] : [{ name, since: rfc3339(since), withinSeconds: within / 1000 }];
    });
  }

  /** While we were away, and before it was written, nobody could be heard: each has its whole time. */
  #refresh(now: Instant): void {
    const { watchdogs } = this.#parts.document();
    if (watchdogs === this.#written) return;
    const names = new Set(watchdogs.map(({ name }) => name));
    this.#written = watchdogs;
    this.#matchers = new Map(
      watchdogs.map(({ name, matchers }) => [
        name,
        matchers.flatMap((text) => parseMatchers(text)).map(compileMatcher),
      ]),
    );
    for (const name of names) if (!this.#seen.has(name)) this.#seen.set(name, now);
    for (const name of [...this.#seen.keys()]) if (!names.has(name)) this.#seen.delete(name);
    const gone = [...this.#parts.state.missingWatchdogs.keys()].filter((name) => !names.has(name));
    this.#parts.write(gone.map((name) => ({ kind: 'watchdog', name, missingSince: null })));
  }
}
