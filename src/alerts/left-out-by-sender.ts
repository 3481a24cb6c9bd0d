// Alerts that an Alertmanager counts and does not send: how many it left out of the groups of these.
import type { Alert } from './alert.ts';

export interface Truncated {
  /** the sender's name of its group */
  readonly of: string;
  readonly count: number;
}

/** Each of its alerts says it of the same group: it is counted once, as it was said last. */
export function leftOutBySenders(alerts: Iterable<Alert>): number {
  const groups = new Map<string, { readonly count: number; readonly updated: number }>();
  for (const { ended, truncated, updated = 0 } of alerts) {
    if (ended !== null || truncated === undefined) continue;
    if ((groups.get(truncated.of)?.updated ?? -1) <= updated)
      groups.set(truncated.of, { count: truncated.count, updated });
  }
  return [...groups.values()].reduce((sum, { count }) => sum + count, 0);
}
