// Magnum's part of the snapshot: the cluster, its node groups with their true limits, and the microversions.
import type { Magnum } from '../clients/openstack/magnum.ts';
import type { MagnumFacts } from '../model/snapshot.ts';
import type { Gathering } from './gathering.ts';

export type MagnumSource = Pick<Magnum, 'versions' | 'getCluster' | 'listNodeGroups'>;

/** `named`: the groups that a policy names, which are read anew each time. */
export async function collectMagnum(
  source: MagnumSource,
  name: string,
  named: ReadonlySet<string>,
  gathering: Gathering,
): Promise<MagnumFacts> {
  const [cluster, list, versions] = await Promise.all([
    gathering.read('magnum', 'cluster', () => source.getCluster(name)),
    gathering.read('magnum', 'nodegroups', () => source.listNodeGroups(name, named)),
    gathering.read('magnum', 'versions', () => source.versions()),
  ]);
  for (const { name: group, error } of list?.failures ?? [])
    gathering.fail('magnum', `nodegroup ${group}`, error.code, error.message);
  return {
    ...(cluster && { cluster }),
    ...(list && { nodegroups: list.groups }),
    ...(versions && { versions: { min: versions.min, max: versions.max, used: versions.used } }),
  };
}
