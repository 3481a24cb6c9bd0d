// Nodes that were ordered and did not come in their time: told until they are there, or Magnum counts them no more.
import type { Config } from '../model/config.ts';
import { rfc3339, type Instant } from '../model/units.ts';
import { atOnce, type Condition, type Found } from './condition.ts';
import { overdueNodes, provisionTimeoutOf } from './nodes/boot-time.ts';

export const ofOrders = ({ nodes, groups }: Found, config: Config, now: Instant): readonly Condition[] =>
  nodes.flatMap(({ nodeGroup: group, policy, current, desired }): readonly Condition[] => {
    const memory = groups[group];
    const document = config.nodePolicies.find(({ metadata }) => metadata.name === policy.name);
    if (memory === undefined || document === undefined) return [];
    const timeout = provisionTimeoutOf(document.spec.growth.provisionTimeout, memory);
    const count = overdueNodes(memory, timeout, now);
    if (count === 0) return [];
    const { lastFailure, ordered } = memory;
    const [oldest] = ordered;
    const since = rfc3339(oldest?.at ?? now);
    // Another failure may have come since: then it is their number that is known.
    const what =
      lastFailure?.code === 'NeverReady'
        ? lastFailure.message
        : `${count} ordered nodes are not Ready after ${timeout / 60_000} min`;
    return [
      {
        name: 'SpringtideNodesNeverReady',
        severity: 'page',
        labels: { nodegroup: group },
        facts: { group, current: current ?? 0, desired: desired ?? 0, count, what, since },
        after: atOnce,
        lasts: atOnce,
      },
    ];
  });
