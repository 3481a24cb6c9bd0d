// alertmanager: what a silence matches, what one may be, what may be changed of it, and its life.
import { fingerprintOf } from '../../../../src/alerts/fingerprint.ts';
import {
  canUpdate,
  expireSilence,
  forgottenAt,
  isForgotten,
  newestOf,
  setSilence,
  SilenceIndex,
  silenceProblem,
  silenceState,
  type Silence,
} from '../../../../src/alerts/silence.ts';
import { MatcherError, parseMatchers, type Matcher } from '../../../../src/matching/matchers.ts';
import { later, seconds, since } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

type Labels = Readonly<Record<string, string>>;
type Sets = readonly (readonly string[])[];

const now = Date.UTC(2026, 0, 1) as Instant;
const at = (offset: number): Instant => later(now, seconds(offset));
const atOrNull = (offset: number | null): Instant | null => (offset === null ? null : at(offset));
const offsetOf = (instant: Instant): number => since(now, instant) / 1000;

const setsOf = (sets: Sets): Matcher[][] => sets.map((set) => set.flatMap((text) => parseMatchers(text)));

const aSilence = (id: string, from: number, to: number, updated = 0): Silence => ({
  id,
  matchers: setsOf([['a="b"']]),
  startsAt: at(from),
  endsAt: at(to),
  updatedAt: at(updated),
  createdBy: 'somebody',
  comment: '',
});

export const matchesCase = wholeAdapter<{
  whole: { readonly labels: Labels; readonly matcher_sets: Sets; readonly expect: boolean };
}>(({ labels, matcher_sets: sets, expect }) => {
  const index = new SilenceIndex();
  index.set({ ...aSilence('one', -60, 60), matchers: setsOf(sets) });
  return {
    expected: { matches: expect },
    got: { matches: index.mutes(labels, fingerprintOf(labels), now).length > 0 },
  };
});

interface Validation {
  readonly matcher_sets: Sets;
  readonly start_offset_s: number | null;
  readonly end_offset_s: number | null;
  readonly expect_error_contains: string | null;
}

export const validateCase = wholeAdapter<{ whole: Validation }>((whole) => ({
  expected: { refused: whole.expect_error_contains !== null },
  got: { refused: problemOf(whole) !== null },
}));

function problemOf({ matcher_sets: sets, start_offset_s: start, end_offset_s: end }: Validation): string | null {
  try {
    return silenceProblem({ matchers: setsOf(sets), startsAt: atOrNull(start), endsAt: atOrNull(end) });
  } catch (error) {
    if (error instanceof MatcherError) return error.message;
    throw error;
  }
}

interface Span {
  readonly start_offset_s: number;
  readonly end_offset_s: number;
}

export const canUpdateCase = wholeAdapter<{
  whole: { readonly old: Span; readonly new: Span; readonly same_matchers: boolean; readonly expect: boolean };
}>((whole) => {
  const { old, new: changed } = whole;
  const matchers = setsOf([[whole.same_matchers ? 'a="b"' : 'a="c"']]);
  const before = aSilence('one', old.start_offset_s, old.end_offset_s);
  const after = { ...aSilence('one', changed.start_offset_s, changed.end_offset_s), matchers };
  return { expected: { allowed: whole.expect }, got: { allowed: canUpdate(before, after, now) } };
});

export const stateCase = wholeAdapter<{ whole: Span & { readonly expect: string } }>(
  ({ start_offset_s: start, end_offset_s: end, expect }) => ({
    expected: { state: expect },
    got: { state: silenceState({ startsAt: at(start), endsAt: at(end) }, now) },
  }),
);

interface Expiry extends Span {
  readonly expect: Partial<Span> & { readonly state_after_1s?: string; readonly unchanged?: boolean };
}

export const expireCase = wholeAdapter<{ whole: Expiry }>(({ start_offset_s: start, end_offset_s: end, expect }) => {
  const before = aSilence('one', start, end);
  const ended = expireSilence(before, now);
  const after = ended ?? before;
  return {
    expected: { ...expect },
    got: {
      start_offset_s: offsetOf(after.startsAt),
      end_offset_s: offsetOf(after.endsAt),
      state_after_1s: silenceState(after, at(1)),
      unchanged: ended === null,
    },
  };
});

interface Refusal {
  readonly id?: string;
  readonly exists?: boolean;
  readonly matcher_sets?: Sets;
}

/** Each of them is refused. */
export const setFailCase = wholeAdapter<{ whole: Refusal }>(({ id, exists, matcher_sets: sets = [['a="b"']] }) => {
  const known = new Map(id !== undefined && exists === true ? [[id, aSilence(id, 0, 60)]] : []);
  const input = { id, matchers: setsOf(sets), startsAt: now, endsAt: at(60), createdBy: 'somebody', comment: '' };
  return {
    expected: { refused: true },
    got: { refused: !setSilence(known, input, now, () => 'new').ok },
  };
});

interface Merge {
  readonly local: Readonly<Record<string, number>>;
  readonly incoming: Readonly<Record<string, readonly [updated: number, expires: number]>>;
  readonly expect: Fields;
}

/** `expires` is when it would be forgotten. */
export const mergeCase = wholeAdapter<{ whole: Merge }>(({ local, incoming, expect }) => {
  const known = new Map(Object.entries(local).map(([id, updated]) => [id, aSilence(id, 0, 60, updated)]));
  const kept = forgottenAt({ endsAt: 0 as Instant });
  for (const [id, [updated, expires]] of Object.entries(incoming)) {
    const told = { ...aSilence(id, 0, 0, updated), endsAt: (at(expires) - kept) as Instant };
    if (!isForgotten(told, now)) known.set(id, newestOf(known.get(id), told));
  }
  return {
    expected: { updated: expect },
    got: { updated: Object.fromEntries([...known].map(([id, { updatedAt }]) => [id, offsetOf(updatedAt)])) },
  };
});
