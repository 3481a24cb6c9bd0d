// What the server says of itself: versions, groups and their resources.
import { groupVersion } from '../resources.ts';
import type { KubernetesVersion, Resource } from '../resources.ts';

const builds: Readonly<Record<KubernetesVersion, string>> = { '1.20': 'v1.20.15', '1.31': 'v1.31.4' };

export const gitVersionOf = (version: KubernetesVersion): string => builds[version];

export const versionInfo = (version: KubernetesVersion): object => ({
  major: '1',
  minor: version.split('.')[1],
  gitVersion: `${builds[version]}+sandbox`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
});

export const coreVersions = (address: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

export function groupList(resources: Iterable<Resource>): object {
  const groups = new Map<string, string[]>();
  for (const { group, versions } of resources) {
    const known = groups.get(group) ?? [];
    for (const version of versions) if (!known.includes(version)) known.push(version);
    if (group !== '') groups.set(group, known);
  }
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups].map(([name, versions]) => groupOf(name, versions)),
  };
}

export function groupOf(name: string, versions: readonly string[]): object {
  const listed = versions.map((version) => ({ groupVersion: groupVersion(name, version), version }));
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions: listed, preferredVersion: listed[0] };
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export function resourceList(
  all: Iterable<Resource>,
  group: string,
  version: string,
  policy: string,
): object | undefined {
  const here = [...all].filter((one) => one.group === group && one.versions.includes(version));
  if (here.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: here.flatMap((one) => [
      {
        name: one.name,
        singularName: one.singular,
        namespaced: one.namespaced,
        kind: one.kind,
        verbs,
        ...(one.shortNames.length === 0 ? {} : { shortNames: one.shortNames }),
      },
      ...one.subresources.map((sub) => ({
        name: `${one.name}/${sub}`,
        singularName: '',
        namespaced: one.namespaced,
        ...(sub === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : {}),
        ...(sub === 'eviction' ? { group: 'policy', version: policy, kind: 'Eviction' } : {}),
        ...(sub === 'status' ? { kind: one.kind } : {}),
        verbs: sub === 'eviction' ? ['create'] : ['get', 'patch', 'update'],
      })),
    ]),
  };
}
