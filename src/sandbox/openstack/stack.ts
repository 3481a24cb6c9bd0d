// The machines of one node group and who goes when the count changes: Heat's rules, and those of the two Cluster API drivers.
import type { Random } from '../random.ts';

export const drivers = ['heat', 'magnum-capi-helm', 'magnum-cluster-api'] as const;
export type Driver = (typeof drivers)[number];
export type MemberState = 'CREATING' | 'ACTIVE' | 'ERROR' | 'DELETING';

export interface Member {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly created: string;
  state: MemberState;
}

export interface Removal {
  readonly matched: readonly string[];
  readonly unmatched: readonly string[];
}

/** Indices of the members that the group shall have; an index without a member is one to create. */
export interface Wanted extends Removal {
  readonly indices: readonly number[];
}

/**
 * Heat: a removal entry names a member by index or by server id, others are ignored without a word; a removed index is never
 * used again; the members wanted are the first `count` indices that are left. So a list longer than the decrease makes
 * replacements, and a shorter one also costs the members with the highest indices.
 */
export function heatWants(
  members: readonly Member[],
  gone: Set<number>,
  count: number,
  remove: readonly string[],
): Wanted {
  const hit = members.filter((member) => remove.includes(member.id) || remove.includes(String(member.index)));
  for (const member of hit) gone.add(member.index);
  const indices: number[] = [];
  for (let index = 0; indices.length < count; index++) if (!gone.has(index)) indices.push(index);
  return { indices, ...removalOf(hit, remove) };
}

/**
 * Cluster API: the count rules; machines that are marked for deletion go first (magnum-cluster-api), then those that never came up,
 * then chance decides: magnum-capi-helm marks none.
 */
export function clusterApiWants(
  members: readonly Member[],
  count: number,
  remove: readonly string[],
  driver: 'magnum-capi-helm' | 'magnum-cluster-api',
  random: Random,
): Wanted {
  const living = members.filter((member) => member.state !== 'DELETING');
  const marked = driver === 'magnum-cluster-api' ? living.filter((member) => remove.includes(member.id)) : [];
  const others = living.filter((member) => !marked.includes(member));
  // Never the marked ones by luck: a driver that ignores the list shall be caught each time.
  const spared = others.filter((member) => remove.includes(member.id));
  const drawn = others
    .filter((member) => !remove.includes(member.id))
    .map((member) => ({ member, lot: random() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ member }) => member);
  const isUp = (member: Member): boolean => member.state === 'ACTIVE';
  const order = [...marked, ...drawn.filter((member) => !isUp(member)), ...drawn.filter(isUp), ...spared];
  const keep = order.slice(Math.max(0, living.length - count)).map((member) => member.index);
  const next = Math.max(-1, ...members.map((member) => member.index)) + 1;
  for (let index = next; keep.length < count; index++) keep.push(index);
  return { indices: keep, ...removalOf(marked, remove) };
}

function removalOf(hit: readonly Member[], remove: readonly string[]): Removal {
  return {
    matched: hit.map((member) => member.id),
    unmatched: remove.filter((entry) => !hit.some((member) => member.id === entry || String(member.index) === entry)),
  };
}

/** No vowels, as Kubernetes draws what makes names unique. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

const drawn = (random: Random, length: number): string =>
  Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');

/** What Magnum shows as stack_id: Heat's own uuid, or the name that a Cluster API driver gives the cluster. */
export function stackName(driver: Driver, cluster: string, random: Random, uuid: string): string {
  switch (driver) {
    case 'heat':
      return uuid;
    case 'magnum-capi-helm':
      return `${cluster.slice(0, 30)}-${drawn(random, 12)}`.toLowerCase();
    case 'magnum-cluster-api':
      return `kube-${drawn(random, 5)}`;
  }
}

/** The Machine's name, which is the server's and the node's too; `set`: that of the MachineSet, the same for a whole group. */
export const machineName = (set: string, random: Random): string => `${set}-${drawn(random, 5)}`;

/** STACK-GROUP, then a hash (magnum-capi-helm) or what the topology and the MachineSet draw (magnum-cluster-api). */
export const machineSetName = (
  driver: 'magnum-capi-helm' | 'magnum-cluster-api',
  stack: string,
  group: string,
  random: Random,
): string =>
  driver === 'magnum-capi-helm'
    ? `${stack}-${group}-${drawn(random, 9)}`
    : `${stack}-${group}-${drawn(random, 5)}-${drawn(random, 5)}`;
