// One node as a value: its group and server, how well it is used, which pod may move by which rule, its drain, and why it stays.
import { standingsOf, type NodeStanding } from '../../journal/entry.ts';
import type { Config, NodePolicyDocument, ShrinkPolicy } from '../../model/config.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import { SpringtideError } from '../../model/errors.ts';
import type { DrainRequest } from '../../model/drain-record.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { Plan } from '../../model/plan.ts';
import type { KeptReason } from '../../model/reason.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { minutes, rfc3339, type Instant } from '../../model/units.ts';
import { isControlPlane, isReady, membershipsIn, serverIdOf } from '../../policies/nodes/membership.ts';
import { budgetName, budgetsOf } from '../../policies/nodes/disruptions.ts';
import { controllersOf } from '../../policies/nodes/controllers.ts';
import { evictabilityOf, type MovableRules } from '../../policies/nodes/movable.ts';
import { podsByNode } from '../../policies/nodes/rooms.ts';
import { shrinkRules } from '../../policies/nodes/shrink-rules.ts';
import { usageIn, usedResources } from '../../policies/nodes/usage.ts';
import { utilizationOf } from '../../policies/nodes/utilization.ts';
import { controllerOf } from '../../policies/pod-facts.ts';
import { nearestName } from '../../promql/nearest.ts';
import { explanationSchema, type Origin } from './origin.ts';

export interface PodOnNode {
  readonly namespace: string;
  readonly name: string;
  /** KIND/NAME of its controller; null: it has none */
  readonly owner: string | null;
  readonly move: 'ignore' | 'drop' | 'evict' | 'blocked';
  /** the rule that keeps it */
  readonly reason: KeptReason | null;
  readonly by: string | null;
}

export interface UsageFacts {
  readonly used: readonly {
    readonly resource: string;
    /** null: nobody knows, and why */
    readonly percent: number | null;
    readonly why: string | null;
    readonly holdAbove: number;
  }[];
  /** in percent, below which it may leave although more is requested; null: use only holds */
  readonly letGo: { readonly requests: number; readonly cpu: number; readonly memory: number } | null;
}

export interface NodeFacts {
  readonly created: string | null;
  readonly ready: boolean;
  readonly cordoned: boolean;
  readonly controlPlane: boolean;
  readonly taints: readonly string[];
  readonly serverId: string | null;
  /** the larger share of what its pods request, of what they may; and below which it may go */
  readonly utilization: { readonly percent: number | null; readonly below: number | null };
  /** what it really uses, where its policy asks; null: requests alone decide */
  readonly usage: UsageFacts | null;
  readonly pods: readonly PodOnNode[];
  /** those that mean pods of this node */
  readonly budgets: readonly { readonly name: string; readonly allowed: number; readonly pods: number }[];
  readonly drain: {
    readonly step: string;
    readonly since: string;
    readonly request: DrainRequest | null;
  } | null;
}

export interface OneNodeExplanation {
  readonly schema: typeof explanationSchema;
  readonly tier: 'node';
  /** RFC 3339: when it was decided */
  readonly time: string;
  readonly configHash: string;
  readonly origin: Origin;
  readonly node: string;
  /** by its labels, addresses or name; null: of none that Magnum shows */
  readonly nodeGroup: string | null;
  /** null: no NodePolicy means it, so nothing is ever decided about it */
  readonly standing: NodeStanding | null;
  /** null: it is of the past, and only the decision was written down */
  readonly facts: NodeFacts | null;
}

export const standingIn = (plan: Plan, name: string): NodeStanding | null =>
  plan.nodes.flatMap(standingsOf).find(({ node }) => node === name) ?? null;

const nodeGroupOf = (snapshot: Snapshot, documents: readonly NodePolicyDocument[], node: Node): string | null =>
  membershipsIn(snapshot, documents).of.get(node)?.group?.name ?? null;

const unnamed: MovableRules['shrink'] = {
  localVolumes: 'block',
  systemPodAge: minutes(60),
  protect: [],
  minReplicas: 0,
};

/** As the group's policy has them; where no policy means the group, what any policy begins with. */
export function rulesFor(snapshot: Snapshot, config: Config, group: string | null, now: Instant): MovableRules {
  const facts = snapshot.kubernetes;
  return {
    shrink: shrinkOf(config, group) ?? unnamed,
    budgets: facts.poddisruptionbudgets ?? [],
    controllers: controllersOf(facts),
    now,
  };
}

function shrinkOf({ nodePolicies }: Config, group: string | null): ShrinkPolicy | null {
  for (const document of nodePolicies) {
    const policy = document.spec.nodeGroups.find(({ name }) => name === group);
    if (policy !== undefined) return shrinkRules({ document, policy });
  }
  return null;
}

export function podOnNode(pod: Pod, rules: MovableRules): PodOnNode {
  const movability = evictabilityOf(pod, rules);
  const owner = controllerOf(pod);
  const blocked = movability.move === 'blocked' ? movability : null;
  return {
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    owner: owner === undefined ? null : `${owner.kind}/${owner.name}`,
    move: movability.move,
    reason: blocked?.reason ?? null,
    by: blocked?.by ?? null,
  };
}

function budgetsOn(pods: readonly Pod[], { budgets }: MovableRules): NodeFacts['budgets'] {
  const counts = new Map<(typeof budgets)[number], number>();
  for (const pod of pods)
    for (const budget of budgetsOf(pod, budgets)) counts.set(budget, (counts.get(budget) ?? 0) + 1);
  return [...counts].map(([budget, count]) => ({
    name: budgetName(budget),
    allowed: budget.status?.disruptionsAllowed ?? 0,
    pods: count,
  }));
}

const order = { blocked: 0, evict: 1, drop: 2, ignore: 3 } as const;

const percent = (share: number): number => Math.round(share * 100);

function usageFacts(node: Node, snapshot: Snapshot, shrink: ShrinkPolicy | null): UsageFacts | null {
  const usage = usageIn(snapshot)(shrink?.usage);
  if (usage === null) return null;
  const use = usage.of(node);
  const { letGo } = usage.rules;
  return {
    used: usedResources.flatMap((resource) => {
      const [used, asked] = [use[resource], usage.rules[resource]];
      if (used === null || asked === null) return [];
      const isKnown = used.state === 'known';
      return [
        {
          resource,
          percent: isKnown ? percent(used.share) : null,
          why: isKnown ? null : used.why,
          holdAbove: percent(asked.holdAbove),
        },
      ];
    }),
    letGo:
      letGo === undefined
        ? null
        : {
            requests: percent(letGo.requestsBelow),
            cpu: percent(letGo.cpuBelow),
            memory: percent(letGo.memoryBelow),
          },
  };
}

function factsOf(node: Node, snapshot: Snapshot, config: Config, group: string | null, now: Instant): NodeFacts {
  const pods = podsByNode(snapshot.kubernetes).get(node.metadata.name) ?? [];
  const rules = rulesFor(snapshot, config, group, now);
  const shrink = shrinkOf(config, group);
  const below = shrink?.utilizationBelow ?? null;
  const record = drainOf(node);
  const utilization = utilizationOf(node, pods);
  return {
    created: node.metadata.creationTimestamp ?? null,
    ready: isReady(node),
    cordoned: node.spec?.unschedulable === true,
    controlPlane: isControlPlane(node),
    taints: (node.spec?.taints ?? []).map(
      ({ key, value, effect }) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`,
    ),
    serverId: serverIdOf(node),
    utilization: {
      percent: utilization === null ? null : percent(utilization),
      below: below === null ? null : percent(below),
    },
    usage: usageFacts(node, snapshot, shrink),
    pods: pods
      .map((pod) => podOnNode(pod, rules))
      .sort((one, other) => order[one.move] - order[other.move] || (one.name < other.name ? -1 : 1)),
    budgets: budgetsOn(pods, rules),
    drain:
      record === null ? null : { step: record.step, since: rfc3339(record.startedAt), request: record.request ?? null },
  };
}

export interface Looked {
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly origin: Origin;
  readonly now: Instant;
}

export function explainNode({ snapshot, plan, origin, now }: Looked, config: Config, name: string): OneNodeExplanation {
  const { nodes } = snapshot.kubernetes;
  const node = nodes?.find(({ metadata }) => metadata.name === name);
  if (node === undefined)
    throw new SpringtideError({
      code: nodes === undefined ? 'WorldUnreadable' : 'UsageInvalid',
      what: nodes === undefined ? 'the nodes could not be read' : `there is no node "${name}"`,
      ...nearHint(name, nodes?.map(({ metadata }) => metadata.name) ?? []),
    });
  const standing = standingIn(plan, name);
  const nodeGroup = standing?.nodeGroup ?? nodeGroupOf(snapshot, config.nodePolicies, node);
  return {
    schema: explanationSchema,
    tier: 'node',
    time: plan.time,
    configHash: plan.configHash,
    origin,
    node: name,
    nodeGroup,
    standing,
    facts: factsOf(node, snapshot, config, nodeGroup, now),
  };
}

export function nearHint(name: string, known: readonly string[]): { readonly mend?: string } {
  const near = nearestName(name, known) ?? known.find((one) => one.includes(name) || name.includes(one));
  return near === undefined || near === null ? {} : { mend: `did you mean ${near}?` };
}
