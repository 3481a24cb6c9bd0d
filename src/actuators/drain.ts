// One step of a drain on one node: announced on the node itself first, pods leave by eviction only, and all of it can be taken back.
import type { KubernetesWrites, NodePatch } from '../clients/kubernetes/writes.ts';
import { drainNoteOn, drainOf } from '../model/drain-record-on.ts';
import { drainAnnotation, drainTaint, type DrainRecord } from '../model/drain-record.ts';
import type { Node } from '../model/kubernetes.ts';
import type { DeniedEviction, DrainOutcome } from '../model/outcome.ts';
import type { DrainStep, NodeDecision } from '../model/plan.ts';
import { eachLimited } from '../parallel.ts';
import { drainOutcome, failureOf, type Moment } from './actuator.ts';
import { changeNode, refused, succeeded, type Parts } from './change-node.ts';
import { GateClosed } from './gate.ts';

export type DrainPort = Pick<KubernetesWrites, 'evict' | 'getNode' | 'patchNode' | 'deleteNode' | 'createEvent'>;

const evictionsAtOnce = 5;
/** Of what a webhook says: it is kept, and told by SMS. */
const longestWords = 200;

function inShort(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length <= longestWords ? line : `${line.slice(0, longestWords - 1)}…`;
}

const tell = (
  port: DrainPort,
  { metadata: { name } }: Pick<Node, 'metadata'>,
  type: 'Normal' | 'Warning',
  reason: string,
  note: string,
) =>
  port.createEvent({
    // Events on nodes are found by name in place of the uid: kubectl describe looks them up so.
    regarding: { apiVersion: 'v1', kind: 'Node', name, uid: name },
    type,
    reason,
    action: 'Drain',
    note,
  });

type Begin = Extract<DrainStep, { step: 'begin' }>;

function beginning(node: Node, step: Begin, moment: Moment): NodePatch | Parts {
  if (drainNoteOn(node).read !== 'none') return refused('Moved', 'the node is being drained already');
  const record: DrainRecord = {
    step: 'draining',
    nodeGroup: step.nodeGroup,
    serverId: step.serverId,
    startedAt: moment.now,
    wasCordoned: node.spec?.unschedulable === true,
    ...(step.unready === true ? { unready: true } : {}),
    ...(step.request === undefined ? {} : { request: step.request }),
    ...(step.approval === undefined ? {} : { approval: step.approval }),
    ...(step.batch === undefined ? {} : { batch: step.batch }),
  };
  return {
    unschedulable: true,
    taints: [...(node.spec?.taints ?? []), { key: drainTaint, effect: 'NoSchedule' }],
    annotations: { [drainAnnotation]: JSON.stringify(record) },
  };
}

/** Taint, cordon and record in one write: all or nothing. */
async function begin(port: DrainPort, step: Begin, decision: NodeDecision, moment: Moment): Promise<Parts> {
  const gone = refused('Moved', 'the node is gone');
  const { parts, node } = await changeNode(port, step.node, (one) => beginning(one, step, moment), gone);
  if (node !== null) await tell(port, node, 'Normal', 'DrainStarted', decision.message);
  return parts;
}

/** The last word of a batch that is whole; whose record has changed meanwhile goes another way already. */
async function seal(port: DrainPort, step: Extract<DrainStep, { step: 'seal' }>): Promise<Parts> {
  const sealing = (node: Node): NodePatch | Parts => {
    const record = drainOf(node);
    if (record?.batch?.id !== step.batch || record.serverId !== step.serverId)
      return refused('Moved', 'the node is not in this batch any more');
    if (record.batch.sealed === true) return succeeded;
    const sealed: DrainRecord = { ...record, batch: { ...record.batch, sealed: true } };
    return { annotations: { [drainAnnotation]: JSON.stringify(sealed) } };
  };
  const { parts } = await changeNode(port, step.node, sealing, refused('Moved', 'the node is gone'));
  return parts;
}

async function evict(port: DrainPort, step: Extract<DrainStep, { step: 'evict' }>, moment: Moment): Promise<Parts> {
  const evicted: string[] = [];
  const refusedPods: string[] = [];
  const several: string[] = [];
  const denied: DeniedEviction[] = [];
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
      case 'severalBudgets':
        several.push(`${name}: ${answer.message}`);
        break;
      case 'denied':
        denied.push({ pod: name, words: inShort(answer.message) });
        break;
      case 'failed':
        failures.push(`${name}: ${answer.code} ${answer.message}`);
        break;
    }
  });
  const parts = { evicted, refusedPods, ...(denied.length > 0 && { denied }) };
  const off = closed as GateClosed | null;
  if (off !== null) return { ...parts, ...refused(off.code, off.message) };
  if (several.length + denied.length + failures.length === 0) return { ...parts, status: 'succeeded' };
  const code = several.length > 0 ? 'MoreThanOneBudget' : failures.length > 0 ? 'EvictionFailed' : 'EvictionDenied';
  const denials = denied.map(({ pod, words }) => `${pod}: ${words}`);
  return { ...parts, status: 'failed', code, message: [...several, ...denials, ...failures].join('; ') };
}

async function rollBack(port: DrainPort, step: Extract<DrainStep, { step: 'rollBack' }>): Promise<Parts> {
  const takingBack = (node: Node): NodePatch | Parts => {
    const record = drainOf(node);
    // Taken back already: a cordon that the node has by now is somebody else's.
    if (record === null) return refused('Moved', 'the node is not being drained any more');
    // Whole since it was looked at, or a person's own by now.
    if (step.reason === 'BatchIncomplete' && (record.batch === undefined || record.batch.sealed === true))
      return refused('Moved', 'the node is in no half-marked batch any more');
    const { wasCordoned } = record;
    return {
      unschedulable: wasCordoned ? true : null,
      taints: (node.spec?.taints ?? []).filter(
        (taint) => taint.key !== drainTaint && (wasCordoned || taint.key !== 'node.kubernetes.io/unschedulable'),
      ),
      annotations: { [drainAnnotation]: null },
    };
  };
  const { parts, node } = await changeNode(port, step.node, takingBack, succeeded);
  if (node === null) return parts;
  const note = `The drain was taken back: ${step.reason}${step.by === null ? '' : ` ${step.by}`}`;
  await tell(port, node, step.reason === 'NeededAgain' ? 'Normal' : 'Warning', 'DrainRolledBack', note);
  return { status: 'succeeded', code: step.reason, message: step.by ?? '' };
}

/** Nobody was told to remove it: it stands where it stood before that was announced, unless it has been announced anew. */
async function reopen(port: DrainPort, step: Extract<DrainStep, { step: 'reopen' }>): Promise<Parts> {
  const reopening = (node: Node): NodePatch | Parts => {
    const record = drainOf(node);
    const announcedAt = record?.removingAt ?? record?.startedAt;
    if (record?.step !== 'removing' || record.serverId !== step.serverId || announcedAt !== step.removingAt)
      return refused('Moved', 'no removal of the node was announced then');
    // What is undefined is not written.
    const reopened: DrainRecord = { ...record, step: 'draining', removingAt: undefined, countAfter: undefined };
    return { annotations: { [drainAnnotation]: JSON.stringify(reopened) } };
  };
  const { parts } = await changeNode(port, step.node, reopening, refused('Moved', 'the node is gone'));
  return parts;
}

/** The server is confirmed gone: only then is its Node object taken away, and only the one that was meant. */
async function forget(port: DrainPort, step: Extract<DrainStep, { step: 'forget' }>): Promise<Parts> {
  const node = await port.getNode(step.node);
  if (node === null) return succeeded;
  const { uid } = node.metadata;
  if (uid === undefined || drainOf(node)?.serverId !== step.serverId)
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
      case 'seal':
        return seal(port, step);
      case 'evict':
        return evict(port, step, moment);
      case 'wait':
        return null;
      case 'reopen':
        return reopen(port, step);
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
    const failure = failureOf(thrown);
    if (step.step === 'begin')
      await tell(
        port,
        { metadata: { name: step.node } },
        'Warning',
        'DrainNotStarted',
        `${failure.code}: ${failure.message}`,
      );
    return drainOutcome(decision, step, moment, { status: 'failed', ...failure });
  }
}
