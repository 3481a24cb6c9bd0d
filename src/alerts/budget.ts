// How many messages a number may get: its own budget and what the vendor allows; what is too much becomes one digest.
import type { SmsGateway } from '../config/schema/sms-gateways.ts';
import type { Instant, Milliseconds } from '../model/units.ts';

/** null: no limit */
export interface NumberLimits {
  readonly minute: number | null;
  readonly hour: number | null;
  readonly day: number | null;
}

export type LimitWindow = keyof NumberLimits;

export interface SentMessage {
  readonly at: Instant;
  readonly kind: 'single' | 'digest';
}

export interface SmsBudget {
  /** what people are spared */
  readonly own: NumberLimits;
  /** what the vendor would refuse */
  readonly vendor: NumberLimits;
  /** severe enough to be sent whatever the own budget says */
  readonly exempt: boolean;
}

export interface LimitReached {
  readonly of: 'budget' | 'vendor';
  readonly window: LimitWindow;
  readonly most: number;
}

export type BudgetDecision =
  | { readonly kind: 'send' }
  /** a moment only: it keeps its place */
  | { readonly kind: 'wait'; readonly until: Instant; readonly limit: LimitReached }
  /** by e-mail at once, and in one digest by SMS */
  | {
      readonly kind: 'overflow';
      /** when single messages are sent again */
      readonly until: Instant;
      /** when the one digest of this overflow is due; null: it has been sent, and the next one is due at `until` */
      readonly digestAt: Instant | null;
      readonly limit: LimitReached;
    };

export const unlimited: NumberLimits = { minute: null, hour: null, day: null };

const lengths: Readonly<Record<LimitWindow, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const windows: readonly LimitWindow[] = ['day', 'hour', 'minute'];

/** A wait of so long is no overflow: it is what messages are bundled for anyhow. */
const shortWait = 120_000;

/** `history`: what this number was sent in the last day, in any order. Windows roll: no calendar's window can hold more. */
export function decideBudget(history: readonly SentMessage[], now: Instant, budget: SmsBudget): BudgetDecision {
  const sent = history
    .filter(({ at }) => at <= now && now - at < lengths.day)
    .toSorted((one, other) => one.at - other.at);
  const byVendor = reached(sent, now, budget.vendor, 'vendor');
  // a digest is what an exhausted budget is answered with: it does not eat of it
  const singles = sent.filter(({ kind }) => kind === 'single');
  const byBudget = budget.exempt ? null : reached(singles, now, budget.own, 'budget');
  // the vendor may let more through than is known: what is severe is tried
  if (budget.exempt && byVendor !== null && byVendor.until - now > shortWait) return { kind: 'send' };
  const governing = [byVendor, byBudget]
    .filter((one) => one !== null)
    .toSorted((one, other) => other.until - one.until)[0];
  if (governing === undefined) return { kind: 'send' };
  const { until, limit } = governing;
  if (until - now <= shortWait) return { kind: 'wait', until, limit };
  return { kind: 'overflow', until, digestAt: digestAt(sent, now, limit, byVendor), limit };
}

interface Reached {
  readonly until: Instant;
  readonly limit: LimitReached;
}

/** The limit that binds longest. */
function reached(
  sent: readonly SentMessage[],
  now: Instant,
  limits: NumberLimits,
  of: LimitReached['of'],
): Reached | null {
  const found = windows.flatMap((window): Reached[] => {
    const most = limits[window];
    if (most === null) return [];
    const inside = sent.filter(({ at }) => now - at < lengths[window]);
    const oldest = inside[inside.length - most];
    if (oldest === undefined) return [];
    return [{ until: (oldest.at + lengths[window]) as Instant, limit: { of, window, most } }];
  });
  return found.toSorted((one, other) => other.until - one.until)[0] ?? null;
}

/** One digest an overflow: at once where the vendor lets it through, else when it does. */
function digestAt(
  sent: readonly SentMessage[],
  now: Instant,
  limit: LimitReached,
  byVendor: Reached | null,
): Instant | null {
  if (byVendor !== null) return byVendor.until;
  const last = sent.findLast(({ kind }) => kind === 'digest');
  const already = last !== undefined && now - last.at < lengths[limit.window];
  return already ? null : now;
}

/** What is known of the vendors for notifications; an account may have other limits. */
const known = {
  // 50 in 24 hours of one sign and template
  aliyun: { minute: null, hour: null, day: 50 },
  // 10 a day by default, more where the console says so
  tencent: { minute: null, hour: null, day: 10 },
} as const;

export function vendorLimits(gateway: SmsGateway): NumberLimits {
  const { aliyun, tencent, perNumber } = gateway;
  const facts = aliyun !== undefined ? known.aliyun : tencent !== undefined ? known.tencent : unlimited;
  if (perNumber === undefined) return facts;
  return { minute: perNumber.minute ?? null, hour: perNumber.hour ?? null, day: perNumber.day ?? null };
}

export const ownLimits = (perNumber: {
  readonly hour?: number | undefined;
  readonly day?: number | undefined;
}): NumberLimits => ({
  minute: null,
  hour: perNumber.hour ?? null,
  day: perNumber.day ?? null,
});

/** Older messages count for no window. */
export const budgetMemory = lengths.day as Milliseconds;
