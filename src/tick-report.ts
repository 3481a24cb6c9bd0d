// One tick as the server, the log and the page see it: the plan, what became of it, and a few numbers about the world.
import type { Node, Pod } from './model/kubernetes.ts';
import type { Outcome } from './model/outcome.ts';
import type { MetricReading, Plan, PodDecision } from './model/plan.ts';
import type { GroupReport, LoadReading, TargetReport, TickReport } from './model/report.ts';
import type { LoopFacts, Snapshot } from './model/snapshot.ts';
import { targetKey } from './model/target.ts';
import { rfc3339, type Instant } from './model/units.ts';
import type { StageClock } from './stage-clock.ts';

interface Parts {
  readonly number: number;
  readonly now: Instant;
  readonly loop: LoopFacts;
  readonly stages: StageClock;
  readonly snapshot: Snapshot | null;
  /** null: nothing was decided in this tick */
  readonly plan: Plan | null;
  readonly outcomes: readonly Outcome[];
}

const isPending = (pod: Pod): boolean =>
  (pod.spec?.nodeName ?? '') === '' && pod.status?.phase === 'Pending' && pod.metadata.deletionTimestamp === undefined;
const isReadyNode = (node: Node): boolean =>
  node.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;

/** The metric that asks for most. Per-pod averages say nothing of a total: their load is shown as it is. */
function loadOf(decision: PodDecision): LoadReading | null {
  const known = decision.metrics.filter(
    (metric): metric is MetricReading & { value: number; proposal: number; target: number } =>
      metric.value !== null && metric.proposal !== null && metric.target !== null,
  );
  const governing = known.toSorted((one, other) => other.proposal - one.proposal)[0];
  if (governing === undefined) return null;
  return {
    metric: governing.name,
    value: governing.value,
    capacity: governing.target * Math.max(1, decision.current ?? 1),
  };
}

function targetReports(plan: Plan, snapshot: Snapshot): Record<string, TargetReport> {
  const workloads = new Map<string, number>();
  const lists = { Deployment: 'deployments', StatefulSet: 'statefulsets', ReplicaSet: 'replicasets' } as const;
  for (const [kind, list] of Object.entries(lists))
    for (const object of snapshot.kubernetes[list] ?? [])
      workloads.set(
        targetKey({ kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name }),
        object.status?.readyReplicas ?? 0,
      );
  const reports: Record<string, TargetReport> = {};
  for (const decision of plan.pods) {
    const key = targetKey(decision.target);
    const { min, max } = decision.facts;
    reports[key] = {
      ready: workloads.get(key) ?? null,
      min: typeof min === 'number' ? min : null,
      max: typeof max === 'number' ? max : null,
      load: loadOf(decision),
    };
  }
  return reports;
}

function groupReports(plan: Plan): Record<string, GroupReport> {
  const reports: Record<string, GroupReport> = {};
  for (const decision of plan.nodes) {
    const { min, max } = decision.facts;
    reports[decision.nodeGroup] = {
      ready: decision.current === null ? null : Math.max(0, decision.current - decision.upcoming),
      min: typeof min === 'number' ? min : null,
      max: typeof max === 'number' ? max : null,
    };
  }
  return reports;
}

export function reportOf({ number, now, loop, stages, snapshot, plan, outcomes }: Parts): TickReport {
  const { pods, nodes } = snapshot?.kubernetes ?? {};
  return {
    number,
    time: rfc3339(now),
    plan: plan ?? { time: rfc3339(now), configHash: '', pods: [], nodes: [], alerts: [] },
    outcomes,
    stages: stages.reports,
    lateness: loop.latenessSeconds * 1000,
    errors: snapshot?.errors ?? [],
    pendingPods: pods === undefined ? null : pods.filter(isPending).length,
    readyNodes: nodes === undefined ? null : nodes.filter(isReadyNode).length,
    nodeCount: nodes === undefined ? null : nodes.length,
    ...(plan === null || snapshot === null
      ? {}
      : { targets: targetReports(plan, snapshot), groups: groupReports(plan) }),
  };
}
