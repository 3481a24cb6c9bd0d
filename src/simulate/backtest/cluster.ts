// The Kubernetes and Magnum objects that a tick of the world model stands for; what has not changed is the same object again.
import type { DrainRecord } from '../../model/drain-record.ts';
import type { Node, Pod, Workload } from '../../model/kubernetes.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import type { DrainStep } from '../../model/plan.ts';
import type { KubernetesFacts, MagnumFacts } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
import type { View } from './model.ts';
import {
  anywhere,
  groupObject,
  nodeObject,
  podObject,
  roomOf,
  simulatedCluster,
  workloadObjects,
  type ClusterShape,
} from './objects.ts';

interface PodState {
  readonly number: number;
  readonly born: Instant;
  node: string | null;
  ready: Instant | null;
  pod: Pod | null;
}

interface NodeState {
  readonly name: string;
  readonly serverId: string;
  readonly since: Instant;
  leaving: DrainRecord | null;
  node: Node;
}

const aDay = 86_400_000;

const serverIdOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export class Cluster {
  readonly #shape: ClusterShape;
  #pods: PodState[] = [];
  #podList: readonly Pod[] = [];
  #nodes: NodeState[] = [];
  #nodeList: readonly Node[] = [];
  #podsMade = 0;
  #nodesMade = 0;
  #version = 0;
  #workload: Workload | null = null;
  #replicaSet: Workload | null = null;
  #group: MagnumNodeGroup | null = null;
  #changedAt = -1;

  constructor(shape: ClusterShape) {
    this.#shape = shape;
  }

  /** Brings the objects to where the model is. */
  show(view: View, now: Instant): void {
    const nodesMoved = this.#showNodes(view, now);
    this.#showPods(view, now, nodesMoved);
    this.#showWorkload(view);
    this.#showGroup(view);
  }

  get kubernetes(): KubernetesFacts {
    const { kind } = this.#shape.target;
    const workloads = this.#workload === null ? [] : [this.#workload];
    return {
      deployments: kind === 'Deployment' ? workloads : [],
      statefulsets: kind === 'StatefulSet' ? workloads : [],
      replicasets: this.#replicaSet === null ? [] : [this.#replicaSet],
      replicationcontrollers: [],
      daemonsets: [],
      jobs: [],
      pods: this.#podList,
      nodes: this.#nodeList,
      poddisruptionbudgets: [],
      persistentvolumes: [],
      persistentvolumeclaims: [],
      storageclasses: [],
      csinodes: [],
      namespaces: [],
      resourcequotas: [],
      priorityclasses: [],
      horizontalpodautoscalers: [],
    };
  }

  get magnum(): MagnumFacts {
    return this.#group === null ? {} : { cluster: simulatedCluster, nodegroups: [this.#group] };
  }

  /** Names of the pods that were Ready at that time. */
  readySince(at: Instant): readonly string[] {
    return this.#pods.flatMap(({ ready, pod }) =>
      pod !== null && ready !== null && ready <= at ? pod.metadata.name : [],
    );
  }

  /** One step of a drain, as it would be written on the node. */
  drain(step: DrainStep, now: Instant): void {
    const state = this.#nodes.find(({ name }) => name === step.node);
    if (state === undefined) return;
    switch (step.step) {
      case 'begin': {
        const { serverId, nodeGroup } = step;
        this.#mark(state, { step: 'draining', nodeGroup, serverId, startedAt: now, wasCordoned: false });
        break;
      }
      case 'rollBack':
        this.#mark(state, null);
        // Its place in the row would move pods that run elsewhere.
        this.#nodes = [...this.#nodes.filter((one) => one !== state), state];
        break;
      case 'seal':
      case 'evict':
      case 'wait':
      case 'reopen':
      case 'forget':
        break;
    }
  }

  /** The victims of a resize are gone at once. */
  remove(victims: readonly string[]): void {
    const gone = new Set(victims);
    this.#nodes = this.#nodes.filter(({ name }) => !gone.has(name));
    this.#listNodes();
  }

  /** Magnum is at work from now on, for one tick at least. */
  resized(tick: number): void {
    this.#changedAt = tick;
  }

  #mark(state: NodeState, record: DrainRecord | null): void {
    state.leaving = record;
    state.node = nodeObject(this.#shape, state);
    this.#listNodes();
  }

  #listNodes(): void {
    this.#nodeList = this.#nodes.map(({ node }) => node);
  }

  /** Whether pods may have to be told another node. */
  #showNodes(view: View, now: Instant): boolean {
    const before = this.#nodes.length;
    while (this.#nodes.length < view.nodes.ready) {
      const number = ++this.#nodesMade;
      const state = { name: `node-${number}`, serverId: serverIdOf(number), since: now, leaving: null };
      this.#nodes.push({ ...state, node: nodeObject(this.#shape, state) });
    }
    if (this.#nodes.length > view.nodes.ready) this.#nodes.length = view.nodes.ready;
    if (this.#nodes.length !== before) this.#listNodes();
    return this.#nodes.length !== before || this.#nodes.some(({ leaving }) => leaving !== null);
  }

  /** The oldest are Ready, the newest wait: as the model takes and gives them. */
  #showPods({ replicas }: View, now: Instant, nodesMoved: boolean): void {
    const { ready, starting, pending } = replicas;
    const total = ready + starting + pending;
    let changed = this.#pods.length !== total || nodesMoved;
    if (this.#podsMade === 0) this.#begin(total, now);
    while (this.#pods.length < total)
      this.#pods.push({ number: ++this.#podsMade, born: now, node: null, ready: null, pod: null });
    this.#pods.length = total;
    const placed = ready + starting;
    const places = nodesMoved || changed ? this.#nodes.filter(({ leaving }) => leaving === null) : this.#nodes;
    const each = roomOf(this.#shape);
    for (let place = 0; place < total; place++) {
      let state = this.#pods[place];
      if (state === undefined) continue;
      const isReady = place < ready;
      // Evicted: another one in its place begins anew.
      if (!isReady && state.ready !== null)
        state = this.#pods[place] = { number: ++this.#podsMade, born: now, node: null, ready: null, pod: null };
      const node = place < placed ? (places[Math.floor(place / each)]?.name ?? state.node ?? anywhere) : null;
      if (state.pod !== null && node === state.node && isReady === (state.ready !== null)) continue;
      state.node = node;
      if (isReady) state.ready ??= now;
      state.pod = podObject(this.#shape, state);
      changed = true;
    }
    if (changed) this.#podList = this.#pods.flatMap(({ pod }) => pod ?? []);
  }

  /** Those of the beginning have been there for a day. */
  #begin(total: number, now: Instant): void {
    const born = (now - aDay) as Instant;
    const ready = (born + this.#shape.startTime) as Instant;
    while (this.#pods.length < total) this.#pods.push({ number: ++this.#podsMade, born, node: null, ready, pod: null });
  }

  #showWorkload({ replicas: { desired, ready } }: View): void {
    const before = this.#workload;
    if (before?.spec?.replicas === desired && before.status?.readyReplicas === ready) return;
    if (before?.spec?.replicas !== desired) this.#version += 1;
    const made = workloadObjects(this.#shape, { desired, ready }, String(this.#version));
    this.#workload = made.workload;
    this.#replicaSet = made.replicaSet;
  }

  #showGroup({ nodes, tick }: View): void {
    const { pool } = this.#shape;
    if (pool === null) return;
    const isBusy = nodes.booting > 0 || (this.#changedAt >= 0 && tick - this.#changedAt <= 1);
    const status = isBusy ? 'UPDATE_IN_PROGRESS' : 'UPDATE_COMPLETE';
    const count = nodes.ready + nodes.booting;
    if (this.#group?.node_count === count && this.#group.status === status) return;
    this.#group = groupObject(pool.group, count, status);
  }
}
