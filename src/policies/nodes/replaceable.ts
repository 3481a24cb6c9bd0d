// Who holds a place in a group and bears nothing: nodes that do not answer and servers that never became one, once they may be given back.
import { drainOf } from '../../model/drain-record-on.ts';
import { candidateRules } from './candidate-rules.ts';
import { candidateOf, isKept } from './candidates.ts';
import type { GroupState } from './group-state.ts';
import { isReady } from './membership.ts';
import { isDue } from './never-registered.ts';
import type { NodeTick } from './node-tick.ts';
import { removalStanding } from './removal-proof.ts';
import { shrinkBarrier } from './shrink-barrier.ts';
import { shrinkRules } from './shrink-rules.ts';
import { timerOf } from './shrink.ts';

/**
 * Their names, for people. They do not count for the minimum: others are ordered first, and then they leave. Only where nothing
 * but the minimum keeps them: an order for the place of somebody who stays would be one node more, and nothing else.
 */
export function replaceableOf(group: GroupState, unready: string | null, tick: NodeTick): readonly string[] {
  const { snapshot, memory, podsOn, now } = tick;
  const { unready: rule, atOnce } = shrinkRules(group);
  if (rule.action === 'alert') return [];
  const silent = group.nodes.filter((node) => !isReady(node) && drainOf(node) === null);
  const servers = group.nodeless.servers.filter((server) => isDue(server, now));
  if (silent.length + servers.length === 0) return [];
  const { grow, shrink } = group.modes;
  const isRehearsed = shrink === 'dryRun' && grow !== 'dryRun';
  if (isRehearsed || !removalStanding(group, snapshot).proven) return [];
  if (shrinkBarrier(group, { unready, growing: false }, tick) !== null) return [];
  const rules = candidateRules(tick)(group);
  const due = silent.filter((node) => {
    const before = memory.nodes[node.metadata.name]?.unneededSince ?? null;
    const candidate = candidateOf(node, podsOn.get(node.metadata.name) ?? [], rules);
    return before !== null && !isKept(candidate) && timerOf(candidate, { rules, now }, before).due <= now;
  });
  return [...servers.map(({ name }) => name), ...due.map(({ metadata }) => metadata.name)].slice(0, atOnce.empty);
}
