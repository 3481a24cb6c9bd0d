// The habits of Magnum's drivers as far as they show in names and labels: Heat's, magnum-capi-helm's and magnum-cluster-api's.
import type { Node, Taint } from '../../model/kubernetes.ts';
import type { MagnumCluster, MagnumNodeGroup } from '../../model/openstack.ts';

type Labels = Readonly<Record<string, string>>;

/** Named as their projects are: openstack/magnum-capi-helm and vexxhost/magnum-cluster-api. */
export type Driver = 'heat' | 'magnum-capi-helm' | 'magnum-cluster-api';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const looksLikeUuid = (text: string): boolean => uuid.test(text);

export const nodeGroupLabel = 'magnum.openstack.org/nodegroup';
const clusterApiLabel = 'node.cluster.x-k8s.io/nodegroup';
const usualChartLabel = 'capi.stackhpc.com/node-group';
/** The prefix of the chart's labels is a value of the chart. */
const chartLabel = /^capi\.[a-z0-9.-]+\/node-group$/;

export const clusterNameAnnotation = 'cluster.x-k8s.io/cluster-name';
const machineAnnotation = 'cluster.x-k8s.io/machine';
const ownerAnnotation = 'cluster.x-k8s.io/owner-name';

/** Heat's stack, or the name that a Cluster API driver has given the cluster; null: Magnum does not say. */
export const stackNameOf = (cluster: MagnumCluster | undefined): string | null =>
  cluster?.stack_id ?? cluster?.cluster_id ?? null;

/** Known by the form of its stack's name: a uuid, kube- and five letters, or the cluster's name with a tail. */
export function driverOf(cluster: MagnumCluster | undefined): Driver | null {
  const stack = stackNameOf(cluster);
  if (stack === null || stack === '') return null;
  if (looksLikeUuid(stack)) return 'heat';
  return /^kube-[a-z0-9]{5}$/.test(stack) ? 'magnum-cluster-api' : 'magnum-capi-helm';
}

/** As both Cluster API drivers write a group's name into those of its machines. */
const sanitizedName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** The groups that a node's labels name, by whichever driver set them. */
export function groupsInLabels(labels: Labels): readonly string[] {
  const named: string[] = [];
  for (const key in labels) {
    const isOne =
      key === nodeGroupLabel || key === clusterApiLabel || (key.startsWith('capi.') && chartLabel.test(key));
    const value = labels[key];
    if (isOne && value !== undefined) named.push(value);
  }
  return named;
}

/** Whether a label's value means this group: the chart's is the sanitized name. */
export const meansGroup = (value: string, name: string): boolean => value === name || value === sanitizedName(name);

/** Names that tell of a Machine: the node's own and those of its owners, the most telling first. */
export function machineNamesOf(node: Node): readonly string[] {
  const annotations = node.metadata.annotations ?? {};
  return [annotations[machineAnnotation], annotations[ownerAnnotation], node.metadata.name].filter(
    (name) => name !== undefined,
  );
}

/** What Kubernetes makes names unique with: no vowels, so that no word comes of it. */
const generated = /^(?:infra-)?[bcdfghjklmnpqrstvwxz2456789]{4,10}(?:-[bcdfghjklmnpqrstvwxz2456789]{4,10}){0,2}$/;
/** Older controllers wrote hashes as numbers: letters are not told from words, but a digit is no word. */
const perhapsGenerated = /^(?:infra-)?(?=[a-z0-9]*\d)[a-z0-9]{4,12}(?:-(?=[a-z0-9]*\d)[a-z0-9]{4,12}){0,2}$/;

function tailsOf(machine: string, stack: string | null, group: string): readonly string[] {
  const name = sanitizedName(group);
  if (stack !== null) {
    const head = `${stack}-${name}-`;
    return machine.startsWith(head) ? [machine.slice(head.length)] : [];
  }
  // The cluster's name in front is not known: any will do, as long as there is one.
  const tails: string[] = [];
  for (let from = machine.indexOf(`-${name}-`); from > 0; from = machine.indexOf(`-${name}-`, from + 1))
    tails.push(machine.slice(from + name.length + 2));
  return tails;
}

/** Which of the groups a machine's name tells of: STACK-GROUP-HASH-RANDOM. More than one: the name does not decide. */
export function groupsInName(machine: string, stack: string | null, groups: readonly string[]): readonly string[] {
  const fitting = (form: RegExp): readonly string[] =>
    groups.filter((group) => tailsOf(machine, stack, group).some((tail) => form.test(tail)));
  const sure = fitting(generated);
  return sure.length > 0 ? sure : fitting(perhapsGenerated);
}

/** Heat's servers: CLUSTER-ID-node-3 of the default group, CLUSTER-GROUP-ID-node-3 of the others. */
export function isHeatNameOf(server: string, cluster: string, group: MagnumNodeGroup): boolean {
  const rest = /^(.*)-node-\d+$/.exec(server)?.[1];
  if (rest === undefined || !rest.startsWith(`${cluster}-`)) return false;
  const middle = rest.slice(cluster.length + 1);
  if (middle === group.name || middle.startsWith(`${group.name}-`))
    return middle === group.name || /^[a-z0-9]{8,12}$/.test(middle.slice(group.name.length + 1));
  return group.is_default === true && /^[a-z0-9]{12}$/.test(middle);
}

const effects = new Set(['NoSchedule', 'PreferNoSchedule', 'NoExecute']);

function taintOf(given: NonNullable<MagnumNodeGroup['node_taints']>[number]): Taint | null {
  const parts =
    typeof given === 'string' ? /^(?<key>[^=:]+)(?:=(?<value>[^:]*))?:(?<effect>\w+)$/.exec(given)?.groups : given;
  const { key, value, effect } = parts ?? {};
  if (key === undefined || effect === undefined || !effects.has(effect)) return null;
  return { key, effect, ...(value === undefined ? {} : { value }) };
}

/** What a node of the group will be registered with as far as Magnum and the driver's habits tell: for groups without a node. */
export function futureNodeOf(
  group: MagnumNodeGroup,
  cluster: MagnumCluster | undefined,
): { readonly labels: Labels; readonly taints: readonly Taint[] } {
  const own = (): Labels => {
    switch (driverOf(cluster)) {
      case 'heat':
      case null:
        return { [nodeGroupLabel]: group.name };
      case 'magnum-capi-helm':
        return { [usualChartLabel]: sanitizedName(group.name) };
      case 'magnum-cluster-api':
        return { [clusterApiLabel]: group.name, [`node-role.kubernetes.io/${group.role ?? 'worker'}`]: '' };
    }
  };
  return {
    labels: { ...own(), ...group.node_labels },
    taints: (group.node_taints ?? []).flatMap((taint) => taintOf(taint) ?? []),
  };
}
