// What a person's command looks at before it does anything: the world as the daemon sees it, group by group, as if all policies acted.
import type { Config } from '../../model/config.ts';
import { SpringtideError } from '../../model/errors.ts';
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { Memory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
import { groupStateOf, isUsable, type GroupState, type Unusable } from '../../policies/nodes/group-state.ts';
import { membershipsIn } from '../../policies/nodes/membership.ts';
import { controllersOf } from '../../policies/nodes/controllers.ts';
import type { MovableRules } from '../../policies/nodes/movable.ts';
import { proofOf, withProof } from '../../policies/nodes/removal-proof.ts';
import { podsByNode } from '../../policies/nodes/rooms.ts';
import { shrinkRules } from '../../policies/nodes/shrink-rules.ts';

export interface Scene {
  readonly snapshot: Snapshot;
  readonly config: Config;
  readonly memory: Memory;
  readonly now: Instant;
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  readonly groups: readonly GroupState[];
  /** groups that cannot be judged */
  readonly unusable: readonly Unusable[];
}

/** A person acts, whatever the mode of the policies: dry runs and switched-off modes are the daemon's. */
const acting = (group: GroupState): GroupState => ({
  ...group,
  modes: { grow: 'act', shrink: 'act', daemon: 'act' },
});

export function sceneOf(snapshot: Snapshot, config: Config, memory: Memory, now: Instant): Scene {
  const memberships = membershipsIn(snapshot, config.nodePolicies);
  const proof = proofOf(memory, snapshot);
  const states = config.nodePolicies.flatMap((document) =>
    document.spec.nodeGroups.map((policy) =>
      groupStateOf(document, policy, { snapshot, memory, config, memberships, now }),
    ),
  );
  return {
    snapshot,
    config,
    memory,
    now,
    podsOn: podsByNode(snapshot.kubernetes),
    groups: states
      .filter(isUsable)
      .map((group) => acting({ ...group, memory: withProof(group.memory, proof, group.policy.name) })),
    unusable: states.filter((state): state is Unusable => !isUsable(state)),
  };
}

export const rulesIn = ({ snapshot, now }: Scene, group: GroupState): MovableRules => ({
  shrink: shrinkRules(group),
  budgets: snapshot.kubernetes.poddisruptionbudgets ?? [],
  controllers: controllersOf(snapshot.kubernetes),
  now,
});

export const nodeIn = ({ snapshot }: Scene, name: string): Node | null =>
  snapshot.kubernetes.nodes?.find(({ metadata }) => metadata.name === name) ?? null;

export const groupOf = ({ groups }: Scene, node: string): GroupState | null =>
  groups.find(({ nodes }) => nodes.some(({ metadata }) => metadata.name === node)) ?? null;

/** Nothing may be done to what cannot be seen. */
export function requireSeen({ snapshot }: Scene): void {
  const { nodes, pods, poddisruptionbudgets } = snapshot.kubernetes;
  if (nodes !== undefined && pods !== undefined && poddisruptionbudgets !== undefined) return;
  const failed = snapshot.errors.filter(({ source }) => source === 'kubernetes');
  throw new SpringtideError({
    code: 'WorldUnreadable',
    what: failed.map(({ what, message }) => `${what}: ${message}`).join('; ') || 'nodes, pods or budgets are missing',
    mend: 'check the address, the credential and its rights',
  });
}
