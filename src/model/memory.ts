// Memory: what must survive from tick to tick, a restart or a change of leader. A plain JSON value.
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

/** What `behavior` counts. Dry runs keep one of their own, so that they rehearse what acting would do. */
export interface ScaleHistory {
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
  /** dry run only: where the replicas would stand now */
  readonly standing?: number;
}

export interface TargetMemory {
  readonly recommendations: readonly Recommendation[];
  readonly acted: ScaleHistory;
  readonly rehearsed: ScaleHistory;
  /** our own last write, until the watch has seen it */
  readonly written: { readonly replicas: number; readonly resourceVersion?: string; readonly at: Instant } | null;
  readonly unknownSince: Readonly<Record<string, Instant>>;
  /** the last write that failed, until one succeeds */
  readonly failure: { readonly at: Instant; readonly code: string; readonly message: string } | null;
}

export interface SentResize {
  readonly at: Instant;
  readonly from: number;
  readonly to: number;
  readonly remove: readonly { readonly node: string; readonly serverId: string }[];
  readonly requestId?: string;
  /** Magnum has been seen working on it: after that, "complete" means done and not "not yet begun" */
  readonly begun: boolean;
}

export interface GroupMemory {
  readonly lastGrowth: Instant | null;
  readonly lastShrink: Instant | null;
  readonly lastFailure: { readonly at: Instant; readonly code: string; readonly message: string } | null;
  readonly drainFailure: { readonly at: Instant; readonly code: string; readonly message: string } | null;
  readonly backOff: { readonly until: Instant; readonly length: Milliseconds } | null;
  readonly sent: SentResize | null;
  /** ordered nodes that are not Ready yet: one entry an order */
  readonly ordered: readonly { readonly at: Instant; readonly count: number }[];
  /** how long orders took from resize to Ready, the newest last */
  readonly bootTimes: readonly Milliseconds[];
  readonly removal: 'unproven' | 'proven' | 'refuted';
}

export interface NodeMemory {
  readonly unneededSince: Instant | null;
  /** while it is drained: since when no pod is left on it */
  readonly emptySince: Instant | null;
  readonly ready: boolean;
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

export interface Memory {
  readonly schema: typeof memorySchema;
  readonly lastTick: Instant | null;
  /** since when ticks have followed each other without a long gap */
  readonly steadySince: Instant | null;
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
  readonly groups: Readonly<Record<string, GroupMemory>>;
  readonly nodes: Readonly<Record<string, NodeMemory>>;
  readonly conditions: Readonly<Record<string, ConditionMemory>>;
}

export const emptyMemory = (): Memory => ({
  schema: memorySchema,
  lastTick: null,
  steadySince: null,
  targets: {},
  groups: {},
  nodes: {},
  conditions: {},
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
