// Nodes that began to leave together, as their own records tell it: whether all of them were marked before one was evicted from.
import { drainOf } from '../../model/drain-record-on.ts';
import type { DrainBatch, DrainRecord } from '../../model/drain-record.ts';
import type { Node } from '../../model/kubernetes.ts';

type BatchStanding =
  /** alone, a person's own, or of a batch that was whole: it goes its own way */
  | { readonly standing: 'apart' }
  /** all of them are marked, and this one does not say so yet */
  | { readonly standing: 'whole'; readonly id: string }
  | { readonly standing: 'half'; readonly by: string };

export type Batches = (record: DrainRecord) => BatchStanding;

/** Who is on the way to Magnum was drained, and so was sealed. */
const isSealed = ({ step }: DrainRecord, batch: DrainBatch): boolean => batch.sealed === true || step === 'removing';

/** `draining`: the nodes of one group that bear a record. */
export function batchesOf(draining: readonly Node[]): Batches {
  const seen = new Map<string, { marked: number; sealed: boolean }>();
  for (const node of draining) {
    const record = drainOf(node);
    const batch = record?.batch;
    if (record === null || batch === undefined) continue;
    const { marked, sealed } = seen.get(batch.id) ?? { marked: 0, sealed: false };
    seen.set(batch.id, { marked: marked + 1, sealed: sealed || isSealed(record, batch) });
  }
  return (record) => {
    const { batch } = record;
    if (batch === undefined || record.request !== undefined || isSealed(record, batch)) return { standing: 'apart' };
    const { marked, sealed } = seen.get(batch.id) ?? { marked: 1, sealed: false };
    return sealed || marked >= batch.nodes
      ? { standing: 'whole', id: batch.id }
      : { standing: 'half', by: `${marked} of ${batch.nodes} marked` };
  };
}
