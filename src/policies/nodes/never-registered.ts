// Servers that never became a node, where the policy gives such back: since when each is seen so, which leave now, and why the others stay.
import type { GroupMemory, NodelessMemory, SentResize } from '../../model/memory.ts';
import type { KeptNode, NodeRemoval } from '../../model/plan.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { later, minutes, since, type Instant } from '../../model/units.ts';
import type { Kept } from './candidates.ts';
import type { GroupState } from './group-state.ts';
import { serverIdOf } from './membership.ts';
import { isSurelyOf, serversWithoutNode } from './registration.ts';
import { shrinkRules } from './shrink-rules.ts';
import { atMinimum, floorOf, keptNode } from './shrink.ts';

/** After this a server that Magnum has removed is gone, and the list of servers has been read anew. */
const leavesWithin = minutes(3);

export interface NodelessServer {
  readonly name: string;
  readonly serverId: string;
  readonly since: Instant;
  readonly due: Instant;
  /** why it may not be named to Magnum; null: it may */
  readonly obstacle: Kept | null;
}

export interface Nodeless {
  /** the longest first */
  readonly servers: readonly NodelessServer[];
  /** so many are missing, and nobody can say which ones they are */
  readonly unknown: { readonly count: number; readonly why: string } | null;
}

const nobody: Nodeless = { servers: [], unknown: null };

const isComplete = ({ magnum, updating }: GroupState): boolean => !updating && /_COMPLETE$/.test(magnum.status ?? '');

/** What is watched, once Magnum's answer to a removal is known. `sent`: what was under way before this tick looked. */
export function withNodeless(
  memory: GroupMemory,
  sent: SentResize | null,
  group: GroupState,
  snapshot: Snapshot,
  now: Instant,
): GroupMemory {
  const { nodeless: known = {}, ...others } = memory;
  if (shrinkRules(group).unready.action === 'alert') return memory.nodeless === undefined ? memory : others;
  const told = sent?.remove.filter(({ unregistered }) => unregistered === true).map(({ serverId }) => serverId) ?? [];
  // Refused, dropped or overtaken: they are still there, and nothing is wrong with that.
  const isUndone = sent !== null && memory.sent === null && group.magnum.node_count !== sent.to;
  const { servers } = snapshot.nova;
  const registered = new Set<string | null>((snapshot.kubernetes.nodes ?? []).map(serverIdOf));
  const isThere = (id: string): boolean =>
    !registered.has(id) && (servers?.some((server) => server.id.toLowerCase() === id) ?? true);
  const found = serversWithoutNode(group, snapshot).servers?.map(({ id }) => id.toLowerCase());
  const watched: Record<string, NodelessMemory> = {};
  for (const [id, before] of Object.entries(known))
    if (isThere(id) && (before.toldAt !== undefined || found === undefined || found.includes(id)))
      watched[id] = told.includes(id) ? (isUndone ? { since: now } : { ...before, toldAt: sent?.at ?? now }) : before;
  for (const id of found ?? []) watched[id] ??= { since: now };
  if (Object.keys(watched).length === 0) return memory.nodeless === undefined ? memory : others;
  const lingering = Object.keys(watched).filter((id) => lingers(watched[id], servers !== undefined, now));
  if (lingering.length === 0 || !isComplete(group)) return { ...others, nodeless: watched };
  for (const id of lingering) watched[id] = { since: now };
  return {
    ...others,
    nodeless: watched,
    removal: 'refuted',
    refutedAt: now,
    drainFailure: { at: now, code: 'WrongServerLeft', message: lingering.join(', ') },
  };
}

/** Magnum has finished, and the one that it was told to remove is still there: somebody else has left. */
const lingers = (server: NodelessMemory | undefined, isListed: boolean, now: Instant): boolean =>
  server?.toldAt !== undefined && isListed && since(server.toldAt, now) > leavesWithin;

export function nodelessOf(group: GroupState, snapshot: Snapshot): Nodeless {
  const { action, after } = shrinkRules(group).unready;
  // What is still on its way is no case for anybody.
  if (action === 'alert' || group.overdue === 0 || !isComplete(group)) return nobody;
  const { count, servers, why } = serversWithoutNode(group, snapshot);
  if (servers === null) return { servers: [], unknown: { count, why: why ?? '' } };
  const watched = group.memory.nodeless ?? {};
  const all = servers.flatMap((server): readonly NodelessServer[] => {
    const serverId = server.id.toLowerCase();
    const memory = watched[serverId];
    if (memory === undefined) return [];
    const obstacle: Kept | null =
      memory.toldAt !== undefined
        ? { reason: 'BeingRemoved', by: group.magnum.status ?? null }
        : isSurelyOf(server, group, snapshot)
          ? null
          : { reason: 'ServerUnknown', by: serverId };
    const { since: from } = memory;
    return [{ name: server.name ?? serverId, serverId, since: from, due: later(from, after), obstacle }];
  });
  return {
    servers: all.toSorted((one, other) => one.since - other.since).slice(0, group.overdue),
    unknown: null,
  };
}

export const isDue = ({ due, obstacle }: NodelessServer, now: Instant): boolean => obstacle === null && due <= now;

/** What counts with the nodes that are not Ready: too many are a fault of the network, or of the image. */
export const nodelessIn = (groups: readonly GroupState[], now: Instant): number =>
  groups.reduce((sum, { nodeless }) => sum + nodeless.servers.filter((server) => isDue(server, now)).length, 0);

export interface ServersInput {
  readonly group: GroupState;
  readonly barrier: Kept | null;
  /** why no node comes in their place; null: one may */
  readonly stopped: string | null;
  readonly now: Instant;
}

export interface LeavingServers {
  readonly remove: readonly NodeRemoval[];
  readonly kept: readonly KeptNode[];
}

/** They are empty: nothing is drained, and one resize takes all of them. */
export function planServers({ group, barrier, stopped, now }: ServersInput): LeavingServers {
  const { servers, unknown } = group.nodeless;
  const remove: NodeRemoval[] = [];
  const kept: KeptNode[] = [];
  const most = shrinkRules(group).atOnce.empty;
  const { floor } = floorOf(group, now);
  const standing = group.count - group.lost - group.draining.length;
  for (const server of servers) {
    const why = whyKept(server);
    if (why === null) remove.push({ node: server.name, serverId: server.serverId, unregistered: true });
    else kept.push(keptNode(server.name, { since: server.since, ...why }));
  }
  if (unknown !== null && unknown.count > 0)
    kept.push(keptNode(`${unknown.count} × ${group.policy.name}`, { reason: 'ServerUnknown', by: unknown.why }));
  return { remove, kept };

  function whyKept(server: NodelessServer): Kept | null {
    if (server.obstacle !== null) return server.obstacle;
    if (now < server.due) return { reason: 'NeverRegistered', by: null, until: server.due };
    if (barrier !== null) return barrier;
    if (standing - remove.length <= floor) return atMinimum(floor, stopped);
    return group.draining.length + remove.length >= most ? { reason: 'AtOnceReached', by: `${most} at once` } : null;
  }
}
