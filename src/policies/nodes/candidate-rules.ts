// What nodes are judged by in one tick: the rules of their group, and what the cluster as a whole needs.
import type { CandidateRules } from './candidates.ts';
import { controllersOf } from './controllers.ts';
import type { GroupState } from './group-state.ts';
import { needsOf } from './needed-nodes.ts';
import type { NodeTick } from './node-tick.ts';
import { shrinkRules } from './shrink-rules.ts';
import { usageIn } from './usage.ts';

export function candidateRules({ snapshot, config, now }: NodeTick): (group: GroupState) => CandidateRules {
  const facts = snapshot.kubernetes;
  const budgets = facts.poddisruptionbudgets ?? [];
  const controllers = controllersOf(facts);
  const needs = needsOf(facts.pods ?? [], config.daemon.prometheus.url);
  const usageOf = usageIn(snapshot);
  return (group) => {
    const shrink = shrinkRules(group);
    const usage = usageOf(shrink.usage);
    return { shrink, movable: { shrink, budgets, controllers, now }, needs, usage, now };
  };
}
