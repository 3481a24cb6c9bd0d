// Groups that look alike share what is ordered: the smallest grows first, so that no zone is left behind.
import type { Taint } from '../../model/kubernetes.ts';
import type { Room } from './room.ts';

/** Where a node is, which one it is and whose: what tells apart nodes that are alike otherwise. */
const ownLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.cinder.csi.openstack.org/zone',
]);
const ownPrefixes = ['magnum.openstack.org/'];
/** The kubelet writes these on a live node; one that is only foreseen does not have them yet. */
const kubeletsLabels = /^(?:beta\.)?kubernetes\.io\/(?:os|arch|instance-type)$|^node\.kubernetes\.io\/instance-type$/;

const tolerance = 0.05;

function kindOf(labels: Room['labels']): string {
  const telling = Object.entries(labels).filter(
    ([key]) =>
      !ownLabels.has(key) && !kubeletsLabels.test(key) && !ownPrefixes.some((prefix) => key.startsWith(prefix)),
  );
  return JSON.stringify(telling.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const taintsOf = (taints: readonly Taint[]): string =>
  JSON.stringify(taints.map(({ key, value = '', effect }) => [key, value, effect].join(' ')).sort());

const isNear = (one: number, other: number): boolean =>
  Math.abs(one - other) <= tolerance * Math.max(Math.abs(one), Math.abs(other));

/** The same to every pod that does not ask for a zone. */
export function lookAlike(one: Room, other: Room): boolean {
  if (kindOf(one.labels) !== kindOf(other.labels) || taintsOf(one.taints) !== taintsOf(other.taints)) return false;
  const names = new Set([...Object.keys(one.capacity), ...Object.keys(other.capacity)]);
  return [...names].every((name) => isNear(one.capacity[name] ?? 0, other.capacity[name] ?? 0));
}

export interface Shared {
  readonly size: number;
  /** it may not become larger than this */
  readonly max: number;
}

/** How many each of them gets. The first of equals comes first. */
export function shareOut(groups: readonly Shared[], nodes: number): readonly number[] {
  const added = groups.map(() => 0);
  for (let left = nodes; left > 0; left -= 1) {
    let smallest = -1;
    let size = Infinity;
    for (const [index, group] of groups.entries()) {
      const after = group.size + (added[index] ?? 0);
      if (after >= group.max || after >= size) continue;
      [smallest, size] = [index, after];
    }
    if (smallest < 0) break;
    added[smallest] = (added[smallest] ?? 0) + 1;
  }
  return added;
}
