// Writes replicas through the scale subresource: only if they still are what the decision was made on; a zero of ours is marked first, and who is to go.
import { ClientError } from '../clients/http/error.ts';
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import { deletionCostAnnotation, previousReplicasAnnotation, stoppedByHandAnnotation } from '../model/annotations.ts';
import type { ScaleOutcome } from '../model/outcome.ts';
import type { PodDecision } from '../model/plan.ts';
import { eachLimited } from '../parallel.ts';
import { failureOf, scaleOutcome, type Moment } from './actuator.ts';
import { GateClosed } from './gate.ts';

export type ReplicasPort = Pick<KubernetesWrites, 'readScale' | 'writeScale' | 'annotate' | 'annotatePod'>;

/** A rollout or a busy controller moves the object's version all the time; its replicas are what must not have moved. */
const tries = 8;

interface Written {
  readonly resourceVersion: string | null;
}

/** The object's version to write on; `justRead`: known since a moment ago. */
interface Version {
  readonly resourceVersion: string | undefined;
  readonly justRead: boolean;
}

class Moved extends Error {
  readonly replicas: number;

  constructor(replicas: number) {
    super(`the replicas are ${replicas} by now`);
    this.replicas = replicas;
  }
}

/** Tries the write again where only the object's version has moved. */
async function whileUnmoved(
  port: ReplicasPort,
  { target, current }: PodDecision,
  version: string | undefined,
  write: (version: Version) => Promise<Written>,
): Promise<Written> {
  let resourceVersion = version;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write({ resourceVersion, justRead: attempt > 1 });
    } catch (thrown) {
      const conflict = thrown instanceof ClientError && thrown.code === 'Conflict';
      if (!conflict || attempt === tries) throw thrown;
      const scale = await port.readScale(target);
      const replicas = scale.spec?.replicas ?? 0;
      if (replicas !== current) throw new Moved(replicas);
      resourceVersion = scale.metadata.resourceVersion;
    }
  }
}

/** The write was certainly not done: only then may its mark go again. */
const isUndone = (thrown: unknown): boolean =>
  thrown instanceof Moved ||
  thrown instanceof GateClosed ||
  (thrown instanceof ClientError && thrown.status !== null && thrown.status >= 400 && thrown.status < 500);

function marksOf(mark: NonNullable<PodDecision['mark']> | null): Readonly<Record<string, string | null>> {
  const none = { [previousReplicasAnnotation]: null, [stoppedByHandAnnotation]: null };
  if (mark === null) return none;
  return 'stopped' in mark
    ? { [stoppedByHandAnnotation]: mark.stopped }
    : { ...none, [previousReplicasAnnotation]: String(mark.previous) };
}

/** Best effort: marks are read only at zero, the next zero of ours writes its own anew, and a person's is tried in each tick. */
export async function markTarget(
  port: ReplicasPort,
  { target, mark }: Pick<PodDecision, 'target' | 'mark'>,
): Promise<void> {
  if (mark === undefined) return;
  try {
    await port.annotate(target, marksOf(mark));
  } catch {
    return;
  }
}

/** A few at a time: ten targets may be at it at once. */
const podsAtOnce = 4;

/** Who is busy is not to go because its mark could not be written: where one fails the replicas stay. */
async function choosePods(port: ReplicasPort, { deletionCosts = [] }: PodDecision, { signal }: Moment): Promise<void> {
  let failed = false;
  await eachLimited(deletionCosts, podsAtOnce, async ({ pod, cost }) => {
    if (failed) return;
    try {
      await port.annotatePod(pod, { [deletionCostAnnotation]: cost === null ? null : String(cost) }, { signal });
    } catch (thrown) {
      failed = true;
      throw thrown;
    }
  });
}

async function write(port: ReplicasPort, decision: PodDecision, moment: Moment): Promise<Written> {
  const { target, desired, mark } = decision;
  await choosePods(port, decision, moment);
  const scale = (version: string | undefined): Promise<Written> =>
    whileUnmoved(port, decision, version, (known) => port.writeScale(target, desired ?? 0, known));
  if (mark === undefined || mark === null) {
    const written = await scale(decision.resourceVersion);
    await markTarget(port, decision);
    return written;
  }
  // A zero that nobody has signed would be taken for somebody else's, and never woken: without the mark no zero.
  const annotations = marksOf(mark);
  const marked = await whileUnmoved(port, decision, decision.resourceVersion, (known) =>
    port.annotate(target, annotations, known),
  );
  try {
    return await scale(marked.resourceVersion ?? undefined);
  } catch (thrown) {
    // Left standing it would sign the next zero that somebody makes by hand.
    if (isUndone(thrown)) await markTarget(port, { target, mark: null });
    throw thrown;
  }
}

export async function scaleTarget(port: ReplicasPort, decision: PodDecision, moment: Moment): Promise<ScaleOutcome> {
  try {
    const { resourceVersion } = await write(port, decision, moment);
    return scaleOutcome(decision, moment, {
      status: 'succeeded',
      ...(resourceVersion === null ? {} : { resourceVersion }),
    });
  } catch (thrown) {
    if (thrown instanceof Moved)
      return scaleOutcome(decision, moment, {
        status: 'refused',
        code: 'Moved',
        message: `replicas are ${thrown.replicas} by now, the decision was made on ${decision.current ?? 0}`,
      });
    if (thrown instanceof GateClosed)
      return scaleOutcome(decision, moment, { status: 'refused', code: thrown.code, message: thrown.message });
    return scaleOutcome(decision, moment, { status: 'failed', ...failureOf(thrown) });
  }
}
