// A stretch of time in which a rule stays open, or stays closed.
import type { Instant } from '../../model/units.ts';

export interface Span {
  readonly open: boolean;
  /** null: no change is in sight */
  readonly until: Instant | null;
  /** how long this may be believed: as far as was looked where no change was found */
  readonly knownUntil: Instant;
}

export const always = Infinity as Instant;

export const spanUntil = (open: boolean, until: Instant): Span => ({ open, until, knownUntil: until });
export const endless = (open: boolean): Span => ({ open, until: null, knownUntil: always });
