// Memory: what must survive from tick to tick, a restart or a change of leader. A plain JSON value.
import type { Proposal } from './approval.ts';
import type { NodeRemoval } from './plan.ts';
import type { TargetKey } from './target.ts';
import type { Instant, Milliseconds } from './units.ts';

export const memorySchema = 1;

export interface Recommendation {
  readonly at: Instant;
  readonly replicas: number;
}

export interface ScaleEvent {
  readonly at: Instant;
  /** always positive: how many replicas came or went */
  readonly change: number;
}

/** Changes of direction that are remembered: more a budget cannot count. */
export const mostTurns = 64;

/** What `behavior` counts. Dry runs keep one of their own, so that they rehearse what acting would do. */
export interface ScaleHistory {
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
  /** changes of direction, the newest last; kept where a flap budget counts them */
  readonly turns?: readonly Instant[];
  readonly lastWay?: 'up' | 'down';
  /** dry run only: where the replicas would stand now */
  readonly standing?: number;
}

/** Somebody else wrote the replicas. */
export interface ForeignWrite {
  readonly at: Instant;
  readonly from: number;
  readonly to: number;
  /** the field manager, where Kubernetes tells */
  readonly by: string | null;
}

export interface TargetMemory {
  /** since when the policy has had this target; absent: never seen before */
  readonly firstSeen?: Instant;
  readonly recommendations: readonly Recommendation[];
  readonly acted: ScaleHistory;
  readonly rehearsed: ScaleHistory;
  /** our own last write, until the watch has seen it */
  readonly written: { readonly replicas: number; readonly resourceVersion?: string; readonly at: Instant } | null;
  readonly unknownSince: Readonly<Record<string, Instant>>;
  /** every metric is known again since then, after one was not */
  readonly recovered?: Instant;
  /** the replicas as they were seen last, whoever wrote them */
  readonly seen?: number;
  readonly foreign?: readonly ForeignWrite[];
  /** when a metric that keeps the target awake was last above its activation */
  readonly lastActive?: Instant;
  /** the zero is ours: what stood before it */
  readonly asleep?: { readonly at: Instant; readonly previous: number };
  /** somebody else set the replicas to 0: not woken by us */
  readonly stoppedByHand?: Instant;
  /** the last known values of metrics that a formula may fall back to */
  readonly lastValues?: Readonly<Record<string, number>>;
  /** from creation to Ready, as its pods took it lately */
  readonly startTime?: Milliseconds;
  /** when its replicas were last lowered: what the guards count */
  readonly lowered?: Instant;
  /** the last write that failed, until one succeeds */
  readonly failure: Failure | null;
}

export interface SentResize {
  readonly at: Instant;
  readonly from: number;
  readonly to: number;
  readonly remove: readonly NodeRemoval[];
  readonly requestId?: string;
  /** it was sent and no answer came: whether Magnum has it is seen in the group only */
  readonly unanswered?: true;
  /** Magnum has been seen working on it: after that, "complete" means done and not "not yet begun" */
  readonly begun: boolean;
}

export interface Failure {
  readonly at: Instant;
  readonly code: string;
  readonly message: string;
}

export interface GroupMemory {
  readonly lastGrowth: Instant | null;
  readonly lastShrink: Instant | null;
  /** of an order; what failed on the way down is no reason to order less */
  readonly lastFailure: Failure | null;
  /** of a node that was to be emptied */
  readonly drainFailure: Failure | null;
  /** of a resize that was to give nodes back */
  readonly removalFailure?: Failure;
  readonly backOff: { readonly until: Instant; readonly length: Milliseconds } | null;
  readonly sent: SentResize | null;
  /** ordered nodes that are not Ready yet: one entry an order. `told`: it ran out of its time, and has counted as a failure */
  readonly ordered: readonly { readonly at: Instant; readonly count: number; readonly told?: true }[];
  /** how long orders took from resize to Ready, the newest last */
  readonly bootTimes: readonly Milliseconds[];
  readonly removal: 'unproven' | 'proven' | 'refuted';
  /** when another server than the named one was seen to leave */
  readonly refutedAt?: Instant;
  /** when it was last seen in the middle of an update, whoever had asked for it */
  readonly updatingAt?: Instant;
  /** Magnum's count as it was seen last, whoever set it */
  readonly seenCount?: number;
  /** the failure that the group stood in when it was seen last: the same one again is no answer to a new resize */
  readonly seenFailure?: string | null;
  /** when others have changed the count lately */
  readonly foreignChanges?: readonly Instant[];
  /** servers without a node, by their id, where the policy gives such back */
  readonly nodeless?: Readonly<Record<string, NodelessMemory>>;
  /** nodes, by name, whose drain has failed: others go before them, longer after each failure */
  readonly failedDrains?: Readonly<Record<string, FailedDrain>>;
  /** evictions that somebody else than a budget refuses, by node, until its drain ends */
  readonly deniedEvictions?: Readonly<Record<string, DeniedEvictions>>;
  /** of its last decision */
  readonly why?: Why;
}

export interface DeniedEvictions {
  /** by namespace and name; the words are of the first */
  readonly pods: readonly string[];
  readonly words: string;
}

/** A reason that stands, and since when. */
export interface Why {
  readonly reason: string;
  readonly at: Instant;
}

/** `at`: the last time */
export interface FailedDrain extends Failure {
  /** begin: it could not even be marked; rollBack: its pods did not leave */
  readonly step: 'begin' | 'rollBack';
  /** how often in a row */
  readonly times: number;
}

export interface NodelessMemory {
  /** since when it has been seen without one */
  readonly since: Instant;
  /** when Magnum was told to remove it */
  readonly toldAt?: Instant;
}

/** One server was named, and it was that one that left: kept for the cluster, because one driver serves all its groups. */
export interface RemovalProof {
  /** Magnum's uuid of it */
  readonly cluster: string;
  readonly group: string;
  readonly at: Instant;
  /** who has seen it: springtide at work, or a person with `springtide doctor` */
  readonly by: string;
}

export interface NodeMemory {
  readonly unneededSince: Instant | null;
  /** while it is drained: since when no pod is left on it */
  readonly emptySince: Instant | null;
  readonly ready: boolean;
  /** of one that is not Ready now: whether it was before; absent: it is Ready, or nobody has asked yet */
  readonly wasReady?: boolean;
  /** for what it stays, where that has no timer of its own */
  readonly why?: Why;
}

export interface ConditionMemory {
  readonly since: Instant;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly lastSeen: Instant;
  /** how long it stays after it was last seen */
  readonly lasts: Milliseconds;
  /** it lasted long enough to be told */
  readonly fired: boolean;
  /** set when the condition ended; its end is told again for a while, as Prometheus does */
  readonly ended: Instant | null;
}

/** What the guards over all policies count, and whether one has tripped. */
export interface GuardMemory {
  readonly removed: readonly ScaleEvent[];
  readonly tripped: {
    readonly at: Instant;
    readonly guard: 'removed' | 'targetsLowered';
    readonly count: number;
    readonly of: number;
    readonly percent: number;
  } | null;
}

/** The same for nodes: those that were given back, and those that were ordered. */
export interface NodeGuardMemory {
  readonly removed: readonly ScaleEvent[];
  readonly ordered: readonly ScaleEvent[];
  readonly tripped: {
    readonly at: Instant;
    readonly guard: 'nodesRemoved' | 'nodesOrdered';
    readonly count: number;
    /** of so many nodes */
    readonly of: number;
    /** what is allowed: percent of them, or a number of nodes */
    readonly allowed: number;
  } | null;
}

/** Planned peaks of the next days that cannot be met, as they were found the last time. */
export interface PeakMemory {
  readonly at: Instant;
  /** the configuration's hash at that time */
  readonly config: string;
  readonly shortfalls: readonly {
    readonly namespace: string;
    readonly policy: string;
    readonly window: string;
    readonly start: Instant;
    readonly floor: number;
    readonly why: string;
  }[];
}

/** Under `mode: confirm`: what waits for a person, by target or group, and which approvals have been used lately. */
export interface ProposalMemory {
  readonly asked: Readonly<Record<string, Proposal>>;
  readonly used: readonly { readonly id: string; readonly at: string }[];
}

export interface Memory {
  readonly schema: typeof memorySchema;
  readonly lastTick: Instant | null;
  /** since when ticks have followed each other without a long gap */
  readonly steadySince: Instant | null;
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
  readonly groups: Readonly<Record<string, GroupMemory>>;
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  readonly conditions: Readonly<Record<string, ConditionMemory>>;
  readonly podGuard: GuardMemory;
  readonly nodeGuard?: NodeGuardMemory;
  readonly peaks?: PeakMemory;
  /** since when the saturation queries of NodePolicies have been above what is allowed */
  readonly saturatedSince?: Readonly<Record<string, Instant>>;
  readonly removalProof?: RemovalProof;
  readonly proposals?: ProposalMemory;
}

export const emptyNodeGuard: NodeGuardMemory = { removed: [], ordered: [], tripped: null };

const emptyGuardMemory: GuardMemory = { removed: [], tripped: null };

export const emptyMemory = (): Memory => ({
  schema: memorySchema,
  lastTick: null,
  steadySince: null,
  targets: {},
  groups: {},
  nodes: {},
  conditions: {},
  podGuard: emptyGuardMemory,
});

export const emptyTargetMemory: TargetMemory = {
  recommendations: [],
  acted: { ups: [], downs: [] },
  rehearsed: { ups: [], downs: [] },
  written: null,
  unknownSince: {},
  failure: null,
};

export const emptyGroupMemory: GroupMemory = {
  lastGrowth: null,
  lastShrink: null,
  lastFailure: null,
  drainFailure: null,
  backOff: null,
  sent: null,
  ordered: [],
  bootTimes: [],
  removal: 'unproven',
};
