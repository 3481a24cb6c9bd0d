// What a tick learns about a group by looking: orders that arrived, boot times, resizes that were done, failed or dropped.
import type { Failure, GroupMemory, Memory, SentResize } from '../../model/memory.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { instantOf, minutes, seconds, since, type Instant } from '../../model/units.ts';
import { isListed } from './announced-removal.ts';
import { namesQuota, withFailedResize, withoutStaleBackOff } from './back-off.ts';
import { overdueNodes, provisionTimeoutOf } from './boot-time.ts';
import { withoutOldDenials } from './denied-evictions.ts';
import type { GroupState } from './group-state.ts';
import { isReady } from './membership.ts';
import { withNodeless } from './never-registered.ts';
import { serversWithoutNode } from './registration.ts';
import { withoutStaleFailures } from './set-aside.ts';
import { mayStillShow, showsWithin } from './shows-within.ts';

const remembered = 20;
const mostNames = 10;
/** Clocks of the cloud and of ours differ a little. */
const clockSkew = minutes(1);
const settlesWithin = seconds(5);

/** They fail apart: an alert of one must not show the other's reason. Nothing new begins to leave after any of them. */
export const latestFailure = ({ lastFailure, drainFailure, removalFailure }: GroupMemory): Failure | null =>
  [lastFailure, drainFailure, removalFailure ?? null].reduce<Failure | null>(
    (latest, one) => (latest === null || (one !== null && one.at > latest.at) ? one : latest),
    null,
  );

/** By its time and its words: a resize that was refused leaves another one than stood there before. */
const failureShown = ({ status, status_reason, updated_at }: MagnumNodeGroup): string | null =>
  /_FAILED$/.test(status ?? '') ? `${updated_at ?? ''} ${status_reason ?? ''}` : null;

const failedBy = (memory: GroupMemory, sent: SentResize, message: string, at: Instant): GroupMemory =>
  withFailedResize({ ...memory, sent: null }, sent, {
    at,
    code: namesQuota(message) ? 'QuotaExceeded' : 'ResizeFailed',
    message,
  });

/** An update that nobody saw under way has ended by the first look that shows its count; a later end counts where it was seen. */
const endSeen = ({ lastShrink }: GroupMemory, sent: SentResize, now: Instant): Instant =>
  !sent.begun && lastShrink !== null && lastShrink >= sent.at ? lastShrink : now;

function settleResize(memory: GroupMemory, sent: SentResize, group: GroupState, now: Instant): GroupMemory {
  const { magnum } = group;
  const reached = magnum.node_count === sent.to;
  const age = since(sent.at, now);
  const isOverdue = !mayStillShow(sent, now);
  const status = magnum.status ?? '';
  // A count that is sent once more is reached from the start: only an update that was seen can fail.
  const mayHaveFailed = sent.from === sent.to ? sent.begun || isOverdue : age > settlesWithin;
  const failure = failureShown(magnum);
  // Magnum's conductor takes a resize up after the 202; what it refuses then has its old count again, and says why.
  const isAnswer = failure !== null && failure !== (memory.seenFailure ?? null);
  if ((reached || magnum.node_count === sent.from) && isAnswer && age > settlesWithin)
    return failedBy(memory, sent, magnum.status_reason ?? status, now);
  if (reached && failure !== null && mayHaveFailed) return failedBy(memory, sent, magnum.status_reason ?? status, now);
  if (reached && /_COMPLETE$/.test(status)) {
    // Its count is Magnum's word that the removal was taken: whatever is sent next, this one is never sent again.
    const lastShrink = sent.remove.length > 0 && !group.updating ? endSeen(memory, sent, now) : memory.lastShrink;
    // "Complete" right after the 202 may still be the old word: wait until an update was seen, or a minute.
    const isOver = !group.updating && (sent.begun || isOverdue);
    return { ...memory, lastShrink, sent: isOver ? null : { ...sent, begun: sent.begun || group.updating } };
  }
  const settled = !group.updating && isOverdue;
  // Another resize has overtaken ours: what became of it is not ours to judge.
  if (!reached && magnum.node_count !== sent.from && settled) return { ...memory, sent: null };
  // It was told as failed when no answer came; that nothing came of it is no second failure.
  if (!reached && settled && sent.unanswered === true) return { ...memory, sent: null };
  if (!reached && settled) {
    // The same words as before: they may be its answer to this one as well.
    const standing = failure === null ? '' : `; it says ${magnum.status_reason ?? status}`;
    const message = `Magnum accepted ${sent.from} → ${sent.to} and did nothing within ${showsWithin / 1000} s${standing}`;
    return withFailedResize({ ...memory, sent: null }, sent, { at: now, code: 'Dropped', message });
  }
  return { ...memory, sent: { ...sent, begun: sent.begun || group.updating } };
}

/** Orders are what is missing: new ones are dated by our own resize, those that arrived teach the boot time. */
function settleOrders(memory: GroupMemory, group: GroupState, newlyReady: readonly Node[], now: Instant): GroupMemory {
  const orders = memory.ordered.map((order) => ({ ...order }));
  const bootTimes = [...memory.bootTimes];
  const take = (index: number): Instant | null => {
    const order = orders[index];
    if (order === undefined) return null;
    order.count -= 1;
    if (order.count === 0) orders.splice(index, 1);
    return order.at;
  };
  const timeout = provisionTimeoutOf(group.document.spec.growth.provisionTimeout, memory);
  for (const node of newlyReady) {
    const born = instantOf(node.metadata.creationTimestamp);
    // One whose time has run out has most likely failed: what comes is the one that was ordered after it.
    const index = Math.max(
      0,
      orders.findIndex(({ at }) => now - at <= timeout && (born === null || born >= at - clockSkew)),
    );
    const order = orders[index];
    // One that was here before the order has only recovered: it teaches nothing.
    if (order !== undefined && born !== null && born < order.at - clockSkew) continue;
    const at = take(index);
    if (at !== null) bootTimes.push(since(at, now));
  }
  const missing = Math.max(0, group.missing - group.fallen);
  const total = (): number => orders.reduce((sum, order) => sum + order.count, 0);
  while (total() > missing) take(0);
  const more = missing - total();
  if (more > 0) orders.push({ at: memory.sent?.at ?? now, count: more });
  return { ...memory, ordered: orders, bootTimes: bootTimes.slice(-remembered) };
}

/** A removal that was seen through to the end proves that the driver removes whom it is told to. */
function learnRemoval(memory: GroupMemory, group: GroupState, { nova }: Snapshot): GroupMemory {
  const { sent } = memory;
  if (sent === null || sent.remove.length === 0 || group.magnum.node_count !== sent.to) return memory;
  // Those that never were nodes look gone, whoever has left.
  const victims = sent.remove.filter(({ unregistered }) => unregistered !== true);
  const nodes = new Map(group.nodes.map((node) => [node.metadata.name, node]));
  const isGone = ({ node: name, serverId }: SentResize['remove'][number]): boolean => {
    const node = nodes.get(name);
    if (node === undefined) return true;
    if (isReady(node)) return false;
    // Who was silent before it was told to leave is no more silent now: only the cloud knows.
    if (nova.servers !== undefined) return !isListed(nova.servers, serverId);
    const silentSince = instantOf(node.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime);
    return silentSince !== null && silentSince >= sent.at;
  };
  const allGone = victims.length > 0 && victims.every(isGone);
  return allGone && /_COMPLETE$/.test(group.magnum.status ?? '') ? { ...memory, removal: 'proven' } : memory;
}

/** Those that have registered, and those that Nova names; of the others only the number is known. */
function whoIsLate(group: GroupState, count: number, snapshot: Snapshot): string {
  const arriving = new Set(group.arriving);
  const late = group.nodes.filter((node) => !isReady(node) || arriving.has(node));
  const servers = (serversWithoutNode(group, snapshot).servers ?? []).slice(0, Math.max(0, count - late.length));
  const unknown = Math.max(0, count - late.length - servers.length);
  const never = [...servers.map(({ id, name }) => name ?? id), ...(unknown > 0 ? [String(unknown)] : [])];
  const parts = [
    ...late.slice(0, mostNames).map((node) => node.metadata.name),
    ...(never.length > 0 ? [`never registered: ${never.slice(0, mostNames).join(', ')}`] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** Each order that runs out of its time is a failure of its own, once: an older one may stay missing for days. */
function withOverdueTold(memory: GroupMemory, group: GroupState, snapshot: Snapshot, now: Instant): GroupMemory {
  const timeout = provisionTimeoutOf(group.document.spec.growth.provisionTimeout, memory);
  const isOverdue = ({ at }: GroupMemory['ordered'][number]): boolean => now - at > timeout;
  if (!memory.ordered.some((order) => isOverdue(order) && order.told !== true)) return memory;
  const count = overdueNodes(memory, timeout, now);
  const message = `${count} ordered nodes are not Ready after ${timeout / 60_000} min${whoIsLate(group, count, snapshot)}`;
  const ordered = memory.ordered.map((order) => (isOverdue(order) ? { ...order, told: true as const } : order));
  return withFailedResize({ ...memory, ordered }, { remove: [] }, { at: now, code: 'NeverReady', message });
}

export function observeGroup(group: GroupState, memory: Memory, snapshot: Snapshot, now: Instant): GroupMemory {
  const newlyReady =
    memory.lastTick === null ? [] : group.ready.filter((node) => memory.nodes[node.metadata.name]?.ready !== true);
  let learned = withoutStaleBackOff(learnRemoval(group.memory, group, snapshot), now);
  const { sent } = learned;
  if (sent !== null) learned = settleResize(learned, sent, group, now);
  learned = withNodeless(learned, sent, group, snapshot, now);
  learned = settleOrders(learned, group, newlyReady, now);
  learned = withoutOldDenials(withoutStaleFailures(learned, group, now), group);
  learned = withOverdueTold(learned, group, snapshot, now);
  if (group.updating) learned = { ...learned, updatingAt: now };

  const shown = failureShown(group.magnum);
  // Too early to be judged as the answer to what was sent: it must still be a new one in the next tick.
  if (shown !== null && learned.sent !== null) return learned;
  return shown === null && learned.seenFailure === undefined ? learned : { ...learned, seenFailure: shown };
}
