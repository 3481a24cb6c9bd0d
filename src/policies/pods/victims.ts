// Which pods go first where replicas are lowered: those that do least, as the policy's own query tells.
import { deletionCostAnnotation } from '../../model/annotations.ts';
import type { VictimRule } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { DeletionCost } from '../../model/plan.ts';
import { instantOf, minutes, type Instant } from '../../model/units.ts';
import { conditionOf, isBound, isDeleting, isTerminal } from '../pod-facts.ts';
import { ageOf, type Answers, type Seated } from './answers.ts';
import { samplesOfPods } from './measure.ts';

/** As of a metric that says nothing else. */
const oldest = minutes(2);

export type Victims =
  | { readonly kind: 'chosen'; readonly costs: readonly DeletionCost[] }
  /** who works cannot be told from who is idle */
  | { readonly kind: 'unknown'; readonly why: string };

const unknown = (why: string): Victims => ({ kind: 'unknown', why });

/** Kubernetes takes these before any other, whatever they cost. */
const goesAnyway = (pod: Pod): boolean =>
  !isBound(pod) || pod.status?.phase !== 'Running' || conditionOf(pod, 'Ready')?.status !== 'True';

interface Candidate {
  readonly pod: Pod;
  /** null: nobody can tell; it is taken for the busiest */
  readonly value: number | null;
  readonly anyway: boolean;
}

/** Of equal ones the youngest goes, as without a cost. */
function byWorth(one: Candidate, other: Candidate): number {
  if (one.anyway !== other.anyway) return one.anyway ? -1 : 1;
  const [left, right] = [one.value ?? Infinity, other.value ?? Infinity];
  if (left !== right) return left - right;
  const [born, bornToo] = [createdAt(one.pod), createdAt(other.pod)];
  if (born !== bornToo) return bornToo - born;
  return one.pod.metadata.name < other.pod.metadata.name ? -1 : 1;
}

const createdAt = (pod: Pod): number => instantOf(pod.metadata.creationTimestamp) ?? 0;

/** Chosen in an earlier tick, and not gone since. */
const isMarked = (pod: Pod): boolean => Number(pod.metadata.annotations?.[deletionCostAnnotation] ?? 0) < 0;

function costOf({ pod, value }: Candidate, cost: number | null): DeletionCost {
  const { namespace = '', name, uid } = pod.metadata;
  return { pod: { namespace, name, ...(uid !== undefined && { uid }) }, value, cost };
}

/** `count` of the target's pods, the idlest with the lowest cost; who was chosen before and no longer is loses its own. */
export function chooseVictims(
  { question, ages }: VictimRule,
  of: Seated & { readonly pods: readonly Pod[] },
  count: number,
  answers: Answers,
  now: Instant,
): Victims {
  const answer = answers.samples(question, of.target);
  if (answer === null) return unknown('Prometheus was not asked');
  if (answer.state !== 'ok') return unknown(answer.why);
  const age = ageOf(answers, ages, of);
  if (age.why !== null) return unknown(age.why);
  if (age.seconds !== null && age.seconds * 1000 > oldest)
    return unknown(`its newest sample is ${Math.round(age.seconds)} s old`);
  const samples = samplesOfPods(answer.value, of.target, now);
  const candidates = of.pods
    .filter((pod) => !isDeleting(pod) && !isTerminal(pod))
    .map((pod): Candidate => {
      const sample = samples.get(pod.metadata.name);
      return { pod, value: sample === undefined ? null : sample.value / 1000, anyway: goesAnyway(pod) };
    })
    .sort(byWorth);
  if (!candidates.some(({ value }) => value !== null)) return unknown('no sample of any pod of the target');
  const chosen = candidates.slice(0, count);
  const spared = candidates.slice(count).filter(({ pod }) => isMarked(pod));
  return {
    kind: 'chosen',
    costs: [
      ...chosen.map((one, place) => costOf(one, place - chosen.length)),
      ...spared.map((one) => costOf(one, null)),
    ],
  };
}
