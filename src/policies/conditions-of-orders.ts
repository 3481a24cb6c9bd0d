// Nodes that were ordered and did not come in their time: told until they are there, or Magnum counts them no more.
import type { Config } from '../model/config.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { rfc3339, type Instant } from '../model/units.ts';
import { atOnce, type Condition, type Found } from './condition.ts';
import { overdueNodes, provisionTimeoutOf } from './nodes/boot-time.ts';
import type { UndescribedNodes } from './nodes/group-decision.ts';

/** Servers that never became nodes and are to be given back: what keeps each. */
function keptServers({ kept }: UndescribedNodes, { kubernetes: { nodes = [] } }: Snapshot): string {
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const servers = kept.filter(({ node, reason }) => !names.has(node) && reason !== 'NeverRegistered');
  return servers.map(({ node, reason, by }) => `; ${node}: ${reason}${by === null ? '' : ` ${by}`}`).join('');
}

export const ofOrders = ({ snapshot, nodes, groups }: Found, config: Config, now: Instant): readonly Condition[] =>
  nodes.flatMap((decision): readonly Condition[] => {
    const { nodeGroup: group, policy, current, desired } = decision;
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
        facts: {
          group,
          current: current ?? 0,
          desired: desired ?? 0,
          count,
          what: `${what}${keptServers(decision, snapshot)}`,
          since,
        },
        after: atOnce,
        lasts: atOnce,
      },
    ];
  });
