// The bounds that hold at an instant: a policy's own, narrowed by the windows that are active, highest priority first.
import type { ScheduleWindow } from '../../model/schedule.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { spanAt } from './open.ts';
import { always } from './span.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What a window did to the bounds. */
export interface BoundsChange {
  readonly window: string;
  readonly from: Bounds;
  readonly to: Bounds;
}

export interface EffectiveBounds extends Bounds {
  /** the window that forbids the way down, the highest one where several do */
  readonly scaleDownOff: string | null;
  readonly changes: readonly BoundsChange[];
}

export interface BoundsAt extends EffectiveBounds {
  /** the next instant at which min, max or scaleDownOff differ; null where none is in sight */
  readonly until: Instant | null;
}

/** `early`: not open yet, but what it asks for has to be Ready when it opens. */
export type Phase = 'open' | 'early' | 'closed';

interface Standing {
  readonly phase: Phase;
  readonly next: Instant | null;
  readonly knownUntil: Instant;
}

export function standingAt(window: ScheduleWindow, at: Instant, startTime: Milliseconds): Standing {
  const { open, until, knownUntil } = spanAt(window.rule, at);
  if (open || until === null) return { phase: open ? 'open' : 'closed', next: until, knownUntil };
  const raises = window.readyBefore > 0 && (window.min ?? window.replicas) !== null;
  const opens = raises ? ((until - window.readyBefore - startTime) as Instant) : until;
  return opens <= at
    ? { phase: 'early', next: until, knownUntil }
    : { phase: 'closed', next: opens, knownUntil: opens };
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** What the windows of one priority ask for, before what higher ones fixed is regarded. */
interface Wish {
  readonly floor: number | null;
  readonly ceiling: number | null;
  /** an exact number may lie below the policy's own minimum */
  readonly exact: boolean;
}

const nothing: Wish = { floor: null, ceiling: null, exact: false };

/** Of equal priority the largest floor and the smallest ceiling; where they contradict each other the floor wins. */
function both(one: Wish, other: Wish): Wish {
  const floors = [one.floor, other.floor].filter((floor) => floor !== null);
  const ceilings = [one.ceiling, other.ceiling].filter((ceiling) => ceiling !== null);
  return {
    floor: floors.length === 0 ? null : Math.max(...floors),
    ceiling: ceilings.length === 0 ? null : Math.min(...ceilings),
    exact: one.exact || other.exact,
  };
}

/** A number above the policy's maximum is refused when it is loaded; here it is only never exceeded. */
function wishOf({ min, max, replicas }: ScheduleWindow, phase: Phase, highest: number): Wish {
  const within = (value: number | null): number | null => (value === null ? null : clamp(value, 0, highest));
  const floor = within(replicas ?? min);
  switch (phase) {
    case 'open':
      return { floor, ceiling: within(replicas ?? max), exact: replicas !== null };
    case 'early':
      return { floor, ceiling: null, exact: false };
    case 'closed':
      return nothing;
  }
}

/** What a lower priority may add to what higher ones fixed: it narrows, it never leaves. */
function narrow(fixed: Wish, wish: Wish): Wish {
  const [low, high] = [fixed.floor ?? 0, fixed.ceiling ?? Infinity];
  const floor = wish.floor === null ? fixed.floor : clamp(wish.floor, low, high);
  const ceiling = wish.ceiling === null ? fixed.ceiling : Math.max(Math.min(wish.ceiling, high), floor ?? 0);
  return { floor, ceiling, exact: fixed.exact || wish.exact };
}

function boundsOf(base: Bounds, { floor, ceiling, exact }: Wish): Bounds {
  const own = Math.min(base.min, base.max);
  // a ceiling that an exact number left open still holds the policy's own minimum down
  const lowest = floor === null ? own : exact ? floor : Math.max(floor, own);
  return { min: lowest, max: Math.max(ceiling ?? base.max, lowest) };
}

const sorted = new WeakMap<readonly ScheduleWindow[], readonly ScheduleWindow[]>();

function byPriority(windows: readonly ScheduleWindow[]): readonly ScheduleWindow[] {
  const known = sorted.get(windows);
  if (known !== undefined) return known;
  const made = windows.toSorted((one, other) => other.priority - one.priority);
  sorted.set(windows, made);
  return made;
}

/** The bounds at the instant, reckoned anew; boundsAt remembers them. */
export function freshBoundsAt(
  base: Bounds,
  windows: readonly ScheduleWindow[],
  at: Instant,
  startTime: Milliseconds,
): EffectiveBounds {
  let [higher, group, priority] = [nothing, nothing, Infinity];
  let bounds = boundsOf(base, nothing);
  let scaleDownOff: string | null = null;
  const changes: BoundsChange[] = [];
  for (const window of byPriority(windows)) {
    const { phase } = standingAt(window, at, startTime);
    if (phase === 'closed') continue;
    if (window.priority !== priority) {
      [higher, group, priority] = [narrow(higher, group), nothing, window.priority];
    }
    group = both(group, wishOf(window, phase, base.max));
    const to = boundsOf(base, narrow(higher, group));
    if (to.min !== bounds.min || to.max !== bounds.max) changes.push({ window: window.name, from: bounds, to });
    bounds = to;
    if (phase === 'open' && window.scaleDown === 'off') scaleDownOff ??= window.name;
  }
  return { ...bounds, scaleDownOff, changes };
}

export interface NextLook {
  /** the next instant at which any window begins or ends; null where none is in sight */
  readonly at: Instant | null;
  /** what is known now may be believed for so long */
  readonly knownUntil: Instant;
}

export function nextLook(windows: readonly ScheduleWindow[], at: Instant, startTime: Milliseconds): NextLook {
  let [next, knownUntil]: [Instant | null, Instant] = [null, always];
  for (const window of windows) {
    const standing = standingAt(window, at, startTime);
    if (standing.next !== null && (next === null || standing.next < next)) ({ next } = standing);
    if (standing.knownUntil < knownUntil) ({ knownUntil } = standing);
  }
  return { at: next, knownUntil };
}

export const sameBounds = (one: EffectiveBounds, other: EffectiveBounds): boolean =>
  one.min === other.min && one.max === other.max && one.scaleDownOff === other.scaleDownOff;

interface Remembered {
  readonly from: Instant;
  readonly knownUntil: Instant;
  readonly bounds: BoundsAt;
}

/** Targets of one policy share its windows: one with another base or start time is remembered beside it. */
const variantsRemembered = 1000;
/** Windows that come and go without any effect: this many changes of theirs are looked through. */
const looks = 12;
const memory = new WeakMap<readonly ScheduleWindow[], Map<string, Remembered>>();

export function boundsAt(
  base: Bounds,
  windows: readonly ScheduleWindow[],
  at: Instant,
  startTime: Milliseconds,
): BoundsAt {
  if (windows.length === 0) {
    const { min, max } = boundsOf(base, nothing);
    return { min, max, scaleDownOff: null, changes: [], until: null };
  }
  const variants = memory.get(windows) ?? new Map<string, Remembered>();
  memory.set(windows, variants);
  const lead = windows.some(({ readyBefore }) => readyBefore > 0) ? startTime : 0;
  const variant = `${base.min}/${base.max}/${lead}`;
  const known = variants.get(variant);
  if (known !== undefined && known.from <= at && at < known.knownUntil) return known.bounds;

  const present = freshBoundsAt(base, windows, at, startTime);
  const first = nextLook(windows, at, startTime);
  let until = first.at;
  for (let count = 1; until !== null; count++) {
    if (!sameBounds(freshBoundsAt(base, windows, until, startTime), present)) break;
    until = count < looks ? nextLook(windows, until, startTime).at : null;
  }
  const bounds = { ...present, until };
  if (variants.size >= variantsRemembered) variants.clear();
  variants.set(variant, { from: at, knownUntil: first.knownUntil, bounds });
  return bounds;
}
