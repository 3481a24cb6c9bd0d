// What the decision journal keeps of a decision, and what of it makes one decision another.
import type { TargetMemory } from '../model/memory.ts';
import type { Outcome, ScaleOutcome } from '../model/outcome.ts';
import type { NodeDecision, PodDecision } from '../model/plan.ts';
import { targetKey } from '../model/target.ts';
import { instantOf, minutes } from '../model/units.ts';

interface Written {
  /** RFC 3339 */
  readonly time: string;
  readonly tick: number;
  /** whose decision it is: see podKey and groupKey */
  readonly key: string;
  readonly configHash: string;
}

export interface PodEntry extends Written {
  readonly tier: 'pods';
  readonly decision: PodDecision;
  /** what became of it; null: nothing was to be written */
  readonly outcome: ScaleOutcome | null;
  /** the history that it was decided on: recommendations, scale events, timers */
  readonly memory: TargetMemory | null;
}

export interface NodeEntry extends Written {
  readonly tier: 'nodes';
  readonly decision: NodeDecision;
  readonly outcomes: readonly Exclude<Outcome, ScaleOutcome>[];
}

export type JournalEntry = PodEntry | NodeEntry;

export const podKey = ({ target }: PodDecision): string => targetKey(target);
/** Two parts where a target's key has three: they are never the same. */
export const groupKey = (nodeGroup: string): string => `nodegroup/${nodeGroup}`;

/** A stabilization window that slides on with every tick is no news each time. */
const grain = minutes(5);
const roughly = (until: string | null): string => {
  const at = instantOf(until);
  return at === null ? '' : String(Math.round(at / grain));
};

const podSubstance = (decision: PodDecision, outcome: ScaleOutcome | null): readonly unknown[] => [
  decision.policy.name,
  decision.action,
  decision.current,
  decision.desired,
  decision.reason,
  decision.limitedBy,
  decision.mode,
  roughly(decision.until),
  decision.steps.map(({ step }) => step),
  decision.metrics.map(({ name, state, standIn }) => [name, state, standIn]),
  outcome?.status,
  outcome?.code,
];

/** Nodes that stay are many, and why they do changes often: the kinds of reasons count, not the nodes. */
const nodeSubstance = (decision: NodeDecision, outcomes: NodeEntry['outcomes']): readonly unknown[] => [
  decision.policy.name,
  decision.action,
  decision.current,
  decision.desired,
  decision.reason,
  decision.mode,
  roughly(decision.until),
  decision.upcoming,
  decision.resize,
  decision.drains.map(({ step, node }) => [step, node]),
  [...new Set(decision.kept.map(({ reason }) => reason))].sort(),
  outcomes.map(({ status, code }) => [status, code]),
];

/** Equal for decisions that say the same: only the numbers in between have moved. */
export function substanceOf(entry: JournalEntry): string {
  switch (entry.tier) {
    case 'pods':
      return JSON.stringify(podSubstance(entry.decision, entry.outcome));
    case 'nodes':
      return JSON.stringify(nodeSubstance(entry.decision, entry.outcomes));
  }
}
