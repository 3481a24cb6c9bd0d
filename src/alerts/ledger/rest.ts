// A while in which something is not tried again, by a clock that people may set back.
import type { Instant } from '../../model/units.ts';

export interface Rest {
  readonly from: Instant;
  /** in milliseconds */
  readonly length: number;
}

export const restLeft = ({ from, length }: Rest, now: Instant): number =>
  now < from ? 0 : Math.max(0, from + length - now);
