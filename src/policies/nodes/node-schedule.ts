// What a NodePolicy's schedule asks of a group: how many nodes have to be there, and whether any may leave.
import type { NodeGroupPolicy, NodePolicyDocument } from '../../model/config.ts';
import type { NamedWindow, NodeWindow } from '../../model/schedule.ts';
import { later, type Instant, type Milliseconds } from '../../model/units.ts';
import { spanAt } from '../schedule/open.ts';

/** A window that asks for something, and when it will have ended; null: no end is in sight. */
export interface WindowAt {
  readonly window: string;
  readonly until: Instant | null;
}

export interface ScheduledGroup {
  /** at least so many nodes: the group's own min, or the largest floor that is open or opens within the lead */
  readonly min: number;
  /** the window that the floor comes from; null: the group's own */
  readonly minBy: WindowAt | null;
  readonly max: number;
  readonly maxBy: WindowAt | null;
  /** open now, and nothing may leave */
  readonly shrinkOff: WindowAt | null;
}

type Phase = 'open' | 'soon' | 'closed';

function phaseOf({ rule }: NamedWindow, now: Instant, lead: Milliseconds): { phase: Phase; until: Instant | null } {
  const { open, until } = spanAt(rule, now);
  if (open) return { phase: 'open', until };
  if (until === null || until > later(now, lead)) return { phase: 'closed', until };
  return { phase: 'soon', until: spanAt(rule, until).until };
}

const ofGroup = (document: NodePolicyDocument, group: NodeGroupPolicy): readonly NodeWindow[] =>
  document.spec.schedule.filter((window) => window.nodeGroup === group.name);

/**
 * `lead`: how long nodes take to come. A floor holds that much before its window opens, so that they are there in time; a
 * ceiling and `shrink: off` hold while it is open. Where a floor and a ceiling contradict each other the floor wins.
 */
export function scheduledOf(
  document: NodePolicyDocument,
  group: NodeGroupPolicy,
  now: Instant,
  lead: Milliseconds,
): ScheduledGroup {
  let { min, max } = group;
  let minBy: WindowAt | null = null;
  let maxBy: WindowAt | null = null;
  let shrinkOff: WindowAt | null = null;
  for (const window of ofGroup(document, group)) {
    const { phase, until } = phaseOf(window, now, lead);
    if (phase === 'closed') continue;
    const by = { window: window.name, until };
    if (window.min !== null && window.min > min) [min, minBy] = [Math.min(window.min, group.max), by];
    if (phase !== 'open') continue;
    if (window.max !== null && window.max < max) [max, maxBy] = [window.max, by];
    if (window.shrink === 'off') shrinkOff ??= by;
  }
  return { min, minBy, max: Math.max(min, max), maxBy, shrinkOff };
}

/** Whether nodes may leave at this time of the week, and which window says so. */
export type ShrinkTime =
  | { readonly allowed: true }
  /** `never`: one of those windows is open; else none of `only` is */
  | { readonly allowed: false; readonly never: boolean; readonly by: string; readonly until: Instant | null };

const allowed: ShrinkTime = { allowed: true };

export function shrinkTimeOf({ only, never }: NodePolicyDocument['spec']['shrink'], now: Instant): ShrinkTime {
  for (const { name, rule } of never) {
    const { open, until } = spanAt(rule, now);
    if (open) return { allowed: false, never: true, by: name, until };
  }
  if (only === null) return allowed;
  let next: Instant | null = null;
  for (const { rule } of only) {
    const { open, until } = spanAt(rule, now);
    if (open) return allowed;
    if (until !== null && (next === null || until < next)) next = until;
  }
  return { allowed: false, never: false, by: only.map(({ name }) => name).join(', '), until: next };
}
