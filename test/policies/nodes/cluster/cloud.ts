// A cluster and its cloud, write by write: nodes with versions, evictions under budgets, resizes that take their time; and a process that may die at any of them.
import type { WritePorts } from '../../../../src/actuators/carry-out.ts';
import { ClientError, type ClientErrorCode } from '../../../../src/clients/http/error.ts';
import type { Eviction, KubernetesWrites, NodePatch } from '../../../../src/clients/kubernetes/writes.ts';
import { drainAnnotation, type DrainRecord } from '../../../../src/model/drain-record.ts';
import type { Node, Pod } from '../../../../src/model/kubernetes.ts';
import type { MagnumNodeGroup } from '../../../../src/model/openstack.ts';
import { rfc3339, type Instant } from '../../../../src/model/units.ts';
import { aNode, aNodeGroup, at, heatCluster, longAgo, serverId } from '../../../builders.ts';
import { Budgets, isLeaving, type Budget } from './budgets.ts';
import { patched } from './patched.ts';

export interface Resize {
  readonly group: string;
  readonly from: number;
  readonly to: number;
  readonly remove: readonly string[];
  /** what Magnum was at, and the nodes of the victims as they were when it was asked */
  readonly over: string;
  readonly victims: readonly Node[];
  /** pods that were still on them */
  readonly pods: readonly Pod[];
}

interface Asked {
  readonly pod: Pod;
  readonly node: Node | null;
  readonly answer: Eviction['result'];
  readonly at: Instant;
}

/** After so many writes of a run: the process dies before the next one, or that one is made and its answer is lost. */
export interface Mishap {
  readonly write: number;
  readonly what: 'death' | 'lostAnswer';
}

interface Group {
  readonly name: string;
  count: number;
  /** what Magnum is at, and when it is done */
  work: { readonly until: Instant; readonly remove: readonly string[] } | null;
}

interface Member {
  node: Node;
  readonly group: string;
  readonly server: string;
  /** the server is gone since then: the Node object stays until somebody deletes it */
  goneSince: Instant | null;
}

const refusal = (source: 'kubernetes' | 'magnum', code: ClientErrorCode): ClientError =>
  new ClientError({ code, source, message: 'a test' });

const resizeTakes = 30_000;
/** A kubelet's silence shows late. */
const silentAfter = 40_000;
const bootTakes = 45_000;

/** What springtide has written on the node; null: it is not on its way out. */
export function marksOf({ metadata }: Node): DrainRecord | null {
  const text = metadata.annotations?.[drainAnnotation];
  return text === undefined ? null : (JSON.parse(text) as DrainRecord);
}

export class Cloud {
  now: Instant = at(0);
  members: Member[] = [];
  pods: Pod[] = [];
  readonly groups: readonly Group[];
  readonly budgets: Budgets;
  /** of the process that runs now */
  writes = 0;
  mishap: Mishap | null = null;
  /** nodes that refuse to be marked */
  refuses: ReadonlySet<string> = new Set();
  readonly resizes: Resize[] = [];
  readonly evictions: Asked[] = [];
  #booting: { readonly group: string; readonly at: Instant }[] = [];
  #versions = 0;
  #made = 0;

  constructor(groups: readonly { readonly name: string; readonly nodes: number }[], budgets: readonly Budget[] = []) {
    this.groups = groups.map(({ name, nodes }) => ({ name, count: nodes, work: null }));
    this.budgets = new Budgets(budgets);
    for (const { name, nodes } of groups) for (let number = 0; number < nodes; number += 1) this.#join(name, longAgo);
  }

  get nodes(): readonly Node[] {
    return this.members.map(({ node }) => node);
  }

  get servers(): readonly string[] {
    return this.members.filter(({ goneSince }) => goneSince === null).map(({ server }) => server);
  }

  get isDead(): boolean {
    return this.mishap?.what === 'death' && this.writes > this.mishap.write;
  }

  nodeGroups(): MagnumNodeGroup[] {
    return this.groups.map((group) => this.#shown(group));
  }

  /** Time passes: Magnum goes on with its work, kubelets fall silent, servers boot. */
  pass(seconds: number): void {
    this.now = (this.now + seconds * 1000) as Instant;
    for (const group of this.groups) {
      const { work } = group;
      if (work === null || work.until > this.now) continue;
      group.work = null;
      for (const member of this.members) if (work.remove.includes(member.server)) member.goneSince = work.until;
      const standing = this.members.filter((one) => one.group === group.name && one.goneSince === null).length;
      const coming = this.#booting.filter((one) => one.group === group.name).length;
      for (let made = standing + coming; made < group.count; made += 1)
        this.#booting.push({ group: group.name, at: (work.until + bootTakes) as Instant });
    }
    for (const member of this.members)
      if (member.goneSince !== null && this.now - member.goneSince >= silentAfter)
        member.node = silent(member.node, member.goneSince);
    const arrived = this.#booting.filter(({ at: when }) => when <= this.now);
    this.#booting = this.#booting.filter((one) => !arrived.includes(one));
    for (const { group } of arrived) this.#join(group, this.now);
  }

  /** A person orders a node, while Magnum is at nothing. */
  orderByHand(which: number): void {
    const group = this.groups[which % this.groups.length];
    if (group?.work !== null) return;
    group.count += 1;
    group.work = { until: (this.now + resizeTakes) as Instant, remove: [] };
  }

  get ports(): WritePorts {
    const writes = {
      getNode: (name: string) => this.#alive(() => this.#member(name)?.node ?? null),
      createEvent: () => Promise.resolve(true),
      patchNode: (name: string, patch: NodePatch, options?: { readonly resourceVersion?: string }) =>
        this.#write('kubernetes', () => this.#patch(name, patch, options?.resourceVersion)),
      evict: (pod: { readonly name: string; readonly uid?: string }) =>
        this.#write('kubernetes', () => this.#evict(pod.name, pod.uid)),
      deleteNode: (name: string, { uid }: { readonly uid: string }) =>
        this.#write('kubernetes', () => this.#delete(name, uid)),
    } satisfies Partial<KubernetesWrites>;
    const magnum = {
      getCluster: () => this.#alive(() => ({ ...heatCluster, status: this.clusterStatus })),
      getNodeGroup: (_: string, group: string) => this.#alive(() => this.#shown(this.#group(group))),
      listNodeGroups: () => this.#alive(() => ({ groups: this.nodeGroups() })),
      resize: (asked: { nodeGroup: string; nodeCount: number; nodesToRemove: readonly string[] }) =>
        this.#write('magnum', () => this.#resize(asked)),
    };
    return { writes: writes as unknown as KubernetesWrites, magnum: magnum as unknown as WritePorts['magnum'] };
  }

  get clusterStatus(): string {
    return this.groups.some(({ work }) => work !== null) ? 'UPDATE_IN_PROGRESS' : 'UPDATE_COMPLETE';
  }

  #shown({ name, count, work }: Group): MagnumNodeGroup {
    return aNodeGroup(name, count, {
      status: work === null ? 'UPDATE_COMPLETE' : 'UPDATE_IN_PROGRESS',
      node_addresses: this.members
        .filter(({ group, goneSince }) => group === name && goneSince === null)
        .map(({ node }) => node.status?.addresses?.[0]?.address ?? ''),
    });
  }

  #group(asked: string): Group {
    const found = this.groups.find(({ name }) => asked === name || asked === `uuid-of-${name}`);
    if (found === undefined) throw refusal('magnum', 'NotFound');
    return found;
  }

  #member(name: string): Member | undefined {
    return this.members.find(({ node }) => node.metadata.name === name);
  }

  #join(group: string, since: Instant): void {
    this.#made += 1;
    const name = `w-${this.#made}`;
    const node = aNode(name)
      .inGroup(group)
      .labelled({ 'kubernetes.io/hostname': name })
      .withServer(serverId(this.#made))
      .ready(since)
      .build();
    this.members.push({ node, group, server: serverId(this.#made), goneSince: null });
  }

  async #alive<Answered>(answer: () => Answered): Promise<Answered> {
    await Promise.resolve();
    if (this.isDead) throw new Error('the process is dead');
    return answer();
  }

  async #write<Answered>(source: 'kubernetes' | 'magnum', change: () => Answered): Promise<Answered> {
    return this.#alive(() => {
      this.writes += 1;
      if (this.isDead) throw new Error('the process is dead');
      const answer = change();
      if (this.mishap?.what === 'lostAnswer' && this.mishap.write === this.writes - 1) throw refusal(source, 'Timeout');
      return answer;
    });
  }

  #patch(name: string, patch: NodePatch, version: string | undefined): Node {
    const member = this.#member(name);
    if (member === undefined) throw refusal('kubernetes', 'NotFound');
    const { node } = member;
    if (version !== node.metadata.resourceVersion) throw refusal('kubernetes', 'Conflict');
    const marks = marksOf(node) === null && typeof patch.annotations?.[drainAnnotation] === 'string';
    if (marks && this.refuses.has(name)) throw refusal('kubernetes', 'Forbidden');
    member.node = patched(node, patch, String(++this.#versions));
    return member.node;
  }

  #evict(name: string, uid: string | undefined): Eviction {
    const pod = this.pods.find(({ metadata }) => metadata.name === name && metadata.uid === uid);
    if (pod === undefined) return { result: 'gone' };
    const result = this.budgets.evict(pod);
    const node = this.#member(pod.spec?.nodeName ?? '')?.node ?? null;
    this.evictions.push({ pod, node, answer: result, at: this.now });
    if (result === 'refusedByBudget') return { result, message: 'a budget', retryAfter: null };
    if (result === 'severalBudgets') return { result, message: 'several budgets' };
    if (!isLeaving(pod))
      this.replace(pod, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: rfc3339(this.now) } });
    return { result };
  }

  replace(pod: Pod, by: Pod): void {
    this.pods = this.pods.map((one) => (one === pod ? by : one));
  }

  #delete(name: string, uid: string): 'deleted' | 'gone' {
    const member = this.#member(name);
    if (member?.node.metadata.uid !== uid) return 'gone';
    if (member.goneSince === null) throw new Error(`${name} is alive, and its Node is deleted`);
    this.members = this.members.filter((one) => one !== member);
    return 'deleted';
  }

  #resize({
    nodeGroup,
    nodeCount,
    nodesToRemove,
  }: {
    nodeGroup: string;
    nodeCount: number;
    nodesToRemove: readonly string[];
  }) {
    const group = this.#group(nodeGroup);
    const victims = this.members.filter((one) => one.group === group.name && nodesToRemove.includes(one.server));
    const names = victims.map(({ node }) => node.metadata.name);
    this.resizes.push({
      group: group.name,
      from: group.count,
      to: nodeCount,
      remove: [...nodesToRemove],
      over: this.#shown(group).status ?? '',
      victims: victims.map(({ node }) => node),
      pods: this.pods.filter(({ spec }) => names.includes(spec?.nodeName ?? '')),
    });
    group.count = nodeCount;
    group.work = { until: (this.now + resizeTakes) as Instant, remove: [...nodesToRemove] };
    return { requestId: null };
  }
}

function silent(node: Node, since: Instant): Node {
  const conditions = [{ type: 'Ready', status: 'Unknown', lastTransitionTime: rfc3339(since) }];
  return { ...node, status: { ...node.status, conditions } };
}
