// Which nodes go when a person wants a smaller group: those that the daemon's own rules would let go, the emptiest first.
import { drainOf } from '../../model/drain-record-on.ts';
import { candidateOf, isKept, type Candidate } from '../../policies/nodes/candidates.ts';
import type { Needs } from '../../policies/nodes/fit/simulation.ts';
import type { GroupState } from '../../policies/nodes/group-state.ts';
import { podName } from '../../policies/nodes/movable.ts';
import { needsOf } from '../../policies/nodes/needed-nodes.ts';
import { setAsideOf } from '../../policies/nodes/set-aside.ts';
import { shrinkRules } from '../../policies/nodes/shrink-rules.ts';
import { Today } from '../../policies/nodes/why-pending.ts';
import { rulesIn, type Scene } from './scene.ts';

export interface Victims {
  readonly nodes: readonly string[];
  /** why the others stay, node by node */
  readonly kept: readonly { readonly node: string; readonly reason: string; readonly by: string }[];
}

function today(scene: Scene): Today {
  const course = Today.of(scene.snapshot.kubernetes);
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
  }
}

/** A person has said how many are enough: how well a node is used, and for how long, is no matter then. */
export function chooseVictims(scene: Scene, group: GroupState, count: number): Victims {
  const { simulation } = today(scene);
  const { kubernetes } = scene.snapshot;
  const rules = {
    shrink: { ...shrinkRules(group), utilizationBelow: Infinity },
    movable: rulesIn(scene, group),
    needs: needsOf(kubernetes.pods ?? [], scene.config.daemon.prometheus.url),
    usage: null,
    now: scene.now,
  };
  const kept: Victims['kept'][number][] = [];
  const candidates: Candidate[] = [];
  for (const node of group.nodes) {
    if (drainOf(node) !== null) continue;
    const found = candidateOf(node, scene.podsOn.get(node.metadata.name) ?? [], rules);
    if (isKept(found)) kept.push({ node: node.metadata.name, reason: found.reason, by: found.by ?? '' });
    else candidates.push(found);
  }
  // Those whose drain has failed lately only where there are no others: a person's drain waits without an end.
  const failed = new Set(
    candidates.flatMap(({ node }) => (setAsideOf(node, group.memory, rules.shrink, scene.now) === null ? [] : [node])),
  );
  candidates.sort(
    (one, other) =>
      Number(failed.has(one.node)) - Number(failed.has(other.node)) ||
      one.utilization - other.utilization ||
      (one.node.metadata.name < other.node.metadata.name ? -1 : 1),
  );
  const nodes: string[] = [];
  /** who was given a place in thought, by node: when that one leaves as well, they need another */
  const guests = new Map<string, Needs[]>();
  for (const { node, moving } of candidates) {
    if (nodes.length === count) break;
    const { name } = node.metadata;
    const before = simulation.checkpoint();
    const own = moving.map((pod) => ({ needs: simulation.needsOf(pod), by: podName(pod) }));
    const leaving = [...own, ...(guests.get(name) ?? []).map((needs) => ({ needs, by: name }))];
    if (simulation.has(name)) simulation.removeRoom(name);
    const moves = leaving.map(({ needs, by }) => ({ needs, by, to: simulation.placeAnywhere(needs) }));
    const stuck = moves.find(({ to }) => to === null);
    if (stuck !== undefined) {
      simulation.rollBack(before);
      kept.push({ node: name, reason: 'NoPlaceToMovePods', by: stuck.by });
      continue;
    }
    for (const { needs, to } of moves) if (to !== null) guests.set(to, [...(guests.get(to) ?? []), needs]);
    nodes.push(name);
  }
  return { nodes, kept };
}
