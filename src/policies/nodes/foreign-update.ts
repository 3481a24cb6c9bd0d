// An update of the cloud's that is not ours: an upgrade, a certificate rotation, an auto-healer, a person's resize. It is waited for.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { Config } from '../../model/config.ts';
import type { GroupMemory, Memory } from '../../model/memory.ts';
import type { MagnumCluster, MagnumNodeGroup } from '../../model/openstack.ts';
import type { ResizedOver } from '../../model/plan.ts';

export interface UpdatedGroup {
  readonly magnum: MagnumNodeGroup;
  readonly memory: GroupMemory;
  readonly updating: boolean;
  readonly draining: readonly Node[];
}

/** A removal is announced on its nodes before it is sent: they tell of it also to who has forgotten that it was. */
export const announcedRemovals = ({ draining, magnum }: Pick<UpdatedGroup, 'draining' | 'magnum'>): number =>
  draining.filter((node) => {
    const record = drainOf(node);
    return record?.step === 'removing' && record.countAfter === magnum.node_count;
  }).length;

/** The update that Magnum shows is the one that this daemon, or a person with its commands, has sent. */
export const isOwnUpdate = (group: Pick<UpdatedGroup, 'memory' | 'magnum' | 'draining'>): boolean =>
  group.memory.sent?.to === group.magnum.node_count || announcedRemovals(group) > 0;

const isUnderWay = (status: string | undefined): boolean => /_IN_PROGRESS$/.test(status ?? '');

/** What a resize that is decided now goes out over, where nothing of it is somebody else's. */
export function resizedOver(
  { updating }: Pick<UpdatedGroup, 'updating'>,
  cluster: MagnumCluster | undefined,
): ResizedOver {
  if (updating) return 'ownResize';
  return isUnderWay(cluster?.status) ? 'otherGroups' : 'nothing';
}

/** What Magnum itself says of it, as far as it says anything. */
const inWords = (what: string, status: string | undefined, reason: string | null | undefined): string =>
  // While the new one goes on Magnum still shows how the last one ended.
  [`${what} ${status ?? ''}`, ...(reason && !/completed successfully/i.test(reason) ? [reason] : [])].join(': ');

/**
 * Whether an order of our own shows on the cluster. Only groups that a policy names and that Magnum has are asked: what was
 * sent to any other is settled by nobody, and would explain every update from then on.
 */
export function isAtOurOrder(
  config: Pick<Config, 'nodePolicies'>,
  nodegroups: readonly MagnumNodeGroup[],
  { groups }: Pick<Memory, 'groups'>,
): boolean {
  const hasGroup = (name: string): boolean => nodegroups.some((one) => one.name === name || one.uuid === name);
  return config.nodePolicies.some(({ spec }) =>
    spec.nodeGroups.some(({ name }) => (groups[name]?.sent ?? null) !== null && hasGroup(name)),
  );
}

/** null: nobody else is at it. `explained`: a group's own update, which the cluster shows as well, is under way. */
export function foreignUpdate(
  group: UpdatedGroup,
  cluster: MagnumCluster | undefined,
  explained: boolean,
): string | null {
  const { magnum } = group;
  if (group.updating) {
    if (isOwnUpdate(group)) return null;
    return inWords(magnum.name, magnum.status, magnum.status_reason);
  }
  if (cluster === undefined || explained || !isUnderWay(cluster.status)) return null;
  return inWords('cluster', cluster.status, cluster.status_reason);
}
