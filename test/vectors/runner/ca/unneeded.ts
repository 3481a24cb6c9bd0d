// ca: the timers of nodes that are not needed, the minimum of their group, and why one still stays.
import type { Node, Pod } from '../../../../src/model/kubernetes.ts';
import { instantOf, type Instant } from '../../../../src/model/units.ts';
import { aNode, aPod, at, longAgo, noon } from '../../../builders.ts';
import { adapter, type Fields } from '../vector.ts';
import { group, shrinkOf, watching, type Decided } from './shrink-world.ts';

interface Update {
  readonly at_s: number;
  readonly nodes: readonly { readonly name: string; readonly version: string; readonly ready: boolean }[];
}

export type UnneededInput =
  | {
      readonly kind: 'update';
      readonly unneeded_time_s: number;
      readonly unready_time_s: number;
      readonly first_update: Update;
      readonly second_update: Update;
    }
  | {
      readonly kind: 'removable_counts';
      readonly empty_candidates: number;
      readonly drain_candidates: number;
      readonly group_min_size: number;
      readonly group_target_size: number;
      readonly deletions_in_progress: number;
    }
  | {
      readonly kind: 'unremovable_reason';
      readonly ready: boolean;
      readonly unneeded_for_s: number;
      readonly scale_down_disabled_annotation: boolean;
      readonly unneeded_time_s: number;
      readonly unready_time_s: number;
      readonly group_min_size: number;
      readonly group_target_size: number;
      readonly in_autoscaled_group: boolean;
      readonly threshold_lookup_fails: boolean;
      readonly cluster_min_nodes: number | null;
    };

const rulesOf = ({ unneeded_time_s: unneeded, unready_time_s: unready }: Fields) => ({
  unneededFor: `${String(unneeded)}s`,
  unready: { after: `${String(unready)}s`, action: 'remove' },
  atOnce: { empty: 0, drained: 0 },
});

const nodeOf = (name: string, ready: boolean): ReturnType<typeof aNode> =>
  ready ? aNode(name).inGroup(group) : aNode(name).inGroup(group).notReady(longAgo);

function updates(input: Extract<UnneededInput, { kind: 'update' }>): Fields {
  const { first_update: first, second_update: second } = input;
  const shrink = rulesOf(input);
  const look = ({ nodes, at_s: seconds }: Update, memory = watching): Decided =>
    shrinkOf({ nodes: nodes.map(({ name, ready }) => nodeOf(name, ready).build()), shrink, memory, now: at(seconds) });
  const { memory } = look(first);
  const { memory: after, kept } = look(second, memory);
  const tracked = second.nodes.flatMap(({ name, version }) => {
    const since = after.nodes[name]?.unneededSince ?? null;
    if (since === null) return [];
    const until = instantOf(kept.get(name)?.until);
    return [
      {
        name,
        since_s: (since - noon) / 1000,
        version,
        removal_threshold_s: until === null ? null : (until - since) / 1000,
      },
    ];
  });
  return { tracked };
}

function counts(input: Extract<UnneededInput, { kind: 'removable_counts' }>): Fields {
  const { empty_candidates: empty, drain_candidates: drained, deletions_in_progress: leaving } = input;
  const size = input.group_target_size;
  let number = 0;
  const some = (count: number, kind: string): string[] =>
    Array.from({ length: count }, () => `${kind}-${(number += 1)}`);
  const [emptyNames, drainNames, leavingNames] = [
    some(empty, 'empty'),
    some(drained, 'drain'),
    some(leaving, 'leaving'),
  ];
  const busyNames = some(size - number, 'busy');
  const nodes: Node[] = [
    ...[...emptyNames, ...drainNames, ...busyNames].map((name) => nodeOf(name, true).build()),
    ...leavingNames.map((name) =>
      nodeOf(name, true)
        .leaving({ startedAt: at(-1) })
        .build(),
    ),
    // Somewhere for the pods to go, outside the group.
    aNode('other-99').inGroup('of-nobody').withRoom({ cpu: '64', memory: '256Gi', pods: 110 }).build(),
  ];
  const pod = (node: string, cpu: string): Pod =>
    aPod(`p-${node}`).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu }).on(node).ready().build();
  const pods = [...drainNames.map((name) => pod(name, '100m')), ...busyNames.map((name) => pod(name, '3'))];
  const timer = { ready: true, unneededSince: at(-86_400), emptySince: null };
  const memory = {
    ...watching,
    nodes: Object.fromEntries(nodes.map(({ metadata }) => [metadata.name, timer])),
  };
  const { begun } = shrinkOf({
    nodes,
    pods,
    size,
    min: input.group_min_size,
    shrink: { atOnce: { empty: 100, drained: 100 } },
    memory,
  });
  const of = (kind: string): number => begun.filter((name) => name.startsWith(kind)).length;
  return { empty_removable: of('empty'), drain_removable: of('drain') };
}

const reasons: Readonly<Record<string, string>> = {
  ForbiddenByAnnotation: 'ScaleDownDisabledAnnotation',
  UnneededTooShort: 'NotUnneededLongEnough',
  NotReady: 'NotUnreadyLongEnough',
  GroupAtMinimum: 'NodeGroupMinSizeReached',
};

function why(input: Extract<UnneededInput, { kind: 'unremovable_reason' }>): Fields {
  const name = 'n-1';
  const node = nodeOf(name, input.ready);
  if (input.scale_down_disabled_annotation)
    node.annotated({ 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' });
  const unneededSince = at(-input.unneeded_for_s) satisfies Instant;
  const { decision, kept, begun } = shrinkOf({
    nodes: [node.inGroup(input.in_autoscaled_group ? group : 'of-nobody').build()],
    size: input.group_target_size,
    min: Math.max(input.group_min_size, input.cluster_min_nodes ?? 0),
    shrink: { ...rulesOf(input), atOnce: { empty: 10, drained: 1 } },
    memory: { ...watching, nodes: { [name]: { ready: input.ready, unneededSince, emptySince: null } } },
    // What a group asks for is read with it.
    readable: !input.threshold_lookup_fails,
  });
  if (decision.reason === 'MagnumUnreadable') return { reason: 'UnexpectedError' };
  const one = kept.get(name);
  if (one !== undefined) return { reason: reasons[one.reason] ?? one.reason };
  return { reason: begun.includes(name) ? null : 'NotAutoscaled' };
}

export const unneededCase = adapter<{ input: UnneededInput; expected: object }>((input) => {
  switch (input.kind) {
    case 'update':
      return { got: updates(input) };
    case 'removable_counts':
      return { got: counts(input) };
    case 'unremovable_reason':
      return { got: why(input) };
  }
});
