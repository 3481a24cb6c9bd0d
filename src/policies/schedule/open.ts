// Whether a rule is open at an instant, and when that changes; remembered for each rule, so that a tick costs nothing.
import type { TimeRule } from '../../model/schedule.ts';
import type { Instant } from '../../model/units.ts';
import { cronSpan } from './cron.ts';
import { dailySpan } from './daily.ts';
import { endless, spanUntil, type Span } from './span.ts';

interface RememberedSpan extends Span {
  readonly from: Instant;
}

/** The present stretch and those that a look ahead of a week passes. */
const remembered = 32;
const spans = new WeakMap<TimeRule, RememberedSpan[]>();

export function spanAt(rule: TimeRule, at: Instant): Span {
  const known = spans.get(rule) ?? [];
  const fitting = known.find(({ from, knownUntil }) => from <= at && at < knownUntil);
  if (fitting !== undefined) return fitting;
  const fresh = { ...freshSpan(rule, at), from: at };
  spans.set(rule, [fresh, ...known.slice(0, remembered - 1)]);
  return fresh;
}

/** What spanAt remembers, reckoned anew. */
export function freshSpan(rule: TimeRule, at: Instant): Span {
  switch (rule.kind) {
    case 'once': {
      const { from, until } = rule;
      if (from !== null && at < from) return until !== null && until <= from ? endless(false) : spanUntil(false, from);
      if (until === null) return endless(true);
      return at < until ? spanUntil(true, until) : endless(false);
    }
    case 'daily':
      return dailySpan(rule, at);
    case 'cron':
      return cronSpan(rule, at);
  }
}
