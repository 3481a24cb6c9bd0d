// Somebody else who writes the same replicas: an HPA on the target, a pipeline that keeps applying a manifest. Noticed, named, not fought.
import type { HorizontalPodAutoscaler, ObjectMeta } from '../../model/kubernetes.ts';
import type { ForeignWrite, TargetMemory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey } from '../../model/target.ts';
import { later, minutes, type Instant } from '../../model/units.ts';

/** One change is a person at work; so many within the window are a writer of its own. */
const writesOfAWriter = 3;
const window = minutes(30);
const ourManager = 'springtide';

/** HorizontalPodAutoscalers by what they scale; null: the list could not be read. */
export function autoscalersByTarget(snapshot: Snapshot): ReadonlyMap<TargetKey, string> | null {
  const list: readonly HorizontalPodAutoscaler[] | undefined = snapshot.kubernetes.horizontalpodautoscalers;
  if (list === undefined) {
    const asked = snapshot.errors.some(
      (error) => error.source === 'kubernetes' && error.what === 'horizontalpodautoscalers',
    );
    return asked ? null : new Map();
  }
  const byTarget = new Map<TargetKey, string>();
  for (const { metadata, spec } of list) {
    const { kind, name } = spec?.scaleTargetRef ?? {};
    if (kind === undefined || name === undefined) continue;
    byTarget.set(targetKey({ kind, name, namespace: metadata.namespace ?? '' }), metadata.name);
  }
  return byTarget;
}

/** Who wrote the replicas last, as far as Kubernetes tells. */
function writerOf(meta: ObjectMeta): string | null {
  const newest = meta.managedFields?.reduce((best, one) => ((one.time ?? '') >= (best.time ?? '') ? one : best));
  return newest?.manager ?? null;
}

/** The foreign writes that are remembered, with the one that this look has found. */
export function foreignWrites(
  memory: TargetMemory,
  current: number,
  meta: ObjectMeta,
  now: Instant,
): readonly ForeignWrite[] | undefined {
  const known = memory.foreign?.filter((write) => write.at > now - window);
  const changed = memory.seen !== undefined && memory.seen !== current;
  const by = changed ? writerOf(meta) : null;
  if (!changed || by?.startsWith(ourManager) === true) return known?.length === 0 ? undefined : known;
  return [...(known ?? []).slice(1 - 2 * writesOfAWriter), { at: now, from: memory.seen ?? 0, to: current, by }];
}

export interface ForeignWriter {
  readonly by: string;
  readonly writes: number;
  readonly until: Instant;
}

/** The writer that keeps setting the replicas; null while there is none. */
export function foreignWriter(writes: readonly ForeignWrite[] | undefined): ForeignWriter | null {
  const governing = writes?.at(-writesOfAWriter);
  if (writes === undefined || governing === undefined) return null;
  const named = writes.findLast((write) => write.by !== null)?.by;
  return { by: named ?? 'unknown', writes: writes.length, until: later(governing.at, window) };
}
