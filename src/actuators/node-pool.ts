// Sends a resize to Magnum: read before write, victims resolved, count and victims in agreement, announced on the victims first.
import type { KubernetesWrites, NodePatch } from '../clients/kubernetes/writes.ts';
import { ClientError, type ClientErrorCode } from '../clients/http/error.ts';
import { requestIdOf } from '../clients/openstack/errors.ts';
import { isMaster, type Magnum } from '../clients/openstack/magnum.ts';
import { drainOf } from '../model/drain-record-on.ts';
import { drainAnnotation, type DrainRecord } from '../model/drain-record.ts';
import type { Node } from '../model/kubernetes.ts';
import type { ResizeOutcome } from '../model/outcome.ts';
import type { MagnumCluster, MagnumNodeGroup } from '../model/openstack.ts';
import type { NodeDecision, NodeRemoval, Resizing } from '../model/plan.ts';
import type { ServerId } from '../model/units.ts';
import { failureOf, resizeOutcome, type Moment } from './actuator.ts';
import { changeNode, refused, type Parts } from './change-node.ts';
import { GateClosed } from './gate.ts';

export interface PoolPort {
  readonly magnum: Pick<Magnum, 'getCluster' | 'getNodeGroup' | 'listNodeGroups' | 'resize'>;
  readonly nodes: Pick<KubernetesWrites, 'getNode' | 'patchNode'>;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** After these nobody knows whether Magnum has the request: an answer that never came, or one of something in between. */
const mayHaveArrived: ReadonlySet<string> = new Set<ClientErrorCode>([
  'Timeout',
  'Unreachable',
  'Aborted',
  'NotJson',
  'BodyTooLarge',
  'ServerFault',
]);

/** What must never reach Magnum, whoever made the plan: it would remove somebody else. */
function inconsistency(decision: NodeDecision): string | null {
  const { resize, current } = decision;
  if (resize === null || current === null) return 'there is nothing to send';
  const unresolved = resize.remove.find((victim) => !uuid.test(victim.serverId));
  if (unresolved !== undefined) return `the server of node ${unresolved.node} is not known`;
  if (new Set(resize.remove.map((victim) => victim.serverId)).size !== resize.remove.length)
    return 'a server is named twice';
  if (resize.remove.length > 0 && resize.to !== current - resize.remove.length)
    return `${resize.remove.length} victims do not lead from ${current} to ${resize.to}`;
  if (resize.remove.length === 0 && resize.to < current) return 'a smaller pool needs named victims';
  return null;
}

/** The node is still ours to remove, and from now on says so itself. Answers why it is not. */
async function announce(
  port: PoolPort,
  { node: name, serverId }: NodeRemoval,
  countAfter: number,
  moment: Moment,
): Promise<string | null> {
  const announcing = (node: Node): NodePatch | Parts => {
    const record = drainOf(node);
    if (record?.serverId !== serverId) return refused('Moved', `node ${name} is not the one that was drained`);
    const announced: DrainRecord = { ...record, step: 'removing', removingAt: moment.now, countAfter };
    return { annotations: { [drainAnnotation]: JSON.stringify(announced) } };
  };
  const { parts } = await changeNode(port.nodes, name, announcing, refused('Moved', `node ${name} is gone already`));
  return parts.status === 'succeeded' ? null : (parts.message ?? '');
}

/** A server that never was a node has none to write on; it must not have become one since. */
async function registered(port: PoolPort, { node: name, serverId }: NodeRemoval): Promise<string | null> {
  const node = await port.nodes.getNode(name);
  return node === null ? null : `server ${serverId} has become node ${name} by now`;
}

const isUnderWay = ({ status }: { readonly status?: string | undefined }): boolean =>
  /_IN_PROGRESS$/.test(status ?? '');
const isDropping = ({ status }: { readonly status?: string | undefined }): boolean =>
  /^(?:CREATE|DELETE)_IN_PROGRESS$/.test(status ?? '');

/** What Magnum is at beyond what the decision was made over: a resize would take its place, whosever it is. */
async function begunSince(
  port: PoolPort,
  { over, remove }: Resizing,
  group: MagnumNodeGroup,
  cluster: MagnumCluster,
): Promise<string | null> {
  const groupIsAt = `${group.name} is at ${group.status ?? ''}`;
  const clusterIsAt = `the cluster is at ${cluster.status ?? ''}`;
  // In these two Magnum drops a resize in silence.
  if (isDropping(group)) return groupIsAt;
  if (isDropping(cluster)) return clusterIsAt;
  // A removal does not mix with any update of the group, our own included.
  if (isUnderWay(group)) return over === 'ownResize' && remove.length === 0 ? null : groupIsAt;
  if (over !== 'nothing' || !isUnderWay(cluster)) return null;
  // Another group of the same plan may have been resized a moment ago.
  const { groups } = await port.magnum.listNodeGroups(cluster.uuid, new Set());
  return groups.some((other) => other.uuid !== group.uuid && isUnderWay(other)) ? null : clusterIsAt;
}

export async function resizeGroup(port: PoolPort, decision: NodeDecision, moment: Moment): Promise<ResizeOutcome> {
  const refuse = (code: string, message: string): ResizeOutcome =>
    resizeOutcome(decision, moment, { status: 'refused', code, message });
  const wrong = inconsistency(decision);
  const { resize } = decision;
  if (wrong !== null || resize === null) return refuse('Inconsistent', wrong ?? '');
  let sent = false;
  try {
    const [group, cluster] = await Promise.all([
      port.magnum.getNodeGroup(moment.cluster, decision.nodeGroup),
      port.magnum.getCluster(moment.cluster),
    ]);
    if (isMaster(group)) return refuse('GroupIsMaster', `${group.name} holds the masters`);
    if (group.node_count !== decision.current)
      return refuse(
        'Moved',
        `Magnum has ${group.node_count} by now, the decision was made on ${decision.current ?? 0}`,
      );
    const busy = await begunSince(port, resize, group, cluster);
    if (busy !== null) return refuse('Moved', `${busy} by now`);
    // The same count again is the way out of a failed update, and a whole update for nothing anywhere else.
    if (resize.to === group.node_count && !/_FAILED$/.test(group.status ?? ''))
      return refuse('Moved', `Magnum has ${group.node_count} already and is at ${group.status ?? 'no status'}`);
    for (const victim of resize.remove) {
      const moved =
        victim.unregistered === true ? await registered(port, victim) : await announce(port, victim, resize.to, moment);
      if (moved !== null) return refuse('Moved', moved);
    }
    if (moment.signal.aborted) return refuse('Stopping', 'springtide is stopping');
    sent = true;
    const { requestId } = await port.magnum.resize({
      cluster: moment.cluster,
      nodeGroup: group.uuid,
      nodeCount: resize.to,
      nodesToRemove: resize.remove.map((victim) => victim.serverId as ServerId),
    });
    return resizeOutcome(decision, moment, {
      status: 'succeeded',
      ...(requestId === null ? {} : { requestId }),
    });
  } catch (thrown) {
    if (thrown instanceof GateClosed) return refuse(thrown.code, thrown.message);
    const { code, message } = failureOf(thrown);
    const requestId = thrown instanceof ClientError && thrown.response !== null ? requestIdOf(thrown.response) : null;
    return resizeOutcome(decision, moment, {
      status: 'failed',
      code,
      message: requestId === null ? message : `${message} (${requestId})`,
      ...(requestId === null ? {} : { requestId }),
      ...(sent && mayHaveArrived.has(code) ? { unanswered: true } : {}),
    });
  }
}
