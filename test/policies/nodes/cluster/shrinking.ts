// A random cluster that shrinks: controllers that make anew what leaves, a scheduler that places it, and springtide at every tick.
import type { Moment } from '../../../../src/actuators/actuator.ts';
import { actuatorsFor, carryOut } from '../../../../src/actuators/carry-out.ts';
import type { Config } from '../../../../src/model/config.ts';
import type { Pod } from '../../../../src/model/kubernetes.ts';
import { emptyMemory, type Memory } from '../../../../src/model/memory.ts';
import type { Plan } from '../../../../src/model/plan.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { instantOf, rfc3339 } from '../../../../src/model/units.ts';
import { decide } from '../../../../src/policies/decide.ts';
import { record } from '../../../../src/policies/record.ts';
import { memoryText, parseMemory } from '../../../../src/state/memory-text.ts';
import { aConfig, aNodePolicy, aPod, aReplicaSet, aSnapshot, at, longAgo } from '../../../builders.ts';
import { aRoom } from '../fit/rooms.ts';
import { appOf, isLeaving, isReadyPod, type Budget } from './budgets.ts';
import { Cloud, marksOf, type Mishap } from './cloud.ts';
import { movable, type App, type DrawnShrinking, type Event } from './drawn-shrinking.ts';
import { schedule, type Seat } from './scheduler.ts';

const interval = 15;
const grace = 20_000;

export class Shrinking {
  readonly cloud: Cloud;
  readonly #apps: App[];
  readonly #config: Config;
  readonly #events: readonly Event[];
  memory: Memory = { ...emptyMemory(), lastTick: at(-interval), steadySince: longAgo };
  /** pods that went down with their server */
  readonly lost: string[] = [];
  ticks = 0;
  #made = 0;
  readonly #unreadyUntil = new Map<string, number>();

  constructor({ groups, apps, budgets, empty, drained, events }: DrawnShrinking) {
    this.#apps = [...apps];
    this.#events = events;
    const names = groups.map((_, index) => `g${index}`);
    this.cloud = new Cloud(
      groups.map(({ nodes }, index) => ({ name: names[index] ?? '', nodes })),
      budgets,
    );
    this.#config = aConfig(
      [],
      [
        aNodePolicy({
          nodeGroups: groups.map(({ nodes, min }, index) => ({
            name: names[index],
            min,
            max: nodes + 2,
            shape: { cpu: 4, memory: '16Gi' },
          })),
          shrink: {
            unneededFor: '0s',
            utilizationBelow: 0.7,
            afterGrowth: '1m',
            afterFailure: '1m',
            drainTimeout: '3m',
            atOnce: { empty, drained },
          },
        }),
      ],
    );
    for (const index of this.#apps.keys()) this.#bringUp(index, true);
    // Who finds no place at the beginning never was.
    this.cloud.pods = this.cloud.pods.filter(({ spec }) => spec?.nodeName !== undefined);
    this.#settle();
  }

  /** Whether springtide may evict it at all, as its owners have said. */
  mayMove(pod: Pod): boolean {
    const kind = this.#apps[indexOf(pod)]?.kind;
    const isForbidden = pod.metadata.annotations?.['cluster-autoscaler.kubernetes.io/safe-to-evict'] === 'false';
    return kind !== undefined && movable.has(kind) && !isForbidden;
  }

  snapshot(): Snapshot {
    const { cloud } = this;
    const sets = this.#apps.map((app, index) => ({ ...aReplicaSet('shop', `app-${index}`, app.replicas), app }));
    const named = (kind: 'stateful' | null) =>
      sets.flatMap(({ app, ...set }) =>
        app.kind === 'orphan' || app.kind === 'bare' || (app.kind === 'stateful') !== (kind === 'stateful')
          ? []
          : [set],
      );
    return aSnapshot()
      .groups(...cloud.nodeGroups())
      .cluster({ status: cloud.clusterStatus })
      .nodes(...cloud.nodes)
      .pods(...cloud.pods)
      .nova({ servers: cloud.servers.map((id) => ({ id, name: id, status: 'ACTIVE' })) })
      .kubernetes({
        replicasets: named(null),
        statefulsets: named('stateful'),
        poddisruptionbudgets: cloud.budgets.objects,
      })
      .build();
  }

  /** One tick of the daemon; null: it died in the middle, and the next one begins with what was saved. */
  async tick(mishap: Mishap | null = null, decided: (plan: Plan) => void = () => undefined): Promise<Plan | null> {
    const { cloud } = this;
    cloud.writes = 0;
    cloud.mishap = mishap;
    const { plan, memory } = decide(this.snapshot(), this.#config, this.memory, cloud.now);
    decided(plan);
    const moment: Moment = { now: cloud.now, signal: new AbortController().signal, cluster: 'k8s' };
    const outcomes = await carryOut(plan, actuatorsFor(cloud.ports), moment);
    // Or it died when everything was written, and nothing was saved yet.
    if (cloud.isDead || (mishap?.what === 'death' && mishap.write === cloud.writes)) return null;
    this.memory = parseMemory(memoryText(record(memory, outcomes, cloud.now)), 'memory');
    return plan;
  }

  /** Until the next tick: others do what they do. */
  pass(seconds = interval): void {
    this.ticks += 1;
    for (const event of this.#events) if (event.tick === this.ticks) this.#happen(event);
    this.cloud.pass(seconds);
    this.#settle();
  }

  /** Marks that no drain stands behind, and drains that should have ended. */
  get leftovers(): readonly string[] {
    return this.cloud.nodes.flatMap((node) =>
      marksOf(node) !== null || node.spec?.unschedulable === true || (node.spec?.taints ?? []).length > 0
        ? [node.metadata.name]
        : [],
    );
  }

  get #seats(): readonly Seat[] {
    return this.cloud.members.map(({ node, goneSince }) => ({
      room: aRoom(node.metadata.name, { capacity: { memory: 16 * 2 ** 30 * 1000 } }),
      pods: this.cloud.pods.filter(({ spec }) => spec?.nodeName === node.metadata.name),
      closed: node.spec?.unschedulable === true || goneSince !== null,
    }));
  }

  /** Who leaves is gone after its grace, controllers make others, the scheduler places them, and budgets are reckoned anew. */
  #settle(): void {
    const { cloud } = this;
    const gone = new Set(
      cloud.members.filter(({ goneSince }) => goneSince !== null).map(({ node }) => node.metadata.name),
    );
    this.lost.push(
      ...cloud.pods.filter(({ spec }) => gone.has(spec?.nodeName ?? '')).map(({ metadata }) => metadata.name),
    );
    cloud.pods = cloud.pods.filter(({ metadata, spec }) => {
      const since = instantOf(metadata.deletionTimestamp);
      return !gone.has(spec?.nodeName ?? '') && (since === null || cloud.now - since < grace);
    });
    for (const index of this.#apps.keys()) this.#bringUp(index, false);
    cloud.pods = cloud.pods.map((pod) => this.#readied(pod));
    this.#place();
    cloud.budgets.reckon(cloud.pods, (app) => {
      const one = this.#apps[Number(app.slice(4))];
      return one === undefined || one.kind === 'bare' || one.kind === 'orphan' ? null : one.replicas;
    });
  }

  #bringUp(index: number, first: boolean): void {
    const app = this.#apps[index];
    if (app === undefined || (!first && (app.kind === 'bare' || app.kind === 'orphan'))) return;
    const standing = this.cloud.pods.filter((pod) => indexOf(pod) === index && !isLeaving(pod)).length;
    const nodes = this.cloud.nodes.length;
    for (let number = standing; number < app.replicas; number += 1) {
      const pod = this.#make(app, index);
      this.cloud.pods.push(pod);
      // They begin where they were drawn, as far as there is room.
      if (first) this.#place(this.cloud.nodes[(app.from + number) % nodes]?.metadata.name);
    }
  }

  #make({ kind, cpu, apart }: App, index: number): Pod {
    const name = `app-${index}`;
    this.#made += 1;
    const pod = aPod(`${name}-${this.#made}`)
      .labelled({ app: name })
      .requesting({ cpu: `${cpu * 100}m` });
    if (kind === 'stateful') pod.ownedBy('StatefulSet', `${name}-abc`);
    else if (kind !== 'bare') pod.ownedBy('ReplicaSet', `${name}-abc`);
    if (kind === 'unsafe' || kind === 'safe')
      pod.annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': String(kind === 'safe') });
    if (kind === 'local') pod.spec({ volumes: [{ name: 'v', hostPath: {} }] });
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: name } } };
    if (apart) pod.spec({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
    return pod.unschedulable().build();
  }

  #place(only?: string): void {
    const seats = this.#seats.map((seat) =>
      only === undefined || seat.room.name === only ? seat : { ...seat, closed: true },
    );
    const waiting = this.cloud.pods.filter(({ spec }) => spec?.nodeName === undefined);
    for (const [pod, nodeName] of schedule(seats, waiting))
      this.cloud.replace(pod, {
        ...pod,
        spec: { ...pod.spec, nodeName },
        // Containers start: it is Ready when the next one looks.
        status: {
          phase: 'Running',
          startTime: rfc3339(this.cloud.now),
          conditions: [{ type: 'Ready', status: only === undefined ? 'False' : 'True' }],
        },
      });
  }

  #readied(pod: Pod): Pod {
    if (pod.status?.phase !== 'Running' || isReadyPod(pod)) return pod;
    if ((this.#unreadyUntil.get(pod.metadata.name) ?? 0) > this.ticks) return pod;
    return withReady(pod, 'True');
  }

  #happen({ what, which }: Event): void {
    const { cloud } = this;
    const pods = cloud.pods.filter((pod) => pod.status?.phase === 'Running' && !isLeaving(pod));
    const pod = pods[which % Math.max(1, pods.length)];
    const budgets = [...cloud.budgets.budgets];
    const budget = budgets[which % Math.max(1, budgets.length)];
    const change = (more: Partial<Budget>): void => {
      cloud.budgets.budgets = budgets.map((one) => (one === budget ? { ...one, ...more } : one));
    };
    switch (what) {
      case 'unready':
        if (pod === undefined) return;
        this.#unreadyUntil.set(pod.metadata.name, this.ticks + 4);
        cloud.replace(pod, withReady(pod, 'False'));
        return;
      case 'deleted':
        if (pod !== undefined)
          cloud.replace(pod, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: rfc3339(cloud.now) } });
        return;
      case 'tighter':
        change({ bound: 'maxUnavailable', amount: 0, percent: false });
        return;
      case 'looser':
        change({ bound: 'minAvailable', amount: 0, percent: false });
        return;
      case 'forbidden':
        if (pod !== undefined)
          cloud.replace(pod, {
            ...pod,
            metadata: {
              ...pod.metadata,
              annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
            },
          });
        return;
      case 'load':
        this.#apps.push({ replicas: 2, cpu: 15, kind: 'plain', apart: false, from: which });
        return;
      case 'byHand':
        cloud.orderByHand(which);
        return;
    }
  }
}

const indexOf = (pod: Pod): number => Number(appOf(pod).slice(4));

const withReady = (pod: Pod, status: 'True' | 'False'): Pod => ({
  ...pod,
  status: { ...pod.status, conditions: [{ type: 'Ready', status }] },
});
