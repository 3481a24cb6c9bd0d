// Of what somebody else tells people: the central one tells of everything that it takes, and of nothing that it refuses.
import { fingerprintIn } from './alert.ts';
import type { Alert } from './alert.ts';
import type { Group } from './group-table.ts';

/** The fingerprints of what is told from here all the same; null: everything is told from here. */
export type Elsewhere = ReadonlySet<string> | null;

export const isElsewhere = (elsewhere: Elsewhere, { fingerprint }: Pick<Alert, 'fingerprint'>): boolean =>
  elsewhere !== null && !elsewhere.has(fingerprint);

export function isWhollyElsewhere(elsewhere: Elsewhere, { alerts }: Pick<Group, 'alerts'>): boolean {
  if (elsewhere === null) return false;
  for (const fingerprint of elsewhere) if (alerts.has(fingerprint)) return false;
  return true;
}

/** Of these periods those that are told from here. */
export const toldHere = (elsewhere: Elsewhere, periods: readonly string[]): readonly string[] =>
  elsewhere === null ? periods : periods.filter((period) => elsewhere.has(fingerprintIn(period)));
