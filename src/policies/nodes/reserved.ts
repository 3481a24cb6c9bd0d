// What a VM keeps for itself: the share of a flavor that the pods of a new node will not get.
import type { NodeGroupPolicy } from '../../model/config.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumCluster, MagnumNodeGroup, NovaFlavor } from '../../model/openstack.ts';
import { parseMilli } from '../../model/quantity.ts';
import type { Requests } from '../pod-facts.ts';
import { allocatableOf } from './room.ts';

const mebi = 2 ** 20 * 1000;
const gibi = 2 ** 30 * 1000;
const resources = ['cpu', 'memory', 'ephemeral-storage'] as const;

/** In thousandths, as everything that is placed. */
export const wholeOf = ({ vcpus, ram, disk }: NovaFlavor): Requests => ({
  ...(vcpus === undefined ? {} : { cpu: vcpus * 1000 }),
  ...(ram === undefined ? {} : { memory: ram * mebi }),
  // 0: the disk is a volume, whose size the flavor does not say.
  ...(disk === undefined || disk === 0 ? {} : { 'ephemeral-storage': disk * gibi }),
});

/** The kubelet evicts pods below this much memory, or this share of the disk, unless it is told otherwise. */
const evictsBelow = { memory: '100Mi', 'ephemeral-storage': '10%' };

/** "cpu=100m,memory=512Mi", "memory.available<200Mi" */
function amountsIn(text: string): Readonly<Record<string, string>> {
  const amounts: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [, name, amount] = /^\s*([\w.-]+?)(?:\.available)?\s*[=<]\s*([\w.%]+)\s*$/.exec(part) ?? [];
    if (name !== undefined && amount !== undefined) amounts[name === 'nodefs' ? 'ephemeral-storage' : name] = amount;
  }
  return amounts;
}

function optionIn(options: string, name: string): Readonly<Record<string, string>> | null {
  const found = new RegExp(`--${name}[= ]["']?([^"' ]+)`).exec(options)?.[1];
  return found === undefined ? null : amountsIn(found);
}

/** Null: it is no amount. A share is one of the whole. */
function milliOf(text: string | undefined, whole: number): number {
  if (text === undefined) return 0;
  const percent = /^([\d.]+)%$/.exec(text)?.[1];
  return percent === undefined ? (parseMilli(text) ?? 0) : (Number(percent) / 100) * whole;
}

/** As the cluster's kubelets are told to, by Magnum's label for their options. */
function configured(options: string, whole: Requests): Requests {
  const parts = [
    optionIn(options, 'kube-reserved') ?? {},
    optionIn(options, 'system-reserved') ?? {},
    { ...evictsBelow, ...optionIn(options, 'eviction-hard') },
  ];
  const kept: Record<string, number> = {};
  for (const name of resources) {
    const all = whole[name] ?? 0;
    kept[name] = parts.reduce((sum, part: Readonly<Record<string, string>>) => sum + milliOf(part[name], all), 0);
  }
  return kept;
}

/** What a live node of the same flavor lacks of it. */
function learned(node: Node, whole: Requests): Requests {
  const left = allocatableOf(node);
  const kept: Record<string, number> = {};
  for (const name of resources) {
    const [all, own] = [whole[name], left[name]];
    if (all !== undefined && own !== undefined) kept[name] = Math.max(0, all - own);
  }
  return kept;
}

export interface ReservedBy {
  readonly policy: NodeGroupPolicy;
  readonly magnum: MagnumNodeGroup;
  readonly cluster: MagnumCluster | undefined;
  /** a node of the same flavor in another group */
  readonly like: Node | undefined;
}

/** As the policy says, else as a live node of the flavor shows, else as Magnum or the kubelet itself has it. */
export function reservedOf(flavor: NovaFlavor, { policy, magnum, cluster, like }: ReservedBy): Requests {
  const whole = wholeOf(flavor);
  const stated = policy.shape?.reserved;
  if (stated !== undefined)
    return {
      cpu: (stated.cpu ?? 0) * 1000,
      memory: (stated.memory ?? 0) * 1000,
      'ephemeral-storage': (stated.ephemeralStorage ?? 0) * 1000,
    };
  if (like !== undefined) return learned(like, whole);
  const options = magnum.labels?.['kubelet_options'] ?? cluster?.labels?.['kubelet_options'] ?? '';
  return configured(options, whole);
}
