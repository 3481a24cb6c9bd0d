// Reads the past of many targets in the background: as few questions as the ticks ask, one part after the other, in slices.
import { messageOf } from '../model/errors.ts';
import { rfc3339, type Instant } from '../model/units.ts';
import type { Forecaster } from '../policies/forecast/forecaster.ts';
import { breathe, inSlices } from '../slices.ts';
import type { Learner } from './learner.ts';
import {
  partsOf,
  PastPart,
  pastQuestionOf,
  type Course,
  type PastQuestion,
  type RangeSource,
  type Span,
} from './past.ts';

export interface PastRead {
  /** metric and targets, for people */
  readonly metric: string;
  readonly targets: number;
  /** how many numbers were learnt from */
  readonly samples: number;
  /** null: it was read */
  readonly why: string | null;
  /** RFC 3339: when it is asked for again; null: not any more */
  readonly again: string | null;
}

export interface ReadingParts {
  readonly prometheus: RangeSource;
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly onPast: ((read: PastRead) => void) | undefined;
}

/** in seconds */
const [byTheMinute, byTheTick] = [60, 15];
const [anHour, aDay] = [3600, 24 * 3600];
/** What happens within a minute shows at the pace of the ticks only; long ago the minute has to do. */
const recent = 6 * anHour;
/** Two weeks know the weekend; two days know the day. */
const [longestReach, shortestReach] = [14 * aDay, 2 * aDay];
/** Of all targets together: what is learnt from so many numbers takes half an hour of a processor. */
const mostNumbers = 20_000_000;

/** Learners of one load, and what is asked for them. */
interface Group {
  readonly learners: Learner[];
  readonly questions: ReadonlyMap<string, PastQuestion>;
}

/** Those who are asked for by the same texts are asked for once. */
function groupsOf(learners: readonly Learner[]): readonly Group[] {
  const alike = new Map<string, Learner[]>();
  for (const learner of learners) {
    const others = alike.get(learner.foreseen.signature);
    if (others === undefined) alike.set(learner.foreseen.signature, [learner]);
    else others.push(learner);
  }
  const groups = new Map<string, Group>();
  for (const same of alike.values())
    for (const learner of same) {
      const { foreseen, target } = learner;
      const questions = new Map<string, PastQuestion>();
      for (const metric of foreseen.measuredBy) {
        const question = pastQuestionOf(metric, target, same.length > 1);
        if (question !== null) questions.set(metric.name, question);
      }
      const key = JSON.stringify([foreseen.signature, ...[...questions.values()].map(({ query }) => query)]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { learners: [learner], questions });
      else group.learners.push(learner);
    }
  return [...groups.values()];
}

/** On the grid of its step, so that who asks twice is answered out of Prometheus' cache; of very many targets not so far back. */
export function spansBefore(now: Instant, targets: number): readonly [Span, Span] {
  const affordable = Math.floor(mostNumbers / targets) * byTheMinute;
  const reach = Math.max(shortestReach, Math.min(longestReach, affordable));
  const minute = Math.floor(now / 1000 / byTheMinute) * byTheMinute;
  const turn = minute - recent;
  const end = Math.floor(now / 1000 / byTheTick) * byTheTick;
  return [
    { start: minute - reach, end: turn - byTheMinute, step: byTheMinute },
    { start: turn, end, step: byTheTick },
  ];
}

const observationsAStep = 64;

function* learning(forecaster: Forecaster, course: Course, part: PastPart): Generator<undefined, number> {
  let learnt = 0;
  for (let index = 0; index < course.length; index += 1) {
    const value = course[index] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    forecaster.observe(part.timeOf(index), value);
    if (++learnt % observationsAStep === 0) yield;
  }
  return learnt;
}

const asked = ({ questions }: Group): string => [...questions.values()].map(({ query }) => query).join(', ');

async function readGroup(group: Group, spans: readonly Span[], { prometheus, signal }: ReadingParts): Promise<number> {
  const { learners, questions } = group;
  const begun = learners.map((learner) => ({ learner, forecaster: learner.beginPast(), learnt: 0 }));
  for (const range of spans.flatMap((span) => partsOf(span, learners.length))) {
    const part = new PastPart(range);
    for (const question of questions.values()) await part.ask(prometheus, question, signal);
    for (const one of begun) {
      const { foreseen, target } = one.learner;
      await breathe();
      one.learnt += await inSlices(learning(one.forecaster, part.courseOf(foreseen, target, questions), part));
    }
  }
  for (const { learner, forecaster, learnt } of begun)
    learner.endPast(forecaster, learnt > 0 ? null : `Prometheus has no past of ${asked(group)}`);
  return begun.reduce((sum, { learnt }) => sum + learnt, 0);
}

export async function readPasts(learners: readonly Learner[], parts: ReadingParts): Promise<void> {
  for (const group of groupsOf(learners)) {
    if (parts.signal.aborted) return;
    const { foreseen } = group.learners[0] ?? {};
    const about = { metric: foreseen?.metric.name ?? '', targets: group.learners.length };
    if (foreseen?.byPods === true) {
      const why = 'it is measured pod by pod: pods that are gone have no past';
      for (const learner of group.learners) {
        learner.trouble = why;
        learner.past = { kind: 'read' };
      }
      parts.onPast?.({ ...about, samples: 0, why, again: null });
      continue;
    }
    try {
      const samples = await readGroup(group, spansBefore(parts.now(), learners.length), parts);
      const why = samples > 0 ? null : `Prometheus has no past of ${asked(group)}`;
      parts.onPast?.({ ...about, samples, why, again: null });
    } catch (thrown) {
      // Whoever closes knows why.
      if (parts.signal.aborted) return;
      const why = messageOf(thrown);
      const again = group.learners.map((learner) => learner.failPast(why, parts.now()));
      parts.onPast?.({ ...about, samples: 0, why, again: rfc3339(Math.min(...again) as Instant) });
    }
  }
}
