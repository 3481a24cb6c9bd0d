// What somebody sends in, as POST /api/v2/alerts has it: what is missing is filled in, what cannot be is refused with its reason.
import { sentInstant } from '../model/sent-instant.ts';
import { later } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Alert, LabelSet } from './alert.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Truncated } from './left-out-by-sender.ts';

export interface PushedAlert {
  readonly labels: LabelSet;
  readonly annotations?: LabelSet | undefined;
  /** RFC 3339 */
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly generatorURL?: string | undefined;
  /** alerts beside it that its sender only counted */
  readonly truncated?: Truncated | undefined;
}

export type Ingested = { readonly alert: Alert } | { readonly problem: string };

export interface IngestRules {
  readonly globalLabels: LabelSet;
  readonly resolveTimeout: Milliseconds;
}

export function ingested(pushed: PushedAlert, rules: IngestRules, now: Instant): Ingested {
  const own = nonEmpty(pushed.labels);
  const labels = { ...rules.globalLabels, ...own };
  const starts = sentInstant(pushed.startsAt);
  const ends = sentInstant(pushed.endsAt);
  if (Object.keys(own).length === 0) return { problem: 'at least one label pair required' };
  const badName = Object.keys(labels).find((name) => name === '' || isBroken(name));
  if (badName !== undefined) return { problem: `invalid label set: invalid name ${JSON.stringify(badName)}` };
  if (starts === 'unreadable') return { problem: `startsAt ${String(pushed.startsAt)} is no RFC 3339 instant` };
  if (ends === 'unreadable') return { problem: `endsAt ${String(pushed.endsAt)} is no RFC 3339 instant` };
  const since = starts ?? ends ?? now;
  const end = ends ?? later(now, rules.resolveTimeout);
  if (end < since) return { problem: 'start time must be before end time' };
  return {
    alert: {
      fingerprint: fingerprintOf(labels),
      labels,
      annotations: nonEmpty(pushed.annotations ?? {}),
      since,
      ...(end <= now ? { ended: end } : { ended: null, expires: end }),
      timeout: ends === null,
      accepted: now,
      updated: now,
      ...(pushed.generatorURL !== undefined && pushed.generatorURL !== '' && { generatorURL: pushed.generatorURL }),
      ...(pushed.truncated !== undefined && { truncated: pushed.truncated }),
    },
  };
}

/** Half a surrogate pair cannot be written as UTF-8. */
const isBroken = (name: string): boolean => /\p{Surrogate}/u.test(name);

const nonEmpty = (set: LabelSet): LabelSet =>
  Object.fromEntries(Object.entries(set).filter(([, value]) => value !== ''));
