// One tick as the server, the log and the page see it: the plan, what became of it, and a few numbers about the world.
import type { Node, Pod } from './model/kubernetes.ts';
import type { Outcome } from './model/outcome.ts';
import type { Plan, PodDecision } from './model/plan.ts';
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

/** The first metric that scales by itself: always the same one, so that a line of a chart is of one thing. */
function loadOf(decision: PodDecision): LoadReading | null {
  const reading = decision.metrics.find(({ target }) => target !== null);
  if (reading === undefined || reading.target === null || reading.value === null || reading.state !== 'ok') return null;
  return {
    metric: reading.name,
    value: reading.value,
    capacity: reading.target * Math.max(1, decision.current ?? 1),
  };
}

const reportsAStep = 256;
const objectsAStep = 4_096;

function* pendingOf(pods: readonly Pod[]): Generator<undefined, number> {
  let [seen, pending] = [0, 0];
  for (const pod of pods) {
    if (isPending(pod)) pending += 1;
    if (++seen % objectsAStep === 0) yield;
  }
  return pending;
}

function* targetReports(plan: Plan, snapshot: Snapshot): Generator<undefined, Record<string, TargetReport>> {
  const workloads = new Map<string, number>();
  const lists = { Deployment: 'deployments', StatefulSet: 'statefulsets', ReplicaSet: 'replicasets' } as const;
  let count = 0;
  for (const [kind, list] of Object.entries(lists))
    for (const object of snapshot.kubernetes[list] ?? []) {
      workloads.set(
        `${object.metadata.namespace ?? ''}/${kind}/${object.metadata.name}`,
        object.status?.readyReplicas ?? 0,
      );
      if (++count % objectsAStep === 0) yield;
    }
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
    if (++count % reportsAStep === 0) yield;
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

/** With places to take a breath. */
export function* reporting({
  number,
  now,
  loop,
  stages,
  snapshot,
  plan,
  outcomes,
}: Parts): Generator<undefined, TickReport> {
  const { pods, nodes } = snapshot?.kubernetes ?? {};
  const pendingPods = pods === undefined ? null : yield* pendingOf(pods);
  const told =
    plan === null || snapshot === null
      ? {}
      : { targets: yield* targetReports(plan, snapshot), groups: groupReports(plan) };
  return {
    number,
    time: rfc3339(now),
    plan: plan ?? { time: rfc3339(now), configHash: '', pods: [], nodes: [], alerts: [] },
    outcomes,
    stages: stages.reports,
    lateness: loop.latenessSeconds * 1000,
    errors: snapshot?.errors ?? [],
    pendingPods,
    readyNodes: nodes === undefined ? null : nodes.filter(isReadyNode).length,
    nodeCount: nodes === undefined ? null : nodes.length,
    ...told,
  };
}
