// When a group of rules is evaluated: at instants of its own, the same after every restart, spread over the interval.
import type { RuleGroup } from '../../model/rule.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { fingerprintOf } from '../fingerprint.ts';

export interface Slots {
  readonly interval: Milliseconds;
  readonly offset: Milliseconds;
}

export function slotsOf({ file, name }: Pick<RuleGroup, 'file' | 'name'>, interval: Milliseconds): Slots {
  const hash = Number.parseInt(fingerprintOf({ file, name }).slice(-8), 16);
  return { interval, offset: (hash % interval) as Milliseconds };
}

/** The last slot at or before the instant. */
export const slotBefore = ({ interval, offset }: Slots, at: Instant): Instant =>
  (Math.floor((at - offset) / interval) * interval + offset) as Instant;

export const slotAfter = (slots: Slots, at: Instant): Instant => (slotBefore(slots, at) + slots.interval) as Instant;
