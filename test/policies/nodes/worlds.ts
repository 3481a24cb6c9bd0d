// Worlds of the node tier's tests: a shop on a pool of workers, a steady memory, and ticks that follow each other.
import type { NodePolicyDocument, PodPolicy } from '../../../src/model/config.ts';
import { emptyGroupMemory, emptyMemory, type GroupMemory, type Memory } from '../../../src/model/memory.ts';
import type { Node } from '../../../src/model/kubernetes.ts';
import type { NodeDecision, Plan } from '../../../src/model/plan.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import type { Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import {
  aConfig,
  aDeployment,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPodPolicy,
  aReplicaSet,
  aSnapshot,
  at,
  noon,
  podsOf,
} from '../../builders.ts';

export const group = 'default-worker';

export const steady = (groupMemory: Partial<GroupMemory> = {}, now: Instant = noon): Memory => ({
  ...emptyMemory(),
  lastTick: (now - 15_000) as Instant,
  steadySince: at(-86_400),
  groups: { [group]: { ...emptyGroupMemory, ...groupMemory } },
  // They have been seen before: none of them is an order that has just arrived.
  nodes: Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`w-${index + 1}`, { ready: true, unneededSince: null, emptySince: null }]),
  ),
});

/** Nodes w-1 … w-N of 4 cores and 16 Gi, all Ready. */
export const workers = (count: number): Node[] =>
  Array.from({ length: count }, (_, index) => aNode(`w-${index + 1}`).build());

export const pool = (count: number, nodes: readonly Node[] = workers(count)) =>
  aSnapshot()
    .groups(aNodeGroup(group, count, { flavor_id: 'm1.large' }))
    .nodes(...nodes)
    .replicaSets(aReplicaSet('shop', 'web'), aReplicaSet('shop', 'api'));

/** All nodes of the pool have been unneeded for an hour. */
export const unneeded = (count: number, groupMemory: Partial<GroupMemory> = {}): Memory => ({
  ...steady(groupMemory),
  nodes: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `w-${index + 1}`,
      { ready: true, unneededSince: at(-3600), emptySince: null },
    ]),
  ),
});

export const web = aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' });
export const running = podsOf('web', { 'w-1': 4 }, { cpu: '1' });
/** Metrics ask for eight of four; each takes a core, and the one node is full. */
export const rising = () =>
  pool(1)
    .deployments(web)
    .pods(...running)
    .answering('requests', 800);
export const act = { pods: [aPodPolicy('web')] };

export const wanting = (spec: object, groups: readonly object[] = [{ name: group, min: 1, max: 9 }]) =>
  aNodePolicy({ nodeGroups: groups, ...spec });

/** By a policy that lets the pool shrink to its minimum. */
export const policyOf = (shrink: object = {}, min = 1, more: object = {}) =>
  wanting({ shrink, ...more }, [{ name: group, min, max: 20 }]);

export interface Tick {
  readonly plan: Plan;
  readonly decision: NodeDecision;
  readonly memory: Memory;
}

export function tick(
  snapshot: Snapshot,
  {
    policy = aNodePolicy(),
    pods = [],
    memory = steady(),
    now = noon,
    daemon = {},
  }: {
    policy?: NodePolicyDocument;
    pods?: readonly PodPolicy[];
    memory?: Memory;
    now?: Instant;
    daemon?: object;
  } = {},
): Tick {
  const { plan, memory: after } = decide(snapshot, aConfig(pods, [policy], { ...daemon }), memory, now);
  const [decision] = plan.nodes;
  if (decision === undefined) throw new Error('no decision');
  return { plan, decision, memory: after };
}

/** The nodes that begin to leave. */
export const begins = ({ drains }: Pick<NodeDecision, 'drains'>): string[] =>
  drains.flatMap((step) => (step.step === 'begin' ? [step.node] : []));

/** Why each of the others stays. */
export const keptReasons = ({ kept }: Pick<NodeDecision, 'kept'>): Readonly<Record<string, string>> =>
  Object.fromEntries(kept.map((one) => [one.node, one.reason]));

/** For how many pods it orders. */
export const served = ({ decision }: Pick<Tick, 'decision'>): number =>
  decision.for.reduce((sum, one) => sum + one.pods, 0);
