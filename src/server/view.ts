// From one tick's report to what the page shows of it: pure.
import type { Outcome } from '../model/outcome.ts';
import type { Mode, NodeDecision, Plan, PlanAlert, PodDecision } from '../model/plan.ts';
import {
  stages,
  type AlertEntry,
  type DecisionEntry,
  type InboxItem,
  type KeptSummary,
  type NodeRow,
  type PodRow,
  type TickReport,
  type View,
} from '../model/report.ts';
import { targetKey, targetName } from '../model/target.ts';
import { byOwner, outcomeOf } from './log.ts';

export interface About {
  readonly cluster: string;
  readonly version: string;
  /** milliseconds */
  readonly interval: number;
  readonly mode: Mode;
  /** of several replicas one leads; absent: there is only this one */
  readonly role?: 'leader' | 'follower';
}

const policyName = ({ namespace, name }: { namespace?: string; name: string }): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

export function podRow(decision: PodDecision, report: TickReport): PodRow {
  const key = targetKey(decision.target);
  const { ready = null, min = null, max = null, load = null } = report.targets?.[key] ?? {};
  const { target, current, desired, mode, action, reason, limitedBy, facts, message, metrics, until } = decision;
  const policy = policyName(decision.policy);
  return {
    ...{ key, policy, target, current, desired, ready, min, max, mode, action, reason, limitedBy },
    ...{ facts, message, metrics, load, until },
  };
}

/** Why nodes stay, the most frequent reason first: sixty nodes are a handful of lines. */
export function keptSummary(kept: NodeDecision['kept']): KeptSummary[] {
  const byReason = new Map<string, KeptSummary>();
  for (const { reason, by } of kept) {
    const before = byReason.get(reason);
    byReason.set(reason, { reason, nodes: (before?.nodes ?? 0) + 1, by: before?.by ?? by });
  }
  return [...byReason.values()].sort((one, other) => other.nodes - one.nodes);
}

function nodeRow(decision: NodeDecision, report: TickReport): NodeRow {
  const { nodeGroup: group, current, desired, upcoming, mode, action, reason, facts, message, until } = decision;
  const { ready = null, min = null, max = null } = report.groups?.[group] ?? {};
  return {
    ...{ key: group, policy: policyName(decision.policy), group, current, desired, ready, upcoming, min, max, mode },
    ...{ action, reason, facts, message, until },
    for: decision.for.map(({ target, pods }) => ({ target: targetName(target), pods })),
    draining: decision.drains.flatMap((drain) => (drain.step === 'forget' ? [] : [drain.node])),
    kept: keptSummary(decision.kept),
  };
}

/** A decision entry before it has a number of its own. */
export type NewEntry = Omit<DecisionEntry, 'id' | 'lastTime' | 'times'>;

const resultOf = (outcome: Outcome | undefined): DecisionEntry['outcome'] =>
  outcome === undefined
    ? null
    : {
        status: outcome.status,
        ...(outcome.code === undefined ? {} : { code: outcome.code }),
        ...(outcome.message === undefined ? {} : { message: outcome.message }),
      };

const decisionsAStep = 1_024;

/** What of a tick is worth a line on the page: changes, refusals, and what went wrong. */
export function* entriesOf({ plan, outcomes, time }: TickReport): Generator<undefined, NewEntry[]> {
  const owned = byOwner(outcomes);
  const resizes = byOwner(outcomes.filter((outcome) => outcome.kind === 'resize'));
  let count = 0;
  const pods: NewEntry[] = [];
  for (const decision of plan.pods) {
    if (++count % decisionsAStep === 0) yield;
    if (decision.action !== 'scale' && decision.action !== 'refused') continue;
    const { action, current: from, desired: to, mode, reason, facts, message } = decision;
    const outcome = resultOf(outcomeOf(decision, owned));
    const subject = targetName(decision.target);
    pods.push({ time, tier: 'pods', subject, action, from, to, mode, reason, facts, message, outcome });
  }
  const nodes = plan.nodes.flatMap((decision): NewEntry[] => {
    const { nodeGroup: subject, action, current: from, desired: to, mode, reason, facts, message } = decision;
    const common = { time, tier: 'nodes', subject, from, to, mode, reason, facts, message } as const;
    const outcome = resultOf(outcomeOf(decision, resizes));
    const changed = action === 'grow' || action === 'shrink' || action === 'refused';
    const drains = outcomes.flatMap((drain): NewEntry[] => {
      if (drain.kind !== 'drain' || drain.nodeGroup !== subject) return [];
      const worthTelling = drain.step === 'begin' || drain.step === 'rollBack' || drain.status === 'failed';
      if (!worthTelling) return [];
      return [{ ...common, action: 'drain', node: drain.node, step: drain.step, outcome: resultOf(drain) }];
    });
    return [...(changed ? [{ ...common, action, outcome }] : []), ...drains];
  });
  return [...pods, ...nodes];
}

const alertEntry = (alert: PlanAlert): AlertEntry => ({
  name: alert.labels['alertname'] ?? '',
  severity: alert.labels['severity'] ?? '',
  summary: alert.annotations['summary'] ?? alert.labels['alertname'] ?? '',
  since: alert.since,
});

/** Enough to know whose number or address it is, too little to use it: the page has no login. */
export function maskedRecipient(to: string): string {
  const at = to.lastIndexOf('@');
  if (at > 0) return `${to.slice(0, Math.min(2, at - 1))}…${to.slice(at)}`;
  return /^\+?\d{7,}$/.test(to) ? `${to.slice(0, -8)}••••${to.slice(-4)}` : to;
}

/** What was collected over many ticks and stands beside the newest one. */
export interface Gathered {
  readonly decisions: readonly DecisionEntry[];
  readonly messages: { readonly kind: 'inbox' | 'sent'; readonly items: readonly InboxItem[] };
}

/** More rows nobody reads, and no browser draws; figures and the journal have them all. */
const mostRows = 500;

/** Of too many the first, in the order of the plan: those that change or are held before those that rest. */
function rowsShown(decisions: readonly PodDecision[]): readonly PodDecision[] {
  if (decisions.length <= mostRows) return decisions;
  const shown = new Set<PodDecision>();
  for (const resting of [false, true])
    for (const decision of decisions) {
      if (shown.size >= mostRows) break;
      if ((decision.action === 'none') === resting) shown.add(decision);
    }
  return decisions.filter((decision) => shown.has(decision));
}

const mostWaiting = 20;

function waitingShown(plan: Plan | null): Pick<View, 'waiting' | 'waitingMore'> {
  const { pending = [], pendingLeftOut = 0 } = plan ?? {};
  if (pending.length === 0) return {};
  const more = pending.slice(mostWaiting).reduce((sum, { pods }) => sum + pods, pendingLeftOut);
  return { waiting: pending.slice(0, mostWaiting), ...(more === 0 ? {} : { waitingMore: more }) };
}

export function viewOf(about: About, report: TickReport | null, gathered: Gathered): View {
  return {
    ...about,
    ...gathered,
    tick: report?.number ?? null,
    time: report?.time ?? null,
    configHash: report?.plan.configHash ?? null,
    pods: report === null ? [] : rowsShown(report.plan.pods).map((decision) => podRow(decision, report)),
    podCount: report?.plan.pods.length ?? 0,
    nodes: report?.plan.nodes.map((decision) => nodeRow(decision, report)) ?? [],
    ...waitingShown(report?.plan ?? null),
    pendingPods: report?.pendingPods ?? null,
    readyNodes: report?.readyNodes ?? null,
    nodeCount: report?.nodeCount ?? null,
    alerts: report?.plan.alerts.filter((alert) => alert.state === 'firing').map(alertEntry) ?? [],
    errors: report?.errors ?? [],
    failures: stages.flatMap((stage) => {
      const failed = report?.stages[stage]?.failed;
      return failed === undefined ? [] : [{ stage, ...failed }];
    }),
  };
}
