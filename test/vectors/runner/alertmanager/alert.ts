// alertmanager: two words about one alert, the order of a batch, and what is filled in where a sender left something out.
import { joined, type Alert, type LabelSet } from '../../../../src/alerts/alert.ts';
import { ingested } from '../../../../src/alerts/ingest.ts';
import { byLabels } from '../../../../src/alerts/webhook-payload.ts';
import { later, minutes, rfc3339, seconds } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

const now = Date.UTC(2026, 0, 1) as Instant;

interface Seen {
  readonly starts_s: number;
  readonly ends_s: number;
  readonly updated_s: number;
  readonly timeout: boolean;
}

interface Merging {
  readonly A: Seen;
  readonly B: Seen;
  readonly expect: Fields;
}

const alertOf = ({ starts_s: starts, ends_s: ends, updated_s: updated, timeout }: Seen): Alert => ({
  fingerprint: 'it',
  labels: {},
  annotations: {},
  since: later(now, seconds(starts)),
  ...(ends <= 0 ? { ended: later(now, seconds(ends)) } : { ended: null, expires: later(now, seconds(ends)) }),
  accepted: now,
  updated: later(now, seconds(updated)),
  timeout,
});

const seenOf = ({ since, ended, expires, updated, timeout }: Alert): Fields => ({
  starts_s: (since - now) / 1000,
  ends_s: ((ended ?? expires ?? now) - now) / 1000,
  updated_s: ((updated ?? now) - now) / 1000,
  timeout: timeout === true,
});

/** In both orders: which of the two came later is in them. */
export const mergeCase = wholeAdapter<{ whole: Merging }>(({ A, B, expect }) => {
  const only = (alert: Alert): Fields =>
    Object.fromEntries(Object.keys(expect).map((key) => [key, seenOf(alert)[key]]));
  return {
    expected: { merged: expect, theOtherWay: expect },
    got: { merged: only(joined(alertOf(A), alertOf(B))), theOtherWay: only(joined(alertOf(B), alertOf(A))) },
  };
});

interface Sorting {
  readonly in: readonly LabelSet[];
  readonly expect: readonly LabelSet[];
}

export const sortCase = wholeAdapter<{ whole: Sorting }>(({ in: given, expect }) => ({
  expected: { order: expect },
  got: { order: [...given].sort(byLabels) },
}));

interface Posting {
  readonly post: {
    readonly labels?: LabelSet;
    readonly startsAt?: string | null;
    readonly endsAt?: string | null;
  };
  readonly expect?: Fields;
  readonly expect_http?: number;
}

const resolveTimeout = minutes(5);

/** "T1<T2" is T1; T1, T2 … are minutes after each other; a word of its own is itself. */
function instantMeant(text: string): string {
  const [, offset] = /^now(\+resolve_timeout.*)?$/.exec(text) ?? [text];
  if (text === 'now') return rfc3339(now);
  if (offset !== text && offset !== undefined) return rfc3339(later(now, resolveTimeout));
  const [, number] = /^T(\d*)/.exec(text) ?? [];
  return number === undefined ? text : rfc3339(later(now, minutes(Number(number) + 10)));
}

export const ingestCase = wholeAdapter<{ whole: Posting }>(({ post, expect, expect_http: status }) => {
  const { labels = { alertname: 'it' }, startsAt, endsAt } = post;
  const result = ingested(
    {
      labels,
      ...(typeof startsAt === 'string' && { startsAt: instantMeant(startsAt) }),
      ...(typeof endsAt === 'string' && { endsAt: instantMeant(endsAt) }),
    },
    { globalLabels: {}, resolveTimeout },
    now,
  );
  if (status !== undefined) return { expected: { status }, got: { status: 'problem' in result ? 400 : 200 } };
  const meant = Object.entries(expect ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? instantMeant(value) : value,
  ]);
  if ('problem' in result) return { expected: Object.fromEntries(meant) as Fields, got: { problem: result.problem } };
  const { since, ended, expires, timeout, annotations, ...rest } = result.alert;
  return {
    expected: Object.fromEntries(meant) as Fields,
    got: {
      labels: rest.labels,
      annotations,
      startsAt: rfc3339(since),
      endsAt: rfc3339(ended ?? expires ?? now),
      timeout: timeout === true,
    },
  };
});
