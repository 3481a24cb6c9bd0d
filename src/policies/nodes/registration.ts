// Servers of a group that no Node stands for: how many is known from Magnum and Kubernetes, which ones from Nova alone.
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumCluster, MagnumNodeGroup, NovaServer } from '../../model/openstack.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { groupsInName, isHeatNameOf, looksLikeUuid, stackNameOf } from './driver-habits.ts';
import { isControlPlane, serverIdOf } from './membership.ts';

export interface Unregistered {
  /** what Magnum counts, less the nodes that are registered */
  readonly count: number;
  /** null: nobody can say which ones */
  readonly servers: readonly NovaServer[] | null;
  /** why nobody can say it; null: the servers are named */
  readonly why: string | null;
}

const addressesOf = (server: NovaServer): readonly string[] =>
  Object.values(server.addresses ?? {}).flatMap((network) => network.map(({ addr }) => addr));

/** Whose a server is: by an address that Magnum knows, else by its name, as the drivers write them. */
function isServerOf(
  server: NovaServer,
  group: MagnumNodeGroup,
  groups: readonly MagnumNodeGroup[],
  cluster: MagnumCluster | undefined,
  taken: ReadonlySet<string>,
): boolean {
  const addresses = addressesOf(server);
  // Each cluster has a network of its own, and most of them use the same addresses.
  if (addresses.some((address) => taken.has(address))) return false;
  const owner = groups.find((one) => addresses.some((address) => one.node_addresses?.includes(address)));
  if (owner !== undefined) return owner.uuid === group.uuid;
  const name = server.name ?? '';
  const stack = stackNameOf(cluster);
  if (stack !== null && !looksLikeUuid(stack)) {
    const told = groupsInName(
      name,
      stack,
      groups.map((one) => one.name),
    );
    return told.length === 1 && told[0] === group.name;
  }
  const fitting =
    cluster?.name === undefined ? [] : groups.filter((one) => isHeatNameOf(name, cluster.name ?? '', one));
  return fitting.length === 1 && fitting[0]?.uuid === group.uuid;
}

const heatNumber = /-node-\d+$/;
const heatMaster = /-master-\d+$/;

/**
 * Whether it is one of this very cluster's, and not of another one of the same name: an id that Heat does not know costs a
 * healthy node in its place. Its name shares the stack with one that is a node, or a Cluster API driver has made it unique.
 * The default group is of the masters' own stack: there it is enough that one of them is a node. Other groups have their own.
 */
export function isSurelyOf(
  server: NovaServer,
  { nodes, magnum }: { readonly nodes: readonly Node[]; readonly magnum: MagnumNodeGroup },
  { kubernetes, magnum: { cluster } }: Snapshot,
): boolean {
  const stack = stackNameOf(cluster);
  const name = server.name ?? '';
  if (stack !== null && !looksLikeUuid(stack)) return name.startsWith(`${stack}-`);
  if (!heatNumber.test(name)) return false;
  const own = name.replace(heatNumber, '');
  const shares = (kind: RegExp) => (node: Node) =>
    kind.test(node.metadata.name) && node.metadata.name.replace(kind, '') === own;
  if (nodes.some(shares(heatNumber))) return true;
  const masters = (kubernetes.nodes ?? []).filter(isControlPlane);
  return magnum.is_default === true && masters.some(shares(heatMaster));
}

export function serversWithoutNode(
  group: { readonly magnum: MagnumNodeGroup; readonly nodes: readonly Node[] },
  snapshot: Snapshot,
): Unregistered {
  const { magnum, nodes } = group;
  const count = Math.max(0, magnum.node_count - nodes.length);
  if (count === 0) return { count, servers: [], why: null };
  const { servers } = snapshot.nova;
  if (servers === undefined) {
    const told = snapshot.errors.find(({ source }) => source === 'nova')?.message;
    return { count, servers: null, why: `Nova's servers cannot be read${told === undefined ? '' : `: ${told}`}` };
  }
  const here = snapshot.kubernetes.nodes ?? [];
  const registered = new Set<string | null>(here.map(serverIdOf));
  const taken = new Set(here.flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address)));
  const groups = (snapshot.magnum.nodegroups ?? []).filter((one) => one.role !== 'master');
  const unclaimed = servers.filter(
    (server) =>
      !registered.has(server.id.toLowerCase()) &&
      server.status !== 'DELETED' &&
      isServerOf(server, magnum, groups, snapshot.magnum.cluster, taken),
  );
  // More names than places: some are on their way out, and which ones is not for guessing.
  if (unclaimed.length > count)
    return {
      count,
      servers: null,
      why: `${unclaimed.length} servers look like ${magnum.name}'s and have no Node, and ${count} are missing`,
    };
  return { count, servers: unclaimed, why: null };
}
