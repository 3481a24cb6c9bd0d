// The pod tier of one tick: every policy's target found, measured and decided. A generator, so that the daemon can take breaths.
import type { Config, PodPolicy } from '../../model/config.ts';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../model/memory.ts';
import type { PodSpec } from '../../model/kubernetes.ts';
import type { MetricReading } from '../../model/plan.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey, type TargetRef } from '../../model/target.ts';
import type { Instant } from '../../model/units.ts';
import { isDeleting, isTerminal } from '../pod-facts.ts';
import { decideTarget, mostCautious, type Undescribed } from './decide-target.ts';
import { indexResources, measure, type ResourceSamples, type TargetFacts } from './measure.ts';
import { byAverage, byValue } from './proposals.ts';
import { readyRunning } from './readiness.ts';
import { findTarget, indexTargets, targetOf, type FoundTarget, type MissingTarget } from './target.ts';

/** What a decided target will have to find room for, beyond the pods that exist. */
export interface Standing {
  readonly decision: Undescribed;
  readonly existing: number;
  readonly template: PodSpec | undefined;
}

export interface PodTier {
  readonly standings: readonly Standing[];
  readonly decisions: readonly Undescribed[];
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
}

interface Claim {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly memory: TargetMemory;
  readonly found: FoundTarget | MissingTarget;
}

const isFound = (found: FoundTarget | MissingTarget): found is FoundTarget => 'workload' in found;

/** Pods that two targets' selectors claim: neither of the two may be scaled by counting them. */
function podsClaimedTwice(claims: readonly Claim[]): ReadonlySet<object> {
  const seen = new Map<object, TargetKey>();
  const twice = new Set<object>();
  for (const { found, target } of claims) {
    if (!isFound(found)) continue;
    const key = targetKey(target);
    for (const pod of found.pods) {
      const other = seen.get(pod);
      if (other !== undefined && other !== key) twice.add(pod);
      else seen.set(pod, key);
    }
  }
  return twice;
}

function held(claim: Claim, config: Config, missing: MissingTarget, readings: readonly MetricReading[]): Undescribed {
  const current = isFound(claim.found) ? (claim.found.current as Undescribed['current']) : null;
  return {
    policy: { namespace: claim.policy.metadata.namespace, name: claim.policy.metadata.name },
    target: claim.target,
    mode: mostCautious(config.daemon.mode, claim.policy.spec.mode.up, claim.policy.spec.mode.down),
    current,
    desired: current,
    action: 'hold',
    reason: missing.reason,
    limitedBy: [],
    steps: [],
    metrics: readings,
    until: null,
    facts: { what: missing.why, by: missing.why },
  };
}

/** What a metric would propose if it had another value: for `treatAs`. */
function proposalFor(policy: PodPolicy, target: TargetFacts) {
  return (name: string, value: number): number | null => {
    const metric = policy.spec.metrics.find((one) => one.name === name);
    switch (metric?.target.kind) {
      case 'averageValue':
        return byAverage(value, metric.target.amount, target.statusReplicas, policy.spec.tolerance);
      case 'value':
        return byValue(value, metric.target.amount, target.current, readyRunning(target.pods), policy.spec.tolerance);
      case 'utilization':
        return byValue(value, metric.target.amount, target.current, target.current, policy.spec.tolerance);
      case undefined:
        return null;
    }
  };
}

function decideClaim(
  claim: Claim,
  found: FoundTarget,
  snapshot: Snapshot,
  config: Config,
  resources: ReadonlyMap<string, ResourceSamples>,
  steadySince: Instant,
  now: Instant,
) {
  const { policy, target, memory } = claim;
  const facts: TargetFacts = {
    namespace: target.namespace,
    current: found.current,
    // Pods of a rollout's surge are no demand: they would raise the replicas that the next rollout surges from.
    statusReplicas: Math.min(found.statusReplicas, found.current),
    pods: found.pods,
  };
  const readings = policy.spec.metrics.map((metric) => measure(metric, policy, facts, snapshot, resources, now));
  return decideTarget({
    policy,
    target,
    found,
    readings,
    proposalFor: proposalFor(policy, facts),
    daemonMode: config.daemon.mode,
    memory,
    steadySince,
    now,
  });
}

export function* decidePods(
  snapshot: Snapshot,
  config: Config,
  memory: Memory,
  steadySince: Instant,
  now: Instant,
): Generator<undefined, PodTier> {
  const index = indexTargets(snapshot);
  const resources = indexResources(snapshot, config.podPolicies);
  yield;
  const claims: Claim[] = [];
  for (const policy of config.podPolicies) {
    const target = targetOf(policy);
    const known = memory.targets[targetKey(target)] ?? emptyTargetMemory;
    claims.push({ policy, target, memory: known, found: findTarget(index, target, known, now) });
    yield;
  }
  const claimants = new Map<TargetKey, Claim[]>();
  for (const claim of claims) {
    const key = targetKey(claim.target);
    claimants.set(key, [...(claimants.get(key) ?? []), claim]);
  }
  const twice = podsClaimedTwice(claims);
  const decisions: Undescribed[] = [];
  const standings: Standing[] = [];
  const targets: Record<TargetKey, TargetMemory> = {};
  for (const claim of claims) {
    const key = targetKey(claim.target);
    const { found } = claim;
    targets[key] = claim.memory;
    const rival = claimants.get(key)?.find((other) => other !== claim);
    if (rival !== undefined)
      decisions.push(held(claim, config, { reason: 'ClaimedTwice', why: rival.policy.metadata.name }, []));
    else if (!isFound(found)) decisions.push(held(claim, config, found, []));
    else if (found.pods.some((pod) => twice.has(pod)))
      decisions.push(
        held(claim, config, { reason: 'AmbiguousSelector', why: 'another target selects some of its pods' }, []),
      );
    else {
      const result = decideClaim(claim, found, snapshot, config, resources, steadySince, now);
      decisions.push(result.decision);
      standings.push({
        decision: result.decision,
        existing: found.pods.filter((pod) => !isTerminal(pod) && !isDeleting(pod)).length,
        template: found.workload.spec?.template?.spec,
      });
      targets[key] = result.memory;
    }
    yield;
  }
  return { decisions, standings, targets };
}
