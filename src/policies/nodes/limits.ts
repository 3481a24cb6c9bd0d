// How many more nodes a group may get: its own and Magnum's maximum, the policy's and the daemon's totals, the project's quota.
import type { Config, NodePolicyDocument } from '../../model/config.ts';
import type { NodeReason } from '../../model/reason.ts';
import type { NovaLimits } from '../../model/openstack.ts';
import type { GroupState } from './group-state.ts';
import type { Room } from './room.ts';

export interface Allowed {
  readonly nodes: number;
  readonly reason: NodeReason;
  /** what stops at this number, for people: "max 10", "quota cores 96 of 100" */
  readonly by: string;
  /** of what there is no more: "cores" */
  readonly what?: string;
  /** and where it ends: "96/100" */
  readonly limit?: string | number;
}

const mebi = 2 ** 20;
/** Of a room of unknown size nothing is counted but the node itself. */
const coresOf = (room: Room | null): number => Math.ceil((room?.capacity['cpu'] ?? 0) / 1000);
const bytesOf = (room: Room | null): number => (room?.capacity['memory'] ?? 0) / 1000;

interface Totals {
  readonly nodes?: number | undefined;
  readonly cores?: number | undefined;
  readonly memory?: number | undefined;
}

/** Nodes that are ordered in this very tick count as well. */
export type Ordered = ReadonlyMap<string, number>;

interface Pool {
  readonly group: GroupState;
  readonly room: Room | null;
}

/** A group that cannot be read now still has its nodes: totals count what was last known of it. */
export interface Unseen {
  readonly document: NodePolicyDocument;
  readonly count: number;
}

export interface Budget {
  readonly pools: readonly Pool[];
  readonly unseen: readonly Unseen[];
  readonly ordered: Ordered;
  readonly config: Config;
  readonly nova: NovaLimits | undefined;
}

function underTotals(
  totals: Totals,
  pools: readonly Pool[],
  unseen: readonly Unseen[],
  ordered: Ordered,
  room: Room | null,
  whose: string,
): Allowed[] {
  let nodes = unseen.reduce((sum, one) => sum + one.count, 0);
  let cores = nodes * coresOf(room);
  let memory = nodes * bytesOf(room);
  for (const pool of pools) {
    const count = pool.group.count + (ordered.get(pool.group.policy.name) ?? 0);
    nodes += count;
    cores += count * coresOf(pool.room ?? room);
    memory += count * bytesOf(pool.room ?? room);
  }
  const allowed: Allowed[] = [];
  const under = (limit: number | undefined, used: number, each: number, name: string): void => {
    if (limit === undefined || each <= 0) return;
    allowed.push({
      nodes: Math.floor((limit - used) / each),
      reason: 'LimitReached',
      by: `${whose} limits.${name} ${limit}`,
      what: `${name} (${whose})`,
      limit,
    });
  };
  under(totals.nodes, nodes, 1, 'nodes');
  under(totals.cores, cores, coresOf(room), 'cores');
  under(totals.memory, memory, bytesOf(room), 'memory');
  return allowed;
}

function underQuota(
  limits: NovaLimits,
  keepFree: NodePolicyDocument['spec']['quota']['keepFree'],
  room: Room | null,
  orderedNow: { readonly nodes: number; readonly cores: number; readonly mebibytes: number },
): Allowed[] {
  const allowed: Allowed[] = [];
  const under = (
    name: string,
    total: number | undefined,
    used: number | undefined,
    keep: number,
    each: number,
  ): void => {
    // Nova writes -1 for "no limit".
    if (total === undefined || total < 0 || each <= 0) return;
    // Without words: it stands in sentences of every language.
    const limit = `${used ?? 0}/${total - keep}`;
    allowed.push({
      nodes: Math.floor((total - (used ?? 0) - keep) / each),
      reason: 'QuotaExceeded',
      by: `quota ${name}: ${limit}`,
      what: name,
      limit,
    });
  };
  under(
    'instances',
    limits.maxTotalInstances,
    (limits.totalInstancesUsed ?? 0) + orderedNow.nodes,
    keepFree.instances,
    1,
  );
  under('cores', limits.maxTotalCores, (limits.totalCoresUsed ?? 0) + orderedNow.cores, keepFree.cores, coresOf(room));
  under(
    'ram',
    limits.maxTotalRAMSize,
    (limits.totalRAMUsed ?? 0) + orderedNow.mebibytes,
    (keepFree.ram ?? 0) / mebi,
    bytesOf(room) / mebi,
  );
  return allowed;
}

/** The tightest of all limits for one more order of this group. */
export function allowedNodes(group: GroupState, room: Room | null, budget: Budget): Allowed {
  const { pools, unseen, ordered, config, nova } = budget;
  const own = ordered.get(group.policy.name) ?? 0;
  const all: Allowed[] = [
    { nodes: group.max - group.count - own, reason: 'PoolAtMaximum', by: `max ${group.max}` },
    ...underTotals(
      group.document.spec.limits,
      pools.filter((pool) => pool.group.document === group.document),
      unseen.filter((one) => one.document === group.document),
      ordered,
      room,
      group.document.metadata.name,
    ),
    ...underTotals(config.daemon.limits, pools, unseen, ordered, room, 'the Daemon’s'),
  ];
  if (nova !== undefined) {
    const orderedNow = { nodes: 0, cores: 0, mebibytes: 0 };
    for (const pool of pools) {
      const count = ordered.get(pool.group.policy.name) ?? 0;
      orderedNow.nodes += count;
      orderedNow.cores += count * coresOf(pool.room ?? room);
      orderedNow.mebibytes += (count * bytesOf(pool.room ?? room)) / mebi;
    }
    all.push(...underQuota(nova, group.document.spec.quota.keepFree, room, orderedNow));
  }
  const tightest = all.reduce((least, one) => (one.nodes < least.nodes ? one : least));
  return { ...tightest, nodes: Math.max(0, tightest.nodes) };
}
