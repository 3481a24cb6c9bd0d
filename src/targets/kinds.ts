// Which list of the snapshot an object of a kind stands in; everything else is a custom kind, known by its scale.
import type { KubernetesFacts } from '../model/snapshot.ts';

export const workloadLists = ['deployments', 'statefulsets', 'replicasets', 'replicationcontrollers'] as const;
export type WorkloadList = (typeof workloadLists)[number] & keyof KubernetesFacts;

const lists: Readonly<Record<string, { readonly list: WorkloadList; readonly groups: readonly string[] }>> = {
  Deployment: { list: 'deployments', groups: ['apps', 'extensions'] },
  StatefulSet: { list: 'statefulsets', groups: ['apps'] },
  ReplicaSet: { list: 'replicasets', groups: ['apps', 'extensions'] },
  // apps/v1 is what the format takes where nothing is written
  ReplicationController: { list: 'replicationcontrollers', groups: ['', 'apps'] },
};

export interface Kind {
  readonly apiVersion?: string | undefined;
  readonly kind: string;
}

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

/** null: a custom kind. */
export function listOfKind({ apiVersion, kind }: Kind): WorkloadList | null {
  const known = Object.hasOwn(lists, kind) ? lists[kind] : undefined;
  if (known === undefined) return null;
  return apiVersion === undefined || known.groups.includes(groupOf(apiVersion)) ? known.list : null;
}

export const isCustomKind = (kind: Kind): boolean => listOfKind(kind) === null;

/** How a custom kind is named in errors and lists: argoproj.io/v1alpha1/Rollout. */
const customKindName = ({ apiVersion, kind }: Kind): string =>
  apiVersion === undefined ? kind : `${apiVersion}/${kind}`;

/** What an error is about where the objects of a custom kind could not be listed. */
export const scalesOfKind = (kind: Kind): string => `scales ${customKindName(kind)}`;
