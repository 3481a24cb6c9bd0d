// The clairvoyant minimum: the smallest replicas and VMs that would have met every load of the trace, known beforehand.

export interface Delays {
  /** ticks until a pod that has a node is Ready, and until a VM takes pods */
  readonly podTicks: number;
  readonly nodeTicks: number;
}

export interface OracleWorld extends Delays {
  readonly capacity: number;
  readonly podsPerNode: number;
  readonly minReplicas: number;
  readonly minNodes: number;
}

export interface Schedule {
  readonly replicas: Float64Array;
  readonly nodes: Float64Array;
}

/** Replicas that a load needs; what is whole but for the last bits is whole. */
const needOf = (load: number, capacity: number): number => Math.ceil(load / capacity - 1e-9);

/** For each place the largest of the `ahead` that follow it and itself. */
function largestAhead(values: Float64Array, ahead: number): Float64Array {
  const largest = new Float64Array(values.length);
  const queue = new Int32Array(values.length);
  let [head, tail] = [0, 0];
  for (let place = values.length - 1; place >= 0; place--) {
    const value = values[place] ?? 0;
    while (tail > head && (values[queue[tail - 1] ?? 0] ?? 0) <= value) tail -= 1;
    queue[tail++] = place;
    while ((queue[head] ?? 0) > place + ahead) head += 1;
    largest[place] = values[queue[head] ?? 0] ?? 0;
  }
  return largest;
}

/**
 * Ready at a moment is the fewest that were wanted over the start-up before it: so each tick wants the most that is
 * needed over the start-up after it. The same holds for VMs. Pointwise smallest, hence cheapest.
 */
export function oracleOf(demand: Float64Array, world: OracleWorld): Schedule {
  const needed = demand.map((load) => Math.max(world.minReplicas, needOf(load, world.capacity)));
  const replicas = largestAhead(needed, world.podTicks);
  const occupied = replicas.map((count) => Math.max(world.minNodes, Math.ceil(count / world.podsPerNode)));
  return { replicas, nodes: largestAhead(occupied, world.nodeTicks) };
}
