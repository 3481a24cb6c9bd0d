// A random cluster that grows: a cloud that gives what is ordered, and a scheduler that fills it.
import type { Config } from '../../../../src/model/config.ts';
import type { Node, Pod } from '../../../../src/model/kubernetes.ts';
import { emptyMemory, type Memory } from '../../../../src/model/memory.ts';
import type { ResizeOutcome } from '../../../../src/model/outcome.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { rfc3339, type Instant } from '../../../../src/model/units.ts';
import { decide } from '../../../../src/policies/decide.ts';
import { record } from '../../../../src/policies/record.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, aPod, aSnapshot, at, longAgo } from '../../../builders.ts';
import { aRoom, hostname } from '../fit/rooms.ts';
import {
  agent,
  appOf,
  groupName,
  labelsOf,
  memoryOf,
  ofEveryNode,
  onNode,
  plainly,
  podsOf,
  taintsOf,
  volumes,
  waitingAgain,
  type Drawn,
} from './drawn.ts';
import { Contention, type Turn } from './contending.ts';
import { schedule, wouldTake, type Seat } from './scheduler.ts';

const gibi = 2 ** 30 * 1000;

/** One cluster from its first tick on. */
export class Growing {
  readonly drawn: Drawn;
  readonly #config: Config;
  readonly counts: number[];
  nodes: { readonly node: Node; readonly group: number }[] = [];
  pods: Pod[] = [];
  now: Instant = at(0);
  memory: Memory = { ...emptyMemory(), lastTick: at(-15), steadySince: longAgo };
  readonly #ordered = new Set<string>();
  #made = 0;
  #pushedOut = 0;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
    const { groups, kinds, limits } = drawn;
    this.#config = aConfig(
      [],
      [
        aNodePolicy({
          nodeGroups: groups.map((group, index) => ({
            name: groupName(index),
            min: 0,
            max: group.nodes + group.more,
            prefer: group.prefer,
            shape: {
              cpu: group.cores,
              memory: `${memoryOf(group)}Gi`,
              pods: group.pods,
              labels: labelsOf(group),
              taints: taintsOf(group),
            },
          })),
          mode: { grow: 'act', shrink: 'off' },
          limits,
        }),
      ],
    );
    this.counts = groups.map(({ nodes }) => nodes);
    groups.forEach(({ nodes }, index) => {
      for (let number = 0; number < nodes; number += 1) this.#addNode(index, longAgo);
    });
    this.pods.push(...kinds.flatMap((kind, index) => podsOf(kind, index, kind.running, 'r')));
    this.schedule();
    // Those who were to run and found no place never were.
    this.pods = this.pods.filter(({ spec }) => spec?.nodeName !== undefined);
    this.pods.push(...kinds.flatMap((kind, index) => podsOf(kind, index, kind.waiting, 'w')));
    this.schedule();
  }

  get waiting(): readonly Pod[] {
    return this.pods.filter(({ spec }) => spec?.nodeName === undefined);
  }

  get seats(): readonly Seat[] {
    return this.nodes.map(({ node: { metadata }, group }) => ({
      room: this.#roomOf(group, metadata.name),
      pods: this.pods.filter(({ spec }) => spec?.nodeName === metadata.name),
    }));
  }

  schedule(): void {
    const placed = schedule(this.seats, this.waiting, plainly);
    this.pods = this.pods.map((pod) => {
      const name = placed.get(pod);
      return name === undefined ? pod : onNode(pod, name);
    });
  }

  /** One pod gets a place, if need be in the place of others: which one and where, of what may be, `pick` says. Null: nobody who waits has one. */
  contend(pick: number): Turn | null {
    const turn = new Contention(this.seats, plainly).next(this.waiting, pick);
    if (turn === null) return null;
    const { pod, node, gone } = turn;
    const leaves = new Set(gone);
    const back = gone.map((one) => waitingAgain(one, `${one.metadata.name}-x${++this.#pushedOut}`));
    this.pods = [
      ...this.pods.flatMap((one) => (leaves.has(one) ? [] : [one === pod ? onNode(pod, node) : one])),
      ...back,
    ];
    return turn;
  }

  /** Decides, orders, and learns from it. Answers how many VMs it ordered. */
  tick(): number {
    const decided = decide(this.snapshot(), this.#config, this.memory, this.now);
    const outcomes = decided.plan.nodes.flatMap(({ nodeGroup, resize, current }): ResizeOutcome[] =>
      resize === null
        ? []
        : [
            {
              kind: 'resize',
              nodeGroup,
              from: current ?? 0,
              to: resize.to,
              remove: resize.remove,
              status: 'succeeded',
              at: rfc3339(this.now),
            },
          ],
    );
    this.memory = record(decided.memory, outcomes, this.now);
    let ordered = 0;
    for (const { nodeGroup, from, to } of outcomes) {
      this.counts[Number(nodeGroup.slice(1))] = to;
      ordered += to - from;
    }
    return ordered;
  }

  pass(seconds: number): void {
    this.now = (this.now + seconds * 1000) as Instant;
  }

  /** What was ordered is there, and Ready. */
  arrive(): void {
    for (const [group, count] of this.counts.entries()) {
      const there = this.nodes.filter((one) => one.group === group).length;
      for (let number = there; number < count; number += 1) this.#ordered.add(this.#addNode(group, this.now));
    }
  }

  get #used(): { readonly nodes: number; readonly cores: number } {
    const { groups } = this.drawn;
    return {
      nodes: this.counts.reduce((sum, count) => sum + count, 0),
      cores: groups.reduce((sum, one, of) => sum + one.cores * (this.counts[of] ?? 0), 0),
    };
  }

  /** Whether one node more of the group is within every limit. */
  mayGrow(index: number): boolean {
    const { groups, limits } = this.drawn;
    const group = groups[index];
    if (group === undefined || (this.counts[index] ?? 0) >= group.nodes + group.more) return false;
    const { nodes, cores } = this.#used;
    return nodes + 1 <= (limits.nodes ?? Infinity) && cores + group.cores <= (limits.cores ?? Infinity);
  }

  get grown(): readonly string[] {
    return this.drawn.groups.flatMap(({ nodes }, index) =>
      (this.counts[index] ?? 0) > nodes ? [groupName(index)] : [],
    );
  }

  /** What is above a limit, though something was ordered. */
  get excess(): readonly string[] {
    const { groups, limits } = this.drawn;
    const over = groups.flatMap(({ nodes, more }, index) =>
      (this.counts[index] ?? 0) > nodes + more ? [groupName(index)] : [],
    );
    if (this.grown.length === 0) return over;
    const { nodes, cores } = this.#used;
    if (nodes > (limits.nodes ?? Infinity)) over.push('nodes');
    if (cores > (limits.cores ?? Infinity)) over.push('cores');
    return over;
  }

  /** Whether pods that waited have a place on a node that was ordered. */
  placedOnNew(kind: number): boolean {
    return this.pods.some(
      ({ metadata, spec }) => metadata.name.startsWith(`w-${appOf(kind)}-`) && this.#ordered.has(spec?.nodeName ?? ''),
    );
  }

  /** Those who wait though one node more of some group, within every limit, would take them. */
  get neglected(): readonly string[] {
    return this.#servedByOneMore(this.waiting);
  }

  /** Those of them who have no place on the nodes that are there, whoever else goes or comes. */
  get leftOut(): readonly string[] {
    const contention = new Contention(this.seats, plainly);
    return this.#servedByOneMore(this.waiting.filter((pod) => !contention.hasPlace(pod)));
  }

  /** Those who wait though nodes more of some group would take them, were it not for its limits. */
  get short(): readonly string[] {
    return this.#servedByOneMore(this.waiting, () => true);
  }

  #servedByOneMore(waiting: readonly Pod[], mayGrow = this.mayGrow.bind(this)): readonly string[] {
    const { seats } = this;
    return waiting.flatMap((pod) =>
      this.drawn.groups.flatMap((_, group) => {
        const pods = this.#agentsOn(group, 'one-more');
        const more = { room: this.#roomOf(group, 'one-more'), pods };
        return mayGrow(group) && wouldTake(seats, more, pod, plainly)
          ? [`${pod.metadata.name} on a node more of ${groupName(group)}`]
          : [];
      }),
    );
  }

  snapshot(): Snapshot {
    return aSnapshot()
      .groups(
        ...this.counts.map((count, index) => {
          const there = this.nodes.filter(({ group }) => group === index).length;
          return aNodeGroup(groupName(index), count, {
            status: there < count ? 'UPDATE_IN_PROGRESS' : 'UPDATE_COMPLETE',
          });
        }),
      )
      .nodes(...this.nodes.map(({ node }) => node))
      .pods(...this.pods)
      .kubernetes({ ...volumes, daemonsets: this.drawn.agents ? [agent] : [] })
      .build();
  }

  #roomOf(group: number, name: string) {
    const of = this.drawn.groups[group];
    if (of === undefined) throw new Error(`no group ${group}`);
    const capacity = { cpu: of.cores * 1000, memory: memoryOf(of) * gibi, pods: of.pods * 1000 };
    return aRoom(name, { capacity, labels: labelsOf(of), taints: taintsOf(of) });
  }

  #agentsOn(group: number, nodeName: string): Pod[] {
    const { groups, agents } = this.drawn;
    if (!agents || groups[group]?.tainted === true) return [];
    const pod = aPod(`agent-${nodeName}`)
      .in('kube-system')
      .ownedBy('DaemonSet', 'agent')
      .requesting({ cpu: '200m' })
      .spec({ priority: ofEveryNode })
      .build();
    return [onNode(pod, nodeName)];
  }

  #addNode(group: number, since: Instant): string {
    const of = this.drawn.groups[group];
    if (of === undefined) throw new Error(`no group ${group}`);
    this.#made += 1;
    const name = `${groupName(group)}-${this.#made}`;
    const node = aNode(name)
      .inGroup(groupName(group))
      .labelled({ ...labelsOf(of), [hostname]: name })
      .withRoom({ cpu: of.cores, memory: `${memoryOf(of)}Gi`, pods: of.pods })
      .tainted(...taintsOf(of))
      .ready(since)
      .build();
    this.nodes.push({ node, group });
    this.pods.push(...this.#agentsOn(group, name));
    return name;
  }
}
