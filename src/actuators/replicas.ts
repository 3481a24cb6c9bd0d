// Writes replicas through the scale subresource: only if they still are what the decision was made on.
import { ClientError } from '../clients/http/error.ts';
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import type { ScaleOutcome } from '../model/outcome.ts';
import type { PodDecision } from '../model/plan.ts';
import { failureOf, scaleOutcome, type Moment } from './actuator.ts';

export type ReplicasPort = Pick<KubernetesWrites, 'readScale' | 'writeScale' | 'createEvent'>;

/** A rollout moves the object's version all the time; its replicas are what must not have moved. */
const tries = 3;

async function write(
  port: ReplicasPort,
  decision: PodDecision,
): Promise<{ readonly resourceVersion: string | null } | { readonly moved: number }> {
  const { target, current, desired } = decision;
  let { resourceVersion } = decision;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await port.writeScale(target, desired ?? 0, { resourceVersion });
    } catch (thrown) {
      const conflict = thrown instanceof ClientError && thrown.code === 'Conflict';
      if (!conflict || attempt === tries) throw thrown;
      const scale = await port.readScale(target);
      const replicas = scale.spec?.replicas ?? 0;
      if (replicas !== current) return { moved: replicas };
      resourceVersion = scale.metadata.resourceVersion;
    }
  }
}

export async function scaleTarget(port: ReplicasPort, decision: PodDecision, moment: Moment): Promise<ScaleOutcome> {
  const { target, current, desired } = decision;
  const regarding = { ...target };
  try {
    const written = await write(port, decision);
    if ('moved' in written)
      return scaleOutcome(decision, moment, {
        status: 'refused',
        code: 'Moved',
        message: `replicas are ${written.moved} by now, the decision was made on ${current ?? 0}`,
      });
    await port.createEvent({
      regarding,
      type: 'Normal',
      reason: 'SuccessfulRescale',
      action: 'Scale',
      note: `New size: ${desired ?? 0}; reason: ${decision.message}`,
    });
    const { resourceVersion } = written;
    return scaleOutcome(decision, moment, {
      status: 'succeeded',
      ...(resourceVersion === null ? {} : { resourceVersion }),
    });
  } catch (thrown) {
    const failure = failureOf(thrown);
    await port.createEvent({
      regarding,
      type: 'Warning',
      reason: 'FailedRescale',
      action: 'Scale',
      note: `New size: ${desired ?? 0}; reason: ${decision.message}; error: ${failure.message}`,
    });
    return scaleOutcome(decision, moment, { status: 'failed', ...failure });
  }
}
