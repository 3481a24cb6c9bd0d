// Which nodes are worth a look: what speaks against a node on its own, before anybody asks where its pods would go.
import type { ShrinkPolicy } from '../../model/config.ts';
import { drainAnnotation } from '../../model/drain-record.ts';
import { drainNoteOn } from '../../model/drain-record-on.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { changedPart, isNothing, type Part } from './fit/changed-part.ts';
import { lookOf, type Look } from './households.ts';
import { isReady, serverIdOf } from './membership.ts';
import { movabilityOf, podName, type MovableRules } from './movable.ts';
import type { PodNeeds } from './needed-nodes.ts';
import { movingOf, residentsAfter, residentsOf, type Residents } from './residents.ts';
import type { NodeUsage } from './usage.ts';
import { heldByUse, keptByUse } from './use-verdict.ts';
import { isJudgedByExtended, utilizationOf } from './utilization.ts';

const noScaleDown = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';
const doNotDisrupt = 'karpenter.sh/do-not-disrupt';
const deletedByOther = 'ToBeDeletedByClusterAutoscaler';
/** Older marks of cluster-autoscaler are of one that has died in the middle. */
const deletionTakes = 300_000;

/** What the node and its pods say by themselves: worked out anew only where one of them has changed. */
interface NodeFacts {
  readonly pods: readonly Pod[];
  readonly needOf: string;
  readonly hasServer: boolean;
  readonly utilization: number | null;
  readonly need: { readonly reason: KeptReason; readonly by: string } | null;
  /** what its use says, worded once for each bound */
  used: { readonly below: number; readonly kept: Kept } | null;
  /** worked out when it is asked for: most nodes are used too well for the question */
  residents: { readonly of: ShrinkPolicy; readonly are: Residents } | null;
}

const remembered = new WeakMap<Node, NodeFacts>();

function needAmong(pods: readonly Pod[], needs: PodNeeds, from: number, until: number): NodeFacts['need'] {
  for (let index = from; index < until; index += 1) {
    const pod = pods[index];
    const reason = pod === undefined ? null : needs.of(pod);
    if (pod !== undefined && reason !== null) return { reason, by: podName(pod) };
  }
  return null;
}

/** Only those that can be needed at all are looked at again. */
function needIn(pods: readonly Pod[], { special, families }: Look, needs: PodNeeds): NodeFacts['need'] {
  let next = 0;
  for (let index = 0; index < pods.length; index += 1) {
    if (special[next] === index) next += 1;
    else if (families[index]?.namespace !== needs.home) continue;
    const need = needAmong(pods, needs, index, index + 1);
    if (need !== null) return need;
  }
  return null;
}

function residentsOn(
  { residents, pods: podsBefore }: NodeFacts,
  pods: readonly Pod[],
  part: Part,
): NodeFacts['residents'] {
  if (residents === null) return null;
  const are = residentsAfter(residents.are, { podsBefore, pods, part }, residents.of);
  return are === null ? null : { of: residents.of, are };
}

function factsOf(node: Node, pods: readonly Pod[], needs: PodNeeds): NodeFacts {
  const known = remembered.get(node);
  const before = known?.needOf === needs.key ? known : undefined;
  if (before?.pods === pods) return before;
  const part = before === undefined ? null : changedPart(before.pods, pods);
  if (before !== undefined && part !== null && isNothing(part)) return before;
  // Nobody was needed there: only those that are new may be.
  const fresh = before?.need === null ? part : null;
  const look = lookOf(pods);
  const made: NodeFacts = {
    pods,
    needOf: needs.key,
    hasServer: before?.hasServer ?? serverIdOf(node) !== null,
    utilization: utilizationOf(node, pods),
    need:
      look === undefined
        ? needAmong(pods, needs, fresh?.from ?? 0, fresh?.until ?? pods.length)
        : needIn(pods, look, needs),
    used: null,
    residents: before === undefined || part === null ? null : residentsOn(before, pods, part),
  };
  remembered.set(node, made);
  return made;
}

export interface Candidate {
  readonly node: Node;
  readonly utilization: number;
  /** much is requested of it, and little is used: it leaves only where nobody becomes busy by it */
  readonly byUse: boolean;
  /** they need another place */
  readonly moving: readonly Pod[];
  /** since when it is not Ready; null: it is. What runs on such a node is not waited for. */
  readonly unreadySince: Instant | null;
}

export interface Kept {
  readonly reason: KeptReason;
  readonly by: string | null;
  readonly since?: Instant | null;
  readonly until?: Instant | null;
}

export const isKept = (one: Candidate | readonly Pod[] | Kept): one is Kept => 'reason' in one;

export interface CandidateRules {
  readonly shrink: ShrinkPolicy;
  readonly movable: MovableRules;
  readonly needs: PodNeeds;
  /** what nodes really use; null: requests alone decide */
  readonly usage: NodeUsage | null;
  readonly now: Instant;
}

/** Since when it is not Ready, as the node itself says; null: it is Ready. */
export function unreadySince(node: Node, now: Instant): Instant | null {
  if (isReady(node)) return null;
  const condition = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return instantOf(condition?.lastTransitionTime) ?? instantOf(node.metadata.creationTimestamp) ?? now;
}

function isBeingDeletedByOthers(node: Node, now: Instant): boolean {
  const mark = node.spec?.taints?.find(({ key }) => key === deletedByOther);
  if (mark === undefined) return false;
  const at = Number(mark.value ?? '') * 1000;
  return !(at > 0) || now - at < deletionTakes;
}

/** The annotation of somebody who wants the node to stay. */
export function forbiddenBy(node: Node): string | null {
  const { annotations } = node.metadata;
  const forbidding = [noScaleDown, doNotDisrupt].find((key) => annotations?.[key] === 'true');
  // Whose drain this was, and how far it has come, nobody can say: it is a person's to look at.
  return forbidding ?? (drainNoteOn(node).read === 'illegible' ? `${drainAnnotation}: illegible` : null);
}

/** On a node that does not answer nothing runs that could be hurt, but some of it was to stay, whatever happens. */
const staysOnDead: ReadonlySet<KeptReason> = new Set<KeptReason>([
  'ProtectedByPolicy',
  'NotSafeToEvict',
  'LocalStorage',
]);

export function candidateOf(node: Node, pods: readonly Pod[], rules: CandidateRules): Candidate | Kept {
  const { shrink, now } = rules;
  if (isBeingDeletedByOthers(node, now)) return { reason: 'BeingRemoved', by: deletedByOther };
  const forbidden = forbiddenBy(node);
  if (forbidden !== null) return { reason: 'ForbiddenByAnnotation', by: forbidden };
  const dead = unreadySince(node, now);
  if (dead !== null && shrink.unready.action === 'alert') return { reason: 'NotReady', by: null, since: dead };
  const facts = factsOf(node, pods, rules.needs);
  const { hasServer, utilization, need } = facts;
  if (!hasServer) return { reason: 'ServerUnknown', by: node.spec?.providerID ?? null };
  if (dead === null && need !== null) return need;
  if (dead === null && utilization === null) return { reason: 'AllocatableUnknown', by: 'status.allocatable' };
  const byUse = dead === null && (utilization ?? 0) > shrink.utilizationBelow;
  const inUse = dead === null ? whyInUse(node, facts, rules) : null;
  if (inUse !== null) return inUse;
  const moving = dead === null ? movingFrom(facts, rules) : leftOnDead(pods, rules);
  if (isKept(moving)) return moving;
  return { node, utilization: utilization ?? 0, byUse, moving, unreadySince: dead };
}

/** By what is requested of it and, where the policy asks, by what it uses; null: it is worth a look. */
function whyInUse(node: Node, facts: NodeFacts, { shrink, usage }: CandidateRules): Kept | null {
  const requested = facts.utilization ?? 0;
  const below = shrink.utilizationBelow;
  if (requested <= below) return usage === null ? null : heldByUse(usage, node);
  if (usage === null || isJudgedByExtended(node)) return usedTooWell(facts, requested, below);
  const kept = keptByUse(usage, node, requested);
  return kept === 'requested' ? usedTooWell(facts, requested, below) : kept;
}

function usedTooWell(facts: NodeFacts, utilization: number, below: number): Kept {
  if (facts.used?.below === below) return facts.used.kept;
  const percent = (share: number): number => Math.round(share * 100);
  const kept: Kept = { reason: 'NotUnderutilized', by: `${percent(utilization)} % > ${percent(below)} %` };
  facts.used = { below, kept };
  return kept;
}

function movingFrom(facts: NodeFacts, { shrink, movable }: CandidateRules): readonly Pod[] | Kept {
  if (facts.residents?.of !== shrink)
    facts.residents = { of: shrink, are: residentsOf(facts.pods, shrink, lookOf(facts.pods)) };
  const moving = movingOf(facts.residents.are, movable);
  return 'move' in moving ? { reason: moving.reason, by: moving.by } : moving;
}

function leftOnDead(pods: readonly Pod[], { movable }: CandidateRules): readonly Pod[] | Kept {
  const left: Pod[] = [];
  for (const pod of pods) {
    const movability = movabilityOf(pod, movable);
    if (movability.move === 'blocked' && staysOnDead.has(movability.reason))
      return { reason: movability.reason, by: movability.by };
    if (movability.move === 'evict' || movability.move === 'blocked') left.push(pod);
  }
  return left;
}
