// The table of rights as manifests: roles, and who has them. What is granted together is one file of deploy/rights.
import { stringify } from 'yaml';
import { rights, type RightsName } from '../model/rights.ts';

const name = 'springtide';
const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const subjects = [{ kind: 'ServiceAccount', name, namespace: name }];

const rulesOf = (names: readonly RightsName[]) => names.flatMap((one) => rights[one]);

const clusterRole = (role: string, names: readonly RightsName[]) => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name: role },
  rules: rulesOf(names),
});

const everywhere = (role: string, as = role) => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name: as },
  roleRef: { apiGroup, kind: 'ClusterRole', name: role },
  subjects,
});

/** For people and programs: whoever is bound to it may read springtide's page and API with his own token. */
const reader = {
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name: 'springtide-reader' },
  rules: [{ nonResourceURLs: ['/springtide'], verbs: ['get'] }],
};

const inNamespace = (kind: 'Role' | 'ClusterRole', role: string, namespace: string) => ({
  apiVersion,
  kind: 'RoleBinding',
  metadata: { name: role, namespace },
  roleRef: { apiGroup, kind, name: role },
  subjects,
});

interface Sheet {
  readonly about: string;
  readonly objects: readonly object[];
}

const granted = (role: string, ...names: readonly RightsName[]) => [clusterRole(role, names), everywhere(role)];

/** The namespace of the example: one RoleBinding like it for each namespace that springtide may work in. */
const tenant = 'shop';

const sheets: Readonly<Record<string, Sheet>> = {
  'deploy/base/rights.yaml': {
    about:
      'In its own namespace only: the lease of the leader, and ConfigMaps for memory, switch, ledger and configuration.',
    objects: [
      { apiVersion, kind: 'Role', metadata: { name, namespace: name }, rules: rulesOf(['own']) },
      inNamespace('Role', name, name),
    ],
  },
  'deploy/rights/dry-run/rights.yaml': {
    about: 'To see the whole cluster and to say what would be done, as Events. It can change no workload, node or pod.',
    objects: granted('springtide-see', 'seeCluster', 'see', 'seeOthers', 'tell'),
  },
  'deploy/rights/act/rights.yaml': {
    about:
      'To act: springtide-scale on replicas, springtide-nodes on nodes and the pods that leave them. Each may be left out.',
    objects: [...granted('springtide-scale', 'scale'), ...granted('springtide-nodes', 'nodes')],
  },
  'deploy/rights/sleep/rights.yaml': {
    about:
      'Only where a policy has `zero` or a schedule with `replicas: 0`: the annotation with the replicas before. RBAC cannot grant annotations alone: this is the right to change Deployments as a whole.',
    objects: granted('springtide-sleep', 'sleep'),
  },
  'deploy/rights/choose/rights.yaml': {
    about:
      'Only where a policy has `behavior.scaleDown.victim`: the annotation on pods that says who goes first. RBAC cannot grant annotations alone: this is the right to change what may be changed of a pod.',
    objects: granted('springtide-choose', 'choose'),
  },
  'deploy/rights/namespaced/rights.yaml': {
    about:
      'Pods of named namespaces only, no nodes: one RoleBinding like that of shop for each of kubernetes.namespaces. Kinds without a namespace are still read.',
    objects: [
      ...granted('springtide-see-cluster', 'seeCluster'),
      clusterRole('springtide-tenant', ['see', 'tell', 'scale']),
      inNamespace('ClusterRole', 'springtide-tenant', tenant),
    ],
  },
  'deploy/rights/policies/rights.yaml': {
    about:
      'To read policies out of ConfigMaps of every namespace. RBAC knows no labels: this is the right to read all ConfigMaps.',
    objects: granted('springtide-policies', 'policies'),
  },
  'deploy/rights/token-review/rights.yaml': {
    about:
      'To ask Kubernetes whose token a caller of the API shows, and what its owner may: only with http.auth.tokenReview. springtide-reader is for those who may read it: bind them.',
    objects: [everywhere('system:auth-delegator', 'springtide-token-review'), reader],
  },
};

const banner = '# Generated from src/model/rights.ts by npm run generate. Do not edit.';

export const documentsText = (objects: readonly unknown[]): string =>
  objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');

/** Each file by its path in the repository. */
export const rightsManifests = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(sheets).map(([file, { about, objects }]) => [
      file,
      `${banner}\n# ${about}\n${documentsText(objects)}`,
    ]),
  );
