// What the decision journal keeps of a decision, and what of it makes one decision another.
import type { TargetMemory } from '../model/memory.ts';
import type { Outcome, ScaleOutcome } from '../model/outcome.ts';
import type { DrainStep, KeptNode, NodeDecision, PendingPods, PodDecision, PolicyRef } from '../model/plan.ts';
import type { KeptReason } from '../model/reason.ts';
import { targetKey, type TargetRef } from '../model/target.ts';
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

/** One node of a group: why it stays, or how far it is on its way out. */
export interface NodeStanding {
  readonly node: string;
  readonly nodeGroup: string;
  readonly policy: PolicyRef;
  /** null: it is on its way out */
  readonly kept: KeptNode | null;
  readonly leaving: { readonly serverId: string } | null;
  readonly drain: DrainStep | null;
  /** the group's own sentence */
  readonly message: string;
}

export interface OneNodeEntry extends Written {
  readonly tier: 'node';
  readonly decision: NodeStanding;
}

/** Pods of one owner without a node; of none any more: `pods` is 0. */
export interface WaitingEntry extends Written {
  readonly tier: 'waiting';
  readonly decision: PendingPods;
}

export type JournalEntry = PodEntry | NodeEntry | OneNodeEntry | WaitingEntry;

export const podKey = ({ target }: PodDecision): string => targetKey(target);
/** Two parts where a target's key has three: they are never the same. */
export const groupKey = (nodeGroup: string): string => `nodegroup/${nodeGroup}`;
export const nodeKey = (node: string): string => `node/${node}`;
/** Four parts. */
export const waitingKey = ({ namespace, kind, name }: TargetRef): string => `waiting/${namespace}/${kind}/${name}`;

/** The sentence of a decision, where it has one. */
export const messageIn = (entry: JournalEntry): string => {
  switch (entry.tier) {
    case 'pods':
    case 'nodes':
    case 'node':
      return entry.decision.message;
    case 'waiting':
      return '';
  }
};

/** Every node of a group as the plan has it, those on their way out first. */
export function standingsOf({ nodeGroup, policy, kept, remove, drains, message }: NodeDecision): NodeStanding[] {
  const common = { nodeGroup, policy, message };
  const steps = new Map(drains.map((step) => [step.node, step]));
  const leaving = remove.map(({ node, serverId }) => ({ node, serverId }));
  const known = new Set(leaving.map(({ node }) => node));
  return [
    ...leaving.map(({ node, serverId }) => ({
      ...common,
      node,
      kept: null,
      leaving: { serverId },
      drain: steps.get(node) ?? null,
    })),
    ...kept
      .filter(({ node }) => !known.has(node))
      .map((one) => ({ ...common, node: one.node, kept: one, leaving: null, drain: steps.get(one.node) ?? null })),
  ];
}

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

/** How well it is used moves with every pod: that is no other reason. */
const moving: ReadonlySet<KeptReason> = new Set<KeptReason>([
  'NotUnderutilized',
  'UsageTooHigh',
  'UsageUnknown',
  'UsageNoRoom',
  'NoPlaceToMovePods',
]);

const standingSubstance = ({ kept, drain, leaving, nodeGroup }: NodeStanding): readonly unknown[] => [
  nodeGroup,
  kept?.reason,
  kept === null || moving.has(kept.reason) ? '' : kept.by,
  drain?.step,
  leaving !== null,
];

const waitingSubstance = ({ pods, preempts = [], ordered, why }: PendingPods): readonly unknown[] => [
  pods > 0,
  ordered.map(({ nodeGroup, nodes }) => [nodeGroup, nodes]),
  preempts.map(({ node }) => node),
  why.map(({ nodeGroup, rule, reason }) => [nodeGroup, rule, reason]),
];

/** Equal for decisions that say the same: only the numbers in between have moved. */
export function substanceOf(entry: JournalEntry): string {
  switch (entry.tier) {
    case 'pods':
      return JSON.stringify(podSubstance(entry.decision, entry.outcome));
    case 'nodes':
      return JSON.stringify(nodeSubstance(entry.decision, entry.outcomes));
    case 'node':
      return JSON.stringify(standingSubstance(entry.decision));
    case 'waiting':
      return JSON.stringify(waitingSubstance(entry.decision));
  }
}
