// Where a removal stands that was announced on its node: not sent, under way, done, dropped, or done to somebody else.
import type { DrainRecord } from '../../model/drain-record.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { Memory } from '../../model/memory.ts';
import type { NovaServer } from '../../model/openstack.ts';
import type { DrainStep } from '../../model/plan.ts';
import { minutes, type Instant } from '../../model/units.ts';
import type { GroupState } from './group-state.ts';
import { isReady } from './membership.ts';
import { showsWithin } from './shows-within.ts';

/** Magnum has finished and the victim is still alive: somebody else has left. */
const wrongAfter = minutes(3);
/** The same, and the cloud itself lists the victim among the servers that it has. */
const surelyWrongAfter = minutes(1);

export type Standing =
  | { readonly stands: 'step'; readonly step: DrainStep }
  | { readonly stands: 'busy' }
  | { readonly stands: 'empty' }
  /** a person wanted it drained, and nothing more */
  | { readonly stands: 'kept' };

export interface RemovalInput {
  readonly group: GroupState;
  readonly servers: readonly NovaServer[] | undefined;
  readonly memory: Memory;
  readonly now: Instant;
}

export const isListed = (servers: readonly NovaServer[], serverId: string): boolean =>
  servers.some(({ id, status }) => id.toLowerCase() === serverId.toLowerCase() && status !== 'DELETED');

/** Whether the node's server has left, by Nova's list, else by the addresses that Magnum knows; null: neither is known. */
function serverHasLeft(node: Node, serverId: string, input: RemovalInput): boolean | null {
  const { servers } = input;
  if (servers !== undefined) return !isListed(servers, serverId);
  const known = new Set(input.group.magnum.node_addresses ?? []);
  const isKnown = (one: Node): boolean => (one.status?.addresses ?? []).some(({ address }) => known.has(address));
  // Where Magnum lists floating addresses it knows none of its nodes': that says nothing about this one.
  const comparable = input.group.nodes.some((other) => other !== node && isKnown(other));
  return isKnown(node) ? false : comparable ? true : null;
}

/**
 * Whether the server of an announced removal is still there. Who has watched since then would know if Magnum had taken it;
 * without that memory (lost, or nobody ran) a higher count may be a growth behind it, and only a sign of life counts.
 */
function surelyStands(node: Node, left: boolean | null, removingAt: Instant, input: RemovalInput): boolean {
  const { steadySince } = input.memory;
  if (steadySince !== null && steadySince <= removingAt && removingAt <= input.now) return true;
  // A server that is gone looks Ready until its kubelet is missed.
  const isSeenLongEnough = steadySince !== null && input.now - steadySince >= showsWithin;
  return isSeenLongEnough && (isReady(node) || (input.servers !== undefined && left === false));
}

/** One in the future is of another clock: what counts then is how long this one has watched. */
function announcedAt({ removingAt, startedAt }: DrainRecord, { memory, now }: RemovalInput): Instant {
  const at = removingAt ?? startedAt;
  return at > now ? (memory.steadySince ?? now) : at;
}

/** The resize was announced on the node: has it been sent, done, dropped, or has it hit somebody else? */
export function standingOfRemoval(node: Node, record: DrainRecord, input: RemovalInput): Standing {
  const { group, now } = input;
  const { name } = node.metadata;
  const { serverId } = record;
  const removingAt = record.removingAt ?? record.startedAt;
  const countAfter = record.countAfter ?? group.magnum.node_count;
  if (group.updating || now < announcedAt(record, input) + showsWithin) return { stands: 'busy' };
  const left = serverHasLeft(node, serverId, input);
  const forget: Standing = { stands: 'step', step: { step: 'forget', node: name, serverId } };
  if (left === true) return isReady(node) ? { stands: 'busy' } : forget;
  const doneAt = group.memory.lastShrink;
  const wasDone = doneAt !== null && doneAt >= removingAt;
  // Once it was seen through to its end a higher count is somebody's growth: sent again it would cost another server.
  if (group.magnum.node_count > countAfter && !wasDone)
    return group.count === group.magnum.node_count && surelyStands(node, left, removingAt, input)
      ? { stands: 'step', step: { step: 'reopen', node: name, serverId, removingAt } }
      : { stands: 'busy' };
  if (!/_COMPLETE$/.test(group.magnum.status ?? '')) return { stands: 'busy' };
  // Magnum's addresses lag behind: of one that does not answer only the cloud itself says that it is still there.
  const isSurelyThere = left === false && (isReady(node) || input.servers !== undefined);
  // One that did not answer before is no more silent than it was: that it is gone somebody else has to say.
  if (!isReady(node) && !isSurelyThere) return left === null && record.unready !== true ? forget : { stands: 'busy' };
  // A kubelet's silence shows late: the wait begins when the end of the update was seen, not when it was sent.
  const { updatingAt = 0 } = group.memory;
  const seenAt = wasDone ? doneAt : Math.max(removingAt, input.memory.steadySince ?? now, updatingAt);
  return now - seenAt > (wasDone && left === false ? surelyWrongAfter : wrongAfter)
    ? { stands: 'step', step: { step: 'rollBack', node: name, reason: 'WrongServerLeft', by: serverId } }
    : { stands: 'busy' };
}

/** Announced, and nobody knows yet whether it was sent: another removal that ends first would be taken for this one. */
export const isUnsettled = (record: DrainRecord, input: RemovalInput): boolean =>
  record.step === 'removing' &&
  input.group.magnum.node_count > (record.countAfter ?? Infinity) &&
  record.removingAt !== undefined &&
  input.now < announcedAt(record, input) + wrongAfter;
