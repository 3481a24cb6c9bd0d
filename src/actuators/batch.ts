// Nodes that begin to leave together: all of them are marked, or those that are go back to work before anybody was evicted.
import type { DrainOutcome } from '../model/outcome.ts';
import type { DrainStep, NodeDecision } from '../model/plan.ts';
import { rfc3339 } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import type { Actuator, Moment } from './actuator.ts';

type Begin = Extract<DrainStep, { step: 'begin' }>;
type Marked = Begin & { readonly batch: NonNullable<Begin['batch']> };

const marksAtOnce = 5;

/** Gone, or on its way out by somebody else's word: the batch is the rest. */
const isNoObstacle = ({ status, code }: DrainOutcome): boolean => status !== 'failed' && code === 'Moved';
/** A failed write may have arrived all the same. */
const mayBeMarked = (outcome: DrainOutcome | null): boolean =>
  outcome?.status === 'succeeded' || outcome?.status === 'failed';

const isDone = (outcome: DrainOutcome | null): outcome is DrainOutcome =>
  outcome !== null && !(outcome.status === 'refused' && outcome.code === 'Moved');

/** One alone is marked by one write: there is nothing to wait for, and nothing to take back. */
export async function beginTogether(
  actuator: Pick<Actuator, 'drain'>,
  decision: NodeDecision,
  begins: readonly Begin[],
  moment: Moment,
): Promise<readonly DrainOutcome[]> {
  if (moment.signal.aborted) return [];
  const batch = { id: rfc3339(moment.now), nodes: begins.length };
  const steps = begins.map((step): Begin => (begins.length > 1 ? { ...step, batch } : step));
  let obstacle: string | null = null;
  const tried = await eachLimited(steps, marksAtOnce, async (step) => {
    if (obstacle === null && moment.signal.aborted) obstacle = 'springtide is stopping';
    if (obstacle !== null) return null;
    const outcome = await actuator.drain(decision, step, moment);
    if (outcome !== null && (outcome.status === 'failed' || outcome.status === 'refused') && !isNoObstacle(outcome))
      obstacle ??= `${step.node}: ${outcome.code ?? ''} ${outcome.message ?? ''}`.trim();
    return outcome;
  });
  const outcomes = tried.flatMap((outcome) => outcome ?? []);
  const marked = steps.filter(
    (step, index): step is Marked => step.batch !== undefined && mayBeMarked(tried[index] ?? null),
  );
  const next = ({ node, serverId, batch: { id } }: Marked): DrainStep =>
    obstacle === null
      ? { step: 'seal', node, serverId, batch: id }
      : { step: 'rollBack', node, reason: 'BatchIncomplete', by: obstacle };
  // Not broken off by a stop: half a batch would stay cordoned until the next one leads.
  const ended = await eachLimited(marked, marksAtOnce, (step) => actuator.drain(decision, next(step), moment));
  return [...outcomes, ...ended.filter(isDone)];
}
