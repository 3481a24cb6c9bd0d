// What has been carried to an account and is not durable there yet: where it comes from nothing is cleared before it is.
import type { LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';

export class Unwritten {
  /** by account, the last write that it is in */
  readonly #pending = new Map<string, Promise<void>>();
  readonly #failed = new Set<string>();

  add(records: readonly LedgerRecord[], written: Promise<void>): void {
    const keys = records.flatMap((record) => (record.kind === 'told' ? [record.key] : []));
    for (const key of keys) this.#pending.set(key, written);
    const over = (): readonly string[] => keys.filter((key) => this.#pending.get(key) === written);
    written.then(
      () => over().forEach((key) => this.#pending.delete(key)),
      () =>
        over().forEach((key) => {
          this.#pending.delete(key);
          this.#failed.add(key);
        }),
    );
  }

  /** Null: all of them are durable. */
  waitFor(keys: readonly string[]): Promise<void> | null {
    const writes = new Set(keys.flatMap((key) => this.#pending.get(key) ?? []));
    return writes.size === 0 ? null : Promise.all(writes).then(() => undefined);
  }

  /** As they are now, those of them that could not be written. */
  again(keys: readonly string[], { told }: Pick<LedgerState, 'told'>): readonly LedgerRecord[] {
    return keys.flatMap((key): readonly LedgerRecord[] => {
      const entry = told.get(key);
      return this.#failed.delete(key) && entry !== undefined ? [{ kind: 'told', key, entry }] : [];
    });
  }
}
