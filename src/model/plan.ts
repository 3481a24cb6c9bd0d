// The Plan: what should happen and why; "hold" and "none" are decisions too.
import type { Asked, UsedApproval } from './approval.ts';
import type { DrainBatch, DrainRequest } from './drain-record.ts';
import type { ForecastDoubt, ForecastState } from './forecast.ts';
import type { Facts, KeptReason, NodeReason, PendingRule, PodReason } from './reason.ts';
import type { TargetRef } from './target.ts';
import type { Instant, Replicas } from './units.ts';

/** The more cautious of two wins: off, then dryRun, confirm, act. */
export const modes = ['off', 'dryRun', 'confirm', 'act'] as const;
export type Mode = (typeof modes)[number];

export interface PolicyRef {
  readonly namespace?: string;
  readonly name: string;
}

/** One step of the order in which a decision is made that changed the number. */
export interface Step {
  readonly step: string;
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

export interface MetricReading {
  readonly name: string;
  readonly value: number | null;
  /** null: it is only read by a formula */
  readonly target: number | null;
  readonly ageSeconds: number | null;
  readonly proposal: number | null;
  readonly state: 'ok' | 'unknown' | 'stale' | 'failed';
  readonly why?: string;
  /** what is taken in place of the value that is missing */
  readonly standIn?: 'treatAs' | 'atLeast' | 'fallback';
  /** the numbers in between: ratio, pods that counted, pods without a sample, usage, requests … */
  readonly detail?: Facts;
}

/** In the HPA's own words: what `kubectl describe hpa` would show. */
export interface ScalingCondition {
  readonly type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';
  readonly status: 'True' | 'False';
  readonly reason: string;
}

/** The highest load until then, and the replicas that would bear it, within the policy's maximum. */
export interface ExpectedLoad {
  readonly aheadSeconds: number;
  readonly expected: number;
  readonly upper: number;
  /** the expert that said so */
  readonly by: string;
  readonly replicas: number;
}

/** What is expected of a target's load, and what came of it. */
export interface ForecastReading {
  readonly metric: string;
  /** `preview`: it is shown and moves nothing */
  readonly mode: 'preview' | 'act';
  readonly state: ForecastState;
  /** null: it is trusted */
  readonly doubt: ForecastDoubt | null;
  /** until pods that are asked for now are ready; null: nothing has been said yet */
  readonly pods: ExpectedLoad | null;
  /** until VMs that are ordered now bear ready pods */
  readonly nodes: ExpectedLoad | null;
  /** twice as far: what a removal now would have to be undone for */
  readonly keep: ExpectedLoad | null;
  /** the share of its own bounds that held of late, 0 to 1; null: none could be judged yet */
  readonly coverage: number | null;
  /** how much of the past it has seen */
  readonly historySeconds: number;
  /** why its past could not be read: it learns from what it sees */
  readonly trouble?: string;
  /** VMs are ordered, and kept, ahead of the load; false: preview, not trusted, or the way up is held */
  readonly ordersNodes: boolean;
}

/** A pod that is to go before others, or no longer. */
export interface DeletionCost {
  readonly pod: PodRef;
  /** what it does now; null: nobody can tell */
  readonly value: number | null;
  /** the lowest goes first; null: it is taken away again */
  readonly cost: number | null;
}

export interface PodDecision {
  readonly policy: PolicyRef;
  readonly target: TargetRef;
  readonly mode: Mode;
  readonly current: Replicas | null;
  readonly desired: Replicas | null;
  readonly action: 'scale' | 'hold' | 'none' | 'refused';
  readonly reason: PodReason;
  readonly limitedBy: readonly PodReason[];
  readonly conditions: readonly ScalingCondition[];
  readonly steps: readonly Step[];
  readonly metrics: readonly MetricReading[];
  /** RFC 3339: when this may change by itself; null: not by time alone. */
  readonly until: string | null;
  readonly facts: Facts;
  readonly message: string;
  /** the recommendation that governs the stabilization window, and when it leaves */
  readonly governedBy: { readonly at: string; readonly replicas: number; readonly leaves: string } | null;
  /** whose zero it is, written on the target: ours, with the number before it, or a person's since then; null: neither any more */
  readonly mark?: { readonly previous: number } | { readonly stopped: string } | null;
  /** of a policy with `forecast`, wherever its metrics were looked at */
  readonly forecast?: ForecastReading;
  /** written on the pods before the replicas are lowered */
  readonly deletionCosts?: readonly DeletionCost[];
  /** mode confirm: what a person is asked, or has allowed */
  readonly asked?: Asked;
  /** The object's version that the decision was made on; the write is refused if it has moved. */
  readonly resourceVersion?: string;
  readonly uid?: string;
}

export interface NodeRemoval {
  /** the server's own name where no node stands for it */
  readonly node: string;
  readonly serverId: string;
  /** it never became a node: nothing to drain, and no node to write on */
  readonly unregistered?: true;
}

export interface KeptNode {
  readonly node: string;
  readonly reason: KeptReason;
  /** The pod, PDB, window … at fault. */
  readonly by: string | null;
  readonly since: string | null;
  readonly until: string | null;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

/** What is to be done next to a node on its way out; where it stands is written on the node itself. */
export type DrainStep =
  | {
      readonly step: 'begin';
      readonly node: string;
      readonly serverId: string;
      readonly nodeGroup: string;
      /** a person asked for it */
      readonly request?: DrainRequest;
      /** a person has allowed it (mode confirm) */
      readonly approval?: UsedApproval;
      /** it does not answer: its pods are not waited for */
      readonly unready?: true;
      /** set where it begins together with others */
      readonly batch?: DrainBatch;
    }
  /** all of its batch are marked: it says so itself, before anybody is evicted */
  | { readonly step: 'seal'; readonly node: string; readonly serverId: string; readonly batch: string }
  | { readonly step: 'evict'; readonly node: string; readonly serverId: string; readonly pods: readonly PodRef[] }
  | { readonly step: 'wait'; readonly node: string; readonly serverId: string; readonly pods: readonly PodRef[] }
  /** its removal was announced at that time, and never began: it is drained, and all rules of a drain hold for it again */
  | { readonly step: 'reopen'; readonly node: string; readonly serverId: string; readonly removingAt: Instant }
  | { readonly step: 'rollBack'; readonly node: string; readonly reason: KeptReason; readonly by: string | null }
  | { readonly step: 'forget'; readonly node: string; readonly serverId: string };

/**
 * What Magnum was seen at when a resize was decided: nothing, updates of other groups, which the cluster shows as well, or the
 * group's own, that we sent. What it is at beyond that when the resize is to go out has begun since, and is somebody else's.
 */
export type ResizedOver = 'nothing' | 'otherGroups' | 'ownResize';

export interface Resizing {
  readonly to: number;
  readonly remove: readonly NodeRemoval[];
  readonly over: ResizedOver;
}

export interface NodeDecision {
  readonly policy: PolicyRef;
  readonly nodeGroup: string;
  readonly mode: Mode;
  readonly current: number | null;
  readonly desired: number | null;
  readonly action: 'grow' | 'shrink' | 'hold' | 'none' | 'refused';
  readonly reason: NodeReason;
  readonly for: readonly { readonly target: TargetRef; readonly pods: number }[];
  /** the nodes on their way out, first tick to last */
  readonly remove: readonly NodeRemoval[];
  /** what is sent to Magnum in this tick; null: nothing */
  readonly resize: Resizing | null;
  readonly drains: readonly DrainStep[];
  readonly kept: readonly KeptNode[];
  /** Nodes that were ordered and do not run pods yet. */
  readonly upcoming: number;
  /** mode confirm: what a person is asked, or has allowed */
  readonly asked?: Asked;
  /** how long orders of this group have taken lately, of so many; absent: none has taught it yet */
  readonly bootTime?: { readonly p50Seconds: number; readonly p95Seconds: number; readonly of: number };
  /** RFC 3339: since when the reason has stood; absent: the group could not be judged */
  readonly since?: string;
  readonly until: string | null;
  readonly facts: Facts;
  readonly message: string;
}

/** What refuses pods, on which nodes: today's, or a new one that a group could get. */
export interface Refusal {
  /** how many of today's nodes refuse for this; null: a group is meant */
  readonly nodes: number | null;
  /** the group whose new node would not take them, or will not come; null: today's nodes are meant */
  readonly nodeGroup: string | null;
  /** a rule of the scheduler (`resource`, `taint` …), the state of the nodes, or the group's reason */
  readonly rule: PendingRule;
  /** "cpu", "dedicated=db:NoSchedule", "max 8" */
  readonly detail: string;
  /** why the group, that would take them, gets no node */
  readonly reason?: NodeReason;
}

/** Nodes that were ordered and will take them. */
export interface AwaitedNodes {
  readonly nodeGroup: string;
  readonly nodes: number;
  /** RFC 3339: when half of such orders have arrived, and when nearly all; null: none has taught it yet */
  readonly expected: string | null;
  readonly latest: string | null;
}

/** A node on which pods of lower priority leave for these. */
export interface Preempts {
  readonly node: string;
  /** how many of them come there */
  readonly pods: number;
  readonly victims: readonly { readonly target: TargetRef; readonly pods: number }[];
}

/** Pods of one owner that are alike to the scheduler, have no node, and why. */
export interface PendingPods {
  readonly pod: PodRef;
  readonly owner: TargetRef;
  /** how many wait, the one above included */
  readonly pods: number;
  /** some of their names, the longest waiting first */
  readonly names: readonly string[];
  /** RFC 3339: since when the first of them waits */
  readonly since: string | null;
  /** whom they push out, or wait for after having pushed them out; absent: nobody */
  readonly preempts?: readonly Preempts[];
  readonly ordered: readonly AwaitedNodes[];
  readonly why: readonly Refusal[];
}

export interface PlanAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'firing' | 'resolved';
  /** RFC 3339 */
  readonly since: string;
}

export interface Plan {
  readonly time: string;
  readonly configHash: string;
  readonly pods: readonly PodDecision[];
  readonly nodes: readonly NodeDecision[];
  readonly alerts: readonly PlanAlert[];
  /** pods without a node, the longest waiting first; absent: none waits */
  readonly pending?: readonly PendingPods[];
  /** pods that wait too and are not explained, for want of space */
  readonly pendingLeftOut?: number;
}
