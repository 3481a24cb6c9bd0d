// Whether Magnum is known to remove the servers that it is told to: Heat's driver is, any other has to prove it once.
import type { GroupMemory, Memory, RemovalProof } from '../../model/memory.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumCluster } from '../../model/openstack.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
import { driverOf, nodeGroupLabel, stackNameOf } from './driver-habits.ts';
import type { GroupState } from './group-state.ts';
import { shrinkRules } from './shrink-rules.ts';

export type RemovalStanding =
  /** by its driver, by a removal that was seen through, or because the policy says so */
  | { readonly proven: true; readonly by: 'driver' | 'removal' | 'policy' }
  | { readonly proven: false; readonly why: 'unproven' | 'refuted' | 'forbidden' };

type Judged = Pick<GroupState, 'nodes' | 'document' | 'policy'> & { readonly memory: Pick<GroupMemory, 'removal'> };

/**
 * Its label on the nodes, and a stack that is one of Heat's: an unreadable stack leaves the group's own label to tell. One
 * driver serves a cluster: beside Heat's stack the label on any of its nodes, masters too, speaks for a group without one.
 */
function isHeat(nodes: GroupState['nodes'], { kubernetes, magnum: { cluster } }: Snapshot): boolean {
  const isLabelled = (node: Node): boolean => node.metadata.labels?.[nodeGroupLabel] !== undefined;
  if (driverOf(cluster) !== 'heat') return stackNameOf(cluster) === null && nodes.some(isLabelled);
  return nodes.some(isLabelled) || (nodes.length === 0 && (kubernetes.nodes ?? []).some(isLabelled));
}

export function removalStanding(group: Judged, snapshot: Snapshot): RemovalStanding {
  const { removal } = shrinkRules(group);
  if (removal === 'never') return { proven: false, why: 'forbidden' };
  if (group.memory.removal === 'refuted') return { proven: false, why: 'refuted' };
  if (group.memory.removal === 'proven') return { proven: true, by: 'removal' };
  if (removal === 'byServerId') return { proven: true, by: 'policy' };
  return isHeat(group.nodes, snapshot) ? { proven: true, by: 'driver' } : { proven: false, why: 'unproven' };
}

/** The newest of what this memory and people have seen of this very cluster; one that was made anew begins anew. */
export function proofOf(memory: Pick<Memory, 'removalProof'>, snapshot: Snapshot): RemovalProof | null {
  const uuid = snapshot.magnum.cluster?.uuid;
  const known = [memory.removalProof, ...(snapshot.control?.removalProofs ?? [])].filter(
    (proof) => proof !== undefined && proof.cluster === uuid,
  );
  return known.reduce<RemovalProof | null>(
    (newest, proof) => (proof !== undefined && (newest === null || proof.at > newest.at) ? proof : newest),
    null,
  );
}

/** What the cluster's proof means for one group: a wrong removal of its own weighs more than an older proof. */
export function withProof(memory: GroupMemory, proof: RemovalProof | null, group: string): GroupMemory {
  if (proof === null || memory.removal === 'proven') return memory;
  if (memory.removal === 'unproven') return { ...memory, removal: 'proven' };
  const isNewer = proof.group === group && proof.at > (memory.refutedAt ?? Infinity);
  return isNewer ? { ...memory, removal: 'proven' } : memory;
}

/**
 * What is remembered for the cluster after this tick: a removal that was seen through in one group speaks for all, because
 * one driver serves them; a wrong one takes that word back for those that have not proven it themselves.
 */
export function proofAfter(
  proof: RemovalProof | null,
  before: Pick<Memory, 'groups' | 'removalProof'>,
  groups: readonly { readonly policy: { readonly name: string }; readonly memory: GroupMemory }[],
  cluster: MagnumCluster | undefined,
  now: Instant,
): RemovalProof | null {
  const refuted = Math.max(
    ...groups.map(({ memory }) => (memory.removal === 'refuted' ? (memory.refutedAt ?? 0) : -1)),
  );
  // Which cluster this is could not be asked now: that takes nothing back of what was seen.
  const known = cluster === undefined ? (before.removalProof ?? null) : proof;
  const standing = known !== null && known.at > refuted ? known : null;
  const learned = groups.find(
    ({ policy, memory }) =>
      memory.removal === 'proven' && (before.groups[policy.name]?.removal ?? 'unproven') === 'unproven',
  );
  if (standing !== null || learned === undefined || cluster === undefined || refuted >= 0) return standing;
  return { cluster: cluster.uuid, group: learned.policy.name, at: now, by: 'springtide' };
}
