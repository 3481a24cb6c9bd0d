// What holds for every cluster: no plan breaks a budget, moves what must stay, goes under a minimum or takes room that is not there; and a drain outlives whoever began it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainOf } from '../../../src/model/drain-record-on.ts';
import type { DrainRecord } from '../../../src/model/drain-record.ts';
import { drainAnnotation } from '../../../src/model/drain-record.ts';
import type { Node, Pod } from '../../../src/model/kubernetes.ts';
import { emptyMemory, type Memory } from '../../../src/model/memory.ts';
import type { NodeDecision } from '../../../src/model/plan.ts';
import type { Instant } from '../../../src/model/units.ts';
import { aBudget, aNode, aNodeGroup, aNodePolicy, aPod, aReplicaSet, aSnapshot, at } from '../../builders.ts';
import { group, steady, tick } from './worlds.ts';

interface Seat {
  readonly node: number;
  readonly milli: number;
  readonly app: 'web' | 'api';
  readonly kind: 'plain' | 'bare' | 'unsafe' | 'local';
}

const seat = fc.record<Seat>({
  node: fc.nat({ max: 7 }),
  milli: fc.constantFrom(100, 300, 700, 1500),
  app: fc.constantFrom('web', 'api'),
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('plain' as const) },
    { weight: 1, arbitrary: fc.constantFrom('bare' as const, 'unsafe' as const, 'local' as const) },
  ),
});

const cluster = fc.record({
  nodes: fc.integer({ min: 1, max: 8 }),
  seats: fc.array(seat, { maxLength: 24 }),
  min: fc.integer({ min: 0, max: 4 }),
  leaving: fc.nat({ max: 1 }),
  allowed: fc.nat({ max: 3 }),
  empty: fc.nat({ max: 5 }),
  drained: fc.nat({ max: 5 }),
  /** nodes that do not tell which server they are */
  nameless: fc.subarray(['w-2', 'w-4', 'w-6']),
});

const coreMilli = 4000;

function podOf({ node, milli, app, kind }: Seat, index: number): Pod {
  const pod = aPod(`${app}-${index}`)
    .labelled({ app })
    .requesting({ cpu: `${milli}m` })
    .on(`w-${node + 1}`)
    .ready();
  if (kind !== 'bare') pod.ownedBy('ReplicaSet', `${app}-abc`);
  if (kind === 'unsafe') pod.annotated({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' });
  if (kind === 'local') pod.spec({ volumes: [{ name: 'v', hostPath: {} }] });
  return pod.build();
}

const mayMove = ({ metadata, spec }: Pod): boolean =>
  metadata.ownerReferences !== undefined && metadata.annotations === undefined && spec?.volumes === undefined;

const cpuOf = (pod: Pod): number =>
  Number(/^(\d+)m$/.exec(String(pod.spec?.containers?.[0]?.resources?.requests?.['cpu']))?.[1] ?? 0);

/** Whether all of them find room, the largest first: what has room in that order has room. */
function fits(pods: readonly Pod[], free: readonly number[]): boolean {
  const left = [...free];
  const place = (index: number): boolean => {
    const pod = pods[index];
    if (pod === undefined) return true;
    const tried = new Set<number>();
    for (const [room, milli] of left.entries()) {
      if (milli < cpuOf(pod) || tried.has(milli)) continue;
      tried.add(milli);
      left[room] = milli - cpuOf(pod);
      if (place(index + 1)) return true;
      left[room] = milli;
    }
    return false;
  };
  return place(0);
}

describe('whatever the cluster looks like', () => {
  it('only nodes leave that can be spared, together, with everybody on them', () => {
    // A planner that lets nobody go would keep all of it.
    const seen = new Set<string>();
    fc.assert(
      fc.property(cluster, (given) => {
        const names = Array.from({ length: given.nodes }, (_, index) => `w-${index + 1}`);
        const nodes = names.map((name, index) => {
          const node = aNode(name);
          const built = (index < given.leaving ? node.leaving({ startedAt: at(-1) }) : node).build();
          return given.nameless.includes(name) ? { ...built, spec: { taints: built.spec?.taints ?? [] } } : built;
        });
        const pods = given.seats.filter(({ node }) => node < given.nodes).map(podOf);
        const snapshot = aSnapshot()
          .groups(aNodeGroup(group, given.nodes))
          .nodes(...nodes)
          .pods(...pods)
          .replicaSets(aReplicaSet('shop', 'web'), aReplicaSet('shop', 'api'))
          .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'web', { app: 'web' }, given.allowed)] })
          .build();
        const policy = aNodePolicy({
          nodeGroups: [{ name: group, min: given.min, max: 20 }],
          shrink: { atOnce: { empty: given.empty, drained: given.drained }, unneededFor: '0s' },
        });
        const { decision } = tick(snapshot, { policy, memory: steady() });
        const begun = decision.drains.flatMap((step) => (step.step === 'begin' ? [step] : []));
        const taken = decision.drains.some(({ step }) => step === 'rollBack');
        const out = new Set([...begun.map(({ node }) => node), ...names.slice(0, taken ? 0 : given.leaving)]);
        // What nobody may move stays on a node that is leaving already, and asks nothing of a budget.
        const going = pods.filter((pod) => out.has(pod.spec?.nodeName ?? '') && mayMove(pod));
        const chosen = pods.filter((pod) => begun.some(({ node }) => node === pod.spec?.nodeName));

        if (begun.length === 0) return;
        seen.add(begun.length > 1 ? 'several' : 'one');
        if (chosen.length > 0) seen.add('with pods');
        expect(given.nodes - out.size).toBeGreaterThanOrEqual(given.min);
        expect(begun.every(({ serverId }) => /^[0-9a-f-]{36}$/.test(serverId))).toBe(true);
        expect(begun.filter(({ node }) => given.nameless.includes(node))).toEqual([]);
        expect(chosen.filter((pod) => !mayMove(pod))).toEqual([]);
        const web = (some: readonly Pod[]): number =>
          some.filter(({ metadata }) => metadata.labels?.['app'] === 'web').length;
        // The Eviction API orders those of one node; of several they must be allowed together.
        const homes = new Set(going.filter((pod) => web([pod]) > 0).map(({ spec }) => spec?.nodeName));
        if (web(chosen) > 0) expect(homes.size === 1 ? 1 : web(going)).toBeLessThanOrEqual(given.allowed);
        const free = names
          .filter((name) => !out.has(name))
          .map((name) =>
            pods.reduce((left, pod) => (pod.spec?.nodeName === name ? left - cpuOf(pod) : left), coreMilli),
          );
        expect(fits(chosen, free)).toBe(true);
        const reasons = new Map(decision.kept.map(({ node, reason }) => [node, reason]));
        expect(
          names.filter(
            (name) => !reasons.has(name) && !out.has(name) && drainOf(nodes[names.indexOf(name)] as Node) === null,
          ),
        ).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect([...seen].toSorted()).toEqual(['one', 'several', 'with pods']);
  });
});

/** A world that does at once what a decision asks for. */
class World {
  nodes: Node[] = [aNode('w-1').build(), aNode('w-2').build(), aNode('w-3').build()];
  pods: Pod[];
  count = 3;

  constructor(pods: readonly Pod[]) {
    this.pods = [...pods];
  }

  snapshot() {
    return aSnapshot()
      .groups(
        aNodeGroup(group, this.count, {
          node_addresses: this.nodes.map(({ status }) => status?.addresses?.[0]?.address ?? ''),
        }),
      )
      .nodes(...this.nodes)
      .pods(...this.pods)
      .nova({ servers: this.nodes.map(({ spec }) => ({ id: spec?.providerID?.split('/').at(-1) ?? '' })) })
      .replicaSets(aReplicaSet('shop', 'web'), aReplicaSet('shop', 'api'))
      .build();
  }

  #mark(name: string, record: DrainRecord): void {
    this.nodes = this.nodes.map((node) => (node.metadata.name === name ? aNode(name).leaving(record).build() : node));
  }

  /** `parts`: how many of the writes were made before the process died. */
  apply(decision: NodeDecision, now: Instant, parts: number): void {
    let left = parts;
    const spend = (): boolean => (left -= 1) >= 0;
    for (const { node, serverId } of decision.resize?.remove ?? []) {
      const before = this.nodes.find(({ metadata }) => metadata.name === node);
      const record = before === undefined ? null : drainOf(before);
      if (record === null || !spend()) return;
      this.#mark(node, {
        ...record,
        serverId,
        step: 'removing',
        removingAt: now,
        countAfter: decision.resize?.to ?? 0,
      });
    }
    if (decision.resize !== null) {
      if (!spend()) return;
      this.count = decision.resize.to;
      const gone = new Set(decision.resize.remove.map(({ node }) => node));
      this.nodes = this.nodes.filter(({ metadata }) => !gone.has(metadata.name));
    }
    for (const step of decision.drains) {
      if (!spend()) return;
      switch (step.step) {
        case 'begin':
          this.#mark(step.node, {
            step: 'draining',
            nodeGroup: group,
            serverId: step.serverId,
            startedAt: now,
            wasCordoned: false,
          });
          break;
        case 'evict':
          this.pods = this.pods.map((pod) =>
            step.pods.some(({ name }) => name === pod.metadata.name)
              ? { ...pod, spec: { ...pod.spec, nodeName: 'w-1' } }
              : pod,
          );
          break;
        case 'reopen': {
          const announced = this.nodes.find(({ metadata }) => metadata.name === step.node);
          const record = announced === undefined ? null : drainOf(announced);
          if (record !== null) this.#mark(step.node, { ...record, step: 'draining' });
          break;
        }
        case 'rollBack':
          this.nodes = this.nodes.map((node) => (node.metadata.name === step.node ? aNode(step.node).build() : node));
          break;
        // no mark of this world belongs to a batch: batch-properties plays those, write by write
        case 'seal':
        case 'wait':
        case 'forget':
          break;
      }
    }
  }
}

describe('a drain', () => {
  interface Crash {
    readonly tick: number;
    readonly parts: number;
  }
  const policy = aNodePolicy({
    nodeGroups: [{ name: group, min: 1, max: 9 }],
    shrink: { unneededFor: '0s', atOnce: { empty: 2, drained: 2 } },
  });
  const light = (name: string, node: string): Pod =>
    aPod(name)
      .labelled({ app: 'api' })
      .ownedBy('ReplicaSet', 'api-abc')
      .requesting({ cpu: '200m' })
      .on(node)
      .ready()
      .build();

  /** How a resize would reach Magnum: with every victim's own server, and a count that agrees. */
  function expectSound({ resize, current }: NodeDecision, { nodes }: World): void {
    if (resize === null) return;
    expect(resize.remove.length).toBeGreaterThan(0);
    expect(resize.to).toBe((current ?? 0) - resize.remove.length);
    for (const { node, serverId } of resize.remove) {
      const victim = nodes.find(({ metadata }) => metadata.name === node);
      expect(victim?.spec?.providerID).toBe(`openstack:///${serverId}`);
    }
  }

  /** Answers how many ticks had something to do. */
  function expectTheSameEnd(crashes: readonly Crash[]): number {
    const world = new World([
      light('a', 'w-2'),
      light('b', 'w-2'),
      light('c', 'w-3'),
      ...['d', 'e'].map((name) => ({
        ...light(name, 'w-1'),
        spec: { nodeName: 'w-1', containers: [{ name: 'main', resources: { requests: { cpu: '1500m' } } }] },
      })),
    ]);
    let memory: Memory = steady();
    let busy = 0;
    for (let index = 0; index < 24; index++) {
      const now = at(index * 15);
      const crash = crashes.find((one) => one.tick === index);
      const { decision, memory: after } = tick(world.snapshot(), { policy, memory, now });
      expectSound(decision, world);
      if (decision.drains.length > 0 || decision.resize !== null) busy = index + 1;
      world.apply(decision, now, crash?.parts ?? Infinity);
      memory = crash === undefined ? after : emptyMemory();
    }
    expect(world.nodes.map(({ metadata }) => metadata.name)).toEqual(['w-1']);
    expect(
      world.nodes.filter(
        ({ metadata, spec }) => metadata.annotations?.[drainAnnotation] !== undefined || spec?.unschedulable === true,
      ),
    ).toEqual([]);
    expect(world.count).toBe(1);
    expect(world.pods.every(({ spec }) => spec?.nodeName === 'w-1')).toBe(true);
    return busy;
  }

  it('ends in the same state at whichever of its steps the process died', () => {
    const ticks = expectTheSameEnd([]);
    expect(ticks).toBeGreaterThan(2);
    for (let tick = 0; tick < ticks; tick += 1) for (const parts of [0, 1, 2]) expectTheSameEnd([{ tick, parts }]);
  });

  it('ends in the same state however often it died', () => {
    const crash = fc.record<Crash>({ tick: fc.nat({ max: 10 }), parts: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(crash, { minLength: 2, maxLength: 4 }), (crashes) => {
        expectTheSameEnd(crashes);
      }),
      { numRuns: 5 },
    );
  });
});
