// What needs a place: pods that have none, replicas that this very tick has decided on or that a schedule or a forecast sees coming, and headroom.
import type { Config } from '../../model/config.ts';
import type { OwnerReference, Pod } from '../../model/kubernetes.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { targetKey, type TargetKey, type TargetRef } from '../../model/target.ts';
import { instantOf, minutes, type Instant } from '../../model/units.ts';
import { conditionOf, controllerOf, isBound, isDeleting, isGated, isOfDaemonSet, isTerminal } from '../pod-facts.ts';
import type { Standing } from '../pods/decide-pods.ts';
import { stuckBy } from '../pods/stuck.ts';
import type { Demanded, Needs, Simulation } from './fit/simulation.ts';
import type { NodeTick } from './node-tick.ts';
import { nowhere } from './pods-on-nodes.ts';
import { ResourceQuotas } from './resource-quota.ts';
import { floorUntil, mayRise, orderedBy } from './scheduled-replicas.ts';
import { Templates } from './template.ts';
import { podsBeingReplaced, tooManyUnready } from './unready.ts';

export interface SourcedDemand extends Demanded {
  readonly target: TargetRef;
  /** pods that exist and wait, replicas that were just decided on, that a schedule will ask for or that a forecast sees coming, room that is kept free, or pods that others will push out */
  readonly from: 'waiting' | 'decided' | 'scheduled' | 'forecast' | 'headroom' | 'displaced';
  /** may push out others; those that wait are not believed to any more where the scheduler has found nobody to push out */
  readonly preempts: boolean;
  /** the node that the scheduler keeps for it, once those that it has pushed out are gone */
  readonly nominated?: string;
}

export interface Demands {
  /** existing pods first: those that were decided on come after those that wait already */
  readonly firm: readonly SourcedDemand[];
  /** nobody waits for it: placed last, what is scheduled or foreseen before room for anybody */
  readonly headroom: readonly SourcedDemand[];
  /** targets of which nobody knows what a pod will look like */
  readonly shapeless: readonly TargetRef[];
  /** pods that take the place of those on nodes that are not Ready: no VM for them until the nodes are gone; null: the cluster is sound */
  readonly held: { readonly pods: number; readonly by: string } | null;
  /** whose a pod is, for those that are pushed out */
  readonly owners: Owners;
}

/** A ReplicaSet's pods are its Deployment's: that is the name people know. */
export class Owners {
  readonly #facts: KubernetesFacts;
  #above: ReadonlyMap<string, OwnerReference> | null = null;

  constructor(facts: KubernetesFacts) {
    this.#facts = facts;
  }

  targetOf(pod: Pod): TargetRef {
    const { namespace = '', name } = pod.metadata;
    const owner = controllerOf(pod);
    if (owner === undefined) return { kind: 'Pod', namespace, name };
    const above = owner.kind === 'ReplicaSet' ? this.#ownerOf(namespace, owner.name) : undefined;
    return { kind: (above ?? owner).kind, namespace, name: (above ?? owner).name };
  }

  #ownerOf(namespace: string, set: string): OwnerReference | undefined {
    this.#above ??= new Map(
      (this.#facts.replicasets ?? []).flatMap(({ metadata }) => {
        const owner = metadata.ownerReferences?.find((one) => one.controller === true);
        return owner === undefined ? [] : [[`${metadata.namespace ?? ''}/${metadata.name}`, owner] as const];
      }),
    );
    return this.#above.get(`${namespace}/${set}`);
  }
}

const waits = (pod: Pod): boolean =>
  !isBound(pod) && !isTerminal(pod) && !isDeleting(pod) && !isOfDaemonSet(pod) && !isGated(pod);

const podsAStep = 512;
const targetsAStep = 512;

/** Pods of one target that are alike to the scheduler are one demand. */
function* waitingPods(
  pods: readonly Pod[],
  owners: Owners,
  simulation: Simulation,
  now: Instant,
  seated: ReadonlySet<Pod>,
): Generator<undefined, readonly SourcedDemand[]> {
  const byTarget = new Map<TargetKey, Map<Needs, Counted[]>>();
  for (const [index, pod] of pods.entries()) {
    if (index % podsAStep === podsAStep - 1) yield;
    if (!waits(pod) && !seated.has(pod)) continue;
    const target = owners.targetOf(pod);
    const key = targetKey(target);
    const needs = simulation.needsOf(pod);
    const alike = byTarget.get(key) ?? new Map<Needs, Counted[]>();
    byTarget.set(key, alike);
    const counted = alike.get(needs) ?? [];
    alike.set(needs, counted);
    const { nominatedNodeName = '' } = pod.status ?? {};
    const nominated = nominatedNodeName === '' ? undefined : nominatedNodeName;
    const preempts = nominated !== undefined || !isRefusedPreemption(pod, now);
    const known = counted.find((one) => one.preempts === preempts && one.nominated === nominated);
    if (known !== undefined) known.pods += 1;
    else {
      const one: Counted = { target, needs, pods: 1, from: 'waiting', preempts };
      counted.push(nominated === undefined ? one : { ...one, nominated });
    }
  }
  yield;
  const waiting: SourcedDemand[] = [];
  for (const alike of byTarget.values()) for (const counted of alike.values()) waiting.push(...counted);
  yield;
  return waiting;
}

type Counted = SourcedDemand & { pods: number };

/** However little changes, the scheduler looks at everybody who waits at least this often. */
const looksEvery = minutes(5);

/** The scheduler names a node in the same breath in which it says that there is no place, if pushing others out helps. */
function isRefusedPreemption(pod: Pod, now: Instant): boolean {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return false;
  if (scheduled.message?.includes('preemption: 0/') === true) return true;
  const since = instantOf(scheduled.lastTransitionTime);
  return since !== null && now - since > looksEvery;
}

interface Shapes {
  readonly simulation: Simulation;
  readonly templates: Templates;
  readonly shapeless: TargetRef[];
}

function needsOf(target: TargetRef, pods: readonly Pod[], { simulation, templates, shapeless }: Shapes): Needs | null {
  const template = templates.of(target, pods);
  if (template !== null) return simulation.needsOf(template);
  shapeless.push(target);
  return null;
}

/** Max(0, desired − pods that neither ended nor are being deleted), as far as the namespace's quotas let them in; a rehearsal orders no VM. */
function decidedReplicas(
  standings: readonly Standing[],
  quotas: ResourceQuotas,
  shapes: Shapes,
): readonly SourcedDemand[] {
  return standings.flatMap(({ decision, existing, pods, workload }): readonly SourcedDemand[] => {
    const more = (decision.desired ?? 0) - existing;
    if (more <= 0 || decision.mode !== 'act') return [];
    const { target } = decision;
    // More of a broken pod are no capacity, and need no VM.
    if (decision.reason === 'TargetStuck' || stuckBy(workload, pods) !== null) return [];
    const needs = needsOf(target, pods, shapes);
    if (needs === null) return [];
    const admitted = quotas.admit(target.namespace, needs.spec, more);
    return admitted === 0 ? [] : [{ target, needs, pods: admitted, from: 'decided', preempts: true }];
  });
}

/** Of each target so many pods less. */
function less(demands: readonly SourcedDemand[], fewer: ReadonlyMap<TargetKey, number>): readonly SourcedDemand[] {
  if (fewer.size === 0) return demands;
  const left = new Map(fewer);
  return demands.flatMap((demand) => {
    const key = targetKey(demand.target);
    const going = Math.min(demand.pods, left.get(key) ?? 0);
    if (going === 0) return [demand];
    left.set(key, (left.get(key) ?? 0) - going);
    return going === demand.pods ? [] : [{ ...demand, pods: demand.pods - going }];
  });
}

/** A target that is about to shrink loses its waiting pods first: nobody needs a node for them any more. */
function surplusOf(standings: readonly Standing[]): ReadonlyMap<TargetKey, number> {
  const surplus = new Map<TargetKey, number>();
  for (const { decision, existing } of standings)
    if (decision.mode === 'act' && decision.desired !== null && decision.desired < existing)
      surplus.set(targetKey(decision.target), existing - decision.desired);
  return surplus;
}

/** Replicas that will be needed before VMs that are ordered later could bear them, beyond what this tick decides and what there is. */
function* foreseenReplicas(
  tick: NodeTick,
  quotas: ResourceQuotas,
  shapes: Shapes,
): Generator<undefined, readonly SourcedDemand[]> {
  const until = orderedBy(tick);
  const coming: SourcedDemand[] = [];
  for (const [index, standing] of tick.standings.entries()) {
    // One hour of the morning may be everybody's.
    if (index % targetsAStep === targetsAStep - 1) yield;
    const { decision, policy, existing, pods } = standing;
    const { forecast, target, mode } = decision;
    const isForeseen = forecast?.ordersNodes === true && mode === 'act';
    if (!isForeseen && policy.spec.schedule.length === 0) continue;
    const have = Math.max(decision.desired ?? 0, existing);
    const foreseen = isForeseen ? (forecast.nodes?.replicas ?? 0) : 0;
    const floor = policy.spec.schedule.length === 0 ? 0 : floorUntil(policy.spec, tick.now, until);
    const isScheduled = floor > have && floor >= foreseen && mayRise(standing, tick);
    const more = (isScheduled ? floor : foreseen) - have;
    const needs = more <= 0 ? null : needsOf(target, pods, shapes);
    if (needs === null) continue;
    const admitted = quotas.admit(target.namespace, needs.spec, more);
    const from = isScheduled ? 'scheduled' : 'forecast';
    if (admitted > 0) coming.push({ target, needs, pods: admitted, from, preempts: false });
  }
  return coming;
}

/** Room for more pods like a target's. They come after everybody else. */
function headroomOf(config: Config, standings: readonly Standing[], shapes: Shapes): readonly SourcedDemand[] {
  return config.nodePolicies.flatMap(({ spec }): readonly SourcedDemand[] => {
    const { headroom } = spec.growth;
    if (headroom === undefined || spec.mode.grow === 'off') return [];
    const key = targetKey(headroom.of);
    const pods = standings.find(({ decision }) => targetKey(decision.target) === key)?.pods ?? [];
    const needs = needsOf(headroom.of, pods, shapes);
    return needs === null
      ? []
      : [{ target: headroom.of, needs, pods: headroom.pods, from: 'headroom', preempts: false }];
  });
}

const podsIn = (demands: readonly SourcedDemand[]): number => demands.reduce((sum, { pods }) => sum + pods, 0);

/** By whichever policy is the most careful. */
function unsound({ snapshot, config }: NodeTick): string | null {
  const nodes = snapshot.kubernetes.nodes ?? [];
  for (const { spec } of config.nodePolicies) {
    const unready = tooManyUnready(nodes, spec.shrink.unready.stopAbove);
    if (unready !== null) return unready;
  }
  return null;
}

const nobody: ReadonlySet<Pod> = new Set();

/** In the order of the list: among the others those that are seated stand where they stood when they waited. */
const inOrder = ({ snapshot, podsOn }: NodeTick, seated: ReadonlySet<Pod>): readonly Pod[] => {
  const pods = snapshot.kubernetes.pods ?? [];
  if (seated.size > 0) return pods.filter((pod) => seated.has(pod) || !isBound(pod));
  return podsOn.get(nowhere) ?? pods;
};

/** `seated`: they have a place, and are taken for such as wait. */
export function* demandsOf(
  tick: NodeTick,
  simulation: Simulation,
  seated: ReadonlySet<Pod> = nobody,
): Generator<undefined, Demands> {
  const { snapshot, standings, config, podsOn } = tick;
  const facts = snapshot.kubernetes;
  const owners = new Owners(facts);
  const shapes: Shapes = { simulation, templates: new Templates(facts), shapeless: [] };
  const quotas = new ResourceQuotas(facts, snapshot.errors);
  const homeless = yield* waitingPods(inOrder(tick, seated), owners, simulation, tick.now, seated);
  const waiting = less(homeless, surplusOf(standings));
  const wanted = [...waiting, ...decidedReplicas(standings, quotas, shapes)];
  const foreseen = yield* foreseenReplicas(tick, quotas, shapes);
  const headroom = [...foreseen, ...headroomOf(config, standings, shapes)];
  const { shapeless } = shapes;
  const by = unsound(tick);
  if (by === null) return { firm: wanted, headroom, shapeless, held: null, owners };
  const replaced = new Map<TargetKey, number>();
  for (const pod of podsBeingReplaced(facts.nodes ?? [], podsOn)) {
    const key = targetKey(owners.targetOf(pod));
    replaced.set(key, (replaced.get(key) ?? 0) + 1);
  }
  const firm = less(wanted, replaced);
  return { firm, headroom, shapeless, held: { pods: podsIn(wanted) - podsIn(firm), by }, owners };
}
