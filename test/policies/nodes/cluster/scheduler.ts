// The scheduler of the tests' clusters: who waits gets the first node that the plain reading of the rules allows.
import type { Pod } from '../../../../src/model/kubernetes.ts';
import type { Room } from '../../../../src/policies/nodes/room.ts';
import { naivelyFits, type NaiveNode, type Resident } from '../fit/naive.ts';

export interface Seat {
  readonly room: Room;
  readonly pods: readonly Pod[];
  /** cordoned, or silent: nobody new comes */
  readonly closed?: boolean;
}

/** What it asks for in words of nodes alone: where its volume is reached from, too. */
export type Plainly = (pod: Pod) => Resident;

export const asWritten: Plainly = ({ metadata, spec }) => ({
  namespace: metadata.namespace ?? '',
  labels: metadata.labels ?? {},
  spec: spec ?? {},
});

const naive = (seats: readonly Seat[], plainly: Plainly): NaiveNode[] =>
  seats.map(({ room, pods }) => ({ room, pods: pods.map(plainly) }));

/** By name of the node, whoever found one; in the order in which they wait, as often as one makes room for another. */
export function schedule(
  seats: readonly Seat[],
  waiting: readonly Pod[],
  plainly: Plainly = asWritten,
): ReadonlyMap<Pod, string> {
  const placed = new Map<Pod, string>();
  let nodes = naive(seats, plainly);
  let left = waiting;
  for (;;) {
    const before = left.length;
    left = left.filter((pod) => {
      const resident = plainly(pod);
      const found = nodes.find(
        (node, index) => seats[index]?.closed !== true && naivelyFits(resident, node, nodes, {}),
      );
      if (found === undefined) return true;
      placed.set(pod, found.room.name);
      nodes = nodes.map((node) => (node === found ? { ...node, pods: [...node.pods, resident] } : node));
      return false;
    });
    if (left.length === 0 || left.length === before) return placed;
  }
}

/** Whether an empty node more, of this shape, would take the pod. */
export function wouldTake(seats: readonly Seat[], more: Seat, pod: Pod, plainly: Plainly = asWritten): boolean {
  const nodes = naive([...seats, more], plainly);
  const last = nodes.at(-1);
  return last !== undefined && naivelyFits(plainly(pod), last, nodes, {});
}
