// Saturation: what Prometheus says is too full for too long gets one more node at a time. What is unknown orders nothing.
import type { Config, NodePolicyDocument } from '../../model/config.ts';
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

export interface SaturationLook {
  /** those that have lasted long enough, at most one a policy */
  readonly due: readonly Saturated[];
  readonly since: Readonly<Record<string, Instant>>;
}

/** A node that is on its way has not had its effect yet: only afterwards the time counts anew. */
const isGrowing = (groups: readonly GroupState[], document: NodePolicyDocument): boolean =>
  groups.some((group) => group.document === document && (group.upcoming > 0 || group.memory.sent !== null));

export function lookAtSaturation(
  config: Config,
  snapshot: Snapshot,
  memory: Memory,
  groups: readonly GroupState[],
  now: Instant,
): SaturationLook {
  const since: Record<string, Instant> = {};
  const due: Saturated[] = [];
  const asked = config.nodePolicies.filter(({ spec }) => spec.growth.saturation.length > 0);
  if (asked.length === 0) return { due, since };
  const answers = new Answers(snapshot);
  for (const document of asked) {
    if (isGrowing(groups, document)) continue;
    const saturated: Saturated[] = [];
    for (const { query, above, for: lasting } of document.spec.growth.saturation) {
      const answer = numberOf(answers.vector(query));
      if (answer.state !== 'ok' || answer.value <= above) continue;
      const key = `${document.metadata.name} ${above} ${query}`;
      const began = memory.saturatedSince?.[key] ?? now;
      since[key] = began;
      if (now - began >= lasting) saturated.push({ document, query, above, value: answer.value, since: began });
    }
    const [first] = saturated;
    if (first !== undefined) due.push(first);
  }
  return { due, since };
}
