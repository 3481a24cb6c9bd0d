// The pod tier of one tick: every policy's targets found, measured, decided and guarded. A generator, so that the daemon can take breaths.
import type { Config, PodPolicy } from '../../model/config.ts';
import type { Pod, PodSpec, Workload } from '../../model/kubernetes.ts';
import type { GuardMemory, Memory, TargetMemory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey } from '../../model/target.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { selectTargets, type TargetProblem } from '../../targets/select.ts';
import type { Proposals } from '../proposals.ts';
import { Answers } from './answers.ts';
import { confirmed } from './confirm.ts';
import { Decisions, held, missingFacts } from './decisions.ts';
import type { Undescribed } from './finish.ts';
import { autoscalersByTarget } from './foreign.ts';
import { guarded } from './guarded.ts';
import type { KnownTarget } from './known-target.ts';
import { indexing, type PodIndex } from './pod-index.ts';
import { newClaim } from './pod-list.ts';
import { borrowRecurring, giveBack } from './recurring.ts';
import { ResourceSamples } from './resource-samples.ts';
import type { TickFacts } from './target-look.ts';

/** What a decided target will have to find room for, beyond the pods that exist. */
export interface Standing {
  readonly decision: Undescribed;
  readonly policy: PodPolicy;
  readonly pods: readonly Pod[];
  readonly existing: number;
  readonly template: PodSpec | undefined;
  /** the object that is scaled, or what its scale tells of one of a custom kind */
  readonly workload: Workload;
}

export interface PodTier {
  readonly standings: readonly Standing[];
  readonly decisions: readonly Undescribed[];
  /** those of them that somebody may have to be told of */
  readonly worthTelling: readonly Undescribed[];
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

const nobody: ReadonlySet<object> = new Set();

/** Pods that two targets' selectors claim: neither of the two may be scaled by counting them. */
function podsClaimedTwice(known: readonly KnownTarget[], doubtful: ReadonlySet<string>): ReadonlySet<object> {
  if (doubtful.size === 0) return nobody;
  const seen = new Map<object, TargetKey>();
  const twice = new Set<object>();
  for (const { key, pods, bound } of known) {
    if (!doubtful.has(bound.target.namespace)) continue;
    for (const pod of pods) {
      const other = seen.get(pod);
      if (other !== undefined && other !== key) twice.add(pod);
      else seen.set(pod, key);
    }
  }
  return twice;
}

/**
 * Finds each target's pods, and the namespaces where two may claim the same ones. Lists by different values of one label have
 * no pod in common: only where there is more to it the pods are compared.
 */
function* lookingAt(known: readonly KnownTarget[], index: PodIndex): Generator<undefined, ReadonlySet<string>> {
  const doubtful = new Set<string>();
  const labels = new Map<string, string>();
  const claim = newClaim();
  let [last, common]: [string | null, string | undefined] = [null, undefined];
  for (let place = 0; place < known.length; place++) {
    if (place % targetsAStep === 0) yield;
    const one = known[place];
    one?.lookAt(index);
    if (one === undefined || one.pods.length === 0) continue;
    const { label, list, bound } = one;
    const { namespace } = bound.target;
    if (namespace !== last) [last, common] = [namespace, labels.get(namespace)];
    if (label !== null && common === undefined) labels.set(namespace, (common = label));
    if (label === null || label !== common || list.isClaimedBy(claim)) doubtful.add(namespace);
  }
  return doubtful;
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
  proposals: Proposals,
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
    forecasts: snapshot.forecasts ?? {},
  };
  yield;
  const { pods } = snapshot.kubernetes;
  const index = pods === undefined ? null : yield* indexing(pods, config.podPolicies);
  yield;
  // The big answers are read one by one, each in a step of its own, before the first target asks.
  yield* readAhead(tick);
  const known = yield* recurring.known.of(bound, recurring.targets, recurring.alike);
  yield;
  const twice = index === null ? nobody : podsClaimedTwice(known, yield* lookingAt(known, index));
  yield;
  const made = new Decisions({ snapshot, config, memory, tick, autoscalers, podsRead: index !== null, twice });
  for (let place = 0; place < known.length; place++) {
    const one = known[place];
    if (one !== undefined) made.make(one);
    if (place % targetsAStep === 0) yield;
  }
  giveBack(config.podPolicies, recurring);
  const { all, targets } = made;
  const asked = confirmed(all, proposals);
  const { memory: podGuard, decisions: allowed } = guarded(asked.decisions, { config, memory, snapshot, targets, now });
  const worthTelling =
    asked.waiting.length === 0 ? made.worthTelling : [...new Set([...made.worthTelling, ...asked.waiting])];
  yield;
  const conflicts = problems.flatMap((one) => (one.kind === 'claimedTwice' ? claimedTwice(one, config) : []));
  for (const { target } of conflicts) {
    const before = memory.targets[targetKey(target)];
    if (before !== undefined) targets[targetKey(target)] = before;
  }
  return {
    decisions: conflicts.length === 0 ? allowed : [...allowed, ...conflicts],
    worthTelling: [...worthTelling.flatMap((place) => allowed[place] ?? []), ...conflicts],
    standings: allowed === all ? made.standings : standingsWith(allowed, made),
    targets,
    podGuard,
    problems,
  };
}

/** What the guard has held stands where it is. */
function standingsWith(allowed: readonly Undescribed[], { all, standings }: Decisions): readonly Standing[] {
  const instead = new Map(all.map((decision, place) => [decision, allowed[place] ?? decision]));
  return standings.map((standing) => ({ ...standing, decision: instead.get(standing.decision) ?? standing.decision }));
}
