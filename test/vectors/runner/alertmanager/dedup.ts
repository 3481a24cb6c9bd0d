// alertmanager: whether somebody must be told again, by what he was told before.
import { needsUpdate, type TellReason, type ToldEntry } from '../../../../src/alerts/dedup.ts';
import { later, seconds } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter } from '../vector.ts';

const now = Date.UTC(2026, 0, 1) as Instant;

interface Telling {
  readonly name: string;
  readonly entry: {
    readonly firing: readonly number[];
    readonly resolved: readonly number[];
    readonly age_s: number | null;
    readonly zero_timestamp?: boolean;
  } | null;
  readonly firing: readonly number[];
  readonly resolved: readonly number[];
  readonly repeat_s: number;
  readonly send_resolved: boolean;
  readonly expect_reason?: string;
  readonly expect_notify: boolean;
}

/** The facts' words for our reasons. */
function reasonMeant(text: string): TellReason | 'none' {
  if (/repeat/.test(text)) return 'RepeatIntervalElapsed';
  if (/first/.test(text)) return 'FirstNotification';
  if (/all.*resolved/.test(text)) return 'AllResolved';
  if (/resolved/.test(text)) return 'NewResolved';
  return /new/.test(text) ? 'NewAlerts' : 'none';
}

/** Alertmanager compares label sets, ours periods: that one ended and came back is only in the words of the case. */
const cameBack = (name: string): readonly string[] => {
  const [, number] = /(\d+) resolves and refires/.exec(name) ?? [];
  return number === undefined ? [] : [number];
};

export const dedupCase = wholeAdapter<{ whole: Telling }>((whole) => {
  const { entry, expect_reason: reason } = whole;
  const again = cameBack(whole.name);
  const before = (ids: readonly number[]): string[] => ids.map((id) => `${id}@1`);
  const today = (ids: readonly number[]): string[] => ids.map((id) => `${id}@${again.includes(String(id)) ? 2 : 1}`);
  const age = entry?.age_s ?? null;
  const told: ToldEntry | null =
    entry === null
      ? null
      : {
          firing: before(entry.firing),
          resolved: before(entry.resolved),
          at: age === null ? (0 as Instant) : later(now, seconds(-age)),
        };
  const got = needsUpdate(
    told,
    { firing: today(whole.firing), resolved: today(whole.resolved), sendResolved: whole.send_resolved },
    seconds(whole.repeat_s),
    now,
  );
  return {
    expected: { notify: whole.expect_notify, ...(reason !== undefined && { reason: reasonMeant(reason) }) },
    got: { notify: got !== null, reason: got ?? 'none', cameBack: again },
  };
});
