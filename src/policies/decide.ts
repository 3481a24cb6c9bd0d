// One tick's decision over both tiers: pods first, then the VMs that their replicas will need, then what to tell.
import type { Config } from '../model/config.ts';
import type { Memory } from '../model/memory.ts';
import { memorySchema } from '../model/memory.ts';
import type { NodeDecision, Plan, PodDecision } from '../model/plan.ts';
import type { PodReason } from '../model/reason.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { targetKey, targetName } from '../model/target.ts';
import { fillText } from '../model/texts.ts';
import { minutes, rfc3339, type Instant, type Milliseconds } from '../model/units.ts';
import { withoutFuture } from './clock-back.ts';
import { alertsOf } from './conditions.ts';
import { bootBeforePods } from './nodes/boot-time.ts';
import { decideNodes } from './nodes/decide-nodes.ts';
import { lookAhead } from './peaks.ts';
import type { UndescribedNodes } from './nodes/group-decision.ts';
import { whyPending, type WhyPending } from './nodes/why-pending.ts';
import { decidePods, type NodeOutlook, type Standing } from './pods/decide-pods.ts';
import type { Undescribed } from './pods/finish.ts';
import { Proposals } from './proposals.ts';
import type { Writable } from './pods/target-memory.ts';

export interface Decided {
  readonly plan: Plan;
  readonly memory: Memory;
}

/** After a longer silence the past is not trusted for a way down: the world went on without us. */
const longestPause = minutes(5);

export function steadySinceOf(memory: Memory, now: Instant): Instant {
  const { lastTick, steadySince } = memory;
  const broken = lastTick === null || now - lastTick > longestPause || now < lastTick;
  return broken ? now : (steadySince ?? now);
}

/** What the pod tier is told of the VMs: whether one may come, and how long it takes until it bears pods. */
function outlookOf(memory: Memory, config: Config): NodeOutlook {
  let nodesComing = false;
  for (const group of Object.values(memory.groups))
    nodesComing ||= group.ordered.length > 0 || (group.sent !== null && group.sent.to > group.sent.from);
  return { nodesComing, bootTime: bootBeforePods(config, memory.groups) };
}

/** Why no VM comes, for those who wait for one: in the words of the node tier. */
function whyNoNodes(nodes: readonly UndescribedNodes[]): string {
  const [first] = nodes.filter(({ action }) => action === 'refused' || action === 'hold');
  if (first !== undefined) return `${first.nodeGroup}: ${first.reason}`;
  return nodes.length === 0
    ? 'NodePolicy: 0'
    : nodes.map(({ nodeGroup, reason }) => `${nodeGroup}: ${reason}`).join(', ');
}

const codes = new Map<PodReason, string>();

function codeOf(reason: PodReason): string {
  let code = codes.get(reason);
  if (code === undefined) codes.set(reason, (code = `reason.${reason}`));
  return code;
}

function describePods(config: Config, decision: Undescribed, nodes: readonly UndescribedNodes[]): PodDecision {
  // The decision is this tick's own and nobody has seen it yet: 20,000 copies would only be made to be thrown away.
  const described = decision as Writable<PodDecision>;
  if (decision.reason === 'WaitingForNodes') described.facts = { ...decision.facts, nodes: whyNoNodes(nodes) };
  described.message = fillText(config.texts, codeOf(decision.reason), described.facts, (fact) => {
    switch (fact) {
      case 'name':
        return targetName(decision.target);
      case 'current':
      case 'desired':
        return decision[fact] ?? 0;
      default:
        return undefined;
    }
  });
  return described;
}

const describeNodes = (config: Config, decision: UndescribedNodes): NodeDecision => ({
  ...decision,
  message: fillText(config.texts, `reason.${decision.reason}`, decision.facts),
});

const pendingIn = ({ pending, leftOut }: WhyPending): Pick<Plan, 'pending' | 'pendingLeftOut'> => ({
  ...(pending.length === 0 ? {} : { pending }),
  ...(leftOut === 0 ? {} : { pendingLeftOut: leftOut }),
});

const nobodyWaits: WhyPending = { pending: [], leftOut: 0 };

const decisionsAStep = 256;

/** The same decision with places to take a breath: the daemon answers its probes in between. */
export function* deciding(
  snapshot: Snapshot,
  config: Config,
  remembered: Memory,
  now: Instant,
): Generator<undefined, Decided> {
  const steadySince = steadySinceOf(remembered, now);
  const memory = withoutFuture(remembered, now);
  const proposals = new Proposals(memory.proposals, snapshot.control, now);
  const pods = yield* decidePods(snapshot, config, memory, outlookOf(memory, config), steadySince, now, proposals);
  const nodes = yield* decideNodes(snapshot, config, memory, pods.standings, steadySince, now, proposals);
  const startTime = ({ decision }: Standing): Milliseconds =>
    pods.targets[targetKey(decision.target)]?.startTime ?? (0 as Milliseconds);
  const peaks = yield* lookAhead(
    memory.peaks,
    { config, snapshot, standings: pods.standings, pools: nodes.pools, startTime },
    now,
  );
  const { kubernetes: facts } = snapshot;
  // Nobody asks about nodes: every pod would be looked at for nothing.
  const waiting =
    config.nodePolicies.length === 0
      ? nobodyWaits
      : yield* whyPending({
          facts,
          pools: nodes.pools,
          preempting: nodes.preempting,
          decisions: nodes.decisions,
          now,
        });
  const found = {
    snapshot,
    peaks,
    pods: pods.worthTelling,
    problems: pods.problems,
    podGuard: pods.podGuard,
    nodeGuard: nodes.nodeGuard,
    nodes: nodes.decisions,
    targets: pods.targets,
    groups: nodes.groups,
  };
  yield;
  const told = yield* alertsOf(found, memory.conditions, config, now);
  yield;
  const described: PodDecision[] = [];
  for (const decision of pods.decisions) {
    described.push(describePods(config, decision, nodes.decisions));
    if (described.length % decisionsAStep === 0) yield;
  }
  return {
    plan: {
      time: rfc3339(now),
      configHash: config.hash,
      pods: described,
      nodes: nodes.decisions.map((decision) => describeNodes(config, decision)),
      alerts: told.alerts,
      ...pendingIn(waiting),
    },
    memory: {
      schema: memorySchema,
      lastTick: now,
      steadySince,
      targets: pods.targets,
      groups: nodes.groups,
      nodes: nodes.nodes,
      conditions: told.conditions,
      podGuard: pods.podGuard,
      ...(nodes.nodeGuard === undefined ? {} : { nodeGuard: nodes.nodeGuard }),
      ...(peaks === undefined ? {} : { peaks }),
      ...(Object.keys(nodes.saturatedSince).length === 0 ? {} : { saturatedSince: nodes.saturatedSince }),
      ...(nodes.removalProof === null ? {} : { removalProof: nodes.removalProof }),
      ...(proposals.memory === undefined ? {} : { proposals: proposals.memory }),
    },
  };
}

/** `(snapshot, config, memory, now) → plan + memory`: no I/O, no clock, no chance. Memory keeps observations only. */
export function decide(snapshot: Snapshot, config: Config, memory: Memory, now: Instant): Decided {
  const course = deciding(snapshot, config, memory, now);
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}
