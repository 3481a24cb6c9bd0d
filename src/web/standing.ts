// How a target stands, at a glance: what moves, what is held and by whom, what sleeps, what a person must look at. Pure.
import type { PodRow } from '../model/report.ts';
import type { PodReason } from '../model/reason.ts';

/** In the order of a filter: what needs a person first. */
export const standings = ['attention', 'held', 'paused', 'asleep', 'moving', 'steady'] as const;
export type Standing = (typeof standings)[number];

/** What a decision's reason says of its target by itself; of all others the numbers say it. */
const byReason: Readonly<Partial<Record<PodReason, Standing>>> = {
  FailedGetScale: 'attention',
  FailedGetPods: 'attention',
  FailedGetAutoscalers: 'attention',
  InvalidSelector: 'attention',
  AmbiguousSelector: 'attention',
  ClaimedTwice: 'attention',
  MetricUnknown: 'attention',
  SomeMetricsUnknown: 'attention',
  FallbackReplicas: 'attention',
  UnexpectedTargets: 'attention',
  ForeignAutoscaler: 'attention',
  ForeignWriter: 'attention',
  InvalidAnnotation: 'attention',
  TargetStuck: 'attention',
  AwaitingApproval: 'attention',
  SwitchedOff: 'held',
  GuardTripped: 'held',
  FlapBudgetSpent: 'held',
  CoverageTooLow: 'held',
  Recovering: 'held',
  WaitingForNodes: 'held',
  ScheduleHoldsDown: 'held',
  PolicyOff: 'held',
  Paused: 'paused',
  PausedReplicas: 'paused',
  PausedScaleDown: 'paused',
  PausedScaleUp: 'paused',
  ScalingDisabled: 'paused',
};

type Seen = Pick<PodRow, 'action' | 'reason' | 'current' | 'desired'>;

export function standingOf({ action, reason, current, desired }: Seen): Standing {
  if (action === 'refused') return 'attention';
  const told = byReason[reason];
  if (told !== undefined && !(action === 'scale' && told !== 'attention')) return told;
  if (desired !== null && desired !== current) return 'moving';
  return current === 0 ? 'asleep' : 'steady';
}

/** Who holds it, where that is one thing for many targets and one command ends it. */
export function holderOf({ reason }: Pick<PodRow, 'reason'>): 'guard' | 'switch' | null {
  if (reason === 'GuardTripped') return 'guard';
  return reason === 'SwitchedOff' ? 'switch' : null;
}

/** Not more than these are seen at once, without any help. */
export const fewRows = 8;

export type Choice = Standing | 'all';

export interface Sought {
  /** a part of the target's or the policy's name */
  readonly text: string;
  readonly standing: Choice;
}

export const everything: Sought = { text: '', standing: 'all' };

const named = ({ target, policy }: PodRow, text: string): boolean =>
  `${target.namespace}/${target.name} ${target.kind} ${policy}`.toLowerCase().includes(text);

/** The rows that are sought, and how many of each standing bear the name. */
export function soughtOf(
  rows: readonly PodRow[],
  { text, standing }: Sought,
): { readonly rows: readonly PodRow[]; readonly counts: Readonly<Record<Choice, number>> } {
  const words = text.trim().toLowerCase();
  const counts: Record<Choice, number> = { all: 0, attention: 0, held: 0, paused: 0, asleep: 0, moving: 0, steady: 0 };
  const found = rows.filter((row) => {
    if (!named(row, words)) return false;
    const own = standingOf(row);
    counts.all += 1;
    counts[own] += 1;
    return standing === 'all' || own === standing;
  });
  return { rows: found, counts };
}
