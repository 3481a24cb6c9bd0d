// Reading a segment back: a torn last line is the mark of a kill, damage before it is reported and read around.
import { SpringtideError } from '../../model/errors.ts';
import { decodeLine, ledgerSchema } from './records.ts';
import type { LedgerRecord } from './records.ts';

export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly kind: 'tornLastLine' | 'damagedLine' | 'noHeader';
}

export interface Replay {
  readonly records: readonly LedgerRecord[];
  readonly damage: readonly Damage[];
}

const newline = 0x0a;

export function replaySegment(file: string, content: Buffer): Replay {
  const records: LedgerRecord[] = [];
  const damage: Damage[] = [];
  let headed = false;
  for (let offset = 0; offset < content.length;) {
    const end = content.indexOf(newline, offset);
    const line = end === -1 ? undefined : decodeLine(content.toString('utf8', offset, end));
    const isFirst = offset === 0;
    if (line === undefined) damage.push({ file, offset, kind: end === -1 ? 'tornLastLine' : 'damagedLine' });
    else if (line.kind === 'ledger') {
      refuseNewer(file, line.schema);
      headed ||= isFirst;
    } else records.push(line);
    if (end === -1) break;
    offset = end + 1;
  }
  if (!headed && content.length > 0 && damage[0]?.offset !== 0) damage.unshift({ file, offset: 0, kind: 'noHeader' });
  return { records, damage };
}

function refuseNewer(file: string, schema: number): void {
  if (schema <= ledgerSchema) return;
  throw new SpringtideError({
    code: 'MemoryTooNew',
    what: `the alert ledger has schema ${schema}, this version reads up to ${ledgerSchema}`,
    where: file,
    mend: 'run the version that wrote it, or give this one an empty directory',
  });
}
