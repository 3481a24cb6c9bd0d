// Reading a segment back: a torn last line is the mark of a kill, damage before it is reported and read around.
import type { Instant } from '../../model/units.ts';
import { stepUp, type Schemas, type Upgrade } from '../../schemas.ts';
import { inSlices } from '../../slices.ts';
import { applyRecord } from './fold.ts';
import { decodeLine } from './line.ts';
import type { LedgerRecord } from './records.ts';
import { upgradeOf } from './schema.ts';
import type { MutableLedgerState } from './state.ts';

export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly kind: 'tornLastLine' | 'damagedLine' | 'noHeader';
}

export interface Replay {
  readonly records: readonly LedgerRecord[];
  readonly damage: readonly Damage[];
  /** null: it was written in this version's own schema */
  readonly upgrade: Upgrade | null;
  /** where the header says it */
  readonly writtenAt: Instant | null;
}

const newline = 0x0a;

/** Others have their turns meanwhile. */
export const replaySegment = (file: string, content: Buffer, schemas: Schemas, now: Instant): Promise<Replay> =>
  inSlices(replaying(file, content, schemas, now));

function* replaying(file: string, content: Buffer, schemas: Schemas, now: Instant): Generator<undefined, Replay> {
  const records: LedgerRecord[] = [];
  const damage: Damage[] = [];
  let headed = false;
  let upgrade: Upgrade | null = null;
  let writtenAt: Instant | null = null;
  for (let offset = 0; offset < content.length;) {
    const end = content.indexOf(newline, offset);
    const line = end === -1 ? undefined : decodeLine(content.toString('utf8', offset, end));
    const isFirst = offset === 0;
    if (line === undefined) damage.push({ file, offset, kind: end === -1 ? 'tornLastLine' : 'damagedLine' });
    else if (line.kind === 'ledger') {
      upgrade = upgradeOf(line, schemas, file, now);
      writtenAt = line.writtenAt ?? null;
      headed ||= isFirst;
    } else records.push(stepUp(line, schemas, upgrade) as LedgerRecord);
    if (end === -1) break;
    offset = end + 1;
    yield;
  }
  if (!headed && content.length > 0 && damage[0]?.offset !== 0) damage.unshift({ file, offset: 0, kind: 'noHeader' });
  return { records, damage, upgrade, writtenAt };
}

/** In their order; of a month there are many. */
export const applyAll = (state: MutableLedgerState, records: readonly LedgerRecord[]): Promise<void> =>
  inSlices(applying(state, records));

function* applying(state: MutableLedgerState, records: readonly LedgerRecord[]): Generator<undefined, void> {
  for (const record of records) {
    applyRecord(state, record);
    yield;
  }
}
