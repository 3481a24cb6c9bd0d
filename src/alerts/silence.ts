// Silences as values: what one is, what may be changed of it, and which alerts it keeps from being told.
import { compileMatcher, printMatcher } from '../matching/matchers.ts';
import type { CompiledMatcher, Matcher } from '../matching/matchers.ts';
import { later, minutes } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { LabelSet } from './alert.ts';

export interface Silence {
  readonly id: string;
  /** one set is enough, and all matchers of it */
  readonly matchers: readonly (readonly Matcher[])[];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly updatedAt: Instant;
  readonly createdBy: string;
  readonly comment: string;
}

/** Without a start it begins now; with an id it changes that one, as far as it may be changed. */
export interface SilenceInput extends Pick<Silence, 'matchers' | 'createdBy' | 'comment'> {
  readonly id?: string | undefined;
  readonly startsAt: Instant | null;
  readonly endsAt: Instant | null;
}

export type SilenceState = 'pending' | 'active' | 'expired';

export function silenceState({ startsAt, endsAt }: Pick<Silence, 'startsAt' | 'endsAt'>, now: Instant): SilenceState {
  if (now < startsAt) return 'pending';
  return now > endsAt ? 'expired' : 'active';
}

type Checked = Pick<SilenceInput, 'matchers' | 'startsAt' | 'endsAt'>;

/** What is wrong with it; null where nothing is. */
export function silenceProblem({ matchers, startsAt, endsAt }: Checked): string | null {
  if (matchers.length === 0) return 'at least one matcher set required';
  for (const [index, set] of matchers.entries()) {
    if (set.length === 0) return `matcher set ${index} is empty`;
    const problem = matchersProblem(set);
    if (problem !== null) return problem;
  }
  if (startsAt === null) return 'invalid zero start timestamp';
  if (endsAt === null) return 'invalid zero end timestamp';
  if (endsAt < startsAt) return 'end time must not be before start time';
  return null;
}

function matchersProblem(set: readonly Matcher[]): string | null {
  const nameless = set.find(({ name }) => name === '');
  if (nameless !== undefined) return `invalid label matcher: the name of ${printMatcher(nameless)} is empty`;
  try {
    if (set.map(compileMatcher).every(takesWhatIsAbsent)) return 'at least one matcher must not match the empty string';
  } catch (error) {
    return `invalid label matcher: ${error instanceof Error ? error.message : String(error)}`;
  }
  return null;
}

/** As Alertmanager has it: one that says what is not meant is asked nothing, so that `env!="prod"` alone may be silenced. */
const takesWhatIsAbsent = ({ operator, matches }: CompiledMatcher): boolean => operator.startsWith('=') && matches({});

const sameMatchers = (one: Checked['matchers'], other: Checked['matchers']): boolean => printed(one) === printed(other);
const printed = (sets: Checked['matchers']): string => JSON.stringify(sets.map((set) => set.map(printMatcher).sort()));

/** What has ended stays so; what holds keeps its start, and ends no earlier than now; what is to come moves freely. */
export function canUpdate(old: Checked, changed: Checked, now: Instant): boolean {
  if (!sameMatchers(old.matchers, changed.matchers)) return false;
  if (old.startsAt === null || old.endsAt === null || changed.startsAt === null || changed.endsAt === null)
    return false;
  switch (silenceState({ startsAt: old.startsAt, endsAt: old.endsAt }, now)) {
    case 'active':
      return Math.floor(old.startsAt / 1000) === Math.floor(changed.startsAt / 1000) && changed.endsAt >= now;
    case 'pending':
      return changed.startsAt >= now;
    case 'expired':
      return false;
  }
}

export type SetSilence =
  | { readonly ok: true; readonly id: string; readonly changed: readonly Silence[] }
  | { readonly ok: false; readonly code: 'UnknownSilence' | 'InvalidSilence'; readonly message: string };

export function setSilence(
  known: ReadonlyMap<string, Silence>,
  input: SilenceInput,
  now: Instant,
  newId: () => string,
): SetSilence {
  const { id, matchers, createdBy, comment, endsAt } = input;
  const old = id === undefined || id === '' ? undefined : known.get(id);
  if (id !== undefined && id !== '' && old === undefined)
    return { ok: false, code: 'UnknownSilence', message: 'silence not found' };
  const startsAt = input.startsAt ?? now;
  const problem = silenceProblem({ ...input, startsAt });
  if (problem !== null || endsAt === null)
    return { ok: false, code: 'InvalidSilence', message: `invalid silence: ${problem ?? ''}` };
  const asked = { matchers, createdBy, comment, endsAt, updatedAt: now };
  if (old !== undefined && canUpdate(old, { matchers, startsAt, endsAt }, now))
    return { ok: true, id: old.id, changed: [{ ...asked, id: old.id, startsAt }] };
  const begins = startsAt < now ? now : startsAt;
  if (endsAt < begins)
    return { ok: false, code: 'InvalidSilence', message: 'invalid silence: end time must not be in the past' };
  const created = { ...asked, id: newId(), startsAt: begins };
  const ended = old === undefined ? null : expireSilence(old, now);
  return { ok: true, id: created.id, changed: [...(ended === null ? [] : [ended]), created] };
}

/** Null where it has ended already. */
export function expireSilence(silence: Silence, now: Instant): Silence | null {
  switch (silenceState(silence, now)) {
    case 'expired':
      return null;
    case 'active':
      return { ...silence, endsAt: now, updatedAt: now };
    case 'pending':
      return { ...silence, startsAt: now, endsAt: now, updatedAt: now };
  }
}

const retention = (120 * 3_600_000) as Milliseconds;

export const forgottenAt = ({ endsAt }: Pick<Silence, 'endsAt'>, kept: Milliseconds = retention): Instant =>
  later(endsAt, kept);

export const isForgotten = (silence: Pick<Silence, 'endsAt'>, now: Instant): boolean => now > forgottenAt(silence);

/** Two words about one silence: the later one counts. */
export const newestOf = (known: Silence | undefined, told: Silence): Silence =>
  known !== undefined && known.updatedAt > told.updatedAt ? known : told;

interface Compiled {
  /** as it is now */
  silence: Silence;
  readonly sets: readonly (readonly CompiledMatcher[])[];
  /** the how manieth that came */
  readonly number: number;
}

/** What is known of an alert: which match of those that came until then. */
interface Matching {
  readonly asked: number;
  readonly found: readonly Compiled[];
}

const purgedEvery = minutes(1);

/** Which silences hold an alert back. Each is asked of each alert once; what has ended is not: scripts leave thousands behind. */
export class SilenceIndex {
  readonly #silences = new Map<string, Compiled>();
  /** those that may still hold, in the order in which they came */
  #came: Compiled[] = [];
  #last = 0;
  #purged = 0 as Instant;
  readonly #matching = new Map<string, Matching>();

  set(silence: Silence): void {
    const known = this.#silences.get(silence.id);
    // one that goes on for longer may have been passed over as ended
    if (
      known !== undefined &&
      silence.endsAt <= known.silence.endsAt &&
      sameMatchers(silence.matchers, known.silence.matchers)
    ) {
      known.silence = silence;
      return;
    }
    this.#last += 1;
    const compiled = { silence, sets: silence.matchers.map((set) => set.map(compileMatcher)), number: this.#last };
    this.#silences.set(silence.id, compiled);
    this.#came.push(compiled);
  }

  remove(id: string): void {
    this.#silences.delete(id);
  }

  /** The alert is gone. */
  forget(fingerprint: string): void {
    this.#matching.delete(fingerprint);
  }

  mutes(labels: LabelSet, fingerprint: string, now: Instant): readonly string[] {
    if (this.#silences.size === 0) return [];
    this.#purge(now);
    return this.#matchingOf(labels, fingerprint)
      .filter((one) => this.#isKnown(one) && silenceState(one.silence, now) === 'active')
      .map(({ silence }) => silence.id);
  }

  #isKnown(one: Compiled): boolean {
    return this.#silences.get(one.silence.id) === one;
  }

  #purge(now: Instant): void {
    if (Math.abs(now - this.#purged) < purgedEvery) return;
    this.#purged = now;
    this.#came = this.#came.filter((one) => this.#isKnown(one) && silenceState(one.silence, now) !== 'expired');
  }

  #matchingOf(labels: LabelSet, fingerprint: string): readonly Compiled[] {
    const known = this.#matching.get(fingerprint) ?? { asked: 0, found: [] };
    if (known.asked === this.#last) return known.found;
    const fresh: Compiled[] = [];
    for (const one of this.#came.slice(this.#firstAfter(known.asked)))
      if (one.sets.some((set) => set.every((matcher) => matcher.matches(labels)))) fresh.push(one);
    const found = [...known.found.filter((one) => this.#isKnown(one)), ...fresh];
    this.#matching.set(fingerprint, { asked: this.#last, found });
    return found;
  }

  /** Most often it is the last one. */
  #firstAfter(number: number): number {
    let first = this.#came.length;
    while (first > 0 && (this.#came[first - 1]?.number ?? 0) > number) first -= 1;
    return first;
  }
}
