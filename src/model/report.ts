// What one tick tells the server, and what the server tells the page: values only.
import type { Outcome, OutcomeStatus } from './outcome.ts';
import type { MetricReading, Mode, NodeDecision, PendingPods, Plan, PodDecision } from './plan.ts';
import type { Facts, KeptReason, NodeReason, PodReason } from './reason.ts';
import type { SourceError } from './snapshot.ts';
import type { TargetKey, TargetRef } from './target.ts';

export const stages = ['collect', 'foresee', 'decide', 'act', 'remember', 'tell'] as const;
export type Stage = (typeof stages)[number];

export interface StageReport {
  readonly milliseconds: number;
  readonly failed?: { readonly code: string; readonly message: string };
}

/** The policy's first metric, and how much of it the present replicas can bear. */
export interface LoadReading {
  readonly metric: string;
  readonly value: number;
  readonly capacity: number;
}

export interface TargetReport {
  readonly ready: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly load: LoadReading | null;
}

export interface GroupReport {
  readonly ready: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** A message to people, as the page shows it. */
export interface InboxItem {
  /** RFC 3339 */
  readonly at: string;
  readonly channel: 'email' | 'sms' | 'webhook';
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
  /** `received`: seen in the demo's own inboxes */
  readonly outcome: 'sent' | 'failed' | 'suppressed' | 'received';
  /** why it failed or was suppressed */
  readonly code?: string;
}

export interface TickReport {
  /** counted from the start of the process */
  readonly number: number;
  /** RFC 3339 */
  readonly time: string;
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  /** a stage that was not reached is absent */
  readonly stages: Readonly<Partial<Record<Stage, StageReport>>>;
  /** milliseconds that the tick began after it was due */
  readonly lateness: number;
  readonly errors: readonly SourceError[];
  /** null: not known */
  readonly pendingPods: number | null;
  readonly readyNodes: number | null;
  readonly nodeCount: number | null;
  readonly targets?: Readonly<Record<TargetKey, TargetReport>>;
  readonly groups?: Readonly<Record<string, GroupReport>>;
  /** what was told, or could not be, since the report before */
  readonly notifications?: readonly InboxItem[];
}

export interface PodRow {
  readonly key: TargetKey;
  readonly policy: string;
  readonly target: TargetRef;
  readonly current: number | null;
  readonly desired: number | null;
  readonly ready: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mode: Mode;
  readonly action: PodDecision['action'];
  readonly reason: PodReason;
  readonly limitedBy: readonly PodReason[];
  readonly facts: Facts;
  readonly message: string;
  readonly metrics: readonly MetricReading[];
  readonly load: LoadReading | null;
  readonly until: string | null;
}

export interface KeptSummary {
  readonly reason: KeptReason;
  readonly nodes: number;
  /** of one of them */
  readonly by: string | null;
}

export interface NodeRow {
  readonly key: string;
  readonly policy: string;
  readonly group: string;
  readonly current: number | null;
  readonly desired: number | null;
  readonly ready: number | null;
  readonly upcoming: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mode: Mode;
  readonly action: NodeDecision['action'];
  readonly reason: NodeReason;
  readonly facts: Facts;
  readonly message: string;
  readonly for: readonly { readonly target: string; readonly pods: number }[];
  readonly draining: readonly string[];
  readonly kept: readonly KeptSummary[];
  readonly until: string | null;
}

/** A change or a refusal. The same one again, tick after tick, is one entry that counts. */
export interface DecisionEntry {
  readonly id: number;
  readonly time: string;
  readonly lastTime: string;
  readonly times: number;
  readonly tier: 'pods' | 'nodes';
  readonly subject: string;
  readonly action: PodDecision['action'] | NodeDecision['action'] | 'drain';
  readonly from: number | null;
  readonly to: number | null;
  readonly mode: Mode;
  readonly reason: PodReason | NodeReason;
  readonly facts: Facts;
  readonly message: string;
  /** of a drain: the node and the step */
  readonly node?: string;
  readonly step?: string;
  readonly outcome: { readonly status: OutcomeStatus; readonly code?: string; readonly message?: string } | null;
}

export interface AlertEntry {
  readonly name: string;
  readonly severity: string;
  readonly summary: string;
  readonly since: string;
}

/** Alerts that are told together, and fire. */
export interface FiringGroup {
  readonly key: string;
  readonly receiver: string;
  readonly severity: string;
  /** of the gravest of them */
  readonly title: string;
  readonly alerts: number;
  readonly since: string;
  /** silenced, inhibited, or outside of its hours: nobody is told */
  readonly isKeptBack: boolean;
  /** who is on all of it; null: nobody */
  readonly takenBy: { readonly by: string; readonly at: string } | null;
}

export interface FiringGroups {
  readonly groups: readonly FiringGroup[];
  /** groups that fire and are not shown */
  readonly more: number;
}

/** What the page is answered about what fires. */
export interface FiringAnswer extends FiringGroups {
  /** whoever asks may say that he is on it */
  readonly mayAcknowledge: boolean;
  /** by whose token he asks; null: by none */
  readonly caller: string | null;
}

export interface View {
  readonly cluster: string;
  readonly version: string;
  /** milliseconds */
  readonly interval: number;
  /** null until the first tick has ended */
  readonly tick: number | null;
  readonly time: string | null;
  readonly configHash: string | null;
  readonly mode: Mode;
  /** of several replicas one leads; absent: there is only this one */
  readonly role?: 'leader' | 'follower';
  /** not more than a page can show; `podCount` says how many targets there are */
  readonly pods: readonly PodRow[];
  readonly podCount: number;
  readonly nodes: readonly NodeRow[];
  /** pods without a node, the longest waiting first; not more than a page can show */
  readonly waiting?: readonly PendingPods[];
  /** pods that wait and are not shown */
  readonly waitingMore?: number;
  readonly pendingPods: number | null;
  readonly readyNodes: number | null;
  readonly nodeCount: number | null;
  /** the newest first; an event of one tick brings only those that are new or counted on */
  readonly decisions: readonly DecisionEntry[];
  readonly alerts: readonly AlertEntry[];
  readonly errors: readonly SourceError[];
  readonly failures: readonly { readonly stage: Stage; readonly code: string; readonly message: string }[];
  readonly messages: { readonly kind: 'inbox' | 'sent'; readonly items: readonly InboxItem[] };
}

type Column = readonly (number | null)[];

/** Columns for a chart, the oldest first; times in seconds since the epoch. */
export interface History {
  readonly times: readonly number[];
  readonly pendingPods: Column;
  readonly targets: Readonly<
    Record<
      TargetKey,
      { readonly current: Column; readonly desired: Column; readonly load: Column; readonly capacity: Column }
    >
  >;
  readonly groups: Readonly<
    Record<string, { readonly current: Column; readonly desired: Column; readonly ready: Column }>
  >;
}
