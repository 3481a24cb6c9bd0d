// Planned peaks held against what can be had: looked at once an hour, told while they are still ahead.
import type { Config } from '../model/config.ts';
import type { Pod } from '../model/kubernetes.ts';
import type { PeakMemory } from '../model/memory.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { minutes, rfc3339, type Bytes, type Instant, type Millicores, type Milliseconds } from '../model/units.ts';
import { atOnce, type Condition } from './condition.ts';
import type { Pool } from './nodes/growth-options.ts';
import { isBound, isDeleting, isOfDaemonSet, isTerminal, requestsOf, type Requests } from './pod-facts.ts';
import type { Standing } from './pods/decide-pods.ts';
import { calendarsExpiring } from './schedule/calendars.ts';
import type { Capacity, Room } from './schedule/capacity.ts';
import { seekingShortfalls, type Lacking, type ScheduledPolicy, type ScheduleShortfall } from './schedule/peaks.ts';

const lookedAtEvery = minutes(60);
const mebi = 2 ** 20;

export interface Outlook {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly standings: readonly Standing[];
  readonly pools: readonly Pool[];
  readonly startTime: (standing: Standing) => Milliseconds;
}

const roomOf = (requests: Requests): Room => ({
  cpu: (requests['cpu'] ?? 0) as Millicores,
  memory: ((requests['memory'] ?? 0) / 1000) as Bytes,
});

/** What the node groups may hold at most; null: not known well enough to say that something will not fit. */
function capacityOf({ pools, snapshot, config }: Outlook): Capacity | null {
  const groups = [];
  for (const { group, shape } of pools) {
    if (shape === null) return null;
    const { free, capacity } = shape.room;
    groups.push({
      name: group.policy.name,
      nodes: group.count,
      maxNodes: group.max,
      room: { ...roomOf(free), pods: Math.floor((free['pods'] ?? 0) / 1000) },
      flavor: {
        cores: Math.ceil((capacity['cpu'] ?? 0) / 1000),
        ram: ((capacity['memory'] ?? 0) / 1000) as Bytes,
      },
    });
  }
  if (groups.length === 0) return null;
  const { limits } = snapshot.nova;
  // Nova writes -1 for "no limit".
  const free = (total: number | undefined, used: number | undefined): number | null =>
    total === undefined || total < 0 ? null : Math.max(0, total - (used ?? 0));
  const ram = free(limits?.maxTotalRAMSize, limits?.totalRAMUsed);
  return {
    groups,
    limitNodes: config.daemon.limits.nodes ?? null,
    quotaFree: {
      instances: free(limits?.maxTotalInstances, limits?.totalInstancesUsed),
      cores: free(limits?.maxTotalCores, limits?.totalCoresUsed),
      ram: ram === null ? null : ram * mebi,
    },
  };
}

/** Pods on the groups' nodes that no policy scales take their place as well. */
function others({ snapshot, pools, standings }: Outlook): ScheduledPolicy[] {
  const ours = new Set(pools.flatMap(({ group }) => group.nodes.map((node) => node.metadata.name)));
  const scaled = new Set(standings.flatMap(({ pods }) => [...pods]));
  const bySize = new Map<string, { readonly requests: Room; count: number }>();
  const counts = (pod: Pod): boolean =>
    isBound(pod) &&
    ours.has(pod.spec?.nodeName ?? '') &&
    !scaled.has(pod) &&
    !isTerminal(pod) &&
    !isDeleting(pod) &&
    !isOfDaemonSet(pod);
  for (const pod of snapshot.kubernetes.pods ?? []) {
    if (!counts(pod)) continue;
    const requests = roomOf(requestsOf(pod.spec));
    const size = `${requests.cpu}/${requests.memory}`;
    const known = bySize.get(size);
    if (known === undefined) bySize.set(size, { requests, count: 1 });
    else known.count += 1;
  }
  return [...bySize.values()].map(({ requests, count }) => ({
    policy: { namespace: '', name: '' },
    windows: [],
    base: { min: count, max: count },
    startTime: 0 as Milliseconds,
    typical: count,
    requests,
  }));
}

function scheduled(outlook: Outlook): ScheduledPolicy[] {
  return outlook.standings.map((standing) => ({
    policy: standing.policy.metadata,
    windows: standing.policy.spec.schedule,
    base: standing.policy.spec.replicas,
    startTime: outlook.startTime(standing),
    typical: standing.decision.current ?? 0,
    requests: roomOf(requestsOf(standing.template)),
  }));
}

function whyOf(lacking: Lacking): string {
  switch (lacking.kind) {
    case 'policyMax':
      return `max ${lacking.max}`;
    case 'nodes':
      return `max ${lacking.nodes} nodes: ${lacking.pods} pods`;
    case 'quota':
      return `quota ${lacking.resource}: ${lacking.nodes} nodes, ${lacking.pods} pods`;
  }
}

const remembered = (shortfall: ScheduleShortfall): PeakMemory['shortfalls'][number] => ({
  namespace: shortfall.policy.namespace,
  policy: shortfall.policy.name,
  window: shortfall.window,
  start: shortfall.start,
  floor: shortfall.floor,
  why: whyOf(shortfall.lacking),
});

const isRaising = ({ policy }: Standing): boolean =>
  policy.spec.schedule.some((window) => window.min !== null || window.replicas !== null);

/** What was found the last time, or what is found now; undefined where no schedule raises anything. */
export function* lookAhead(
  before: PeakMemory | undefined,
  outlook: Outlook,
  now: Instant,
): Generator<undefined, PeakMemory | undefined> {
  if (!outlook.standings.some(isRaising)) return undefined;
  const { hash } = outlook.config;
  if (before?.config === hash && now < before.at + lookedAtEvery) return before;
  const capacity = capacityOf(outlook);
  if (capacity === null) return { at: now, config: hash, shortfalls: [] };
  const found = yield* seekingShortfalls([...scheduled(outlook), ...others(outlook)], capacity, now);
  return { at: now, config: hash, shortfalls: found.map(remembered) };
}

export function ofSchedules(peaks: PeakMemory | undefined, config: Config, now: Instant): readonly Condition[] {
  const shortfalls = (peaks?.shortfalls ?? []).map((one): Condition => ({
    name: 'SpringtideScheduleCannotBeMet',
    severity: 'warning',
    labels: { namespace: one.namespace, policy: one.policy, schedule: one.window },
    facts: {
      policy: `${one.namespace}/${one.policy}`,
      schedule: one.window,
      start: rfc3339(one.start),
      floor: one.floor,
      why: one.why,
    },
    after: atOnce,
    lasts: atOnce,
  }));
  const calendars = calendarsExpiring(config.calendars, now).map(({ name, validUntil }): Condition => ({
    name: 'SpringtideCalendarExpires',
    severity: 'warning',
    labels: { calendar: name },
    facts: { calendar: name, until: validUntil },
    after: atOnce,
    lasts: atOnce,
  }));
  return [...shortfalls, ...calendars];
}
