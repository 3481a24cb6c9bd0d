// What each home of the ledger has to hold now, and the bytes that its object holds it as.
import type { Instant } from '../../model/units.ts';
import type { Schemas, Upgrade } from '../../schemas.ts';
import { forgetWays, recordsOf } from './compaction.ts';
import { withoutSettled } from './finished.ts';
import { homesInOrder, type Home } from './homes.ts';
import { packed } from './packing.ts';
import type { LedgerRecord } from './records.ts';
import { headerLine, recordLine } from './schema.ts';
import type { MutableLedgerState } from './state.ts';

/** The records that end in what these homes have now. */
export function* recordsByHome(
  state: MutableLedgerState,
  homes: ReadonlySet<Home>,
  now: Instant,
): Generator<undefined, Map<Home, LedgerRecord[]>> {
  const records = new Map<Home, LedgerRecord[]>();
  const homeOf = homesInOrder();
  forgetWays(state);
  let count = 0;
  for (const record of recordsOf(state, now)) {
    const home = homeOf(record);
    if (homes.has(home)) {
      const known = records.get(home);
      if (known === undefined) records.set(home, [record]);
      else known.push(record);
    }
    if (++count % 256 === 0) yield;
  }
  return records;
}

export interface Form {
  readonly schemas: Schemas;
  readonly upgrade: Upgrade | null;
  readonly now: Instant;
}

/** As few as may be where `most` is not enough for all: without what is kept for explaining only. */
export async function packedRecords(records: readonly LedgerRecord[], most: number, form: Form): Promise<Buffer> {
  const bytes = await packed(linesOf(records, form));
  return bytes.length <= most ? bytes : packedWithoutSettled(records, form);
}

export const packedWithoutSettled = (records: readonly LedgerRecord[], form: Form): Promise<Buffer> =>
  packed(linesOf(withoutSettled(records), form));

function* linesOf(records: readonly LedgerRecord[], { schemas, upgrade, now }: Form): Generator<string> {
  yield headerLine(schemas, upgrade, now, now);
  for (const record of records) yield* recordLine(record, schemas, upgrade, now);
}
