// What is expected of a target's load: a fact of the snapshot, made from the metric's own past, with how sure it is of itself.
import type { Milliseconds } from './units.ts';

/** `learning`: the past is too short; `steppedBack`: it was wrong of late, and comes back by itself. Only `trusted` moves anything. */
export type ForecastState = 'trusted' | 'learning' | 'steppedBack';

/** Why a forecast is not trusted. */
export type ForecastDoubt = 'notEnoughHistory' | 'patternChanged' | 'coverageTooLow' | 'noFreshSample';

/** The load expected at its highest until a moment ahead. */
export interface Outlook {
  readonly ahead: Milliseconds;
  /** the middle of what may come */
  readonly expected: number;
  /** what the load stays below, with the margin that decided best so far */
  readonly upper: number;
  /** the expert that said so */
  readonly by: string;
}

export interface TargetForecast {
  readonly metric: string;
  readonly state: ForecastState;
  /** null: trusted */
  readonly doubt: ForecastDoubt | null;
  /** until pods that are asked for now are ready */
  readonly pods: Outlook;
  /** until VMs that are ordered now bear ready pods */
  readonly nodes: Outlook;
  /** twice as far: what a removal now would have to be undone for */
  readonly keep: Outlook;
  /** the share of its own bounds that held of late, 0 to 1; null: none could be judged yet */
  readonly coverage: number | null;
  /** how much of the past it has seen */
  readonly history: Milliseconds;
  /** its past is being read: nothing is lowered meanwhile, and nothing is raised for want of a margin; absent: it is not */
  readonly reading?: true;
  /** why its past could not be read: it learns from what it sees; absent: it was read, or is being read */
  readonly trouble?: string;
}
