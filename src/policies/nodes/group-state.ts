// One node group as a tick sees it: Magnum's word, its nodes, what was ordered and what is on its way out.
import type { Config, NodeGroupPolicy, NodePolicyDocument } from '../../model/config.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node } from '../../model/kubernetes.ts';
import { emptyGroupMemory, type GroupMemory, type Memory } from '../../model/memory.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import { parseQuantity } from '../../model/quantity.ts';
import { mostCautious } from '../pods/target-look.ts';
import { switchedOff } from '../pods/holds.ts';
import type { Mode } from '../../model/plan.ts';
import type { NodeReason } from '../../model/reason.ts';
import type { ControlFacts, Snapshot } from '../../model/snapshot.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { foreignUpdate, isAtOurOrder } from './foreign-update.ts';
import { expectedBoot, overdueNodes, provisionTimeoutOf } from './boot-time.ts';
import { hasFallen } from './has-fallen.ts';
import { isReady, type Memberships } from './membership.ts';
import { isToldByNodes, otherActors, unwelcome, withCountSeen, type OtherActor } from './other-actors.ts';
import { scheduledOf, type ScheduledGroup } from './node-schedule.ts';
import type { Nodeless } from './never-registered.ts';
import { mayStillShow } from './shows-within.ts';

/** What is known of a group whether it can be read now or not. */
export interface KnownGroup {
  readonly document: NodePolicyDocument;
  readonly policy: NodeGroupPolicy;
  readonly memory: GroupMemory;
  readonly draining: readonly Node[];
  /** what the policy's schedule asks of it now, or will by the time that a node ordered now has come */
  readonly scheduled: ScheduledGroup;
  /** who else changes this group without the policy's consent: nothing is done to it then */
  readonly others: readonly OtherActor[];
  readonly modes: { readonly grow: Mode; readonly shrink: Mode; readonly daemon: Mode };
}

export interface GroupState extends KnownGroup {
  readonly magnum: MagnumNodeGroup;
  readonly nodes: readonly Node[];
  /** Ready, with everything that the policy waits for */
  readonly ready: readonly Node[];
  /** Ready, but without the resources that the policy waits for, or with a taint that has to pass first */
  readonly arriving: readonly Node[];
  /** what Magnum is to reach: its count, or our own order that it does not show yet */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly updating: boolean;
  /** an update that is not ours, in Magnum's words; null: there is none */
  readonly foreign: string | null;
  /** of those, not Ready */
  readonly missing: number;
  /** of the missing: nodes that were Ready and are not any more */
  readonly fallen: number;
  /** of those, never to come by themselves: the update that was to make them has failed */
  readonly lost: number;
  /** ordered and not Ready yet, within the provision timeout */
  readonly upcoming: number;
  /** ordered longer ago than that */
  readonly overdue: number;
  /** nodes that may be its own or another group's: they count for none */
  readonly ambiguous: readonly { readonly node: string; readonly groups: readonly string[] }[];
  /** servers that never became nodes, where the policy gives such back */
  readonly nodeless: Nodeless;
  /** who holds a place, does not answer, and leaves once another has come: they bear nothing of the minimum */
  readonly replaceable: readonly string[];
  /** the person's switch that holds a way now; null: that way is free */
  readonly switches: { readonly grow: ControlFacts | null; readonly shrink: ControlFacts | null };
}

export interface Unusable extends KnownGroup {
  readonly reason: NodeReason;
  readonly why: string;
}

export interface GroupFacts {
  readonly snapshot: Snapshot;
  readonly memory: Memory;
  readonly config: Config;
  readonly memberships: Memberships;
  readonly now: Instant;
}

const tighter = (own: number, theirs: number | null | undefined): number =>
  theirs === null || theirs === undefined || theirs === 0 ? own : Math.min(own, theirs);

/** Whether the node has all that the policy waits for beyond being Ready: a device plugin's resources, startup taints gone. */
function isWhole(node: Node, { ready }: NodeGroupPolicy): boolean {
  if (ready === undefined) return true;
  const allocatable = node.status?.allocatable ?? {};
  return (
    ready.resources.every((name) => (parseQuantity(allocatable[name]) ?? 0) > 0) &&
    !(node.spec?.taints ?? []).some((taint) => ready.ignoreTaints.includes(taint.key))
  );
}

const modesIn = ({ daemon }: Config, { grow, shrink }: NodePolicyDocument['spec']['mode']): KnownGroup['modes'] => ({
  grow: mostCautious(daemon.mode, grow),
  shrink: mostCautious(daemon.mode, shrink),
  daemon: daemon.mode,
});

const isWriting = (mode: Mode): boolean => mode === 'act' || mode === 'confirm';

export function groupStateOf(
  document: NodePolicyDocument,
  policy: NodeGroupPolicy,
  { snapshot, memory, config, memberships, now }: GroupFacts,
): GroupState | Unusable {
  const { control } = snapshot;
  const before = memory.groups[policy.name] ?? emptyGroupMemory;
  const scheduledWith = (known: GroupMemory): ScheduledGroup =>
    scheduledOf(document, policy, now, (expectedBoot(known) + config.daemon.interval) as Milliseconds);
  const unusable = (reason: NodeReason, why: string): Unusable => ({
    document,
    policy,
    memory: before,
    // Without its members only the records say whose drains they are.
    draining: (snapshot.kubernetes.nodes ?? []).filter((node) => drainOf(node)?.nodeGroup === policy.name),
    scheduled: scheduledWith(before),
    others: [],
    modes: modesIn(config, document.spec.mode),
    reason,
    why,
  });
  const switchFor = (way: 'nodes.grow' | 'nodes.shrink'): ControlFacts | null =>
    control !== undefined && switchedOff(control, way, now) ? control : null;
  const { nodegroups } = snapshot.magnum;
  const { nodes, pods } = snapshot.kubernetes;
  const failed = (source: 'magnum' | 'kubernetes'): string =>
    snapshot.errors
      .filter((error) => error.source === source)
      .map((error) => `${error.what}: ${error.message}`)
      .join('; ');
  if (nodegroups === undefined) return unusable('MagnumUnreadable', failed('magnum'));
  if (nodes === undefined || pods === undefined) return unusable('KubernetesUnreadable', failed('kubernetes'));
  const magnum = nodegroups.find((group) => group.name === policy.name || group.uuid === policy.name);
  const unread = snapshot.errors.find(
    (error) => error.source === 'magnum' && error.what === `nodegroup ${policy.name}`,
  );
  if (magnum === undefined && unread !== undefined) return unusable('MagnumUnreadable', unread.message);
  if (magnum === undefined)
    return unusable('GroupNotFound', `Magnum has ${nodegroups.map((group) => group.name).join(', ')}`);
  if (magnum.role === 'master') return unusable('GroupIsMaster', magnum.name);

  const members = memberships.members.get(magnum.uuid) ?? [];
  const isExplained = switchFor('nodes.grow') !== null || isToldByNodes(members, magnum, now);
  const known = withCountSeen(before, magnum, before.sent, now, isExplained);
  const ambiguous = memberships.ambiguous.filter(({ groups }) => groups.includes(magnum.name));
  const actors = otherActors({ group: magnum, nodes: members, snapshot, memory: known, now });
  const written = document.spec.mode;
  const mayWrite = [written.grow, written.shrink].some((one) => isWriting(mostCautious(config.daemon.mode, one)));
  // A rehearsal fights nobody: it may run beside another autoscaler, and be compared with it.
  const others = mayWrite ? unwelcome(actors, document.spec.coexist) : [];
  // Not fought: as if the policy had switched both ways off, until the other one is gone.
  const mode = others.length > 0 ? ({ grow: 'off', shrink: 'off' } as const) : written;
  const isUp = members.filter(isReady);
  const ready = policy.ready === undefined ? isUp : isUp.filter((node) => isWhole(node, policy));
  const arriving = policy.ready === undefined ? [] : isUp.filter((node) => !isWhole(node, policy));
  const draining = members.filter((node) => drainOf(node) !== null);
  const { sent } = known;
  const unseen = sent !== null && mayStillShow(sent, now) && magnum.node_count === sent.from && !sent.begun;
  const count = unseen ? sent.to : magnum.node_count;
  const removing = ready.filter((node) => drainOf(node)?.step === 'removing').length;
  // Victims of a resize that is under way are no longer in Magnum's count, but may still be Ready nodes.
  const standing = ready.length - (count < members.length ? Math.min(removing, members.length - count) : 0);
  const missing = Math.max(0, count - standing);
  const hasFailed = /_FAILED$/.test(magnum.status ?? '') && !unseen;
  const lost = hasFailed ? Math.max(0, count - members.length) : 0;
  const timeout = provisionTimeoutOf(document.spec.growth.provisionTimeout, known);
  const leaving = new Set(draining);
  const fallen = members.filter((node) => hasFallen(node, memory) && !leaving.has(node)).length;
  // Those that have fallen were never ordered: they are none of those that are overdue, or that an update has not made.
  const coming = Math.max(0, missing - fallen);
  // Nobody may still wait for these: they have run out of their time.
  const overdue = Math.min(coming, overdueNodes(known, timeout, now));
  const updating = /_IN_PROGRESS$/.test(magnum.status ?? '');
  // What another group is at, ours or not, shows on the cluster as well, and is no reason to wait with this one.
  const explained =
    isAtOurOrder(config, nodegroups, memory) ||
    nodegroups.some((other) => other.uuid !== magnum.uuid && /_IN_PROGRESS$/.test(other.status ?? ''));
  const scheduled = scheduledWith(known);
  return {
    document,
    policy,
    magnum,
    memory: known,
    nodes: members,
    ready,
    arriving,
    draining,
    count,
    min: Math.max(scheduled.min, magnum.min_node_count ?? 0),
    max: tighter(scheduled.max, magnum.max_node_count),
    scheduled,
    updating,
    foreign: foreignUpdate({ magnum, memory: known, updating, draining }, snapshot.magnum.cluster, explained),
    missing,
    fallen,
    lost,
    upcoming: Math.max(0, coming - Math.max(overdue, lost)),
    overdue,
    others,
    ambiguous,
    modes: modesIn(config, mode),
    nodeless: { servers: [], unknown: null },
    replaceable: [],
    switches: { grow: switchFor('nodes.grow'), shrink: switchFor('nodes.shrink') },
  };
}

export const isUsable = (group: GroupState | Unusable): group is GroupState => 'magnum' in group;
