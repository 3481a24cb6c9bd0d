// One pod as a value: why it waits and what is ordered for it, or where it runs, whether it may move, and where it could go.
import { SpringtideError } from '../../model/errors.ts';
import type { NodeStanding } from '../../journal/entry.ts';
import type { Config } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { PendingPods, PodRef, Refusal } from '../../model/plan.ts';
import { rfc3339 } from '../../model/units.ts';
import { explainWaiting, Today, waitingPods, waitsSince, type Waiting } from '../../policies/nodes/why-pending.ts';
import { controllerOf, isBound, isDeleting, isGated, isTerminal } from '../../policies/pod-facts.ts';
import { nearHint, podOnNode, rulesFor, standingIn, type Looked, type PodOnNode } from './one-node.ts';
import { explanationSchema, type Origin } from './origin.ts';

export type PodState = 'waiting' | 'gated' | 'running' | 'deleting' | 'ended' | 'placed';

export interface OnePodExplanation {
  readonly schema: typeof explanationSchema;
  readonly tier: 'pod';
  readonly time: string;
  readonly configHash: string;
  readonly origin: Origin;
  readonly pod: PodRef;
  /** placed: of the past, it waited no more */
  readonly state: PodState;
  /** since when it waits */
  readonly since: string | null;
  readonly node: string | null;
  /** with all others of its owner that wait */
  readonly waits: PendingPods | null;
  readonly move: PodOnNode | null;
  /** why the node that it runs on stays, or how it goes */
  readonly standing: NodeStanding | null;
  /** where it could go: today's other nodes, by what they say */
  readonly places: readonly Refusal[];
}

const finished = <Value>(course: Generator<undefined, Value>): Value => {
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
};

const stateOf = (pod: Pod): PodState => {
  if (isTerminal(pod)) return 'ended';
  if (isDeleting(pod)) return 'deleting';
  if (isBound(pod)) return 'running';
  return isGated(pod) ? 'gated' : 'waiting';
};

const holds = ({ pods }: Waiting, pod: Pod): boolean =>
  pods.some(({ metadata }) => metadata.name === pod.metadata.name && metadata.namespace === pod.metadata.namespace);

/** As the plan has it; one that had no space there is explained on today's nodes alone. */
function waitsOf(pod: Pod, { snapshot, plan, now }: Looked, today: Today): PendingPods | null {
  const facts = snapshot.kubernetes;
  const waiting = finished(waitingPods(facts)).find((one) => holds(one, pod));
  if (waiting === undefined) return null;
  const { namespace, kind, name } = waiting.owner;
  const planned = plan.pending?.find(
    ({ owner }) => owner.namespace === namespace && owner.kind === kind && owner.name === name,
  );
  return planned ?? finished(explainWaiting(waiting, today, { pools: [], preempting: [], decisions: plan.nodes, now }));
}

function placesOf(pod: Pod, today: Today): readonly Refusal[] {
  const { simulation } = today;
  const own = pod.spec?.nodeName ?? '';
  // A node that is not there any more cannot be asked.
  if (simulation.has(own)) simulation.removeRoom(own);
  return finished(today.refusals(simulation.needsOf(pod)));
}

export function explainPod(
  looked: Looked,
  config: Config,
  asked: { readonly namespace: string; readonly name: string },
): OnePodExplanation {
  const { snapshot, plan, origin, now } = looked;
  const { pods } = snapshot.kubernetes;
  const { namespace, name } = asked;
  const pod = pods?.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  if (pods === undefined) throw new SpringtideError({ code: 'WorldUnreadable', what: 'the pods could not be read' });
  if (pod === undefined) {
    const known = pods.flatMap(({ metadata }) => (metadata.namespace === namespace ? [metadata.name] : []));
    throw new SpringtideError({
      code: 'UsageInvalid',
      what: `there is no pod "${name}" in ${namespace}`,
      ...nearHint(name, known),
    });
  }
  const state = stateOf(pod);
  const today = finished(Today.of(snapshot.kubernetes));
  const node = pod.spec?.nodeName ?? null;
  const standing = node === null ? null : standingIn(plan, node);
  const since = waitsSince(pod);
  const waits = state === 'waiting' ? waitsOf(pod, looked, today) : null;
  const isOnNode = state === 'running' || state === 'deleting';
  return {
    schema: explanationSchema,
    tier: 'pod',
    time: plan.time,
    configHash: plan.configHash,
    origin,
    pod: { namespace, name, ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }) },
    state,
    since: state === 'waiting' && since !== null ? rfc3339(since) : null,
    node,
    waits,
    move: isOnNode ? podOnNode(pod, rulesFor(snapshot, config, standing?.nodeGroup ?? null, now)) : null,
    standing,
    places: isOnNode && controllerOf(pod)?.kind !== 'DaemonSet' ? placesOf(pod, today) : [],
  };
}
