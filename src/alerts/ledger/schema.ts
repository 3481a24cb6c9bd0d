// Which schema a ledger is written in: the header of each file or object says it, and records follow.
import { readBack, stepBack, type Schemas, type Upgrade } from '../../schemas.ts';
import type { Instant } from '../../model/units.ts';
import { encodeLine, linePieces } from './line.ts';
import { ledgerSchema, type LedgerHeader, type LedgerRecord } from './records.ts';

/** 1 steps over the kinds of records that it does not know: the way back needs no more than its number. */
export const ledgerSchemas: Schemas = {
  current: ledgerSchema,
  before: { from: 1, upgrade: (record) => record, downgrade: (record) => record },
};

/** The upgrade that a header tells of; throws where it is of a schema that this version cannot read. */
export const upgradeOf = (header: LedgerHeader, schemas: Schemas, where: string, now: Instant): Upgrade | null =>
  readBack(header, schemas, where, 'alert ledger', now).upgrade;

export function headerLine(schemas: Schemas, upgrade: Upgrade | null, now: Instant, writtenAt?: Instant): string {
  const step = stepBack(schemas, upgrade, now);
  return encodeLine({
    kind: 'ledger',
    schema: step?.from ?? schemas.current,
    ...(step !== null && upgrade !== null && { upgrade }),
    ...(writtenAt !== undefined && { writtenAt }),
  });
}

/** The line in pieces; an empty one says that there was work, and others may have their turns. */
export function recordLine(
  record: LedgerRecord,
  schemas: Schemas,
  upgrade: Upgrade | null,
  now: Instant,
): Generator<string, void> {
  const step = stepBack(schemas, upgrade, now);
  return linePieces(step === null ? record : (step.downgrade(record) as LedgerRecord));
}
