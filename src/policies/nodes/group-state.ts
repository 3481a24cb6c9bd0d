// One node group as a tick sees it: Magnum's word, its nodes, what was ordered and what is on its way out.
import type { Config, NodeGroupPolicy, NodePolicyDocument } from '../../model/config.ts';
import type { Node } from '../../model/kubernetes.ts';
import { emptyGroupMemory, type GroupMemory, type Memory } from '../../model/memory.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import { mostCautious } from '../pods/target-look.ts';
import { switchedOff } from '../pods/holds.ts';
import type { Mode } from '../../model/plan.ts';
import type { NodeReason } from '../../model/reason.ts';
import type { ControlFacts, Snapshot } from '../../model/snapshot.ts';
import { instantOf, minutes, type Instant } from '../../model/units.ts';
import { provisionTimeoutOf } from './boot-time.ts';
import { belongsTo, drainOf, isReady } from './membership.ts';

export interface GroupState {
  readonly document: NodePolicyDocument;
  readonly policy: NodeGroupPolicy;
  readonly magnum: MagnumNodeGroup;
  readonly memory: GroupMemory;
  readonly nodes: readonly Node[];
  readonly ready: readonly Node[];
  readonly draining: readonly Node[];
  /** what Magnum is to reach: its count, or our own order that it does not show yet */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly updating: boolean;
  /** of those, not Ready */
  readonly missing: number;
  /** ordered and not Ready yet, within the provision timeout */
  readonly upcoming: number;
  /** ordered longer ago than that */
  readonly overdue: number;
  readonly modes: { readonly grow: Mode; readonly shrink: Mode; readonly daemon: Mode };
  /** the person's switch that holds a way now; null: that way is free */
  readonly switches: { readonly grow: ControlFacts | null; readonly shrink: ControlFacts | null };
}

export interface Unusable {
  readonly document: NodePolicyDocument;
  readonly policy: NodeGroupPolicy;
  readonly reason: NodeReason;
  readonly why: string;
}

/** A resize that was accepted may not show for a moment; after this long without a trace it was dropped. */
const showsWithin = minutes(1);

const tighter = (own: number, theirs: number | null | undefined): number =>
  theirs === null || theirs === undefined || theirs === 0 ? own : Math.min(own, theirs);

/** Orders that nobody may still wait for have run out of their time. */
function overdueOf(memory: GroupMemory, missing: number, timeout: number, now: Instant): number {
  const late = memory.ordered.reduce((sum, order) => (now - order.at > timeout ? sum + order.count : sum), 0);
  return Math.min(missing, late);
}

export function groupStateOf(
  document: NodePolicyDocument,
  policy: NodeGroupPolicy,
  snapshot: Snapshot,
  memory: Memory,
  config: Config,
  now: Instant,
): GroupState | Unusable {
  const unusable = (reason: NodeReason, why: string): Unusable => ({ document, policy, reason, why });
  const { control } = snapshot;
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

  const known = memory.groups[policy.name] ?? emptyGroupMemory;
  const members = nodes.filter((node) => belongsTo(node, magnum, policy));
  const ready = members.filter(isReady);
  const draining = members.filter((node) => drainOf(node) !== null);
  const { sent } = known;
  const unseen = sent !== null && now - sent.at < showsWithin && magnum.node_count === sent.from && !sent.begun;
  const count = unseen ? sent.to : magnum.node_count;
  const removing = ready.filter((node) => drainOf(node)?.step === 'removing').length;
  // Victims of a resize that is under way are no longer in Magnum's count, but may still be Ready nodes.
  const standing = ready.length - (count < members.length ? Math.min(removing, members.length - count) : 0);
  const missing = Math.max(0, count - standing);
  const overdue = overdueOf(known, missing, provisionTimeoutOf(document.spec.growth.provisionTimeout, known), now);
  const unreadyForLong = members.filter((node) => {
    const condition = node.status?.conditions?.find((one) => one.type === 'Ready');
    const changed = instantOf(condition?.lastTransitionTime);
    const born = instantOf(node.metadata.creationTimestamp);
    const fell = condition?.status !== 'True' && changed !== null && born !== null && changed - born > 300_000;
    return fell && !draining.includes(node);
  }).length;
  return {
    document,
    policy,
    magnum,
    memory: known,
    nodes: members,
    ready,
    draining,
    count,
    min: Math.max(policy.min, magnum.min_node_count ?? 0),
    max: tighter(policy.max, magnum.max_node_count),
    updating: /_IN_PROGRESS$/.test(magnum.status ?? ''),
    missing,
    upcoming: Math.max(0, missing - Math.max(overdue, unreadyForLong)),
    overdue,
    modes: {
      grow: mostCautious(config.daemon.mode, document.spec.mode.grow),
      shrink: mostCautious(config.daemon.mode, document.spec.mode.shrink),
      daemon: config.daemon.mode,
    },
    switches: { grow: switchFor('nodes.grow'), shrink: switchFor('nodes.shrink') },
  };
}

export const isUsable = (group: GroupState | Unusable): group is GroupState => 'magnum' in group;

/** The update that Magnum shows is the one that this daemon sent. */
export const isOwnUpdate = (group: GroupState): boolean =>
  group.memory.sent !== null && group.magnum.node_count === group.memory.sent.to;
