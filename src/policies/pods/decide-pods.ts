// The pod tier of one tick: every policy's targets found, measured, decided and guarded. A generator, so that the daemon can take breaths.
import type { Config, PodPolicy } from '../../model/config.ts';
import type { Pod, PodSpec, Workload } from '../../model/kubernetes.ts';
import { emptyTargetMemory, type GuardMemory, type Memory, type TargetMemory } from '../../model/memory.ts';
import { modes, type Mode } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey, type TargetRef } from '../../model/target.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { selectTargets, type BoundTarget, type TargetProblem } from '../../targets/select.ts';
import { Answers } from './answers.ts';
import { decideTarget } from './decide-target.ts';
import type { Undescribed } from './finish.ts';
import { mostCautious, type TickFacts } from './target-look.ts';
import { autoscalersByTarget } from './foreign.ts';
import { guarded } from './guarded.ts';
import { podIndexOf, type PodIndex } from './pod-index.ts';
import { podListOf } from './pod-list.ts';
import { borrowRecurring, giveBack } from './recurring.ts';
import { ResourceSamples } from './resource-samples.ts';
import { scalingConditions } from './scaling-conditions.ts';
import type { Order } from './seats.ts';
import { findTarget, isFound, whyMissing, type FoundTarget, type MissingTarget } from './target.ts';

/** What a decided target will have to find room for, beyond the pods that exist. */
export interface Standing {
  readonly decision: Undescribed;
  readonly policy: PodPolicy;
  readonly pods: readonly Pod[];
  readonly existing: number;
  readonly template: PodSpec | undefined;
}

export interface PodTier {
  readonly standings: readonly Standing[];
  readonly decisions: readonly Undescribed[];
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
  readonly podGuard: GuardMemory;
  /** selections that found another number of targets than was expected */
  readonly problems: readonly TargetProblem[];
}

/** What the node tier knew last: how long a VM takes, and whether one may still come. */
export interface NodeOutlook {
  readonly nodesComing: boolean;
  readonly bootTime: Milliseconds;
}

interface Claim {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly key: TargetKey;
  readonly memory: TargetMemory;
  readonly found: FoundTarget | MissingTarget;
  readonly seat: number;
}

function standingsOf(
  decisions: readonly Undescribed[],
  existing: readonly Omit<Standing, 'decision'>[],
): readonly Standing[] {
  const standings: Standing[] = [];
  for (const [place, decision] of decisions.entries()) {
    const beside = existing[place];
    if (beside === undefined || decision.current === null) continue;
    const { policy, pods, existing: count, template } = beside;
    standings.push({ decision, policy, pods, existing: count, template });
  }
  return standings;
}

const nobody: ReadonlySet<object> = new Set();

/** Pods that two targets' selectors claim: neither of the two may be scaled by counting them. */
function podsClaimedTwice(claims: readonly Claim[], index: PodIndex | null): ReadonlySet<object> {
  const doubtful = new Set<string>();
  const label = new Map<string, string>();
  const taken = new Set<readonly Pod[]>();
  // Lists by different values of one label have no pod in common: only where there is more to it the pods are compared.
  for (const { found, target } of claims) {
    if (!isFound(found) || found.pods.length === 0) continue;
    const { namespace } = target;
    const own = index?.labelOf(found.pods) ?? null;
    const others = label.get(namespace);
    if (own === null || (others !== undefined && others !== own) || taken.has(found.pods)) doubtful.add(namespace);
    if (own !== null && others === undefined) label.set(namespace, own);
    taken.add(found.pods);
  }
  const seen = new Map<object, TargetKey>();
  const twice = new Set<object>();
  if (doubtful.size === 0) return nobody;
  for (const claim of claims) {
    if (!isFound(claim.found) || !doubtful.has(claim.target.namespace)) continue;
    for (const pod of claim.found.pods) {
      const other = seen.get(pod);
      if (other !== undefined && other !== claim.key) twice.add(pod);
      else seen.set(pod, claim.key);
    }
  }
  return twice;
}

interface Held {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly object: Workload | null;
  readonly current: number | null;
  readonly reason: PodReason;
  readonly facts: Facts;
}

/** Held in both directions: what the bolder of the two would have done is what does not happen. */
const boldest = (one: Mode, other: Mode): Mode => (modes.indexOf(one) > modes.indexOf(other) ? one : other);

function held({ policy, target, object, current, reason, facts }: Held, config: Config): Undescribed {
  const uid = object?.metadata.uid;
  const unreadable = reason === 'FailedGetScale' || reason === 'FailedGetPods';
  return {
    policy: { namespace: policy.metadata.namespace, name: policy.metadata.name },
    target,
    mode: mostCautious(config.daemon.mode, boldest(policy.spec.mode.up, policy.spec.mode.down)),
    current: current as Undescribed['current'],
    desired: current as Undescribed['desired'],
    action: 'hold',
    reason,
    limitedBy: [],
    conditions: scalingConditions(unreadable ? { kind: 'unreadable' } : { kind: 'inactive', reason }, {
      concerned: false,
      asleep: false,
    }),
    steps: [],
    metrics: [],
    until: null,
    facts,
    governedBy: null,
    ...(uid === undefined ? {} : { uid }),
  };
}

const missingFacts = (why: string): Facts => ({ what: why, by: why });

function findClaim(
  { policy, target, object, problem }: BoundTarget,
  snapshot: Snapshot,
  index: PodIndex | null,
  memory: Memory,
  order: Order,
  now: Instant,
): Claim {
  const key = targetKey(target);
  const known = memory.targets[key] ?? emptyTargetMemory;
  const found: FoundTarget | MissingTarget =
    object === null || problem?.kind === 'unreadable'
      ? { reason: 'FailedGetScale', why: whyMissing(snapshot, target) }
      : findTarget(index, target, object, known, now);
  return { policy, target, key, memory: known, found, seat: order.next(target.namespace, target.name) };
}

/** One that several policies mean: each of them says so, with the others' names. */
const claimedTwice = (problem: Extract<TargetProblem, { kind: 'claimedTwice' }>, config: Config): Undescribed[] =>
  problem.policies.map((policy) => {
    const others = problem.policies.filter((other) => other !== policy).map((other) => other.metadata.name);
    const { target, object } = problem;
    const current = object === null ? null : (object.spec?.replicas ?? 1);
    const facts = missingFacts(others.join(', '));
    return held({ policy, target, object, current, reason: 'ClaimedTwice', facts }, config);
  });

/** What all targets together will look up, each answer once. */
function* readAhead({ answers, resources }: TickFacts): Generator<undefined, undefined> {
  for (const question of answers.recurring.questions) {
    answers.prepare(question);
    yield;
  }
  for (const { query, container } of answers.recurring.usage)
    if (answers.wasAsked(query)) yield* resources.reading(query, container);
  return undefined;
}

/** A few milliseconds: a breath after each of 20,000 would cost more than it gives. */
const targetsAStep = 32;

export function* decidePods(
  snapshot: Snapshot,
  config: Config,
  memory: Memory,
  outlook: NodeOutlook,
  steadySince: Instant,
  now: Instant,
): Generator<undefined, PodTier> {
  const recurring = borrowRecurring(config.podPolicies);
  const answers = new Answers(snapshot, recurring);
  const autoscalers = autoscalersByTarget(snapshot);
  const { bound, problems } = selectTargets(config.podPolicies, snapshot.kubernetes, snapshot.errors);
  const tick: TickFacts = {
    ...outlook,
    answers,
    resources: new ResourceSamples(answers, now),
    now,
    daemonMode: config.daemon.mode,
    interval: config.daemon.interval,
    control: snapshot.control,
    steadySince,
    lastTick: memory.lastTick,
    autoscalersUnread: autoscalers === null,
  };
  yield;
  const { pods } = snapshot.kubernetes;
  const index = pods === undefined ? null : podIndexOf(pods, config.podPolicies);
  yield;
  // The big answers are read one by one, each in a step of its own, before the first target asks.
  yield* readAhead(tick);
  const claims: Claim[] = [];
  const order = recurring.order(recurring.targets, 'targets');
  order.begin(bound.length);
  for (const one of bound) {
    claims.push(findClaim(one, snapshot, index, memory, order, now));
    if (claims.length % targetsAStep === 0) yield;
  }
  const twice = podsClaimedTwice(claims, index);
  yield;
  const decisions: Undescribed[] = [];
  const existing: Omit<Standing, 'decision'>[] = [];
  const targets: Record<TargetKey, TargetMemory> = {};
  for (const [place, claim] of claims.entries()) {
    const { key, found, policy, target } = claim;
    const problem = bound[place]?.problem ?? null;
    targets[key] = claim.memory;
    const nothing = { policy, pods: [], existing: 0, template: undefined };
    const hold = (reason: PodReason, facts: Facts): void => {
      const current = isFound(found) ? found.current : null;
      const object = bound[place]?.object ?? null;
      decisions.push(held({ policy, target, object, current, reason, facts }, config));
      existing.push(nothing);
    };
    if (!isFound(found)) hold(found.reason, missingFacts(found.why));
    else if (problem?.kind === 'unexpectedCount')
      hold('UnexpectedTargets', { count: problem.count, min: problem.expect.min, max: problem.expect.max });
    else if (twice.size > 0 && found.pods.some((pod) => twice.has(pod)))
      hold('AmbiguousSelector', missingFacts('another target selects some of its pods'));
    else {
      const autoscaler = autoscalers?.get(key) ?? null;
      const result = decideTarget({ policy, target, found, autoscaler, memory: claim.memory, seat: claim.seat }, tick);
      decisions.push(result.decision);
      targets[key] = result.memory;
      existing.push({
        policy,
        pods: found.pods,
        existing: podListOf(found.pods).existing,
        template: found.workload.spec?.template?.spec ?? found.pods.at(-1)?.spec,
      });
    }
    if (place % targetsAStep === 0) yield;
  }
  giveBack(config.podPolicies, recurring);
  const { memory: podGuard, decisions: allowed } = guarded(decisions, { config, memory, snapshot, targets, now });
  yield;
  const conflicts = problems.flatMap((one) => (one.kind === 'claimedTwice' ? claimedTwice(one, config) : []));
  for (const { target } of conflicts) {
    const known = memory.targets[targetKey(target)];
    if (known !== undefined) targets[targetKey(target)] = known;
  }
  return {
    decisions: [...allowed, ...conflicts],
    standings: standingsOf(allowed, existing),
    targets,
    podGuard,
    problems,
  };
}
