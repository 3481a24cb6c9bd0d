// One step of a drain on one node: announced on the node itself first, pods leave by eviction only, and all of it can be taken back.
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import { drainAnnotation, drainTaint, type DrainRecord } from '../model/drain-record.ts';
import type { Node } from '../model/kubernetes.ts';
import type { DrainOutcome } from '../model/outcome.ts';
import type { DrainStep, NodeDecision } from '../model/plan.ts';
import { eachLimited } from '../parallel.ts';
import { drainOutcome, failureOf, type Moment } from './actuator.ts';
import { GateClosed } from './gate.ts';

export type DrainPort = Pick<KubernetesWrites, 'evict' | 'getNode' | 'patchNode' | 'deleteNode' | 'createEvent'>;

const evictionsAtOnce = 5;

type Parts = Pick<DrainOutcome, 'status' | 'code' | 'message' | 'evicted' | 'refusedPods'>;
const succeeded: Parts = { status: 'succeeded' };
const refused = (code: string, message: string): Parts => ({ status: 'refused', code, message });

export function recordOn(node: Node): DrainRecord | null {
  try {
    return JSON.parse(node.metadata.annotations?.[drainAnnotation] ?? 'null') as DrainRecord | null;
  } catch {
    return null;
  }
}

const tell = (port: DrainPort, node: Node, type: 'Normal' | 'Warning', reason: string, note: string) =>
  port.createEvent({
    // Events on nodes are found by name in place of the uid: kubectl describe looks them up so.
    regarding: { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.name },
    type,
    reason,
    action: 'Drain',
    note,
  });

/** Taint, cordon and record in one write: all or nothing. */
async function begin(
  port: DrainPort,
  step: Extract<DrainStep, { step: 'begin' }>,
  decision: NodeDecision,
  moment: Moment,
): Promise<Parts> {
  const node = await port.getNode(step.node);
  if (node === null) return refused('Moved', 'the node is gone');
  if (recordOn(node) !== null) return refused('Moved', 'the node is being drained already');
  const record: DrainRecord = {
    step: 'draining',
    nodeGroup: step.nodeGroup,
    serverId: step.serverId,
    startedAt: moment.now,
    wasCordoned: node.spec?.unschedulable === true,
    ...(step.unready === true ? { unready: true } : {}),
    ...(step.request === undefined ? {} : { request: step.request }),
    ...(step.approval === undefined ? {} : { approval: step.approval }),
  };
  await port.patchNode(
    step.node,
    {
      unschedulable: true,
      taints: [...(node.spec?.taints ?? []), { key: drainTaint, effect: 'NoSchedule' }],
      annotations: { [drainAnnotation]: JSON.stringify(record) },
    },
    { resourceVersion: node.metadata.resourceVersion },
  );
  await tell(port, node, 'Normal', 'DrainStarted', decision.message);
  return succeeded;
}

async function evict(port: DrainPort, step: Extract<DrainStep, { step: 'evict' }>, moment: Moment): Promise<Parts> {
  const evicted: string[] = [];
  const refusedPods: string[] = [];
  const failures: string[] = [];
  let closed: GateClosed | null = null;
  const evictOne = (pod: (typeof step.pods)[number]) =>
    port.evict(pod).catch((thrown: unknown) => {
      if (thrown instanceof GateClosed) return (closed = thrown);
      throw thrown;
    });
  await eachLimited(step.pods, evictionsAtOnce, async (pod) => {
    if (moment.signal.aborted || closed !== null) return;
    const name = `${pod.namespace}/${pod.name}`;
    const answer = await evictOne(pod);
    if (answer instanceof GateClosed) return;
    switch (answer.result) {
      case 'accepted':
      case 'gone':
        evicted.push(name);
        break;
      case 'refusedByBudget':
        refusedPods.push(name);
        break;
      case 'failed':
        failures.push(`${name}: ${answer.code} ${answer.message}`);
        break;
    }
  });
  const parts = { evicted, refusedPods };
  const off = closed as GateClosed | null;
  if (off !== null) return { ...parts, ...refused(off.code, off.message) };
  return failures.length === 0
    ? { ...parts, status: 'succeeded' }
    : { ...parts, status: 'failed', code: 'EvictionFailed', message: failures.join('; ') };
}

async function rollBack(port: DrainPort, step: Extract<DrainStep, { step: 'rollBack' }>): Promise<Parts> {
  const node = await port.getNode(step.node);
  if (node === null) return succeeded;
  const record = recordOn(node);
  // Taken back already: a cordon that the node has by now is somebody else's.
  if (record === null) return refused('Moved', 'the node is not being drained any more');
  const { wasCordoned } = record;
  await port.patchNode(
    step.node,
    {
      unschedulable: wasCordoned ? true : null,
      taints: (node.spec?.taints ?? []).filter(
        (taint) => taint.key !== drainTaint && (wasCordoned || taint.key !== 'node.kubernetes.io/unschedulable'),
      ),
      annotations: { [drainAnnotation]: null },
    },
    { resourceVersion: node.metadata.resourceVersion },
  );
  const note = `The drain was taken back: ${step.reason}${step.by === null ? '' : ` ${step.by}`}`;
  await tell(port, node, step.reason === 'NeededAgain' ? 'Normal' : 'Warning', 'DrainRolledBack', note);
  return { status: 'succeeded', code: step.reason, message: step.by ?? '' };
}

/** The server is confirmed gone: only then is its Node object taken away, and only the one that was meant. */
async function forget(port: DrainPort, step: Extract<DrainStep, { step: 'forget' }>): Promise<Parts> {
  const node = await port.getNode(step.node);
  if (node === null) return succeeded;
  const { uid } = node.metadata;
  if (uid === undefined || recordOn(node)?.serverId !== step.serverId)
    return refused('Moved', 'another node has this name now');
  await port.deleteNode(step.node, { uid });
  return succeeded;
}

export async function drainStep(
  port: DrainPort,
  decision: NodeDecision,
  step: DrainStep,
  moment: Moment,
): Promise<DrainOutcome | null> {
  const carryOut = (): Promise<Parts> | null => {
    switch (step.step) {
      case 'begin':
        return begin(port, step, decision, moment);
      case 'evict':
        return evict(port, step, moment);
      case 'wait':
        return null;
      case 'rollBack':
        return rollBack(port, step);
      case 'forget':
        return forget(port, step);
    }
  };
  try {
    const parts = await carryOut();
    return parts === null ? null : drainOutcome(decision, step, moment, parts);
  } catch (thrown) {
    if (thrown instanceof GateClosed) return drainOutcome(decision, step, moment, refused(thrown.code, thrown.message));
    return drainOutcome(decision, step, moment, { status: 'failed', ...failureOf(thrown) });
  }
}
