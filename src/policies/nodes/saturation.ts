// Saturation: what Prometheus says is too full for too long gets one more node at a time. What is unknown orders nothing.
import type { Config, NodePolicyDocument, Saturation } from '../../model/config.ts';
import type { Memory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
import { Answers, numberOf } from '../pods/answers.ts';
import type { GroupState } from './group-state.ts';

export interface Saturated {
  readonly document: NodePolicyDocument;
  readonly query: string;
  readonly above: number;
  readonly value: number;
  readonly since: Instant;
}

/** A query of which nobody can say whether it is too full: no answer, or one that is too old. */
export interface Unasked {
  readonly document: NodePolicyDocument;
  readonly query: string;
  readonly why: string;
}

export interface SaturationLook {
  /** those that have lasted long enough, at most one a policy */
  readonly due: readonly Saturated[];
  readonly since: Readonly<Record<string, Instant>>;
  /** at most one a policy */
  readonly unknown: readonly Unasked[];
}

/** A node that is on its way has not had its effect yet: only afterwards the time counts anew. */
const isGrowing = (groups: readonly GroupState[], document: NodePolicyDocument): boolean =>
  groups.some((group) => group.document === document && (group.upcoming > 0 || group.memory.sent !== null));

/** How old its samples are; where nobody asked (a recording made by hand) they are believed. */
function doubtOf({ ages, maxAge }: Saturation, answers: Answers): string | null {
  for (const text of ages) {
    if (!answers.wasAsked(text)) continue;
    const age = numberOf(answers.vector(text));
    if (age.state !== 'ok') return `the age of its samples is unknown: ${age.why}`;
    if (age.value * 1000 > maxAge)
      return `its newest sample is ${Math.round(age.value)} s old, at most ${maxAge / 1000} s are allowed`;
  }
  return null;
}

/** What it says now, or why nobody can tell. */
export function saturationNow(asked: Saturation, answers: Answers): Known {
  const answer = numberOf(answers.vector(asked.query));
  if (answer.state !== 'ok') return { state: 'unknown', why: answer.why };
  const why = doubtOf(asked, answers);
  return why === null ? { state: 'ok', value: answer.value } : { state: 'unknown', why };
}

type Known = { readonly state: 'ok'; readonly value: number } | { readonly state: 'unknown'; readonly why: string };

export function lookAtSaturation(
  config: Config,
  snapshot: Snapshot,
  memory: Memory,
  groups: readonly GroupState[],
  now: Instant,
): SaturationLook {
  const since: Record<string, Instant> = {};
  const due: Saturated[] = [];
  const unknown: Unasked[] = [];
  const asked = config.nodePolicies.filter(({ spec }) => spec.growth.saturation.length > 0);
  if (asked.length === 0) return { due, since, unknown };
  const answers = new Answers(snapshot);
  for (const document of asked) {
    if (isGrowing(groups, document)) continue;
    const saturated: Saturated[] = [];
    let first: Unasked | null = null;
    for (const asked of document.spec.growth.saturation) {
      const { query, above, for: lasting } = asked;
      const answer = saturationNow(asked, answers);
      if (answer.state === 'unknown') first ??= { document, query, why: answer.why };
      if (answer.state === 'unknown' || answer.value <= above) continue;
      const key = `${document.metadata.name} ${above} ${query}`;
      const began = memory.saturatedSince?.[key] ?? now;
      since[key] = began;
      if (now - began >= lasting) saturated.push({ document, query, above, value: answer.value, since: began });
    }
    const [longest] = saturated;
    if (longest !== undefined) due.push(longest);
    if (first !== null) unknown.push(first);
  }
  return { due, since, unknown };
}
