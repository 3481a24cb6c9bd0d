// The object a policy scales: how many replicas it has, or why it cannot be scaled.
import type { TargetMemory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetRef } from '../../model/target.ts';
import { minutes, since, type Instant } from '../../model/units.ts';
import { listOfKind } from '../../targets/kinds.ts';
import type { KnownTarget } from './known-target.ts';

/** Has the object been seen at or after the version that our own write made? */
function hasSeen(seen: string | undefined, written: string | undefined): boolean {
  if (written === undefined || seen === undefined) return true;
  if (!/^\d+$/.test(seen) || !/^\d+$/.test(written)) return seen === written;
  // Versions as short as usual are compared as numbers; beyond 2^53 every digit counts.
  return seen.length < 16 && written.length < 16 ? Number(seen) >= Number(written) : BigInt(seen) >= BigInt(written);
}

/** A watch is never this far behind: the versions have begun anew, as after etcd was restored. */
const writtenCounts = minutes(5);

type Seen = Pick<KnownTarget, 'replicas' | 'resourceVersion'>;

/** Our own last write, while the watch has not seen it. */
function unseenWrite({ resourceVersion }: Seen, { written }: TargetMemory, now: Instant): number | null {
  if (written === null || Math.abs(since(written.at, now)) >= writtenCounts) return null;
  return hasSeen(resourceVersion, written.resourceVersion) ? null : written.replicas;
}

export function whyMissing(snapshot: Snapshot, target: TargetRef): string {
  const list = listOfKind(target);
  const what = list ?? `scales ${targetKey(target)}`;
  const failure = snapshot.errors.find((error) => error.source === 'kubernetes' && error.what === what);
  if (failure !== undefined) return `${what} could not be read: ${failure.code}: ${failure.message}`;
  if (list === null) return `no scale of this ${target.kind} was read`;
  return snapshot.kubernetes[list] === undefined
    ? `the list of ${target.kind} objects could not be read`
    : 'there is no such object';
}

/** spec.replicas, or our own last write while the watch is still behind it. */
export const currentReplicas = (seen: Seen, memory: TargetMemory, now: Instant): number =>
  unseenWrite(seen, memory, now) ?? seen.replicas;
