// The kubelets: bound pods start, turn ready, run, end; each node says how it is.
import { numberOf } from '../json.ts';
import { conditionOf, isDeleting, isReady, isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { readiness, readyAfterAnnotation } from '../nodes.ts';
import { withCondition } from './cluster.ts';
import { seededRandom } from '../../random.ts';
import { containerStatuses, podConditions } from './pod-status.ts';
import type { Cancel } from '../../../clock.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Node, Pod } from '../objects.ts';
import type { Cluster } from './cluster.ts';
import type { PodState } from './pod-status.ts';

/**
 * What a pod's annotations tell its kubelet:
 * startup-seconds: from binding to Ready; behaviour: NeverReady, CrashLoopBackOff or ImagePullBackOff;
 * run-seconds: ends this long after Ready; exit-code: with what; shutdown-seconds: from the deletion to the end.
 */
const prefix = 'sandbox.springtide.io/';
const statusEvery = 300_000 as Milliseconds;
const jitterShare = 0.2;
const jobRun = 60;

interface Plan {
  readonly what: string;
  readonly cancel: Cancel;
}

export class Kubelets {
  readonly #cluster: Cluster;
  readonly #plans = new Map<string, Plan>();
  /** Node name to the uid of the node whose heartbeat runs. */
  readonly #beating = new Map<string, string>();
  readonly #seed: number;
  #addresses = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#seed = Math.floor(cluster.random() * 2 ** 32);
    cluster.registry.store.subscribe(({ resource, object, type }) => {
      if (resource === 'pods') {
        if (type === 'DELETED') this.#drop(object as Pod);
        else this.#plan(object as Pod);
      } else if (resource === 'nodes' && type === 'ADDED') this.#adopt(object as Node);
      else if (resource === 'nodes' && type === 'DELETED') this.#beating.delete(object.metadata.name);
    });
  }

  /** A node's trouble began or ended. */
  refresh(node: string): void {
    this.#report(node);
    for (const pod of this.#cluster.registry.index.podsOn(node)) this.#plan(pod);
  }

  #isDead(node: string): boolean {
    const { registry, faults } = this.#cluster;
    return faults.has(`nodeDead:${node}`) || registry.store.get('nodes', node) === undefined;
  }

  #adopt(node: Node): void {
    const { agenda } = this.#cluster;
    const { name, uid } = node.metadata;
    this.#beating.set(name, uid);
    const wait = Number(node.metadata.annotations?.[readyAfterAnnotation] ?? 0) * 1000;
    agenda.after(Math.max(1, wait) as Milliseconds, () => this.#beat(name, uid));
    for (const pod of this.#cluster.registry.index.podsOn(name)) this.#plan(pod);
  }

  #beat(name: string, uid: string): void {
    if (this.#beating.get(name) !== uid) return;
    this.#report(name);
    this.#cluster.agenda.after(statusEvery, () => this.#beat(name, uid));
  }

  #report(name: string): void {
    const { registry, faults } = this.#cluster;
    const node = registry.store.get('nodes', name);
    if (node === undefined || this.#isDead(name)) return;
    const now = registry.timestamp();
    registry.change('nodes', name, (draft) => {
      let conditions = draft.status.conditions;
      for (const condition of readiness(faults.has(`nodeNotReady:${name}`) ? 'False' : 'True', now))
        conditions = withCondition(conditions, condition, now);
      if (conditions !== undefined) draft.status.conditions = conditions;
    });
    this.#renewLease(node, now);
  }

  #renewLease(node: Node, now: string): void {
    const { registry } = this.#cluster;
    const { name, uid } = node.metadata;
    const renewTime = now.replace('Z', '.000000Z');
    const key = keyOf('kube-node-lease', name);
    if (registry.store.get('leases', key) !== undefined) {
      registry.change('leases', key, (lease) => {
        lease.spec.renewTime = renewTime;
      });
      return;
    }
    if (registry.store.get('namespaces', 'kube-node-lease') === undefined) return;
    registry.create('leases', 'kube-node-lease', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
      // longer than a real one: heartbeats come with the status, every five minutes
      spec: { holderIdentity: name, leaseDurationSeconds: 600, renewTime },
    });
  }

  #drop(pod: Pod): void {
    this.#plans.get(pod.metadata.uid)?.cancel();
    this.#plans.delete(pod.metadata.uid);
  }

  #plan(pod: Pod): void {
    const next = pod.spec.nodeName === undefined ? undefined : this.#next(pod);
    const { uid } = pod.metadata;
    const planned = this.#plans.get(uid);
    if (planned?.what === next?.what) return;
    planned?.cancel();
    this.#plans.delete(uid);
    if (next === undefined) return;
    const key = keyOfObject(pod);
    const cancel = this.#cluster.agenda.after(next.delay, () => {
      this.#plans.delete(uid);
      const current = this.#cluster.registry.store.get('pods', key);
      if (current?.metadata.uid === uid && !this.#isDead(current.spec.nodeName ?? '')) next.run(current);
    });
    this.#plans.set(uid, { what: next.what, cancel });
  }

  /** What the kubelet will do next with a pod, and when. */
  #next(pod: Pod): { what: string; delay: Milliseconds; run: (pod: Pod) => void } | undefined {
    const { podShutdown, registry, faults } = this.#cluster;
    const node = pod.spec.nodeName ?? '';
    if (this.#isDead(node)) return undefined;
    const become = (
      state: PodState,
      seconds: number,
    ): { what: string; delay: Milliseconds; run: (pod: Pod) => void } => ({
      what: state,
      delay: (seconds * 1000) as Milliseconds,
      run: (current) => this.#become(current, state),
    });
    if (isDeleting(pod)) {
      const grace = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
      const own = numberIn(pod, 'shutdown-seconds');
      const wait = Math.min(grace, own === undefined ? podShutdown : own * 1000) as Milliseconds;
      return { what: `end ${wait}`, delay: wait, run: (current) => this.#end(current) };
    }
    if (isTerminal(pod)) return undefined;
    const behaviour = pod.metadata.annotations?.[`${prefix}behaviour`];
    if (pod.status.phase !== 'Running') {
      if (behaviour === 'ImagePullBackOff') return pulling(pod) ? undefined : become('ImagePullBackOff', 1);
      const startup = this.#startup(pod);
      // the last part of a start is the wait for the readiness probe
      return startup === 0 && behaviour === undefined ? become('ready', 0) : become('running', startup * 0.6);
    }
    if (!isReady(pod)) {
      if (behaviour === 'NeverReady') return undefined;
      if (behaviour === 'CrashLoopBackOff') return become('crashed', crashDelay(pod));
      if (faults.has(`nodeNotReady:${node}`)) return undefined;
      return become('ready', this.#startup(pod) * 0.4);
    }
    const run = numberIn(pod, 'run-seconds') ?? (pod.metadata.labels?.['job-name'] === undefined ? undefined : jobRun);
    if (run === undefined || registry.store.get('nodes', node) === undefined) return undefined;
    return become('ended', run);
  }

  #startup(pod: Pod): number {
    const { podStartup } = this.#cluster;
    // a pod's own luck: however often it is asked, and whatever else happens, it is the same
    const jitter = seededRandom(numberOf(keyOfObject(pod)) ^ this.#seed)();
    return numberIn(pod, 'startup-seconds') ?? (podStartup / 1000) * (1 + jitterShare * jitter);
  }

  #become(pod: Pod, state: PodState): void {
    const { registry } = this.#cluster;
    const now = registry.timestamp();
    const node = registry.store.get('nodes', pod.spec.nodeName ?? '');
    const exitCode = numberIn(pod, 'exit-code') ?? 0;
    registry.change('pods', keyOfObject(pod), (draft) => {
      const { status } = draft;
      const pulled = state !== 'ImagePullBackOff';
      status.phase = state === 'ended' ? (exitCode === 0 ? 'Succeeded' : 'Failed') : pulled ? 'Running' : 'Pending';
      status.startTime ??= now;
      const host = node?.status.addresses?.find(({ type }) => type === 'InternalIP')?.address;
      if (host !== undefined) status.hostIP = host;
      if (pulled) {
        status.podIP ??= this.#address();
        status.podIPs = [{ ip: status.podIP }];
      }
      status.containerStatuses = containerStatuses(pod, state, exitCode, now);
      status.conditions = podConditions(draft, state, now);
    });
  }

  #end(pod: Pod): void {
    const { registry } = this.#cluster;
    registry.change('pods', keyOfObject(pod), (draft) => {
      draft.metadata.deletionGracePeriodSeconds = 0;
    });
    if ((pod.metadata.finalizers ?? []).length === 0) registry.store.remove('pods', keyOfObject(pod));
  }

  #address(): string {
    const count = (this.#addresses += 1);
    return `10.${128 + ((count >>> 16) & 63)}.${(count >>> 8) & 255}.${count & 255}`;
  }
}

function numberIn(pod: Pod, name: string): number | undefined {
  const text = pod.metadata.annotations?.[`${prefix}${name}`];
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

const pulling = (pod: Pod): boolean => pod.status.containerStatuses?.[0]?.state.waiting?.reason === 'ImagePullBackOff';
const restartsOf = (pod: Pod): number => pod.status.containerStatuses?.[0]?.restartCount ?? 0;
/** Ten seconds, doubling to five minutes. */
const crashDelay = (pod: Pod): number =>
  conditionOf(pod.status, 'ContainersReady') === undefined ? 1 : Math.min(300, 10 * 2 ** restartsOf(pod));
