// Which node belongs to which group, which server a node is, and where a node on its way out stands.
import type { NodeGroupPolicy } from '../../model/config.ts';
import { drainAnnotation, type DrainRecord } from '../../model/drain-record.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import type { ServerId } from '../../model/units.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const looksLikeUuid = (text: string): boolean => uuid.test(text);

/** openstack:///UUID or openstack://REGION/UUID; else the machine's own system uuid. Never a guess. */
export function serverIdOf(node: Node): ServerId | null {
  const provided = /^openstack:\/\/[^/]*\/([^/]+)$/.exec(node.spec?.providerID ?? '')?.[1];
  const candidate = provided ?? node.status?.nodeInfo?.systemUUID ?? '';
  return looksLikeUuid(candidate) ? (candidate.toLowerCase() as ServerId) : null;
}

export const nodeGroupLabel = 'magnum.openstack.org/nodegroup';
const roleLabel = 'magnum.openstack.org/role';

export const isControlPlane = (node: Node): boolean => {
  const labels = node.metadata.labels ?? {};
  return (
    labels[roleLabel] === 'master' ||
    labels['node-role.kubernetes.io/control-plane'] !== undefined ||
    labels['node-role.kubernetes.io/master'] !== undefined
  );
};

const internalAddresses = (node: Node): readonly string[] =>
  (node.status?.addresses ?? []).filter((one) => one.type === 'InternalIP').map((one) => one.address);

/** By Magnum's label, else by the addresses that Magnum knows, else by the policy's own selector. */
export function belongsTo(node: Node, group: MagnumNodeGroup, policy: NodeGroupPolicy): boolean {
  if (isControlPlane(node)) return false;
  const labels = node.metadata.labels ?? {};
  const labelled = labels[nodeGroupLabel];
  if (labelled !== undefined) return labelled === group.name;
  const addresses = group.node_addresses ?? [];
  if (internalAddresses(node).some((address) => addresses.includes(address))) return true;
  const selector = policy.nodeSelector;
  return selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);
}

export const isReady = (node: Node): boolean =>
  node.status?.conditions?.find((one) => one.type === 'Ready')?.status === 'True';

/** What springtide wrote on the node when it began to drain it; null where there is nothing, or nothing legible. */
export function drainOf(node: Node): DrainRecord | null {
  const text = node.metadata.annotations?.[drainAnnotation];
  if (text === undefined) return null;
  try {
    const record = JSON.parse(text) as Partial<DrainRecord>;
    if (typeof record.startedAt !== 'number' || typeof record.nodeGroup !== 'string') return null;
    if (record.step !== 'draining' && record.step !== 'removing') return null;
    return record as DrainRecord;
  } catch {
    return null;
  }
}
