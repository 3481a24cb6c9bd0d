// A batch of drains carried out write by write: whoever dies between any two of them, or is refused, no half-marked batch is evicted from, and the end is the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Moment } from '../../../src/actuators/actuator.ts';
import { actuatorsFor, carryOut, type WritePorts } from '../../../src/actuators/carry-out.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { KubernetesWrites, NodePatch } from '../../../src/clients/kubernetes/writes.ts';
import { drainOf } from '../../../src/model/drain-record-on.ts';
import type { MagnumNodeGroup } from '../../../src/model/openstack.ts';
import { drainTaint } from '../../../src/model/drain-record.ts';
import type { Node, Pod } from '../../../src/model/kubernetes.ts';
import { emptyMemory, type Memory } from '../../../src/model/memory.ts';
import { record } from '../../../src/policies/record.ts';
import { aNode, aNodeGroup, aNodePolicy, aPod, aReplicaSet, aSnapshot, at } from '../../builders.ts';
import { patched } from './cluster/patched.ts';
import { group, steady, tick } from './worlds.ts';

/** What befalls one tick: after so many writes the process dies, or the answer of that write is lost. */
interface Mishap {
  readonly tick: number;
  readonly write: number;
  readonly what: 'death' | 'lostAnswer';
}

const refusal = (code: 'Forbidden' | 'Timeout' | 'Conflict') =>
  new ClientError({ code, source: 'kubernetes', message: 'a test' });

const light = (name: string, node: string, cpu = '200m'): Pod =>
  aPod(name).labelled({ app: 'api' }).ownedBy('ReplicaSet', 'api-abc').requesting({ cpu }).on(node).ready().build();

/** Kubernetes and Magnum in one, write by write. */
class World {
  nodes: readonly Node[] = ['w-1', 'w-2', 'w-3', 'w-4'].map((name) => aNode(name).build());
  pods: readonly Pod[] = [
    light('a', 'w-2'),
    light('b', 'w-2'),
    light('c', 'w-3'),
    light('d', 'w-1', '1500m'),
    light('e', 'w-1', '1500m'),
  ];
  count = 4;
  writes = 0;
  mishap: Mishap | null = null;
  /** refuses to be marked */
  refuses = '';
  readonly unsound: string[] = [];
  readonly #wholes = new Set<string>();
  #versions = 0;

  get isMarked(): boolean {
    return this.nodes.some((node) => drainOf(node) !== null);
  }

  get isDead(): boolean {
    return this.mishap?.what === 'death' && this.writes > this.mishap.write;
  }

  snapshot() {
    const addresses = this.nodes.map(({ status }) => status?.addresses?.[0]?.address ?? '');
    return aSnapshot()
      .groups(this.group(addresses))
      .nodes(...this.nodes)
      .pods(...this.pods)
      .nova({ servers: this.nodes.map((node) => ({ id: serverOf(node) })) })
      .replicaSets(aReplicaSet('shop', 'api'))
      .build();
  }

  group(addresses: readonly string[] = []): MagnumNodeGroup {
    return aNodeGroup(group, this.count, { node_addresses: [...addresses] });
  }

  get ports(): WritePorts {
    const writes = {
      getNode: (name: string) => this.#alive(() => this.nodes.find(({ metadata }) => metadata.name === name) ?? null),
      createEvent: () => Promise.resolve(true),
      patchNode: (name: string, patch: NodePatch, options?: { readonly resourceVersion?: string }) =>
        this.#write(() => this.#patch(name, patch, options?.resourceVersion)),
      evict: (pod: { readonly name: string }) => this.#write(() => this.#evict(pod.name)),
      deleteNode: (name: string) =>
        this.#write(() => {
          this.nodes = this.nodes.filter(({ metadata }) => metadata.name !== name);
          return 'deleted';
        }),
    } as unknown as KubernetesWrites;
    const magnum = {
      getCluster: () => this.#alive(() => ({ uuid: 'k8s', status: 'UPDATE_COMPLETE' })),
      getNodeGroup: () => this.#alive(() => this.group()),
      resize: ({ nodeCount, nodesToRemove }: { nodeCount: number; nodesToRemove: readonly string[] }) =>
        this.#write(() => {
          for (const node of this.nodes) if (nodesToRemove.includes(serverOf(node))) this.#expectWhole(node);
          this.count = nodeCount;
          this.nodes = this.nodes.filter((node) => !nodesToRemove.includes(serverOf(node)));
          return { requestId: null };
        }),
    } as unknown as NonNullable<WritePorts['magnum']>;
    return { writes, magnum };
  }

  async #alive<Answer>(answer: () => Answer): Promise<Answer> {
    await Promise.resolve();
    if (this.isDead) throw new Error('the process is dead');
    return answer();
  }

  async #write<Answer>(change: () => Answer): Promise<Answer> {
    return this.#alive(() => {
      this.writes += 1;
      if (this.isDead) throw new Error('the process is dead');
      const answer = change();
      if (this.mishap?.what === 'lostAnswer' && this.mishap.write === this.writes - 1) throw refusal('Timeout');
      return answer;
    });
  }

  #patch(name: string, patch: NodePatch, version: string | undefined): Node {
    const node = this.nodes.find(({ metadata }) => metadata.name === name);
    if (node === undefined) throw new Error(`${name} is not there`);
    if (version !== node.metadata.resourceVersion) throw refusal('Conflict');
    if (name === this.refuses && patch.taints?.some(({ key }) => key === drainTaint) === true)
      throw refusal('Forbidden');
    const next = patched(node, patch, String(++this.#versions));
    this.nodes = this.nodes.map((one) => (one === node ? next : one));
    const { id, nodes } = drainOf(next)?.batch ?? { id: '', nodes: 0 };
    if (this.nodes.filter((one) => drainOf(one)?.batch?.id === id).length === nodes) this.#wholes.add(id);
    return next;
  }

  #evict(name: string) {
    const pod = this.pods.find(({ metadata }) => metadata.name === name);
    const home = this.nodes.find(({ metadata }) => metadata.name === pod?.spec?.nodeName);
    if (pod === undefined || home === undefined) return { result: 'gone' };
    this.#expectWhole(home);
    const moved = { ...pod, spec: { ...pod.spec, nodeName: 'w-1' } };
    this.pods = this.pods.map((one) => (one === pod ? moved : one));
    return { result: 'accepted' };
  }

  #expectWhole(node: Node): void {
    const marks = drainOf(node);
    if (marks === null) this.unsound.push(`${node.metadata.name} bears no record`);
    else if (marks.batch !== undefined && !this.#wholes.has(marks.batch.id))
      this.unsound.push(`the batch of ${node.metadata.name} never was whole`);
  }
}

const serverOf = (node: Node): string => node.spec?.providerID?.split('/').at(-1) ?? '';

const policy = aNodePolicy({
  nodeGroups: [{ name: group, min: 1, max: 9 }],
  shrink: { unneededFor: '0s', afterFailure: '0s', atOnce: { empty: 3, drained: 3 } },
});

const interval = 15;
const ticks = 22;

interface Played {
  readonly world: World;
  /** how many writes each tick made */
  readonly writes: readonly number[];
}

async function play(mishaps: readonly Mishap[], refuses = ''): Promise<Played> {
  const world = new World();
  world.refuses = refuses;
  let memory: Memory = steady();
  const writes: number[] = [];
  for (let index = 0; index < ticks; index++) {
    const now = at(index * interval);
    world.writes = 0;
    world.mishap = mishaps.find((one) => one.tick === index) ?? null;
    const { plan, memory: decided } = tick(world.snapshot(), { policy, memory, now, daemon: { mode: 'act' } });
    const moment: Moment = { now, signal: new AbortController().signal, cluster: 'k8s' };
    const outcomes = await carryOut(plan, actuatorsFor(world.ports), moment);
    memory = world.isDead ? emptyMemory() : record(decided, outcomes, now);
    writes.push(world.writes);
    if (world.writes === 0 && !world.isMarked && mishaps.every((one) => one.tick < index)) break;
  }
  expect(world.unsound).toEqual([]);
  return { world, writes };
}

function expectEnd({ nodes, pods, count }: World, left: readonly string[]): void {
  expect(nodes.map(({ metadata }) => metadata.name)).toEqual(left);
  expect(nodes.filter((node) => drainOf(node) !== null || node.spec?.unschedulable === true)).toEqual([]);
  expect(nodes.flatMap(({ spec }) => spec?.taints ?? [])).toEqual([]);
  expect(count).toBe(left.length);
  expect(pods.filter(({ spec }) => !left.includes(spec?.nodeName ?? ''))).toEqual([]);
}

describe('a batch of drains', () => {
  it('ends in the same state between whichever of its writes the process died', async () => {
    const { world, writes } = await play([]);
    expectEnd(world, ['w-1']);
    // Three marks, three seals; three pods; three announcements and the resize.
    expect(writes.filter((count) => count > 0)).toEqual([6, 3, 4]);
    for (const [index, count] of writes.entries())
      for (let write = 0; write < count; write++)
        expectEnd((await play([{ tick: index, write, what: 'death' }])).world, ['w-1']);
  });

  it('leaves nothing half done however often it died, or an answer was lost', async () => {
    const mishap = fc.record<Mishap>({
      tick: fc.nat({ max: 6 }),
      write: fc.nat({ max: 7 }),
      what: fc.constantFrom('death', 'lostAnswer'),
    });
    const some = fc.uniqueArray(mishap, { minLength: 2, maxLength: 4, selector: (one) => one.tick });
    await fc.assert(
      fc.asyncProperty(some, async (mishaps) => {
        const { world } = await play(mishaps);
        // Whose answer was lost is left out for longer than this lasts.
        const isLost = mishaps.some(({ what }) => what === 'lostAnswer');
        expectEnd(world, isLost ? world.nodes.map(({ metadata }) => metadata.name) : ['w-1']);
      }),
      { numRuns: 8 },
    );
  });

  it('goes without the one that refuses, and without it alone', async () => {
    for (const mishaps of [[], [{ tick: 0, write: 1, what: 'death' }], [{ tick: 2, write: 2, what: 'death' }]] as const)
      expectEnd((await play(mishaps, 'w-3')).world, ['w-1', 'w-3']);
  });
});
