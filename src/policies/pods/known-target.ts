// What is known of a target from tick to tick: while its object does not change, nothing of it is read a second time.
import type { PodPolicy } from '../../model/config.ts';
import type { LabelSelector, Pod, PodSpec, Workload } from '../../model/kubernetes.ts';
import type { PolicyRef } from '../../model/plan.ts';
import { targetKey, type TargetKey } from '../../model/target.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { BoundTarget } from '../../targets/select.ts';
import { boundsAt, type BoundsAt } from '../schedule/bounds.ts';
import { isEmptySelector } from '../selectors.ts';
import type { Alike } from './alike.ts';
import { isStoppedByHand, pauseOf, previousReplicasOf, type Pause } from './pause.ts';
import { onlyLabelOf, type Namespace, type OneLabel, type PodIndex } from './pod-index.ts';
import { podListOf, type PodList } from './pod-list.ts';
import type { Seats } from './seats.ts';
import { Walk } from './walk.ts';

type Pods = readonly Pod[];

const none: Pods = [];
const unnamed: Pick<Workload['metadata'], 'annotations'> = {};

const bounds = new WeakMap<PodPolicy, BoundsAt>();

/** Zero is opt-in: what is merely not above 0 is no wish for it. */
function unscheduledBounds(policy: PodPolicy): BoundsAt {
  let known = bounds.get(policy);
  if (known === undefined) {
    const { replicas, zero } = policy.spec;
    const base = { min: zero === undefined ? Math.max(1, replicas.min) : replicas.min, max: replicas.max };
    known = boundsAt(base, [], 0 as Instant, 0 as Milliseconds);
    bounds.set(policy, known);
  }
  return known;
}

export class KnownTarget {
  readonly bound: BoundTarget;
  /** as `bound` has it, of parts that it shares with others */
  readonly policy: PodPolicy;
  readonly key: TargetKey;
  readonly policyRef: PolicyRef;
  /** where its answers are found */
  readonly seat: number;
  readonly pause: Pause;
  /** as the object says: what is wanted, and what there is */
  readonly replicas: number;
  readonly statusReplicas: number;
  readonly resourceVersion: string | undefined;
  readonly uid: string | undefined;
  /** the mark of our own zero: what stood before it; null: there is none */
  readonly previous: number | null;
  /** the mark of a person's zero */
  readonly stopped: boolean;
  /** the bounds while no window of a schedule changes them */
  readonly unscheduled: BoundsAt;
  /** null: it has none that means anything */
  readonly selector: LabelSelector | Readonly<Record<string, string>> | null;
  /** null: it selects by more than one label */
  readonly #only: OneLabel | null;
  /** undefined: its pods have not been looked for */
  #namespace: Namespace | null | undefined = undefined;
  #pods: Pods = none;
  #list: PodList = podListOf(none);
  #label: string | null = null;
  #template: PodSpec | undefined;

  constructor(bound: BoundTarget, seats: Seats, alike: Alike) {
    const { target, policy, object } = bound;
    const selector = object?.spec?.selector;
    this.bound = bound;
    this.policy = alike.of(policy);
    this.key = targetKey(target);
    this.policyRef = { namespace: policy.metadata.namespace, name: policy.metadata.name };
    this.seat = seats.seatOf(target.namespace, target.name);
    this.pause = pauseOf(object?.metadata ?? unnamed);
    this.replicas = object?.spec?.replicas ?? 1;
    this.statusReplicas = object?.status?.replicas ?? 0;
    this.resourceVersion = object?.metadata.resourceVersion;
    this.uid = object?.metadata.uid;
    this.#template = object?.spec?.template?.spec;
    this.previous = previousReplicasOf(object?.metadata ?? unnamed);
    this.stopped = isStoppedByHand(object?.metadata ?? unnamed);
    this.unscheduled = unscheduledBounds(policy);
    this.selector = selector === undefined || isEmptySelector(selector) ? null : selector;
    this.#only = this.selector === null ? null : onlyLabelOf(this.selector);
  }

  /** Finds its pods: in a namespace where nothing has changed they are the same as before. */
  lookAt(index: PodIndex): void {
    if (this.selector === null) return;
    const namespace = index.namespace(this.bound.target.namespace);
    if (namespace === this.#namespace) return;
    this.#namespace = namespace;
    const pods = this.#findIn(namespace);
    if (pods === this.#pods) return;
    this.#pods = pods;
    this.#list = podListOf(pods);
    this.#template = this.bound.object?.spec?.template?.spec ?? pods.at(-1)?.spec;
  }

  #findIn(namespace: Namespace | null): Pods {
    this.#label = this.#only?.label ?? null;
    if (namespace === null || this.selector === null) return none;
    if (this.#only !== null) return namespace.labelled(this.#only);
    const { pods, label } = namespace.find(this.selector);
    this.#label = label;
    return pods;
  }

  /** As `lookAt` has found them. */
  get pods(): Pods {
    return this.#pods;
  }

  get list(): PodList {
    return this.#list;
  }

  /** Its pods are all of the namespace with one value of this label; null: there is more to it. */
  get label(): string | null {
    return this.#label;
  }

  get template(): PodSpec | undefined {
    return this.#template;
  }
}

/** Of a first tick everything is new. */
const targetsAStep = 128;

/** The known targets of one tick after the other. */
export class KnownTargets {
  #bound: readonly BoundTarget[] = [];
  #known: readonly KnownTarget[] = [];
  #seats: Seats | null = null;

  get length(): number {
    return this.#known.length;
  }

  /** One for each; who has not changed is the same object. */
  *of(bound: readonly BoundTarget[], seats: Seats, alike: Alike): Generator<undefined, readonly KnownTarget[]> {
    const before = seats === this.#seats ? this.#bound : [];
    if (bound === before) return this.#known;
    const walk = new Walk(before, bound);
    const known: KnownTarget[] = [];
    for (const one of bound) {
      known.push(this.#known[walk.next() ?? -1] ?? new KnownTarget(one, seats, alike));
      if (known.length % targetsAStep === 0) yield;
    }
    [this.#bound, this.#known, this.#seats] = [bound, known, seats];
    return known;
  }
}
