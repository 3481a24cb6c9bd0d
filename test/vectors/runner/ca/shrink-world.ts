// ca: small clusters of one group, as the tables of shrinking write them, and what the whole decision says of each node.
import type { Node, Pod } from '../../../../src/model/kubernetes.ts';
import { emptyMemory, type Memory } from '../../../../src/model/memory.ts';
import type { KeptNode, NodeDecision } from '../../../../src/model/plan.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { decide } from '../../../../src/policies/decide.ts';
import { aConfig, aNodeGroup, aNodePolicy, aReplicaSet, aSnapshot, at, noon } from '../../../builders.ts';

export const group = 'ng1';

export interface ShrinkWorld {
  readonly nodes: readonly Node[];
  readonly pods?: readonly Pod[];
  readonly shrink?: object;
  readonly min?: number;
  readonly size?: number;
  readonly memory?: Memory;
  readonly now?: Instant;
  readonly readable?: boolean;
}

/** It has watched for a day: nothing waits for a start. */
export const watching: Memory = { ...emptyMemory(), lastTick: at(-15), steadySince: at(-86_400) };

export interface Decided {
  readonly decision: NodeDecision;
  readonly memory: Memory;
  readonly begun: readonly string[];
  readonly kept: ReadonlyMap<string, KeptNode>;
}

export function shrinkOf(world: ShrinkWorld): Decided {
  const { nodes, pods = [], shrink = {}, min = 0, memory = watching, now = noon, readable = true } = world;
  const shown = aSnapshot()
    .nodes(...nodes)
    .pods(...pods)
    .replicaSets(aReplicaSet('shop', 'web'))
    .kubernetes({ daemonsets: [{ metadata: { namespace: 'shop', name: 'agent' } }] });
  const snapshot = (readable ? shown.groups(aNodeGroup(group, world.size ?? nodes.length)) : shown).build();
  const unread = { source: 'magnum', what: 'nodegroups', code: 'Timeout', message: 'no answer' } as const;
  const seen = readable
    ? snapshot
    : { ...snapshot, magnum: { ...snapshot.magnum, nodegroups: undefined }, errors: [unread] };
  const policy = aNodePolicy({ nodeGroups: [{ name: group, min, max: 1000 }], shrink });
  const { plan, memory: after } = decide(
    { ...seen, magnum: readable ? seen.magnum : {} },
    aConfig([], [policy]),
    memory,
    now,
  );
  const [decision] = plan.nodes;
  if (decision === undefined) throw new Error('no decision');
  return {
    decision,
    memory: after,
    begun: decision.drains.flatMap((step) => (step.step === 'begin' ? [step.node] : [])),
    kept: new Map(decision.kept.map((one) => [one.node, one])),
  };
}
