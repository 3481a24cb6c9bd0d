// A custom kind with a scale, as an operator of some controller brings it into the cluster.
import { shop } from '../support/workloads.ts';

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const ringsPath = `/apis/test.springtide.io/v1/namespaces/${shop}/rings`;

export const ringDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'rings.test.springtide.io' },
  spec: {
    group: 'test.springtide.io',
    scope: 'Namespaced',
    names: { plural: 'rings', singular: 'ring', kind: 'Ring', listKind: 'RingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: {
          scale: {
            specReplicasPath: '.spec.size',
            statusReplicasPath: '.status.size',
            labelSelectorPath: '.status.selector',
          },
        },
      },
    ],
  },
};

const rbac = 'rbac.authorization.k8s.io';
/** What an operator adds for a kind of his own: docs/install.md. */
export const ringRights = [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'springtide-rings' },
    rules: [
      { apiGroups: ['test.springtide.io'], resources: ['rings'], verbs: ['get', 'list'] },
      { apiGroups: ['test.springtide.io'], resources: ['rings/scale'], verbs: ['get', 'update'] },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'springtide-rings' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'springtide-rings' },
    subjects: [{ kind: 'ServiceAccount', name: 'springtide', namespace: 'springtide' }],
  },
];

export const ringOf = (size: number): unknown => ({
  apiVersion: 'test.springtide.io/v1',
  kind: 'Ring',
  metadata: { name: 'ring', namespace: shop },
  spec: { size, note: 'kept' },
  status: { size, selector: 'app=ring' },
});
