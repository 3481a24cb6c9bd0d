// What to order beside the nodes that are on their way, such that the next tick would order nothing more for the same pods.
import type { Requests } from '../pod-facts.ts';
import { placing } from './fit/pack.ts';
import { planGrowth, type GrowthInput, type GrowthPlan } from './growth.ts';
import { nameOf } from './growth-options.ts';
import type { Ordered } from './limits.ts';

export interface SettledInput extends Omit<GrowthInput, 'ordered'> {
  /** what the largest nodes hold, by resource */
  readonly largest: Requests;
  /** puts the nodes that are on their way into the simulation, and of each group so many more */
  readonly addUpcoming: (more: Ordered) => void;
}

const none: Ordered = new Map();

export const nodesOf = ({ byGroup }: GrowthPlan): number =>
  [...byGroup.values()].reduce((sum, { add }) => sum + add, 0);

/** The nodes on their way are filled first; what is ordered is for those who find no place there. */
function* afterFilling(input: SettledInput, more: Ordered): Generator<undefined, GrowthPlan> {
  const { simulation, largest, addUpcoming } = input;
  const start = simulation.checkpoint();
  addUpcoming(more);
  const firm = yield* placing(simulation, input.firm, largest);
  const headroom = yield* placing(simulation, input.headroom, largest);
  yield;
  const plan = yield* planGrowth({ ...input, firm, headroom, ordered: more });
  yield;
  simulation.rollBack(start);
  return plan;
}

/** Everybody is planned for as if nothing were on its way: those for whom it was ordered get again what they got then. */
function* anew(input: SettledInput, upcoming: Ordered): Generator<undefined, GrowthPlan> {
  const { simulation } = input;
  const start = simulation.checkpoint();
  const ordered = new Map([...upcoming].map(([name, nodes]) => [name, -nodes]));
  const plan = yield* planGrowth({ ...input, ordered });
  yield;
  simulation.rollBack(start);
  return plan;
}

/**
 * Filling mixes those who waited before with those who came since, and may find less room than there is. Planning anew never
 * asks for more when nobody came, but may prefer other groups than before. The one that orders less is taken, and filling only
 * where the next tick would find room for everybody as well. The simulation is left as it was.
 */
export function* settledGrowth(input: SettledInput): Generator<undefined, GrowthPlan> {
  const upcoming = new Map(input.pools.map((pool) => [nameOf(pool), pool.group.upcoming]));
  const filled = yield* afterFilling(input, none);
  if (nodesOf(filled) === 0 || [...upcoming.values()].every((nodes) => nodes === 0)) return filled;
  const planned = yield* anew(input, upcoming);
  if (nodesOf(planned) <= nodesOf(filled)) return planned;
  const orders = new Map([...filled.byGroup].map(([name, { add }]) => [name, add]));
  const next = yield* afterFilling(input, orders);
  return nodesOf(next) === 0 ? filled : planned;
}
