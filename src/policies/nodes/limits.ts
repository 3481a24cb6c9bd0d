// How many more nodes a group may get: its own and Magnum's maximum, the policy's and the daemon's totals, the project's quota.
import type { Config, NodePolicyDocument } from '../../model/config.ts';
import type { NodeReason } from '../../model/reason.ts';
import type { NovaLimits } from '../../model/openstack.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { GroupState } from './group-state.ts';
import { addSizes, nothing, times, type Size } from './node-size.ts';

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

interface Totals {
  readonly nodes?: number | undefined;
  readonly cores?: number | undefined;
  readonly memory?: number | undefined;
}

/** Nodes that are ordered in this very tick count as well; below zero: so many of those on their way are free to be planned with. */
export type Ordered = ReadonlyMap<string, number>;

export interface SizedGroup {
  readonly group: GroupState;
  /** of one of its nodes; null: not known */
  readonly size: Size | null;
}

/** A group that cannot be read now still has its nodes: totals count what was last known of it. */
export interface Unseen {
  readonly document: NodePolicyDocument;
  readonly count: number;
}

export interface Budget {
  readonly groups: readonly SizedGroup[];
  readonly unseen: readonly Unseen[];
  /** workers that no policy speaks of: they count in the cluster's totals */
  readonly elsewhere: Size;
  readonly ordered: Ordered;
  readonly config: Config;
  /** undefined: this cloud shows none; unread: it has them and did not answer */
  readonly nova: NovaLimits | 'unread' | undefined;
}

/** What Nova said of the project's quota this time. */
export function quotaIn({ nova, errors }: Pick<Snapshot, 'nova' | 'errors'>): Budget['nova'] {
  const failed = errors.some(
    ({ source, what, code }) => source === 'nova' && what === 'limits' && code !== 'NotInCatalog',
  );
  return nova.limits ?? (failed ? 'unread' : undefined);
}

const countOf = ({ group }: SizedGroup, ordered: Ordered): number =>
  group.count + (ordered.get(group.policy.name) ?? 0);

/** What groups have, with what was ordered; one of unknown size counts as those that are asked for. */
const usedBy = (groups: readonly SizedGroup[], ordered: Ordered, like: Size): Size =>
  addSizes(groups.map((one) => times(one.size ?? like, countOf(one, ordered))));

interface Scope {
  readonly groups: readonly SizedGroup[];
  readonly unseen: readonly Unseen[];
  readonly elsewhere: Size;
  readonly whose: string;
}

function underTotals(totals: Totals, { groups, unseen, elsewhere, whose }: Scope, ordered: Ordered, each: Size) {
  const unread = unseen.map((one) => times(each, one.count));
  const used = addSizes([elsewhere, ...unread, usedBy(groups, ordered, each)]);
  const allowed: Allowed[] = [];
  const under = (name: keyof Size, limit: number | undefined): void => {
    if (limit === undefined || each[name] <= 0) return;
    allowed.push({
      nodes: Math.floor((limit - used[name]) / each[name]),
      reason: 'LimitReached',
      by: `${whose} limits.${name} ${limit}`,
      what: `${name} (${whose})`,
      limit,
    });
  };
  under('nodes', totals.nodes);
  under('cores', totals.cores);
  under('memory', totals.memory);
  return allowed;
}

type QuotaName = 'instances' | 'cores' | 'ram';

/** In Nova's own units: memory is mebibytes there. */
const inNova = (size: Size): Readonly<Record<QuotaName, number>> => ({
  instances: size.nodes,
  cores: size.cores,
  ram: size.memory / mebi,
});

const quotaNames = ['instances', 'cores', 'ram'] as const;

function underQuota(group: GroupState, { groups, ordered }: Budget, nova: NovaLimits, each: Size): Allowed[] {
  const { keepFree, share } = group.document.spec.quota;
  const total = { instances: nova.maxTotalInstances, cores: nova.maxTotalCores, ram: nova.maxTotalRAMSize };
  const used = { instances: nova.totalInstancesUsed, cores: nova.totalCoresUsed, ram: nova.totalRAMUsed };
  const keep = { instances: keepFree.instances, cores: keepFree.cores, ram: (keepFree.ram ?? 0) / mebi };
  const orderedOf = (one: GroupState): number => ordered.get(one.policy.name) ?? 0;
  // Whether Nova counts those on their way already is not known: they are never given back to the quota.
  const now = inNova(addSizes(groups.map((one) => times(one.size ?? each, Math.max(0, orderedOf(one.group))))));
  const coming = Math.max(0, -orderedOf(group));
  const own = inNova(
    usedBy(
      groups.filter((one) => one.group.document === group.document),
      ordered,
      each,
    ),
  );
  const one = inNova(each);
  return quotaNames.flatMap((name): Allowed[] => {
    const all = total[name];
    // Nova writes -1 for "no limit".
    if (all === undefined || all < 0 || one[name] <= 0) return [];
    const under = (most: number, taken: number, what: string): Allowed => {
      // Without words: it stands in sentences of every language.
      const limit = `${taken}/${most}`;
      const nodes = Math.max(0, Math.floor((most - taken) / one[name])) + coming;
      return { nodes, reason: 'QuotaExceeded', by: `quota ${what}: ${limit}`, what, limit };
    };
    const free = under(all - keep[name], (used[name] ?? 0) + now[name], name);
    if (share === undefined) return [free];
    const part = Math.floor((all * share.percent) / 100);
    return [free, under(part, own[name], `${name} (${share.percent} %)`)];
  });
}

const asksForSize = ({ cores, memory }: Totals): boolean => cores !== undefined || memory !== undefined;

/** Limits that somebody has written and that nobody can judge now: they are kept to by ordering nothing. */
function unjudged({ group, size }: SizedGroup, { config, nova }: Budget): Allowed[] {
  const { quota, limits } = group.document.spec;
  const { keepFree, share } = quota;
  const isWritten = share !== undefined || quotaNames.some((name) => (keepFree[name] ?? 0) > 0);
  const flavor = group.magnum.flavor_id ?? 'its flavor';
  const mend = `write shape: {cpu, memory} for ${group.policy.name}, or let springtide read ${flavor}`;
  return [
    ...(nova === 'unread' && isWritten ? [{ nodes: 0, reason: 'QuotaUnknown' as const, by: 'GET /limits' }] : []),
    ...(size === null && (asksForSize(limits) || asksForSize(config.daemon.limits))
      ? [{ nodes: 0, reason: 'ShapeUnknown' as const, by: mend }]
      : []),
  ];
}

/** The tightest of all limits for one more order of this group. */
export function allowedNodes(sized: SizedGroup, budget: Budget): Allowed {
  const { group, size } = sized;
  const { groups, unseen, elsewhere, ordered, config, nova } = budget;
  const { document, policy, max, count, lost } = group;
  const each = size ?? { nodes: 1, cores: 0, memory: 0 };
  const own = ordered.get(policy.name) ?? 0;
  // What a failed update has counted and not made is counted already.
  const counted = [
    { nodes: max - count - own, reason: 'PoolAtMaximum' as const, by: `max ${max}` },
    ...underTotals(
      document.spec.limits,
      {
        groups: groups.filter((one) => one.group.document === document),
        unseen: unseen.filter((one) => one.document === document),
        elsewhere: nothing,
        whose: document.metadata.name,
      },
      ordered,
      each,
    ),
    ...underTotals(config.daemon.limits, { groups, unseen, elsewhere, whose: 'the Daemon’s' }, ordered, each),
  ].map((one): Allowed => ({ ...one, nodes: one.nodes + Math.max(0, lost - Math.max(0, own)) }));
  const quota = nova === undefined || nova === 'unread' ? [] : underQuota(group, budget, nova, each);
  const all = [...counted, ...quota, ...unjudged(sized, budget)];
  const tightest = all.reduce((least, one) => (one.nodes < least.nodes ? one : least));
  return { ...tightest, nodes: Math.max(0, tightest.nodes) };
}
